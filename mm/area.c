/*
 * The tree of areas: an AVL tree (Adelson-Velsky and Landis, 1962) that also answers "where is there room?". The picture is in area.h.
 *
 * Whatever changes a node ends in tree_repair(), which goes from there to the root, restores the balance and recomputes the subtree fields; they
 * depend on the node and its two children only.
 */
#include "mm/area.h"

static unsigned tree_height(const struct area *area)
{
    return area != NULL ? area->height : 0;
}

/* Recomputes what `area` knows of its subtree from its children; whether anything changed. Inlined into the walk to the root, which looks at both, too. */
static inline __attribute__((always_inline)) bool area_update(struct area *area)
{
    const struct area *left = area->left, *right = area->right;
    vaddr_t first = area->start, last = area->end;
    uint64_t gap = 0;
    uint32_t height = 0;
    if (left != NULL) {
        gap = max_u64(left->subtree_gap, area->start - left->subtree_last);
        first = left->subtree_first;
        height = left->height;
    }
    if (right != NULL) {
        gap = max_u64(gap, max_u64(right->subtree_gap, right->subtree_first - area->end));
        last = right->subtree_last;
        height = right->height > height ? right->height : height;
    }
    height++;
    bool changed = gap != area->subtree_gap || first != area->subtree_first || last != area->subtree_last ||
                   height != area->height;
    area->subtree_gap = gap;
    area->subtree_first = first;
    area->subtree_last = last;
    area->height = height;
    return changed;
}

/* Puts `new` (may be null) into the place `old` has under its parent. */
static void tree_replace_child(struct area_tree *tree, const struct area *old, struct area *new)
{
    struct area *parent = old->parent;
    if (parent == NULL)
        tree->root = new;
    else if (parent->left == old)
        parent->left = new;
    else
        parent->right = new;
    if (new != NULL)
        new->parent = parent;
}

/*      a                b
 *     / \              / \
 *    x   b     ->     a   z
 *       / \          / \
 *      y   z        x   y       and back: rotate_right */
static struct area *rotate_left(struct area_tree *tree, struct area *a)
{
    struct area *b = a->right;
    tree_replace_child(tree, a, b);
    a->right = b->left;
    if (a->right != NULL)
        a->right->parent = a;
    b->left = a;
    a->parent = b;
    area_update(a);
    area_update(b);
    return b;
}

static struct area *rotate_right(struct area_tree *tree, struct area *b)
{
    struct area *a = b->left;
    tree_replace_child(tree, b, a);
    b->left = a->right;
    if (b->left != NULL)
        b->left->parent = b;
    a->right = b;
    b->parent = a;
    area_update(b);
    area_update(a);
    return a;
}

/* Balances `area`, one side of which is higher by two than the other, and whose subtrees are right; returns the subtree's new top. */
static struct area *area_rebalance(struct area_tree *tree, struct area *area)
{
    if (tree_height(area->left) > tree_height(area->right)) {
        if (tree_height(area->left->left) < tree_height(area->left->right))
            rotate_left(tree, area->left);
        return rotate_right(tree, area);
    }
    if (tree_height(area->right->right) < tree_height(area->right->left))
        rotate_right(tree, area->right);
    return rotate_left(tree, area);
}

static inline bool area_is_balanced(const struct area *area)
{
    return tree_height(area->left) - tree_height(area->right) + 1 <= 2; /* -1, 0 or 1: unsigned */
}

/* From `area` towards the root, as far as anything changes. `area` itself has changed, so it is always done. */
static void tree_repair(struct area_tree *tree, struct area *area)
{
    for (bool first = true; area != NULL; area = area->parent, first = false) {
        if (!area_is_balanced(area))
            area = area_rebalance(tree, area);
        else if (!area_update(area) && !first)
            return;
    }
}

struct area *area_tree_find(struct area_tree *tree, vaddr_t address)
{
    struct area *area = tree->last_found;
    if (area != NULL && area_contains(area, address))
        return area;
    area = area_tree_find_from(tree, address);
    if (area == NULL || address < area->start)
        return NULL;
    tree->last_found = area;
    return area;
}

struct area *area_tree_find_from(const struct area_tree *tree, vaddr_t address)
{
    struct area *area = tree->root, *best = NULL;
    while (area != NULL) {
        if (area->end <= address) {
            area = area->right;
        } else {
            best = area;
            if (area->start <= address)
                break;
            area = area->left;
        }
    }
    return best;
}

struct area *area_tree_find_below(const struct area_tree *tree, vaddr_t address)
{
    struct area *area = tree->root, *best = NULL;
    while (area != NULL) {
        if (area->start < address) {
            best = area;
            area = area->right;
        } else {
            area = area->left;
        }
    }
    return best;
}

struct area *area_tree_first(const struct area_tree *tree)
{
    struct area *area = tree->root;
    while (area != NULL && area->left != NULL)
        area = area->left;
    return area;
}

struct area *area_next(const struct area *area)
{
    if (area->right != NULL) {
        struct area *next = area->right;
        while (next->left != NULL)
            next = next->left;
        return next;
    }
    while (area->parent != NULL && area->parent->right == area)
        area = area->parent;
    return area->parent;
}

struct area *area_previous(const struct area *area)
{
    if (area->left != NULL) {
        struct area *previous = area->left;
        while (previous->right != NULL)
            previous = previous->right;
        return previous;
    }
    while (area->parent != NULL && area->parent->left == area)
        area = area->parent;
    return area->parent;
}

void area_tree_insert(struct area_tree *tree, struct area *area)
{
    struct area **place = &tree->root, *parent = NULL;
    while (*place != NULL) {
        parent = *place;
        place = area->start < parent->start ? &parent->left : &parent->right;
    }
    *place = area;
    area->parent = parent;
    area->left = NULL;
    area->right = NULL;
    tree->count++;
    tree_repair(tree, area);
}

/* Puts `heir`, taken out of its own place, into that of `area`. */
static void area_take_place(struct area_tree *tree, struct area *heir, const struct area *area)
{
    heir->left = area->left;
    heir->right = area->right;
    tree_replace_child(tree, area, heir);
    if (heir->left != NULL)
        heir->left->parent = heir;
    if (heir->right != NULL)
        heir->right->parent = heir;
}

void area_tree_remove(struct area_tree *tree, struct area *area)
{
    struct area *repair_from = area->parent;
    if (area->left == NULL || area->right == NULL) {
        tree_replace_child(tree, area, area->left != NULL ? area->left : area->right);
    } else {
        struct area *heir = area->right;
        while (heir->left != NULL)
            heir = heir->left;
        repair_from = heir->parent == area ? heir : heir->parent;
        tree_replace_child(tree, heir, heir->right);
        area_take_place(tree, heir, area);
    }
    tree_repair(tree, repair_from);
    tree->count--;
    if (tree->last_found == area)
        tree->last_found = NULL;
}

void area_tree_resize(struct area_tree *tree, struct area *area, vaddr_t start, vaddr_t end)
{
    area->start = start;
    area->end = end;
    tree_repair(tree, area);
}

/* The hole [low, high) is free: the highest fitting address in it, or 0. */
static vaddr_t gap_fit(uint64_t length, uint64_t alignment, vaddr_t low, vaddr_t high)
{
    if (high < low || high - low < length)
        return 0;
    vaddr_t address = round_down(high - length, alignment);
    return address >= low ? address : 0;
}

/* Searches [low, high), in which there are no areas but those below `area`. Goes into a subtree only if a hole there is large enough. */
static vaddr_t gap_search(const struct area *area, uint64_t length, uint64_t alignment, vaddr_t low, vaddr_t high)
{
    if (area == NULL)
        return gap_fit(length, alignment, low, high);
    uint64_t largest = area->subtree_gap;
    if (area->subtree_first > low)
        largest = max_u64(largest, area->subtree_first - low);
    if (area->subtree_last < high)
        largest = max_u64(largest, high - area->subtree_last);
    if (high <= low || largest < length)
        return 0;
    vaddr_t found = gap_search(area->right, length, alignment, max_u64(low, area->end), high);
    if (found == 0)
        found = gap_search(area->left, length, alignment, low, min_u64(high, area->start));
    return found;
}

vaddr_t area_tree_gap(const struct area_tree *tree, uint64_t length, uint64_t alignment, vaddr_t low, vaddr_t high)
{
    return gap_search(tree->root, length, alignment, low, high);
}

static bool area_is_right(const struct area *area)
{
    struct area copy = *area;
    area_update(&copy);
    int difference = (int)tree_height(area->left) - (int)tree_height(area->right);
    return area->start < area->end && difference >= -1 && difference <= 1 && copy.height == area->height &&
           copy.subtree_gap == area->subtree_gap && copy.subtree_first == area->subtree_first &&
           copy.subtree_last == area->subtree_last && (area->left == NULL || area->left->parent == area) &&
           (area->right == NULL || area->right->parent == area);
}

int64_t area_tree_check(const struct area_tree *tree)
{
    int64_t count = 0;
    vaddr_t last = 0;
    for (const struct area *area = area_tree_first(tree); area != NULL; area = area_next(area)) {
        if (!area_is_right(area) || area->start < last)
            return -1;
        last = area->end;
        count++;
    }
    return (uint64_t)count == tree->count ? count : -1;
}
