/*
 * Page tables over a fake physical memory, against a sorted array of leaves: random mappings of all three sizes, unmappings, splits, protections,
 * ranges; the tables' counts are checked throughout. And the taking over of a loader's tables.
 *
 * Links: tests/host/support/machine.c mm/pagetable.c mm/pagetable_range.c mm/kernel_table.c mm/inject.c mm/frame.c mm/frame_fill.c mm/bulk.c mm/buddy.c
 */
#include <stdio.h>
#include <string.h>

#include "boot/bootinfo.h"
#include "kernel/abi/errno.h"
#include "mm/frame.h"
#include "mm/pagetable.h"
#include "mm/tlb.h"
#include "tests/host/support/machine.h"

#define HALF_END ((vaddr_t)1 << 47) /* of the lower half, the top page included */

enum { FRAMES = 32768, ROUNDS = 10, STEPS = 8000, LEAVES_MAX = 100000 };

#define USER_BITS (PTE_RW | PTE_US | PTE_A | PTE_XD)

struct leaf {
    vaddr_t address;
    pte_t value;
    unsigned level;
};
static struct leaf leaves[LEAVES_MAX]; /* the model, sorted */
static unsigned leaf_count;
static struct pagetable table;

/* What kernel_table.c needs of the TLB. */
void tlb_flush_local_all(void)
{
}

static unsigned kernel_flushes;

void tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
    (void)start, (void)end;
    kernel_flushes++;
}

static vaddr_t leaf_end(const struct leaf *leaf)
{
    return leaf->address + level_size(leaf->level);
}

/* The place of the first leaf that ends behind `address`. */
static unsigned model_place(vaddr_t address)
{
    unsigned low = 0, high = leaf_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (leaf_end(&leaves[middle]) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct leaf *model_find(vaddr_t address)
{
    unsigned place = model_place(address);
    return place < leaf_count && leaves[place].address <= address ? &leaves[place] : NULL;
}

static void model_replace(unsigned place, unsigned old_count, const struct leaf *with, unsigned count)
{
    require(leaf_count + count < LEAVES_MAX, "the model has room");
    memmove(&leaves[place + count], &leaves[place + old_count], (leaf_count - place - old_count) * sizeof(leaves[0]));
    if (count > 0)
        memcpy(&leaves[place], with, count * sizeof(leaves[0]));
    leaf_count += count - old_count;
}

static void model_split(vaddr_t address)
{
    unsigned place = model_place(address);
    struct leaf old = leaves[place], parts[TABLE_ENTRIES];
    pte_t value = old.level == LEVEL_2M ? old.value & ~PTE_PS : old.value;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        uint64_t offset = i * level_size(old.level - 1);
        parts[i] = (struct leaf){old.address + offset, value + offset, old.level - 1};
    }
    model_replace(place, 1, parts, TABLE_ENTRIES);
}

static void model_split_at(vaddr_t address)
{
    struct leaf *leaf;
    while ((leaf = model_find(address)) != NULL && leaf->address != address)
        model_split(address);
}

/* Addresses in a few places of user space, so that things meet. */
static vaddr_t random_address(unsigned level)
{
    static const vaddr_t places[] = {0, 0x400000, 0x7f0000000000, 0x7fffc0000000, 0x8000000000, 0x40000000};
    vaddr_t place = places[random_below(ARRAY_LENGTH(places))];
    uint64_t spread = random_below(4) == 0 ? 3 * HUGE_SIZE : 2 * LARGE_SIZE;
    return round_down(min_u64(place + random_below(spread), USER_END - 1), level_size(level));
}

static unsigned random_level(void)
{
    uint64_t kind = random_below(40);
    if (kind == 0)
        return LEVEL_1G;
    return kind < 8 ? LEVEL_2M : LEVEL_4K;
}

static bool model_is_empty(vaddr_t address, unsigned level)
{
    unsigned place = model_place(address);
    return place == leaf_count || leaves[place].address >= address + level_size(level);
}

static void step_map(void)
{
    unsigned level = random_level();
    vaddr_t address = random_address(level);
    bool empty = model_is_empty(address, level);
    /* A table without entries goes at once, so "no leaves there" and "nothing there" are the same. */
    require(pagetable_is_empty(&table, address, level) == empty, "is_empty");
    if (!empty)
        return;
    paddr_t frame = random_below(1000) * level_size(level);
    pte_t bits = PTE_P | (random_next() & USER_BITS);
    if (pagetable_map(&table, address, frame, level, bits) != 0)
        return;
    struct leaf leaf = {address, frame | bits | (level > LEVEL_4K ? PTE_PS : 0), level};
    model_replace(model_place(address), 0, &leaf, 1);
}

static vaddr_t random_mapped(void)
{
    if (leaf_count == 0 || random_below(8) == 0)
        return random_address(LEVEL_4K);
    const struct leaf *leaf = &leaves[random_below(leaf_count)];
    return leaf->address + round_down(random_below(level_size(leaf->level)), PAGE_SIZE);
}

static void step_unmap(void)
{
    vaddr_t address = random_mapped();
    struct leaf *leaf = model_find(address);
    unsigned level;
    pte_t old = pagetable_unmap(&table, address, &level);
    require(old == (leaf == NULL ? 0 : leaf->value), "unmap returns the leaf");
    if (leaf == NULL)
        return;
    require(level == leaf->level, "unmap returns the level");
    model_replace((unsigned)(leaf - leaves), 1, NULL, 0);
}

static void step_split(void)
{
    vaddr_t address = random_mapped();
    struct leaf *leaf = model_find(address);
    if (leaf == NULL || leaf->level == LEVEL_4K)
        return;
    frame_fail_every(1); /* a split needs no memory */
    pagetable_split(&table, address);
    frame_fail_every(0);
    model_split(address);
}

static void step_change(void)
{
    vaddr_t address = random_mapped();
    struct leaf *leaf = model_find(address);
    struct walk walk;
    bool found = pagetable_walk(&table, address, &walk);
    require(found == (leaf != NULL), "walk finds what is mapped");
    pte_t *entry = pagetable_entry(&table, address);
    if (leaf == NULL) {
        require(entry == NULL || *entry == 0, "no entry where nothing is mapped");
        return;
    }
    require(walk.value == leaf->value && walk.level == leaf->level, "walk returns the leaf");
    require(leaf->level == LEVEL_4K ? entry == walk.entry : entry == NULL, "the short form agrees");
    pte_t clear = random_next() & USER_BITS, set = random_next() & USER_BITS;
    require(pagetable_change(walk.entry, clear, set) == leaf->value, "change returns the old value");
    leaf->value = (leaf->value & ~clear) | set;
}

static unsigned next_leaf;

static int compare_leaf(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    const vaddr_t *end = context;
    const struct leaf *leaf = &leaves[next_leaf++];
    require(next_leaf <= leaf_count && leaf->address < *end, "no leaf too many");
    require(leaf->address == address && leaf->level == level && leaf->value == *entry, "leaves in order");
    return 0;
}

static void random_range(vaddr_t *start, vaddr_t *end)
{
    vaddr_t a = random_mapped(), b = random_below(3) == 0 ? random_mapped() : a + random_below(600) * PAGE_SIZE;
    *start = min_u64(a, b);
    *end = min_u64(max_u64(a, b) + PAGE_SIZE, USER_END);
}

static void step_visit(vaddr_t start, vaddr_t end)
{
    next_leaf = model_place(start);
    require(pagetable_for_each(&table, start, end, compare_leaf, &end) == 0, "the visitor's value is returned");
    require(next_leaf == leaf_count || leaves[next_leaf].address >= end, "no leaf too few");
}

static void removed_leaf(pte_t old, vaddr_t address, unsigned level, void *context)
{
    const struct leaf *leaf = &leaves[next_leaf++];
    (void)context;
    require(leaf->address == address && leaf->level == level && leaf->value == old, "the right leaves are removed");
}

static void step_unmap_range(vaddr_t start, vaddr_t end)
{
    model_split_at(start);
    model_split_at(end);
    unsigned first = model_place(start), last = model_place(end);
    next_leaf = first;
    pagetable_unmap_range(&table, start, end, removed_leaf, NULL);
    require(next_leaf == last, "all leaves of the range are removed");
    model_replace(first, last - first, NULL, 0);
}

static void step_free_retired(void)
{
    struct list retired = LIST_INIT(retired);
    pagetable_take_retired(&table, &retired);
    pagetable_free_retired(&retired);
}

static void step(void)
{
    vaddr_t start, end;
    uint64_t kind = random_below(100);
    if (kind < 50) {
        step_map();
    } else if (kind < 70) {
        step_unmap();
    } else if (kind < 85) {
        step_change();
    } else if (kind < 88) {
        step_split();
    } else {
        random_range(&start, &end);
        if (kind < 94)
            step_visit(start, end);
        else if (kind < 98)
            step_unmap_range(start, end);
        else
            step_free_retired();
    }
}

static void run_random(unsigned seed, unsigned fail_every)
{
    random_seed(seed);
    uint64_t before = frames_free();
    require(pagetable_create(&table) == 0, "create");
    for (unsigned i = 0; i < STEPS; i++) {
        frame_fail_every(fail_every != 0 && random_below(2) == 0 ? 1 + random_below(fail_every) : 0);
        step();
        frame_fail_every(0);
        if (i % 50 == 0)
            pagetable_check(&table);
    }
    step_visit(0, HALF_END);
    step_unmap_range(0, HALF_END);
    require(leaf_count == 0 && table.tables == 1 && table.aside_count == 0, "empty tables are given back");
    pagetable_destroy(&table);
    require(frames_free() == before, "no frame is lost");
}

/* A loader's tables: an identity map, which must go, and a direct map of one 1 GB page. */
static void test_take_over(void)
{
    struct page *top = frame_alloc(FRAME_WIRED | FRAME_ZERO), *low = frame_alloc(FRAME_WIRED | FRAME_ZERO);
    struct page *pointers = frame_alloc(FRAME_WIRED | FRAME_ZERO);
    struct bootinfo info = {.page_table = page_physical(top)};
    pte_t *entries = page_address(top);
    entries[0] = page_physical(low) | PTE_P | PTE_RW;
    entries[level_index(KERNEL_AREA_BASE, LEVEL_TOP)] = page_physical(pointers) | PTE_P | PTE_RW;
    kernel_table_init(&info);
    require(entries[0] == 0, "the lower half is cleared");
    struct walk walk;
    require(!pagetable_walk(&kernel_table, 0, &walk) && walk.level == LEVEL_TOP, "and maps nothing");
    uint64_t before = frames_free();
    require(kernel_map(MMIO_AREA_BASE, 0x40000000, LARGE_SIZE + PAGE_SIZE, PTE_RW) == 0, "map");
    require(pagetable_walk(&kernel_table, MMIO_AREA_BASE + 5, &walk) && walk.level == LEVEL_2M,
            "a large page where it fits");
    require(pagetable_walk(&kernel_table, MMIO_AREA_BASE + LARGE_SIZE, &walk) && walk.level == LEVEL_4K,
            "else a small one");
    require(kernel_is_mapped(MMIO_AREA_BASE, LARGE_SIZE + PAGE_SIZE), "all of it");
    require(!kernel_is_mapped(MMIO_AREA_BASE, LARGE_SIZE + 2 * PAGE_SIZE), "and no more");
    require(kernel_map(KSTACK_AREA_BASE, 0, PAGE_SIZE, 0) == 0, "another place");
    require(pagetable_create(&table) == 0, "create");
    require(memcmp(table.top + 256, entries + 256, 256 * sizeof(pte_t)) == 0, "the kernel's half is shared");
    pagetable_destroy(&table);
    kernel_unmap(MMIO_AREA_BASE, LARGE_SIZE + PAGE_SIZE);
    kernel_unmap(KSTACK_AREA_BASE, PAGE_SIZE);
    require(kernel_flushes == 2 && frames_free() == before, "unmapping flushes and frees the tables");
    require(entries[level_index(KERNEL_AREA_BASE, LEVEL_TOP)] != 0, "the top level stays");
    frame_fail_every(2);
    require(kernel_map(MMIO_AREA_BASE, 0, 2 * LARGE_SIZE + PAGE_SIZE, PTE_RW) == -ENOMEM, "without memory");
    frame_fail_every(0);
    require(!kernel_is_mapped(MMIO_AREA_BASE, PAGE_SIZE), "nothing is mapped");
}

int main(void)
{
    printf("1..3\n");
    machine_start(FRAMES);
    test_take_over();
    check_done("the loader's tables are taken over");
    for (unsigned i = 1; i <= ROUNDS; i++)
        run_random(i, 0);
    check_done("random operations agree with the model");
    for (unsigned i = 1; i <= ROUNDS; i++)
        run_random(100 + i, 3);
    check_done("failed allocations change nothing");
    return 0;
}
