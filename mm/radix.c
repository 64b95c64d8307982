/*
 * Radix trees; see radix.h. A node is as long-lived as it has something to hold: one that holds entries (level 1) at least one of them, one above at
 * least two nodes, as of a node with only one below it that one takes the place.
 *
 * Each node knows its level and its prefix, which all indices below it begin with: index >> (6 * level). It covers 64^level indices.
 */
#include "mm/radix.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/slab.h"

#define SLOTS (1 << RADIX_BITS)

struct radix_node {
    uint64_t used;     /* bit i: slot[i] is not null */
    uint32_t prefix;   /* what is left of the indices below by a shift of `level` digits */
    uint32_t level;    /* 1: the slots are entries; else nodes of lower levels */
    void *slot[SLOTS]; /* a reserve links its nodes by slot[0] */
};

_Static_assert(RADIX_BITS *(RADIX_LEVELS - 1) <= 32, "a prefix has no room in its field");

static struct slab_cache node_cache;

/* How nodes are got: by slab_alloc() with flags, or from a reserve. */
struct source {
    unsigned flags;
    struct radix_reserve *reserve;
};

/* The slot for `index` in a node of that level. */
static inline unsigned slot_of(uint64_t index, unsigned level)
{
    return (unsigned)(index >> (RADIX_BITS * (level - 1))) & (SLOTS - 1);
}

static inline bool node_covers(const struct radix_node *node, uint64_t index)
{
    return index >> (RADIX_BITS * node->level) == node->prefix;
}

/* The first index below the node, and the last. */
static inline uint64_t node_first(const struct radix_node *node)
{
    return (uint64_t)node->prefix << (RADIX_BITS * node->level);
}

static inline uint64_t node_last(const struct radix_node *node)
{
    return node_first(node) + ((uint64_t)1 << (RADIX_BITS * node->level)) - 1;
}

static inline uint64_t slot_bit(unsigned slot)
{
    return (uint64_t)1 << slot;
}

static inline void slot_set(struct radix_node *node, unsigned slot, void *value)
{
    node->slot[slot] = value;
    node->used |= slot_bit(slot);
}

static inline void slot_clear(struct radix_node *node, unsigned slot)
{
    node->slot[slot] = NULL;
    node->used &= ~slot_bit(slot);
}

static struct radix_node *reserve_take(struct radix_reserve *reserve)
{
    struct radix_node *node = reserve->nodes;
    assert(reserve->count > 0 && node != NULL);
    reserve->nodes = node->slot[0];
    reserve->count--;
    node->slot[0] = NULL;
    return node;
}

/* An empty node of that level, whose indices `index` is one of. Null without memory. */
static struct radix_node *node_create(const struct source *source, uint64_t index, unsigned level)
{
    struct radix_node *node = source->reserve != NULL ? reserve_take(source->reserve)
                                                      : slab_alloc(&node_cache, source->flags | FRAME_ZERO);
    if (node != NULL) {
        node->prefix = (uint32_t)(index >> (RADIX_BITS * level));
        node->level = level;
    }
    return node;
}

/* Frees a node, all of whose slots are null, as it came from the cache. */
static inline void node_free(struct radix_node *node)
{
    node->prefix = 0;
    node->level = 0;
    slab_free(&node_cache, node);
}

/* What a node in its place is after something below it has gone: nothing if it is empty, the one below if that is alone, else itself. */
static struct radix_node *node_reduce(struct radix *tree, struct radix_node *node)
{
    struct radix_node *heir = NULL;
    if (node->used != 0) {
        if (node->level == 1 || (node->used & (node->used - 1)) != 0)
            return node;
        unsigned slot = (unsigned)__builtin_ctzll(node->used);
        heir = node->slot[slot];
        slot_clear(node, slot);
    }
    if (tree->leaf == node)
        tree->leaf = NULL;
    node_free(node);
    return heir;
}

/* Puts `node`, which may be null, below `above` on the way to `index`; without a node above it becomes the root. */
static void child_set(struct radix *tree, struct radix_node *above, uint64_t index, struct radix_node *node)
{
    if (above == NULL)
        tree->root = node;
    else if (node != NULL)
        slot_set(above, slot_of(index, above->level), node);
    else
        slot_clear(above, slot_of(index, above->level));
}

/* Takes out the lowest node for `index`, which is empty, and the one above it if that has only one left. */
static void tree_prune(struct radix *tree, uint64_t index)
{
    struct radix_node *node = tree->root, *above = NULL, *top = NULL;
    while (node->level > 1) {
        top = above;
        above = node;
        node = node->slot[slot_of(index, node->level)];
    }
    child_set(tree, above, index, node_reduce(tree, node));
    if (above != NULL)
        child_set(tree, top, index, node_reduce(tree, above));
}

/* leaf_find() from the root. */
static struct radix_node *leaf_descend(struct radix *tree, uint64_t index)
{
    struct radix_node *node = tree->root;
    while (node != NULL && node_covers(node, index)) {
        if (node->level == 1) {
            tree->leaf = node;
            tree->leaf_number = index / SLOTS;
            return node;
        }
        node = node->slot[slot_of(index, node->level)];
    }
    return NULL;
}

/* The node that has the entry of `index` if there is one, or null. Mostly it is the one that was found last. */
static inline struct radix_node *leaf_find(struct radix *tree, uint64_t index)
{
    if (tree->leaf != NULL && tree->leaf_number == index / SLOTS)
        return tree->leaf;
    return leaf_descend(tree, index);
}

/* The lowest level of a node that covers both indices. */
static inline unsigned common_level(uint64_t a, uint64_t b)
{
    return (unsigned)(63 - __builtin_clzll(a ^ b)) / RADIX_BITS + 1;
}

/* A node above two that have no index in common. Null without memory. */
static struct radix_node *branch_create(struct radix_node *one, struct radix_node *other, const struct source *source)
{
    uint64_t index = node_first(one), other_index = node_first(other);
    unsigned level = common_level(index, other_index);
    struct radix_node *branch = node_create(source, index, level);
    if (branch == NULL)
        return NULL;
    slot_set(branch, slot_of(index, level), one);
    slot_set(branch, slot_of(other_index, level), other);
    return branch;
}

/* Makes the lowest node for `index`, and one above it where the tree branches. Null without memory, and then nothing has changed. */
static struct radix_node *leaf_make(struct radix *tree, uint64_t index, const struct source *source)
{
    struct radix_node *node = tree->root, *above = NULL;
    for (; node != NULL && node_covers(node, index); node = node->slot[slot_of(index, node->level)])
        above = node;
    struct radix_node *leaf = node_create(source, index, 1);
    struct radix_node *branch = leaf != NULL && node != NULL ? branch_create(leaf, node, source) : leaf;
    if (branch != NULL)
        child_set(tree, above, index, branch);
    else if (leaf != NULL)
        node_free(leaf);
    return branch != NULL ? leaf : NULL;
}

static int tree_insert(struct radix *tree, uint64_t index, void *entry, const struct source *source)
{
    assert(index < RADIX_INDEX_END && entry != NULL);
    struct radix_node *node = leaf_find(tree, index);
    if (node == NULL)
        node = leaf_make(tree, index, source);
    if (node == NULL)
        return -ENOMEM;
    tree->leaf = node;
    tree->leaf_number = index / SLOTS;
    unsigned slot = slot_of(index, 1);
    assert(node->slot[slot] == NULL);
    slot_set(node, slot, entry);
    tree->count++;
    return 0;
}

void *radix_find(struct radix *tree, uint64_t index)
{
    struct radix_node *node = leaf_find(tree, index);
    return node == NULL ? NULL : node->slot[slot_of(index, 1)];
}

void *const *radix_slots(struct radix *tree, uint64_t index, unsigned *count)
{
    const struct radix_node *leaf = leaf_find(tree, index);
    unsigned first = slot_of(index, 1), room = leaf != NULL ? SLOTS - first : 0;
    if (*count > room)
        *count = room;
    return room > 0 ? &leaf->slot[first] : NULL;
}

int radix_insert(struct radix *tree, uint64_t index, void *entry)
{
    const struct source source = {.flags = FRAME_NOWAIT};
    return tree_insert(tree, index, entry, &source);
}

void radix_insert_reserved(struct radix *tree, uint64_t index, void *entry, struct radix_reserve *reserve)
{
    const struct source source = {.reserve = reserve};
    int error = tree_insert(tree, index, entry, &source);
    assert(error == 0);
}

/* A removal of a range on its way. */
struct range_removal {
    uint64_t first, last;
    void (*drop)(void *entry, void *context);
    void *context;
};

/* The bits of slots [first, last]. */
static inline uint64_t slot_bits(unsigned first, unsigned last)
{
    return UINT64_MAX >> (SLOTS - 1 - last) & UINT64_MAX << first;
}

/* The slots of a node that may have something of [first, last], of which the node covers some. */
static inline uint64_t slots_between(const struct radix_node *node, uint64_t first, uint64_t last)
{
    return node->used & slot_bits(first > node_first(node) ? slot_of(first, node->level) : 0,
                                  last < node_last(node) ? slot_of(last, node->level) : SLOTS - 1);
}

static void leaf_remove_range(struct radix *tree, struct radix_node *leaf, const struct range_removal *range)
{
    for (uint64_t left = slots_between(leaf, range->first, range->last); left != 0; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        void *entry = leaf->slot[slot];
        slot_clear(leaf, slot);
        tree->count--;
        range->drop(entry, range->context);
    }
}

/* Takes the range's part below a node out, and returns what is in the node's place then. */
static struct radix_node *node_remove_range(struct radix *tree, struct radix_node *node,
                                            const struct range_removal *range)
{
    if (range->first > node_last(node) || range->last < node_first(node))
        return node;
    if (node->level == 1) {
        leaf_remove_range(tree, node, range);
        return node_reduce(tree, node);
    }
    for (uint64_t left = slots_between(node, range->first, range->last); left != 0; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        struct radix_node *child = node_remove_range(tree, node->slot[slot], range);
        if (child != NULL)
            node->slot[slot] = child;
        else
            slot_clear(node, slot);
    }
    return node_reduce(tree, node);
}

void radix_remove_range(struct radix *tree, uint64_t first, uint64_t last, void (*drop)(void *entry, void *context),
                        void *context)
{
    const struct range_removal range = {first, last, drop, context};
    if (first / SLOTS != last / SLOTS) {
        if (tree->root != NULL)
            tree->root = node_remove_range(tree, tree->root, &range);
        return;
    }
    struct radix_node *leaf = leaf_find(tree, first);
    if (leaf == NULL)
        return;
    leaf_remove_range(tree, leaf, &range);
    if (leaf->used == 0)
        tree_prune(tree, first);
}

void *radix_replace(struct radix *tree, uint64_t index, void *entry)
{
    struct radix_node *node = leaf_find(tree, index);
    assert(node != NULL && entry != NULL);
    void **slot = &node->slot[slot_of(index, 1)];
    void *old = *slot;
    assert(old != NULL);
    *slot = entry;
    return old;
}

void *radix_remove(struct radix *tree, uint64_t index)
{
    struct radix_node *node = leaf_find(tree, index);
    unsigned slot = slot_of(index, 1);
    if (node == NULL || node->slot[slot] == NULL)
        return NULL;
    void *entry = node->slot[slot];
    slot_clear(node, slot);
    tree->count--;
    if (node->used == 0)
        tree_prune(tree, index);
    return entry;
}

/* The first entry at or after *index in the lowest node for it, where it mostly is. */
static inline void *leaf_next(struct radix *tree, uint64_t *index, uint64_t last)
{
    const struct radix_node *node = leaf_find(tree, *index);
    unsigned slot = slot_of(*index, 1);
    if (node == NULL || node->used >> slot == 0)
        return NULL;
    unsigned skip = (unsigned)__builtin_ctzll(node->used >> slot);
    if (last - *index < skip)
        return NULL;
    *index += skip;
    return node->slot[slot + skip];
}

/* The first entry at or after *index below a node, *index then its place; null if it is behind `last` or there is none. */
static void *node_next(const struct radix_node *node, uint64_t *index, uint64_t last)
{
    uint64_t first = node_first(node);
    if (first > last || node_last(node) < *index)
        return NULL;
    uint64_t left = slots_between(node, *index, last);
    if (node->level == 1 && left != 0) {
        *index = first + (unsigned)__builtin_ctzll(left);
        return node->slot[__builtin_ctzll(left)];
    }
    void *entry = NULL;
    for (; left != 0 && entry == NULL;
         left &= left - 1) /* more than once only if the first one's are all before *index */
        entry = node_next(node->slot[__builtin_ctzll(left)], index, last);
    return entry;
}

void *radix_next(struct radix *tree, uint64_t *index, uint64_t last)
{
    if (*index > last || tree->root == NULL)
        return NULL;
    void *entry = leaf_next(tree, index, last);
    return entry != NULL ? entry : node_next(tree->root, index, last);
}

unsigned radix_find_slots(struct radix *tree, uint64_t index, unsigned count, void *entries[])
{
    const struct radix_node *node = leaf_find(tree, index);
    unsigned slot = slot_of(index, 1), run = SLOTS - slot < count ? SLOTS - slot : count;
    for (unsigned i = 0; i < run; i++)
        entries[i] = node != NULL ? node->slot[slot + i] : NULL;
    return run;
}

void radix_reserve_release(struct radix_reserve *reserve)
{
    while (reserve->count > 0)
        slab_free(&node_cache, reserve_take(reserve));
}

int radix_reserve_fill(struct radix_reserve *reserve)
{
    while (reserve->count < RADIX_NODES_MAX) {
        struct radix_node *node = slab_alloc(&node_cache, FRAME_ZERO);
        if (node == NULL) {
            radix_reserve_release(reserve);
            return -ENOMEM;
        }
        node->slot[0] = reserve->nodes;
        reserve->nodes = node;
        reserve->count++;
    }
    return 0;
}

static void node_clear(struct radix_node *node, void (*drop)(void *, void *), void *context)
{
    for (uint64_t left = node->used; left != 0; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        void *value = node->slot[slot];
        node->slot[slot] = NULL;
        if (node->level > 1)
            node_clear(value, drop, context);
        else if (drop != NULL)
            drop(value, context);
    }
    node->used = 0;
    node_free(node);
}

void radix_clear(struct radix *tree, void (*drop)(void *entry, void *context), void *context)
{
    if (tree->root != NULL)
        node_clear(tree->root, drop, context);
    radix_init(tree);
}

struct copy {
    void *(*visit)(void *, void *);
    void *context;
    uint64_t count;
    bool short_of_memory;
};

/* A copy of `from`, as far as memory lasts. Null only if there was none for the node itself. */
static struct radix_node *node_copy(const struct radix_node *from, struct copy *copy)
{
    static const struct source source = {0};
    struct radix_node *to = node_create(&source, node_first(from), from->level);
    copy->short_of_memory |= to == NULL;
    for (uint64_t left = from->used; left != 0 && !copy->short_of_memory; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        void *value = from->level > 1 ? node_copy(from->slot[slot], copy)
                                      : copy->visit(from->slot[slot], copy->context);
        if (value != NULL) {
            slot_set(to, slot, value);
            copy->count += from->level == 1;
        } else {
            copy->short_of_memory = true;
        }
    }
    return to;
}

int radix_copy(struct radix *to, const struct radix *from, void *(*visit)(void *entry, void *context),
               void (*undo)(void *entry, void *context), void *context)
{
    struct copy copy = {.visit = visit, .context = context};
    assert(to->root == NULL);
    if (from->root != NULL)
        to->root = node_copy(from->root, &copy);
    to->count = copy.count;
    if (!copy.short_of_memory)
        return 0;
    radix_clear(to, undo, context);
    return -ENOMEM;
}

unsigned radix_depth(const struct radix *tree, uint64_t index)
{
    unsigned depth = 0;
    for (const struct radix_node *node = tree->root; node != NULL && node_covers(node, index); depth++)
        node = node->level > 1 ? node->slot[slot_of(index, node->level)] : NULL;
    return depth;
}

uint64_t radix_nodes_used(void)
{
    return slab_objects_used(&node_cache);
}

void radix_module_init(void)
{
    slab_cache_init_zeroed(&node_cache, "radix_node", sizeof(struct radix_node));
}
