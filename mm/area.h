/*
 * Areas: which addresses of an address space are in use, for what, with which rights. See mm/aspace.h for their lock.
 *
 * Areas are disjoint, whole pages, kept in a balanced tree by address, and merged with compatible neighbours.
 */
#ifndef MM_AREA_H
#define MM_AREA_H

#include "kernel/list.h"
#include "kernel/types.h"

struct object;
struct file;
struct aspace;

enum area_flags {
    AREA_READ = 1 << 0, /* rights: PROT_* values */
    AREA_WRITE = 1 << 1,
    AREA_EXEC = 1 << 2,
    AREA_RIGHTS = AREA_READ | AREA_WRITE | AREA_EXEC,
    AREA_MAY_WRITE = 1 << 3,  /* mprotect may add PROT_WRITE: the file was opened for it, or the area is private */
    AREA_SHARED = 1 << 4,
    AREA_GROWSDOWN = 1 << 5,
    AREA_LOCKED = 1 << 6,     /* mlock */
    AREA_NORESERVE = 1 << 7,
    AREA_DONTFORK = 1 << 8,
    AREA_SEQUENTIAL = 1 << 9, /* madvise */
    AREA_RANDOM = 1 << 10,
    AREA_NOHUGE = 1 << 11,
    AREA_HUGE = 1 << 12,
    AREA_HUGETLB_2M = 1 << 13,
    AREA_HUGETLB_1G = 1 << 14,
    AREA_HEAP = 1 << 15,      /* [heap], [stack], for /proc/PID/maps */
    AREA_STACK = 1 << 16,
    AREA_VDSO = 1 << 17,
};

struct area {
    vaddr_t start, end;      /* page-aligned; end excluded */
    uint32_t flags;          /* enum area_flags */
    int8_t balance;          /* of the tree */
    struct area *left, *right, *parent;
    struct object *object;   /* referenced; null: zero fill */
    uint64_t first;          /* index of the object's page at `start` */
    struct file *file;       /* referenced; its path is shown in maps; null for anonymous memory */
    struct aspace *aspace;
    struct list object_link; /* object->mappings */
    uint64_t ahead_next, ahead_window; /* read-ahead state (L29) */
};

#endif
