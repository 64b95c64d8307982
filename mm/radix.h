/*
 * A radix tree from an index below 2^36 to a non-null pointer: 64-way nodes, and none that would have only one below it.
 *
 *     root, level 2   [ 0 | 1 | 2 | .. | 63 ]                 index 130 = 2 * 64 + 2
 *                               |         \
 *     level 1         [ 0 | 1 | 2 | .. ]   [ 0 | 1 | .. ]     each node has a bitmap of its slots in use
 *                               |
 *                             entry
 *
 * A node's level says which digit (6 bits) of the index chooses its slot, so the way down leaves out what all indices below have in common: a process
 * with a few pages at 4 MB and a few of stack below 2^47 has two nodes with pages and one above both, of level 6, and nothing in between.
 *
 * 2^36 pages are the 48-bit user half twice over, and a file of 2^48 bytes. Callers hold the lock that protects the tree, for a search, too: it notes
 * what it found. An insertion may need RADIX_NODES_MAX nodes: reserve them first where it must not fail or may not wait (radix_reserve_*), as under
 * a spin lock. (A tree whose nodes with one child are left out: Morrison's PATRICIA, 1968.)
 */
#ifndef MM_RADIX_H
#define MM_RADIX_H

#include "kernel/types.h"

#define RADIX_BITS 6
#define RADIX_LEVELS 6
#define RADIX_INDEX_END ((uint64_t)1 << (RADIX_BITS * RADIX_LEVELS))
/* The most one insertion takes: a node for the entry, and one above it and what was there. */
#define RADIX_NODES_MAX 2

struct radix_node;

struct radix {
    struct radix_node *root; /* null: empty */
    uint64_t count;          /* entries */
    struct radix_node *leaf; /* found last, or null: the lowest node of indices 64 * leaf_number and on */
    uint64_t leaf_number;
};

static inline void radix_init(struct radix *tree)
{
    tree->root = NULL;
    tree->count = 0;
    tree->leaf = NULL;
}

/* The entry at `index`, or null. */
void *radix_find(struct radix *tree, uint64_t index);

/* The entries from `index` on, null where there is none: as many as lie together, at least one and at most `count`. Returns how many. */
unsigned radix_find_slots(struct radix *tree, uint64_t index, unsigned count, void *entries[]);

/* The slots from `index` on, as they lie in their node: at most *count, which becomes how many there are. Null, and none, without a node there. */
void *const *radix_slots(struct radix *tree, uint64_t index, unsigned *count);

/* Puts `entry` (not null) at `index`, which is empty. 0 or -ENOMEM (nothing changed). Never waits for memory. */
int radix_insert(struct radix *tree, uint64_t index, void *entry) must_check;

/* Replaces the entry at `index`, which exists; returns the old one. */
void *radix_replace(struct radix *tree, uint64_t index, void *entry);

/* Takes the entry out (null if none) and frees nodes that become empty. */
void *radix_remove(struct radix *tree, uint64_t index);

/* Takes out all entries of [first, last] and calls drop(entry, context) for each. */
void radix_remove_range(struct radix *tree, uint64_t first, uint64_t last, void (*drop)(void *entry, void *context),
                        void *context);

/* The first entry at or after *index, up to and including `last`; sets *index to its place. Null if there is none. */
void *radix_next(struct radix *tree, uint64_t *index, uint64_t last);

/* Nodes set aside so that the next insertion cannot fail. Starts zeroed; belongs to whoever has it, no lock. */
struct radix_reserve {
    struct radix_node *nodes; /* linked */
    unsigned count;
};
/* Tops `reserve` up for any one insertion; may wait for memory. 0, or -ENOMEM: then it is empty. */
int radix_reserve_fill(struct radix_reserve *reserve) must_check;
/* As radix_insert, taking nodes from `reserve`. */
void radix_insert_reserved(struct radix *tree, uint64_t index, void *entry, struct radix_reserve *reserve);
void radix_reserve_release(struct radix_reserve *reserve);

/*
 * Makes the empty tree `to` a copy with the same shape: visit(entry, context) is called for each entry and its value stored. 0, or -ENOMEM, also when
 * a visit returned null: then `to` is empty again and undo(value, context) was called for each done. May wait for memory.
 */
int radix_copy(struct radix *to, const struct radix *from, void *(*visit)(void *entry, void *context),
               void (*undo)(void *entry, void *context), void *context) must_check;

/* Frees all nodes; drop(entry, context), if given, is called for each entry. */
void radix_clear(struct radix *tree, void (*drop)(void *entry, void *context), void *context);

/* For checks: how many nodes are on the way to `index`, and nodes of all trees. */
unsigned radix_depth(const struct radix *tree, uint64_t index);
uint64_t radix_nodes_used(void);

void radix_module_init(void);

#endif
