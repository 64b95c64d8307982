/*
 * ELF64 executables, what of them the kernel reads. (System V ABI, chapters 4 and 5)
 */
#ifndef KERNEL_ABI_ELF_H
#define KERNEL_ABI_ELF_H

#include "kernel/types.h"

enum { ELF_CLASS_64 = 2, ELF_DATA_LITTLE = 1, ELF_MACHINE_X86_64 = 62 };
enum elf_type { ET_EXEC = 2, ET_DYN = 3 };
enum elf_segment_type { PT_LOAD = 1, PT_INTERP = 3, PT_GNU_STACK = 0x6474e551 };
enum elf_segment_flags { PF_X = 1, PF_W = 2, PF_R = 4 };

struct elf_header {
    uint8_t magic[4];
    uint8_t class, data, version, system, padding[8];
    uint16_t type, machine;
    uint32_t version2;
    vaddr_t entry;
    uint64_t segments_offset, sections_offset;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, section_names;
};
_Static_assert(sizeof(struct elf_header) == 64, "ABI");

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset;
    vaddr_t address, physical;
    uint64_t file_size, memory_size, alignment;
};
_Static_assert(sizeof(struct elf_segment) == 56, "ABI");

#endif
