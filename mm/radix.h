/*
 * A radix tree from a 64-bit index to a non-null pointer: 64-way nodes, as high as its largest index needs.
 *
 * Callers hold the lock that protects the tree. Inserting may need up to radix_levels nodes: reserve them first where the insertion must not
 * fail or may not wait (radix_reserve_*), as under a spin lock.
 */
#ifndef MM_RADIX_H
#define MM_RADIX_H

#include "kernel/types.h"

struct radix_node;

struct radix {
    struct radix_node *root;
    unsigned height; /* levels; 0: empty */
    uint64_t count;  /* entries */
};

static inline void radix_init(struct radix *tree)
{
    tree->root = NULL;
    tree->height = 0;
    tree->count = 0;
}

/* The entry at `index`, or null. */
void *radix_find(const struct radix *tree, uint64_t index);

/* Puts `entry` (not null) at `index`, which is empty. 0 or -ENOMEM. Never waits for memory. */
int radix_insert(struct radix *tree, uint64_t index, void *entry) must_check;

/* Replaces the entry at `index`, which exists; returns the old one. */
void *radix_replace(struct radix *tree, uint64_t index, void *entry);

/* Takes the entry out (null if none) and frees nodes that become empty. */
void *radix_remove(struct radix *tree, uint64_t index);

/* The first entry at or after *index, up to and including `last`; sets *index to its place. Null if there is none. */
void *radix_next(const struct radix *tree, uint64_t *index, uint64_t last);

/* Nodes set aside so that the next insertion at `index` cannot fail. */
struct radix_reserve {
    struct radix_node *nodes; /* linked */
    unsigned count;
};
/* Fills `reserve` for any one insertion; may wait for memory. 0 or -ENOMEM. */
int radix_reserve_fill(struct radix_reserve *reserve) must_check;
/* As radix_insert, taking nodes from `reserve`. */
void radix_insert_reserved(struct radix *tree, uint64_t index, void *entry, struct radix_reserve *reserve);
void radix_reserve_release(struct radix_reserve *reserve);

/* A copy with the same shape: visit(entry) is called for each and its value stored. 0 or -ENOMEM (then `to` is empty and `undo` was called for each done). */
int radix_copy(struct radix *to, const struct radix *from, void *(*visit)(void *entry), void (*undo)(void *entry)) must_check;

/* Frees all nodes; drop(entry, context), if given, is called for each entry. */
void radix_clear(struct radix *tree, void (*drop)(void *entry, void *context), void *context);

void radix_module_init(void);

#endif
