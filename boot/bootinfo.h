/*
 * What the loader tells the kernel: one structure of plain numbers.
 *
 * The loader fills one struct bootinfo, and the kernel's entry point gets its address (in the direct map) in RDI. Both are
 * compiled from this file, so it has fixed-width types only and includes nothing of either side. Every address in it is a
 * physical one unless its name ends in _virt.
 *
 * The machine at entry: long mode, interrupts off, CR3 = page_table (which maps the kernel image with W^X, the direct map of
 * RAM with NX, and one identity page that holds the loader's last instructions: the kernel clears the lower half of the top
 * level), EFER.NXE and CR0.WP set, CR4.PGE set, the stack undefined.
 */
#ifndef BOOT_BOOTINFO_H
#define BOOT_BOOTINFO_H

#include <stdint.h>

enum {
    BOOTINFO_MAGIC = 0x434b4844, /* "DHKC" in memory; changes never */
    BOOTINFO_VERSION = 2,        /* changes with every change of the layout below */
    BOOTINFO_OPTIONS_SIZE = 1024,
};

/* The use a range of physical memory had when the loader left. Ranges are whole pages, sorted, disjoint and merged. */
enum boot_memory_kind {
    BOOT_MEMORY_USABLE,  /* free RAM */
    BOOT_MEMORY_RECLAIM, /* RAM with this structure, its arrays and strings: free once the kernel has copied them */
    BOOT_MEMORY_KERNEL,  /* RAM with the kernel image and the first page tables: stays in use */
    BOOT_MEMORY_DISK,    /* RAM with the root file system: a disk, not counted as memory */
    BOOT_MEMORY_ACPI_RECLAIM, /* RAM with the ACPI tables: free once the kernel has read them */
    BOOT_MEMORY_ACPI_NVS,     /* RAM the firmware keeps */
    BOOT_MEMORY_RUNTIME,      /* RAM with the firmware's run-time services */
    BOOT_MEMORY_RESERVED,     /* not to be touched, not in the direct map */
    BOOT_MEMORY_MMIO,         /* device registers, not in the direct map */
};

struct boot_memory {
    uint64_t start;  /* paddr of the first byte, a multiple of 4096 */
    uint64_t length; /* bytes, a multiple of 4096 */
    uint32_t kind;   /* enum boot_memory_kind */
    uint32_t reserved;
};

/* A linear framebuffer of 32 bits a pixel; width 0 when there is none. */
struct boot_framebuffer {
    uint64_t base; /* paddr */
    uint64_t size; /* bytes */
    uint32_t width;
    uint32_t height;
    uint32_t pitch; /* bytes from one line to the next */
    uint8_t red_shift;
    uint8_t green_shift;
    uint8_t blue_shift;
    uint8_t reserved;
};

struct bootinfo {
    uint64_t magic;
    uint64_t version;

    uint64_t memory; /* paddr of the array of struct boot_memory */
    uint64_t memory_count;
    uint64_t direct_map_virt; /* where physical address 0 would be; RAM only is mapped there */
    uint64_t page_table;      /* paddr of the top level */

    uint64_t kernel_base; /* paddr of the image, contiguous */
    uint64_t kernel_virt; /* where it is linked */
    uint64_t kernel_size; /* bytes from its first to the end of .bss, whole pages */

    uint64_t rsdp; /* paddr of ACPI's root pointer, 0 when the firmware has none */
    struct boot_framebuffer framebuffer;

    uint64_t exec;        /* paddr of the command line `make exec` asks for, NUL behind it; 0 when there is none */
    uint64_t exec_length; /* bytes without the NUL */

    uint64_t root_disk;    /* paddr of the root file system, where the loader had to copy it to memory; else 0 */
    uint64_t root_size;    /* bytes of it, whole pages or none */
    uint8_t root_guid[16]; /* of the partition it is on, as in GPT; zeros when there is none */

    char options[BOOTINFO_OPTIONS_SIZE]; /* kernel options, separated by spaces, NUL-terminated */
};

#endif
