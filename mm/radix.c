/* Radix trees; see radix.h. A node is as long-lived as it has slots in use; the tree is as high as its largest index needs. */
#include "mm/radix.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/slab.h"

#define SLOTS (1 << RADIX_BITS)

struct radix_node {
    uint64_t used;     /* bit i: slot[i] is not null */
    void *slot[SLOTS]; /* nodes, or entries in the lowest level; a reserve links its nodes by slot[0] */
};

static struct slab_cache node_cache;

/* How nodes are got: by slab_alloc() with flags, or from a reserve. */
struct source {
    unsigned flags;
    struct radix_reserve *reserve;
};

/* The slot for `index` in a node that is `level` levels above the entries (1: holds entries). */
static inline unsigned slot_of(uint64_t index, unsigned level)
{
    return (unsigned)(index >> (RADIX_BITS * (level - 1))) & (SLOTS - 1);
}

/* How many indices a tree of that height holds. */
static inline uint64_t tree_size(unsigned height)
{
    return (uint64_t)1 << (RADIX_BITS * height);
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

static struct radix_node *node_create(const struct source *source)
{
    if (source->reserve != NULL)
        return reserve_take(source->reserve);
    return slab_alloc(&node_cache, source->flags | FRAME_ZERO);
}

/* Frees a node, all of whose slots are null, as it came from the cache. */
static inline void node_free(struct radix *tree, struct radix_node *node)
{
    if (tree->leaf == node)
        tree->leaf = NULL;
    slab_free(&node_cache, node);
}

/* Lowers the tree while its root has nothing but slot 0, or nothing. */
static void tree_lower(struct radix *tree)
{
    while (tree->height > 0 && (tree->root->used & ~slot_bit(0)) == 0) {
        struct radix_node *root = tree->root;
        if (tree->height == 1 && root->used != 0)
            return;
        tree->root = root->slot[0];
        tree->height = tree->root == NULL ? 0 : tree->height - 1;
        slot_clear(root, 0);
        node_free(tree, root);
    }
}

/* Frees a node and those below it on the way to `index`: nothing else is below them. */
static void way_free(struct radix *tree, struct radix_node *node, unsigned level, uint64_t index)
{
    for (; node != NULL; level--) {
        unsigned slot = slot_of(index, level);
        struct radix_node *below = level > 1 ? node->slot[slot] : NULL;
        slot_clear(node, slot);
        node_free(tree, node);
        node = below;
    }
}

/* Frees the nodes on the way to `index`, whose last one is empty, that lead to nothing else, and lowers the tree if it can be. */
static void tree_prune(struct radix *tree, uint64_t index)
{
    struct radix_node *node = tree->root, *kept = NULL;
    unsigned level = tree->height, kept_level = 0;
    for (; level > 1 && node != NULL; level--) {
        unsigned slot = slot_of(index, level);
        if ((node->used & ~slot_bit(slot)) != 0) {
            kept = node;
            kept_level = level;
        }
        node = node->slot[slot];
    }
    if (kept == NULL) {
        way_free(tree, tree->root, tree->height, index);
        radix_init(tree);
        return;
    }
    unsigned slot = slot_of(index, kept_level);
    node = kept->slot[slot];
    slot_clear(kept, slot);
    way_free(tree, node, kept_level - 1, index);
    tree_lower(tree);
}

/* Puts new roots above the old one until the tree has room for `index`. */
static bool tree_raise(struct radix *tree, uint64_t index, const struct source *source)
{
    while (tree->height == 0 || index >= tree_size(tree->height)) {
        struct radix_node *root = node_create(source);
        if (root == NULL)
            return false;
        if (tree->height > 0) {
            slot_set(root, 0, tree->root);
            tree->height++;
        } else {
            for (tree->height = 1; index >= tree_size(tree->height);)
                tree->height++;
        }
        tree->root = root;
    }
    return true;
}

/* leaf_find() from the root. */
static struct radix_node *leaf_descend(struct radix *tree, uint64_t index)
{
    if (tree->height == 0 || index >= tree_size(tree->height))
        return NULL;
    struct radix_node *node = tree->root;
    for (unsigned shift = RADIX_BITS * (tree->height - 1); shift > 0 && node != NULL; shift -= RADIX_BITS)
        node = node->slot[(index >> shift) & (SLOTS - 1)];
    if (node != NULL) {
        tree->leaf = node;
        tree->leaf_number = index / SLOTS;
    }
    return node;
}

/* The lowest node on the way to `index`, or null. Mostly it is the one that was found last. */
static inline struct radix_node *leaf_find(struct radix *tree, uint64_t index)
{
    if (tree->leaf != NULL && tree->leaf_number == index / SLOTS)
        return tree->leaf;
    return leaf_descend(tree, index);
}

/* The lowest node for `index`, with it and those above it made as needed. Null without memory, and then nothing has changed. */
static struct radix_node *leaf_make(struct radix *tree, uint64_t index, const struct source *source)
{
    if (tree->leaf != NULL && tree->leaf_number == index / SLOTS)
        return tree->leaf;
    if (!tree_raise(tree, index, source)) {
        tree_lower(tree);
        return NULL;
    }
    struct radix_node *node = tree->root;
    for (unsigned level = tree->height; level > 1; level--) {
        unsigned slot = slot_of(index, level);
        if (node->slot[slot] == NULL) {
            struct radix_node *child = node_create(source);
            if (child == NULL) {
                tree_prune(tree, index);
                return NULL;
            }
            slot_set(node, slot, child);
        }
        node = node->slot[slot];
    }
    return node;
}

static int tree_insert(struct radix *tree, uint64_t index, void *entry, const struct source *source)
{
    assert(index < RADIX_INDEX_END && entry != NULL);
    struct radix_node *node = leaf_make(tree, index, source);
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

unsigned radix_find_run(struct radix *tree, uint64_t index, unsigned count, void **entries)
{
    unsigned found = 0;
    while (found < count) {
        const struct radix_node *leaf = leaf_find(tree, index + found);
        unsigned first = slot_of(index + found, 1), wanted = count - found;
        if (leaf == NULL)
            return found;
        unsigned after = wanted < SLOTS - first ? first + wanted : SLOTS;
        for (unsigned slot = first; slot < after; slot++, found++) {
            entries[found] = leaf->slot[slot];
            if (entries[found] == NULL)
                return found;
        }
    }
    return found;
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

/* Takes the range's part below a node, whose first index is `base`, out; nodes below it that become empty are freed. */
static void node_remove_range(struct radix *tree, struct radix_node *node, unsigned level, uint64_t base,
                              const struct range_removal *range)
{
    uint64_t end = base + tree_size(level) - 1;
    uint64_t left = node->used & slot_bits(range->first > base ? slot_of(range->first, level) : 0,
                                           range->last < end ? slot_of(range->last, level) : SLOTS - 1);
    for (; left != 0; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        void *value = node->slot[slot];
        if (level == 1) {
            slot_clear(node, slot);
            tree->count--;
            range->drop(value, range->context);
            continue;
        }
        struct radix_node *child = value;
        node_remove_range(tree, child, level - 1, base + slot * tree_size(level - 1), range);
        if (child->used != 0)
            continue;
        slot_clear(node, slot);
        node_free(tree, child);
    }
}

void radix_remove_range(struct radix *tree, uint64_t first, uint64_t last, void (*drop)(void *entry, void *context),
                        void *context)
{
    const struct range_removal range = {first, last, drop, context};
    if (tree->height == 0 || first >= tree_size(tree->height))
        return;
    if (first / SLOTS != last / SLOTS) {
        node_remove_range(tree, tree->root, tree->height, 0, &range);
        tree_lower(tree);
        return;
    }
    struct radix_node *leaf = leaf_find(tree, first);
    if (leaf == NULL)
        return;
    node_remove_range(tree, leaf, 1, first & ~(uint64_t)(SLOTS - 1), &range);
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

/*
 * Goes down from the root to the first entry at or after *index. Null if it is behind `last`, or if the way ends in a node that has no more: then *index
 * is where that node ends, to begin again from there.
 */
static void *descend_next(const struct radix *tree, uint64_t *index, uint64_t last)
{
    const struct radix_node *node = tree->root;
    for (unsigned shift = RADIX_BITS * (tree->height - 1);; shift -= RADIX_BITS) {
        unsigned slot = (unsigned)(*index >> shift) & (SLOTS - 1);
        uint64_t left = node->used >> slot;
        if (left == 0) {
            *index = ((*index >> (shift + RADIX_BITS)) + 1) << (shift + RADIX_BITS);
            return NULL;
        }
        unsigned skip = (unsigned)__builtin_ctzll(left);
        if (skip > 0)
            *index = ((*index >> shift) + skip) << shift;
        if (*index > last)
            return NULL;
        if (shift == 0)
            return node->slot[slot + skip];
        node = node->slot[slot + skip];
    }
}

void *radix_next(struct radix *tree, uint64_t *index, uint64_t last)
{
    if (*index > last || tree->height == 0)
        return NULL;
    void *entry = leaf_next(tree, index, last);
    uint64_t found = *index;
    while (entry == NULL && found <= last && found < tree_size(tree->height))
        entry = descend_next(tree, &found, last);
    if (entry != NULL)
        *index = found;
    return entry;
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

static void node_clear(struct radix_node *node, unsigned level, void (*drop)(void *, void *), void *context)
{
    for (uint64_t left = node->used; left != 0; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        void *value = node->slot[slot];
        node->slot[slot] = NULL;
        if (level > 1)
            node_clear(value, level - 1, drop, context);
        else if (drop != NULL)
            drop(value, context);
    }
    node->used = 0;
    slab_free(&node_cache, node);
}

void radix_clear(struct radix *tree, void (*drop)(void *entry, void *context), void *context)
{
    if (tree->height > 0)
        node_clear(tree->root, tree->height, drop, context);
    radix_init(tree);
}

struct copy {
    void *(*visit)(void *, void *);
    void *context;
    uint64_t count;
};

/* A copy of `from`, as far as memory lasts: *short_of_memory tells. Null only if there was none for the node itself. */
static struct radix_node *node_copy(const struct radix_node *from, unsigned level, struct copy *copy,
                                    bool *short_of_memory)
{
    struct radix_node *to = slab_alloc(&node_cache, FRAME_ZERO);
    if (to == NULL) {
        *short_of_memory = true;
        return NULL;
    }
    for (uint64_t left = from->used; left != 0 && !*short_of_memory; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(left);
        void *value = level == 1 ? copy->visit(from->slot[slot], copy->context)
                                 : node_copy(from->slot[slot], level - 1, copy, short_of_memory);
        if (value == NULL) {
            *short_of_memory = true;
            break;
        }
        slot_set(to, slot, value);
        copy->count += level == 1;
    }
    return to;
}

int radix_copy(struct radix *to, const struct radix *from, void *(*visit)(void *entry, void *context),
               void (*undo)(void *entry, void *context), void *context)
{
    assert(to->height == 0);
    if (from->height == 0)
        return 0;
    struct copy copy = {.visit = visit, .context = context};
    bool short_of_memory = false;
    struct radix_node *root = node_copy(from->root, from->height, &copy, &short_of_memory);
    if (root == NULL)
        return -ENOMEM;
    *to = (struct radix){.root = root, .height = from->height, .count = copy.count};
    if (!short_of_memory)
        return 0;
    radix_clear(to, undo, context);
    return -ENOMEM;
}

uint64_t radix_nodes_used(void)
{
    return slab_objects_used(&node_cache);
}

void radix_module_init(void)
{
    slab_cache_init_zeroed(&node_cache, "radix_node", sizeof(struct radix_node));
}
