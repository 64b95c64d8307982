/*
 * A program on its way into memory: an address space complete with image, arguments and stack, which nobody runs in
 * yet.
 */
#ifndef KERNEL_PROGRAM_H
#define KERNEL_PROGRAM_H

#include "kernel/arguments.h"
#include "kernel/elf.h"
#include "kernel/process.h"
#include "kernel/types.h"

struct aspace;
struct file;

struct program {
    struct arguments arguments;     /* the caller's, changed by scripts' first lines */
    const char *path;               /* what the caller asked for: AT_EXECFN, and a script's own name */
    bool path_closes;               /* it leads through a descriptor that exec closes, of no use to an interpreter */
    const struct process *process;  /* whose limits count */
    struct credentials credentials; /* the program's: set-user-ID files change them */
    bool secure;                    /* they did */
    struct file *file;              /* the executable: behind scripts, their interpreter; referenced */
    struct aspace *aspace;          /* referenced */
    struct elf_image image;
    vaddr_t entry, sp;
};

/*
 * Loads `file` (its reference is taken over; nobody else has one), or what is at the path if that is null. The caller has
 * filled in arguments, path, process and credentials. 0 or -Exxx as execve(2); program_release() is due in either case.
 * Sleeps.
 */
int program_load(struct program *program, struct file *file) must_check;

/* Gives back what program_load() made and the caller has not taken (aspace set to null). */
void program_release(struct program *program);

#endif
