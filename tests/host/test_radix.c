/*
 * Radix trees against a sorted array of (index, entry): random insertions, removals and searches; copies; injected failures.
 *
 * Links: tests/host/support/machine.c mm/radix.c mm/census.c mm/slab.c mm/kmalloc.c mm/inject.c mm/frame.c mm/frame_fill.c mm/bulk.c mm/buddy.c
 */
#include <stdio.h>
#include <string.h>

#include "kernel/abi/errno.h"
#include "mm/frame.h"
#include "mm/radix.h"
#include "mm/slab.h"
#include "tests/host/support/machine.h"

enum { FRAMES = 16384, ROUNDS = 16, STEPS = 5000, PAIRS_MAX = 1500 };

static struct pair {
    uint64_t index;
    void *entry;
} pairs[PAIRS_MAX]; /* the model, sorted */
static unsigned pair_count;
static struct radix tree;

/* The place of the first pair at or after `index`. */
static unsigned model_place(uint64_t index)
{
    unsigned low = 0, high = pair_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (pairs[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void *model_find(uint64_t index)
{
    unsigned place = model_place(index);
    return place < pair_count && pairs[place].index == index ? pairs[place].entry : NULL;
}

static void model_insert(uint64_t index, void *entry)
{
    unsigned place = model_place(index);
    memmove(&pairs[place + 1], &pairs[place], (pair_count - place) * sizeof(pairs[0]));
    pairs[place] = (struct pair){index, entry};
    pair_count++;
}

static void model_remove(uint64_t index)
{
    unsigned place = model_place(index);
    pair_count--;
    memmove(&pairs[place], &pairs[place + 1], (pair_count - place) * sizeof(pairs[0]));
}

/* Indices of all magnitudes, in clusters: the start of a file, a heap, a stack below the end of user space. */
static uint64_t random_index(void)
{
    switch (random_below(6)) {
    case 0:
        return random_below(70);
    case 1:
        return 0x400 + random_below(300);
    case 2:
        return 0x7fffffff0ULL - random_below(200);
    case 3:
        return RADIX_INDEX_END - 1 - random_below(100);
    case 4:
        return random_below((uint64_t)1 << random_below(37));
    default:
        return 0x7f1234000ULL + random_below(5000);
    }
}

static void *random_entry(void)
{
    return (void *)(random_next() | 1);
}

static struct radix_reserve reserve;

static void step_insert(uint64_t index)
{
    void *entry = random_entry();
    if (pair_count == PAIRS_MAX || model_find(index) != NULL)
        return;
    if (random_below(2) == 0) {
        require(radix_reserve_fill(&reserve) == 0, "reserve is filled");
        radix_insert_reserved(&tree, index, entry, &reserve);
    } else if (radix_insert(&tree, index, entry) != 0) {
        require(radix_find(&tree, index) == NULL, "a failed insertion changes nothing");
        return;
    }
    model_insert(index, entry);
}

static void step_remove(uint64_t index)
{
    if (random_below(3) > 0 && pair_count > 0)
        index = pairs[random_below(pair_count)].index;
    void *expected = model_find(index);
    require(radix_remove(&tree, index) == expected, "remove returns the entry");
    if (expected != NULL)
        model_remove(index);
}

static void step_search(uint64_t index)
{
    require(radix_find(&tree, index) == model_find(index), "find");
    unsigned length = 10;
    void *const *slots = radix_slots(&tree, index, &length);
    for (unsigned i = 0; i < length; i++)
        require(slots[i] == model_find(index + i), "the slots from an index on");
    require(slots != NULL || (length == 0 && model_find(index) == NULL), "no slots where there is nothing");
    require(length == 0 || length == 10 || (index + length) % 64 == 0, "slots up to the end of a node");
    uint64_t last = random_below(2) == 0 ? UINT64_MAX : index + random_below(10000);
    unsigned place = model_place(index);
    uint64_t found = index;
    void *entry = radix_next(&tree, &found, last);
    if (place == pair_count || pairs[place].index > last)
        require(entry == NULL && found == index, "next finds nothing");
    else
        require(entry == pairs[place].entry && found == pairs[place].index, "next finds the next one");
}

static void step_find_slots(uint64_t index)
{
    enum { RUN = 16 };
    void *entries[RUN];
    unsigned found = radix_find_slots(&tree, index, RUN, entries);
    require(found > 0 && found <= RUN, "a run is not empty and not too long");
    for (unsigned i = 0; i < found; i++)
        require(entries[i] == model_find(index + i), "a run has what is there");
}

static uint64_t next_removed; /* place in the model */

static void expect_removed(void *entry, void *context)
{
    require(context == &next_removed && next_removed < pair_count && pairs[next_removed].entry == entry,
            "a range is removed in order");
    next_removed++;
}

static void step_remove_range(uint64_t first)
{
    uint64_t last = first + (random_below(4) == 0 ? random_below(RADIX_INDEX_END) : random_below(400));
    unsigned place = model_place(first), end = model_place(last + 1);
    next_removed = place;
    radix_remove_range(&tree, first, last, expect_removed, &next_removed);
    require(next_removed == end, "all of a range is removed");
    memmove(&pairs[place], &pairs[end], (pair_count - end) * sizeof(pairs[0]));
    pair_count -= end - place;
}

static void step_replace(void)
{
    if (pair_count == 0)
        return;
    struct pair *pair = &pairs[random_below(pair_count)];
    void *entry = random_entry();
    require(radix_replace(&tree, pair->index, entry) == pair->entry, "replace returns the old entry");
    pair->entry = entry;
}

static void compare_all(struct radix *with, uint64_t offset)
{
    require(with->count == pair_count, "entries are counted");
    uint64_t index = 0;
    for (unsigned i = 0; i < pair_count; i++, index++) {
        void *entry = radix_next(with, &index, UINT64_MAX);
        require(entry == (char *)pairs[i].entry + offset && index == pairs[i].index, "entries in order");
    }
    require(radix_next(with, &index, UINT64_MAX) == NULL, "no entry too many");
}

/* A node for each 64 indices in use, and above them none that has only one below it: so fewer than those. */
static void check_nodes(void)
{
    uint64_t leaves = 0, nodes = radix_nodes_used() - reserve.count;
    for (unsigned i = 0; i < pair_count; i++)
        leaves += i == 0 || pairs[i].index >> RADIX_BITS != pairs[i - 1].index >> RADIX_BITS;
    require(nodes >= leaves && nodes <= (leaves > 0 ? 2 * leaves - 1 : 0), "no node is there for nothing");
}

static uint64_t visited, undone;

static void *visit(void *entry, void *context)
{
    visited++;
    return (char *)entry + *(uint64_t *)context;
}

static void undo(void *entry, void *context)
{
    (void)entry, (void)context;
    undone++;
}

static void step_copy(void)
{
    struct radix copy;
    uint64_t offset = 16;
    radix_init(&copy);
    visited = undone = 0;
    int error = radix_copy(&copy, &tree, visit, undo, &offset);
    if (error == 0) {
        require(visited == pair_count && undone == 0, "each entry is visited once");
        compare_all(&copy, offset);
        radix_clear(&copy, undo, &offset);
        require(undone == pair_count, "clear drops each entry");
    } else {
        require(error == -ENOMEM && undone == visited && copy.root == NULL, "a failed copy is undone");
    }
}

static void run_random(unsigned seed)
{
    random_seed(seed);
    unsigned bias = 5;
    for (unsigned step = 0; step < STEPS; step++) {
        if (step % 300 == 0)
            bias = (unsigned)random_below(9) + 1;
        if (random_below(10) < bias)
            step_insert(random_index());
        else
            step_remove(random_index());
        step_search(random_index());
        step_find_slots(random_index());
        if (step % 50 == 0)
            step_replace();
        if (step % 40 == 0)
            step_remove_range(random_index());
        if (step % 500 == 0) {
            compare_all(&tree, 0);
            check_nodes();
            step_copy();
        }
    }
}

static void drain(void)
{
    while (pair_count > 0)
        step_remove(pairs[random_below(pair_count)].index);
    radix_reserve_release(&reserve);
    require(tree.root == NULL && tree.count == 0, "an empty tree has no nodes");
    require(radix_nodes_used() == 0, "no node is lost");
}

static void run_with_failures(void)
{
    random_seed(99);
    for (unsigned step = 0; step < 3 * STEPS; step++) {
        bool fail = random_below(3) == 0;
        require(radix_reserve_fill(&reserve) == 0, "reserve is filled");
        slab_fail_every(fail ? 1 + random_below(4) : 0);
        if (random_below(2) == 0) {
            uint64_t index = random_index();
            void *entry = random_entry();
            bool insert = pair_count < PAIRS_MAX && model_find(index) == NULL;
            if (insert && radix_insert(&tree, index, entry) == 0)
                model_insert(index, entry);
        } else {
            step_remove(random_index());
        }
        if (step % 100 == 0)
            step_copy();
        slab_fail_every(0);
    }
    compare_all(&tree, 0);
    check_nodes();
    drain();
}

int main(void)
{
    printf("1..2\n");
    machine_start(FRAMES);
    slab_init();
    radix_module_init();
    radix_init(&tree);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        run_random(i);
        drain();
    }
    check_done("random operations agree with the model");
    run_with_failures();
    check_done("failed allocations change nothing");
    return 0;
}
