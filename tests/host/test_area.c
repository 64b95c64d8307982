/*
 * The tree of areas against a plain array of pages: random insertions, removals and resizes, every answer compared.
 *
 * Links: mm/area.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/area.h"

enum { PAGES = 600, ROUNDS = 40, STEPS = 4000 };

static struct area *owner[PAGES]; /* the naive model: which area has each page */
static struct area_tree tree;
static uint64_t seed;

static unsigned random_below(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % limit);
}

static void require(bool condition, const char *what)
{
    if (!condition) {
        printf("not ok 1 - %s (seed %llu)\n", what, (unsigned long long)seed);
        exit(1);
    }
}

static vaddr_t page_at(unsigned page)
{
    return (vaddr_t)page << PAGE_SHIFT;
}

static void model_fill(unsigned from, unsigned to, struct area *area)
{
    for (unsigned i = from; i < to; i++)
        owner[i] = area;
}

static bool model_is_free(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (owner[i] != NULL)
            return false;
    }
    return true;
}

static void step_insert(void)
{
    unsigned from = 1 + random_below(PAGES - 20), to = from + 1 + random_below(19);
    if (!model_is_free(from, to))
        return;
    struct area *area = calloc(1, sizeof(*area));
    area->start = page_at(from);
    area->end = page_at(to);
    area_tree_insert(&tree, area);
    model_fill(from, to, area);
}

static void step_remove(struct area *area)
{
    area_tree_remove(&tree, area);
    model_fill(area->start >> PAGE_SHIFT, area->end >> PAGE_SHIFT, NULL);
    free(area);
}

static void step_resize(struct area *area)
{
    unsigned from = area->start >> PAGE_SHIFT, to = area->end >> PAGE_SHIFT;
    model_fill(from, to, NULL);
    unsigned new_from = from, new_to = to;
    if (random_below(2) == 0 && from > 1 && owner[from - 1] == NULL)
        new_from = from - 1;
    else if (to - from > 1)
        new_from = from + random_below(to - from);
    if (random_below(2) == 0 && to < PAGES && owner[to] == NULL)
        new_to = to + 1;
    area_tree_resize(&tree, area, page_at(new_from), page_at(new_to));
    model_fill(new_from, new_to, area);
}

/* What area_tree_gap() promises, found by trying every address. */
static vaddr_t model_gap(unsigned length, unsigned alignment, unsigned low, unsigned high)
{
    for (unsigned at = high - length; high >= length && at >= low && at < high; at--) {
        if (at % alignment == 0 && model_is_free(at, at + length))
            return page_at(at);
    }
    return 0;
}

static void compare(void)
{
    require(area_tree_check(&tree) >= 0, "tree is consistent");
    unsigned page = random_below(PAGES);
    require(area_tree_find(&tree, page_at(page) + 5) == owner[page], "find");
    unsigned from = page;
    while (from < PAGES && owner[from] == NULL)
        from++;
    require(area_tree_find_from(&tree, page_at(page)) == (from < PAGES ? owner[from] : NULL), "find_from");
    unsigned length = 1 + random_below(30), alignment = 1u << random_below(4);
    unsigned low = 1 + random_below(PAGES / 2), high = low + random_below(PAGES - low);
    require(area_tree_gap(&tree, page_at(length), page_at(alignment), page_at(low), page_at(high)) ==
                model_gap(length, alignment, low, high),
            "gap");
}

static void compare_order(void)
{
    struct area *previous = NULL;
    for (struct area *area = area_tree_first(&tree); area != NULL; area = area_next(area)) {
        require(area_previous(area) == previous, "previous");
        previous = area;
    }
}

static void round_run(unsigned number)
{
    seed = number;
    memset(owner, 0, sizeof(owner));
    area_tree_init(&tree);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned kind = random_below(10);
        struct area *area = area_tree_find(&tree, page_at(random_below(PAGES)));
        if (kind < 5 || area == NULL)
            step_insert();
        else if (kind < 7)
            step_remove(area);
        else
            step_resize(area);
        compare();
    }
    compare_order();
    while (tree.root != NULL)
        step_remove(tree.root);
    require(tree.count == 0, "empty at the end");
}

int main(void)
{
    printf("1..1\n");
    for (unsigned i = 0; i < ROUNDS; i++)
        round_run(i + 1);
    printf("ok 1 - area tree agrees with the model over %d random steps\n", ROUNDS * STEPS);
    return 0;
}
