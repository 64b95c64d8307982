/*
 * Arguments and environment of a program: collected from where exec was called, laid out on the new stack.
 */
#ifndef KERNEL_ARGUMENTS_H
#define KERNEL_ARGUMENTS_H

#include "kernel/types.h"

struct aspace;
struct elf_image;

/* Strings one after the other, each with its NUL, cut into chunks wherever these end (kernel/arguments.c). */
struct strings {
    struct string_chunk *first, *last;
    size_t used; /* bytes of all */
    unsigned count;
};

struct arguments {
    struct strings argv, envp;
    size_t limit; /* bytes of strings and pointers together */
};

/* Nothing yet; `stack_limit` as RLIMIT_STACK. arguments_release() gives the memory back. */
void arguments_init(struct arguments *arguments, uint64_t stack_limit);
void arguments_release(struct arguments *arguments);

/*
 * Adds the strings of a null-terminated array in the running program's memory (null: none). 0, -EFAULT, -E2BIG,
 * -ENOMEM.
 */
int arguments_read(struct arguments *arguments, struct strings *strings, vaddr_t array) must_check;
/* Adds one of the kernel's own. */
int arguments_add(struct arguments *arguments, struct strings *strings, const char *text) must_check;
/* Replaces argv[0] by `count` strings: what a script's first line says. */
int arguments_replace_first(struct arguments *arguments, const char *const *texts, unsigned count) must_check;
/* Copies the beginning of argv[0], up to `size` bytes with a NUL (less than a chunk); nothing: an empty string. */
void arguments_copy_first(const struct arguments *arguments, char *to, size_t size);

/* What the auxiliary vector tells beside the image. */
struct stack_facts {
    const struct elf_image *program;
    vaddr_t interpreter_base; /* 0: none */
    const char *path;         /* AT_EXECFN */
    vaddr_t vdso;             /* 0: none */
    uint32_t uid, euid, gid, egid;
    bool secure;
};

/*
 * Writes strings, vectors and argc below `top` into the new address space's stack, which is mapped, and notes their
 * places in it (arg_start ...). *sp is the stack pointer the program starts with. 0, -ENOMEM, -EFAULT.
 */
int arguments_write_stack(const struct arguments *arguments, struct aspace *aspace, vaddr_t top,
                          const struct stack_facts *facts, vaddr_t *sp) must_check;
/* Bytes of stack that takes, at most. */
size_t arguments_stack_size(const struct arguments *arguments, const struct stack_facts *facts);

#endif
