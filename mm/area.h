/*
 * Areas: which addresses of an address space are in use, for what, with which rights.
 *
 * The areas of an address space are disjoint runs of whole pages in a height-balanced (AVL) tree ordered by address. Every node also knows what
 * its subtree spans and the largest hole between areas inside it, so that a free range is found in O(log n) too:
 *
 *            node   start .. end                subtree_first  lowest start of the subtree
 *           /    \                              subtree_last   highest end
 *        left    right                          subtree_gap    largest distance from one area's end to the next one's start
 *
 * The tree knows nothing of pages and has no lock of its own: struct aspace's mutex guards it. The file compiles for the host as well.
 */
#ifndef MM_AREA_H
#define MM_AREA_H

#include "kernel/list.h"
#include "kernel/types.h"
#include "mm/readahead.h"

struct object;
struct file;
struct aspace;

enum area_flags {
    AREA_READ = 1 << 0, /* rights: PROT_* values */
    AREA_WRITE = 1 << 1,
    AREA_EXEC = 1 << 2,
    AREA_RIGHTS = AREA_READ | AREA_WRITE | AREA_EXEC,
    AREA_MAY_WRITE = 1 << 3, /* mprotect may add PROT_WRITE: the file was opened for it, or the area is private */
    AREA_SHARED = 1 << 4,
    AREA_GROWSDOWN = 1 << 5,
    AREA_LOCKED = 1 << 6, /* mlock */
    AREA_NORESERVE = 1 << 7,
    AREA_DONTFORK = 1 << 8,
    AREA_SEQUENTIAL = 1 << 9, /* madvise */
    AREA_RANDOM = 1 << 10,
    AREA_NOHUGE = 1 << 11,
    AREA_HUGE = 1 << 12,
    AREA_HUGETLB_2M = 1 << 13,
    AREA_HUGETLB_1G = 1 << 14,
    AREA_HEAP = 1 << 15, /* [heap], [stack], for /proc/PID/maps */
    AREA_STACK = 1 << 16,
    AREA_VDSO = 1 << 17,
    AREA_WIPEONFORK = 1 << 18,
    AREA_DONTDUMP = 1 << 19,
    AREA_COMMITTED = 1 << 20,                                     /* its pages are promised: mm/commit.h */
    AREA_STAYS = AREA_LOCKED | AREA_HUGETLB_2M | AREA_HUGETLB_1G, /* its pages are not evicted: PTE_LOCKED */
};

struct area {
    vaddr_t start, end; /* page-aligned; end excluded. Changed by area_tree_resize() only while in a tree */
    uint32_t flags;     /* enum area_flags */
    uint32_t height;    /* of the subtree: 1 for a leaf */
    struct area *left, *right, *parent;
    vaddr_t subtree_first, subtree_last;
    uint64_t subtree_gap;
    struct object *object; /* referenced; null: zero fill */
    uint64_t first;        /* index of the object's page at `start` */
    struct file *file;     /* referenced; its path is shown in maps; null for anonymous memory */
    struct aspace *aspace;
    struct list object_link;  /* private mappings of the object: mm/cut.h */
    uint64_t cut, cut_serial; /* private copies from this index on are gone, CUT_NONE: none are; the last cut seen */
    struct readahead ahead;   /* of reads by faults (L29) */
};

struct area_tree {
    struct area *root;
    struct area *last_found; /* area_tree_find()'s cache */
    uint64_t count;
};

static inline void area_tree_init(struct area_tree *tree)
{
    *tree = (struct area_tree){0};
}

/* The area that contains `address`, or null. */
struct area *area_tree_find(struct area_tree *tree, vaddr_t address);

/* The first area that ends after `address`: the one that contains it, or the next one above. Null if there is none. */
struct area *area_tree_find_from(const struct area_tree *tree, vaddr_t address);

/* The last area that starts below `address`, or null. */
struct area *area_tree_find_below(const struct area_tree *tree, vaddr_t address);

/* The neighbours by address, or null. */
struct area *area_next(const struct area *area);
struct area *area_previous(const struct area *area);
struct area *area_tree_first(const struct area_tree *tree);

/* Puts an area in whose range is free; takes one out; moves the ends of one into free space or inwards. */
void area_tree_insert(struct area_tree *tree, struct area *area);
void area_tree_remove(struct area_tree *tree, struct area *area);
void area_tree_resize(struct area_tree *tree, struct area *area, vaddr_t start, vaddr_t end);

/*
 * The highest multiple of `alignment` (a power of two, at least a page) in [low, high) from which `length` bytes below `high` are free, or 0.
 * `low` is not 0.
 */
vaddr_t area_tree_gap(const struct area_tree *tree, uint64_t length, uint64_t alignment, vaddr_t low, vaddr_t high);

/* Checks order, balance and the subtree fields of every node; returns the number of areas, or -1 if anything is wrong. */
int64_t area_tree_check(const struct area_tree *tree);

/* Index of the object's page behind `address`, which lies in `area`. */
static inline uint64_t area_index(const struct area *area, vaddr_t address)
{
    return area->first + ((address - area->start) >> PAGE_SHIFT);
}

static inline bool area_contains(const struct area *area, vaddr_t address)
{
    return area->start <= address && address < area->end;
}

static inline bool area_is_shared(const struct area *area)
{
    return (area->flags & AREA_SHARED) != 0;
}

/* Whether an area with these flags counts against RLIMIT_DATA: private, writable, no stack. */
static inline bool flags_are_data(uint32_t flags)
{
    return (flags & (AREA_WRITE | AREA_SHARED | AREA_GROWSDOWN)) == AREA_WRITE;
}

/* Whether it is of MAP_HUGETLB. */
static inline bool area_is_hugetlb(const struct area *area)
{
    return __builtin_expect((area->flags & (AREA_HUGETLB_2M | AREA_HUGETLB_1G)) != 0, 0);
}

/* The size of the pages that it must be made of: more than PAGE_SIZE for MAP_HUGETLB. */
static inline uint64_t area_page_size(const struct area *area)
{
    if ((area->flags & AREA_HUGETLB_1G) != 0)
        return HUGE_SIZE;
    return (area->flags & AREA_HUGETLB_2M) != 0 ? LARGE_SIZE : PAGE_SIZE;
}

static inline uint64_t area_pages(const struct area *area)
{
    return (area->end - area->start) >> PAGE_SHIFT;
}

#endif
