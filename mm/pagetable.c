/*
 * Page tables: one entry at a time. Whole ranges are in pagetable_range.c, the kernel's own table in kernel_table.c.
 *
 * A table is its entries in the direct map; page_of_address() of an entry leads to the struct page of its table, whose `used` counts
 * the entries that are not zero. The top level's count is kept like the others', but the top level stays.
 *
 * Sources: Intel SDM volume 3, 4.5 (4-level paging), 4.10 (caching translation information).
 */
#include "mm/pagetable.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/pagetable_range.h"

/* Rights are the leaf's business: entries above it allow everything that its half may do. */
#define TABLE_KERNEL (PTE_P | PTE_RW | PTE_A)
#define TABLE_USER (PTE_P | PTE_RW | PTE_US | PTE_A)

static inline pte_t *table_below(pte_t value)
{
    return direct_map(value & PTE_ADDRESS);
}

static inline struct page *table_page(const pte_t *entry)
{
    return page_of_address(entry);
}

static pte_t *table_create(struct pagetable *table)
{
    struct page *page = frame_alloc(FRAME_NOWAIT | FRAME_WIRED | FRAME_ZERO);
    if (page == NULL)
        return NULL;
    table->tables++;
    return page_address(page);
}

static void table_retire(struct pagetable *table, struct page *page)
{
    assert(page->used == 0);
    for (unsigned i = 0; i < PAGETABLE_FOUND; i++) {
        if (table->found[i].entries == page_address(page))
            table->found[i].number = UINT64_MAX;
    }
    list_push_back(&table->retired, &page->link);
    table->tables--;
}

/* The table below *entry, an entry above the leaf's; made if there is none. Null without memory. */
static pte_t *table_get(struct pagetable *table, pte_t *entry)
{
    pte_t value = pte_read(entry);
    if (__builtin_expect(value != 0, 1)) {
        assert((value & (PTE_P | PTE_PS)) == PTE_P);
        return table_below(value);
    }
    pte_t *child = table_create(table);
    if (child == NULL)
        return NULL;
    pte_write(entry, direct_map_physical(child) | (table->kernel ? TABLE_KERNEL : TABLE_USER));
    entry_count(entry);
    return child;
}

/* The entries on the way to `address`, by level, as far as there are tables. Returns the lowest level reached. */
static unsigned path_find(const struct pagetable *table, vaddr_t address, pte_t *path[LEVEL_TOP + 1])
{
    pte_t *entries = table->top;
    unsigned level = LEVEL_TOP;
    for (;;) {
        path[level] = &entries[level_index(address, level)];
        pte_t value = pte_read(path[level]);
        if (!pte_is_table(value, level))
            return level;
        entries = table_below(value);
        level--;
    }
}

/* Retires the empty tables of a path, from the one with its entry at `level` upwards. */
static void path_prune(struct pagetable *table, pte_t *path[LEVEL_TOP + 1], unsigned level)
{
    for (; level < LEVEL_TOP && table_page(path[level])->used == 0; level++) {
        pte_write(path[level + 1], 0);
        table_retire(table, table_page(path[level]));
        table_page(path[level + 1])->used--;
    }
}

static void prune_at(struct pagetable *table, vaddr_t address)
{
    pte_t *path[LEVEL_TOP + 1];
    path_prune(table, path, path_find(table, address, path));
}

static void aside_free(struct pagetable *table, uint64_t count)
{
    assert(table->aside_count >= count);
    for (; count > 0; count--) {
        frame_free(list_entry(list_pop_front(&table->aside), struct page, link));
        table->aside_count--;
    }
}

/* Tables a leaf of `level` has set aside. */
static uint64_t aside_needed(const struct pagetable *table, unsigned level)
{
    if (table->kernel || level == LEVEL_4K)
        return 0;
    return level == LEVEL_2M ? 1 : 1 + TABLE_ENTRIES;
}

static int aside_add(struct pagetable *table, uint64_t count)
{
    for (uint64_t done = 0; done < count; done++) {
        struct page *page = frame_alloc(FRAME_NOWAIT | FRAME_WIRED);
        if (page == NULL) {
            aside_free(table, done);
            return -ENOMEM;
        }
        list_push_front(&table->aside, &page->link);
        table->aside_count++;
    }
    return 0;
}

void pagetable_aside_gone(struct pagetable *table, unsigned level)
{
    aside_free(table, aside_needed(table, level));
}

void pagetable_table_gone(struct pagetable *table, pte_t *entry)
{
    struct page *page = table_page(table_below(pte_read(entry)));
    pte_write(entry, 0);
    table_page(entry)->used--;
    table_retire(table, page);
}

void pagetable_found_clear(struct pagetable *table)
{
    for (unsigned i = 0; i < PAGETABLE_FOUND; i++)
        table->found[i].number = UINT64_MAX;
}

int pagetable_create(struct pagetable *table)
{
    *table = (struct pagetable){0};
    pagetable_found_clear(table);
    list_init(&table->retired);
    list_init(&table->aside);
    struct page *page = frame_alloc(FRAME_WIRED | FRAME_ZERO);
    if (page == NULL)
        return -ENOMEM;
    table->top = page_address(page);
    table->tables = 1;
    kernel_table_share(table->top);
    return 0;
}

void pagetable_destroy(struct pagetable *table)
{
    assert(table->tables == 1 && table->aside_count == 0 && table_page(table->top)->used == 0);
    struct list retired = LIST_INIT(retired);
    pagetable_take_retired(table, &retired);
    pagetable_free_retired(&retired);
    frame_free(table_page(table->top));
    table->top = NULL;
    table->tables = 0;
}

bool pagetable_walk(const struct pagetable *table, vaddr_t address, struct walk *walk)
{
    *walk = (struct walk){0};
    pte_t *entries = table->top;
    for (unsigned level = LEVEL_TOP;; level--) {
        walk->entry = &entries[level_index(address, level)];
        walk->level = level;
        walk->value = pte_read(walk->entry);
        walk->path[level] = walk->value;
        if (!pte_is_table(walk->value, level))
            return pte_is_leaf(walk->value, level);
        entries = table_below(walk->value);
    }
}

/* Goes from a table of `level` down to the one below, on the way to `address`; false if there is none. Inlined, so that the level is a constant. */
static inline bool table_step(pte_t **entries, vaddr_t address, unsigned level)
{
    pte_t value = pte_read(&(*entries)[level_index(address, level)]);
    *entries = table_below(value);
    return pte_is_table(value, level);
}

pte_t *pagetable_entry_find(struct pagetable *table, vaddr_t address)
{
    pte_t *entries = table->top;
    if (!table_step(&entries, address, LEVEL_TOP) || !table_step(&entries, address, LEVEL_1G) ||
        !table_step(&entries, address, LEVEL_2M))
        return NULL;
    uint64_t number = address / level_size(LEVEL_2M);
    table->found[number % PAGETABLE_FOUND] = (struct pagetable_found){entries, number};
    return &entries[level_index(address, LEVEL_4K)];
}

bool pagetable_is_empty(const struct pagetable *table, vaddr_t address, unsigned level)
{
    pte_t *path[LEVEL_TOP + 1];
    unsigned reached = path_find(table, address, path);
    return reached >= level && pte_read(path[reached]) == 0;
}

/* The entry of `address` at `level`, with the tables above it made as needed. Null without memory; no table is left empty then. */
static pte_t *entry_make(struct pagetable *table, vaddr_t address, unsigned level)
{
    pte_t *entries = table->top;
    for (unsigned at = LEVEL_TOP; at > level; at--) {
        entries = table_get(table, &entries[level_index(address, at)]);
        if (entries == NULL) {
            prune_at(table, address);
            return NULL;
        }
    }
    return &entries[level_index(address, level)];
}

pte_t *pagetable_entry_make(struct pagetable *table, vaddr_t address)
{
    struct walk walk;
    pte_t *entry = pagetable_entry(table, address);
    if (entry != NULL || pagetable_walk(table, address, &walk))
        return entry;
    return entry_make(table, address, LEVEL_4K);
}

void pagetable_count(struct pagetable *table, vaddr_t address, const pte_t *entry, unsigned length, unsigned set)
{
    struct page *page = table_page(entry);
    unsigned index = level_index(address, LEVEL_4K);
    page->used += set;
    if (set > 0)
        page->groups |= (group_bit(index + length - 1) << 1) - group_bit(index);
    else
        prune_at(table, address);
}

int pagetable_map(struct pagetable *table, vaddr_t address, paddr_t frame, unsigned level, pte_t bits)
{
    assert(is_aligned(address | frame, level_size(level)));
    if (level > LEVEL_4K && aside_add(table, aside_needed(table, level)) != 0)
        return -ENOMEM;
    pte_t *entry = level == LEVEL_4K ? pagetable_entry(table, address) : NULL;
    if (entry == NULL)
        entry = entry_make(table, address, level);
    if (entry == NULL) {
        aside_free(table, aside_needed(table, level));
        return -ENOMEM;
    }
    assert(pte_read(entry) == 0);
    pte_write(entry, frame | bits | PTE_P | (level > LEVEL_4K ? PTE_PS : 0));
    entry_count(entry);
    return 0;
}

void pagetable_set(pte_t *entry, paddr_t frame, pte_t bits)
{
    assert(pte_read(entry) == 0);
    pte_write(entry, frame | bits | PTE_P);
    entry_count(entry);
}

pte_t pagetable_unmap(struct pagetable *table, vaddr_t address, unsigned *level)
{
    pte_t *path[LEVEL_TOP + 1];
    *level = path_find(table, address, path);
    if (pte_read(path[*level]) == 0)
        return 0;
    pte_t old = pte_take(path[*level]);
    table_page(path[*level])->used--;
    pagetable_aside_gone(table, *level);
    path_prune(table, path, *level);
    return old;
}

pte_t pagetable_change(pte_t *entry, pte_t clear, pte_t set)
{
    pte_t old = pte_read(entry);
    while (!__atomic_compare_exchange_n(entry, &old, (old & ~clear) | set, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        ;
    return old;
}

/* The bits of the leaves that a leaf of `level` splits into; its PAT bit moves if they are 4 KB ones. */
static pte_t split_bits(pte_t value, unsigned level)
{
    pte_t bits = (value & ~PTE_ADDRESS) | (value & PTE_PAT_LARGE);
    if (level > LEVEL_2M)
        return bits;
    bits &= ~(PTE_PS | PTE_PAT_LARGE);
    return (value & PTE_PAT_LARGE) != 0 ? bits | PTE_PS : bits;
}

void pagetable_split(struct pagetable *table, vaddr_t address)
{
    assert(!table->kernel && table->aside_count > 0);
    pte_t *path[LEVEL_TOP + 1];
    unsigned level = path_find(table, address, path);
    pte_t *entry = path[level];
    pte_t value = pte_read(entry);
    assert(level > LEVEL_4K && pte_is_leaf(value, level));
    struct page *page = list_entry(list_pop_front(&table->aside), struct page, link);
    table->aside_count--;
    table->tables++;
    page->used = TABLE_ENTRIES;
    page->groups = UINT64_MAX;
    pte_t *entries = page_address(page);
    do { /* the CPU may set the accessed and dirty bits of the large leaf until it is replaced */
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            entries[i] = (pte_frame(value, level) + i * level_size(level - 1)) | split_bits(value, level);
    } while (!__atomic_compare_exchange_n(entry, &value, page_physical(page) | TABLE_USER, false, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

void pagetable_split_at(struct pagetable *table, vaddr_t address)
{
    struct walk walk;
    while (pagetable_walk(table, address, &walk) && !is_aligned(address, level_size(walk.level)))
        pagetable_split(table, address);
}

uint64_t pagetable_frames(const struct pagetable *table)
{
    uint64_t frames = table->tables + table->aside_count;
    list_for_each(link, &table->retired) frames++;
    return frames;
}

void pagetable_take_retired(struct pagetable *table, struct list *to)
{
    struct list *link;
    while ((link = list_pop_front(&table->retired)) != NULL)
        list_push_back(to, link);
}

void pagetable_free_retired(struct list *tables)
{
    struct list *link;
    while ((link = list_pop_front(tables)) != NULL)
        frame_free_zeroed(list_entry(link, struct page, link)); /* every entry was cleared */
}
