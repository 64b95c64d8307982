/*
 * What the loader's files share: the way to fail, pages from the firmware, and each file's one or two functions.
 *
 * Memory is taken from the firmware by the use it has afterwards: EfiLoaderData is what the kernel keeps (its image, the page
 * tables), EfiLoaderCode what it frees once read (the loader itself, bootinfo), EfiBootServicesData what nobody needs after
 * the loader. So the firmware's own memory map says which is which, and the loader keeps no lists.
 */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include <efi.h>
#include <efilib.h>
#include <stdbool.h>
#include <stddef.h>

#include "boot/bootinfo.h"
#include "kernel/fs/ext2_format.h"

enum { LOADER_PAGE = 4096 };

struct loader_file {
    UINT8 *data;
    UINTN size;
};

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system); /* called by GNU-EFI's start-up code */

/* Prints what failed and the status by name, and leaves for the firmware's boot menu (under QEMU: ends the machine). */
void fail(const CHAR16 *what, EFI_STATUS status) __attribute__((noreturn));

static inline void require(EFI_STATUS status, const CHAR16 *what)
{
    if (EFI_ERROR(status))
        fail(what, status);
}

static inline UINTN pages_count(UINTN bytes)
{
    return (bytes + LOADER_PAGE - 1) / LOADER_PAGE;
}

/* pages.c: `bytes` rounded up to whole zeroed pages, of the use `type` (above). Fails the loader when there are none. */
void *pages_get(EFI_MEMORY_TYPE type, UINTN bytes);

/*
 * A place of `bytes` at a multiple of 2 MB that will be free when the firmware is gone. It may be the firmware's own until then:
 * not to be written before. Fails the loader when there is none.
 */
UINT64 pages_find_place(UINTN bytes);

/* Bytes of the longest run of memory that nobody uses. */
UINT64 pages_free(void);

/* file.c: the whole file at `path` on the partition the loader came from; data NULL when there is no such file. */
struct loader_file file_read(EFI_HANDLE image, CHAR16 *path);

/* options.c: appends words to the option string, one space between, line ends as spaces. */
void options_append(char *options, const struct loader_file *text);

/* Where the root file system shall be: the option root, of which the last one counts. */
enum root_wish {
    ROOT_WHERE_IT_IS, /* not given: on the loader's own disk */
    ROOT_IN_MEMORY,   /* root=ram */
    ROOT_ELSEWHERE,   /* on a disk that the kernel will find */
};
enum root_wish options_root(const char *options);

/*
 * root.c: finds the root partition on the loader's own disk, and brings it into memory if the kernel has no driver for that
 * disk or it is asked to: fills root_guid, root_disk, root_size.
 */
void root_find_or_load(EFI_HANDLE image, struct bootinfo *info);

/* root_read.c: whether there is an ext2 on the partition, and its geometry. */
bool root_open(EFI_BLOCK_IO *block, struct ext2_geometry *geometry);

/* Reads it to `disk`, zeroed memory of its size; a piece without a block in use stays zeros. */
void root_read(EFI_BLOCK_IO *block, const struct ext2_geometry *geometry, UINT8 *disk);

/* cpu.c: fails the loader when the processor lacks something the kernel is built on. */
void cpu_require(void);
bool cpu_has_1g_pages(void);
bool cpu_is_virtual(void);

/* fwcfg.c: QEMU's file `name` in pages for the kernel to free, or data NULL when there is none or this is not QEMU. */
struct loader_file fwcfg_read(const char *name);
void fwcfg_log(const CHAR16 *text); /* to the log that QEMU writes, where this is QEMU */
void fwcfg_end_machine(const CHAR16 *what, const CHAR16 *status);

/* debugger.c: says in QEMU's log where the loader is; waits for a debugger where one is announced. */
void debugger_wait(void);

/* screen.c: the firmware's framebuffer, width 0 when it has none the kernel can draw on. */
void screen_find(struct boot_framebuffer *framebuffer);

/* memory.c */
struct efi_map {
    UINT8 *descriptors;
    UINTN capacity; /* bytes */
    UINTN size;     /* bytes */
    UINTN key;
    UINTN descriptor_size;
};
struct efi_map efi_map_new(void);
EFI_STATUS efi_map_get(struct efi_map *map);

/* Translates the firmware's map: sorted, merged. Returns how many entries it wrote, at most `limit`. Calls no firmware. */
UINTN memory_translate(const struct efi_map *map, struct boot_memory *memory, UINTN limit);
bool memory_is_ram(const struct boot_memory *memory);

/* Turns [start, start + length), which lies within one range, into `kind`; returns the new number of entries (of room for two more). */
UINTN memory_claim(struct boot_memory *memory, UINTN count, UINT64 start, UINT64 length, enum boot_memory_kind kind);

/* kernel.c: the image and where it will be. It is copied there after the firmware is gone, by jump(). */
enum { KERNEL_SEGMENTS_MAX = 8 };
struct kernel_segment {
    UINT64 virtual;
    UINT64 length; /* whole pages */
    const UINT8 *data;
    UINT64 data_length; /* the rest is zeros */
    bool writable;
    bool executable;
};
struct kernel_image {
    UINT64 physical;
    UINT64 size;
    UINT64 entry;
    UINTN segment_count;
    struct kernel_segment segments[KERNEL_SEGMENTS_MAX];
};
struct kernel_image kernel_open(const struct loader_file *elf);

/* One segment's way, in direct-map addresses, for jump(). A list of them ends with `to` 0. */
struct jump_copy {
    UINT64 to;
    UINT64 from;
    UINT64 length; /* bytes to copy */
    UINT64 zeros;  /* bytes to clear behind them */
};
struct jump_copy *kernel_copies(const struct kernel_image *kernel);

/* paging.c: the tables the kernel starts on; returns the top level. `jump` is mapped at its own address as well. */
UINT64 *paging_build(const struct kernel_image *kernel, const struct boot_memory *memory, UINTN memory_count);

/* jump.asm: the last instructions. Identity-mapped, since they change the page tables under their own feet. */
extern const char jump_start[];
extern const char jump_end[];
void jump(UINT64 page_table, UINT64 entry, UINT64 bootinfo, UINT64 copies) __attribute__((noreturn));

#endif
