/*
 * Loading ELF64 executables into an address space.
 */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include "kernel/abi/elf.h"
#include "kernel/types.h"

struct aspace;
struct file;

enum { ELF_INTERPRETER_MAX = 256, ELF_HEAD_SIZE = 512 };

/* The first bytes of a file, with a 0 behind them: mostly the program headers are among them, and need not be read again. */
struct elf_head {
    union {
        char text[ELF_HEAD_SIZE + 1];
        struct elf_header header;
    };
    size_t length; /* less than ELF_HEAD_SIZE: of the whole file */
};

/* Where a program or its interpreter has come to lie. */
struct elf_image {
    vaddr_t base; /* what was added to its addresses */
    vaddr_t entry;
    vaddr_t segments; /* its program headers in memory, or 0 */
    uint16_t segment_count;
    vaddr_t end; /* of its highest segment, page-aligned: the heap starts there */
    bool stack_executable;
    char interpreter[ELF_INTERPRETER_MAX]; /* PT_INTERP, or empty */
};

/* Whether the first bytes of a file are those of an ELF file for this machine. */
bool elf_header_is_valid(const struct elf_header *header);

/*
 * Maps the segments of `file` and clears what lies between their file and memory sizes. An image that can lie anywhere
 * goes to `base`, or, with 0, where there is room. 0, -ENOEXEC for a file that makes no sense, -ENOMEM, -EIO; then
 * parts may have been mapped. Sleeps.
 */
int elf_load(struct aspace *aspace, struct file *file, const struct elf_head *head, vaddr_t base,
             struct elf_image *image) must_check;

#endif
