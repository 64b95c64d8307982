/*
 * The kernel's own page tables, whose upper half every address space shares.
 *
 *     top level, entries 256 .. 511       direct map, kernel areas (one entry), kernel image
 *
 * The loader made them; here they are taken over: the lower half is cleared, every table's entries are counted. The entries of the
 * top level never change again, so each address space has a copy of them; the tables they point to have one count too many,
 * and so are never empty and never retired.
 *
 * Lock: kernel_lock (RANK_KERNEL_TABLE) guards the tables; nobody changes the same range twice at once, that is kmap.c's business.
 */
#include "boot/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/pagetable.h"
#include "mm/tlb.h"

#define KERNEL_HALF (TABLE_ENTRIES / 2)

struct pagetable kernel_table;

static struct spinlock kernel_lock = SPINLOCK_INIT(RANK_KERNEL_TABLE);

/* Which entries of the top level are in use. */
static unsigned shared_count;
static uint16_t shared_entries[KERNEL_HALF];

/* Counts the entries of a table of the loader's, and of the tables below it. */
static void table_adopt(pte_t *entries, unsigned level)
{
    struct page *page = page_of_address(entries);
    assert(page->state == PAGE_WIRED);
    page->used = level == LEVEL_TOP - 1 ? 1 : 0; /* the top level holds the next one for ever */
    page->groups = UINT64_MAX;
    kernel_table.tables++;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        pte_t value = pte_read(&entries[i]);
        page->used += value != 0;
        if (pte_is_table(value, level))
            table_adopt(direct_map(value & PTE_ADDRESS), level - 1);
    }
}

void kernel_table_init(const struct bootinfo *info)
{
    kernel_table.kernel = true;
    kernel_table.top = direct_map(info->page_table);
    pagetable_found_clear(&kernel_table);
    list_init(&kernel_table.retired);
    list_init(&kernel_table.aside);
    for (unsigned i = 0; i < KERNEL_HALF; i++)
        pte_write(&kernel_table.top[i], 0);
    table_adopt(kernel_table.top, LEVEL_TOP);
    for (unsigned i = KERNEL_HALF; i < TABLE_ENTRIES; i++) {
        if (kernel_table.top[i] != 0)
            shared_entries[shared_count++] = (uint16_t)i;
    }
    tlb_flush_local_all();
}

void kernel_table_share(pte_t *top)
{
    for (unsigned i = 0; i < shared_count; i++)
        top[shared_entries[i]] = kernel_table.top[shared_entries[i]];
}

/* The largest page that can map `frame` at `address` without going over `length`. */
static unsigned level_fitting(vaddr_t address, paddr_t frame, uint64_t length)
{
    return is_aligned(address | frame, LARGE_SIZE) && length >= LARGE_SIZE ? LEVEL_2M : LEVEL_4K;
}

void kernel_unmap(vaddr_t address, uint64_t length)
{
    might_sleep();
    struct list retired = LIST_INIT(retired);
    spin_lock(&kernel_lock);
    pagetable_unmap_range(&kernel_table, address, address + length, NULL, NULL);
    pagetable_take_retired(&kernel_table, &retired);
    spin_unlock(&kernel_lock);
    tlb_flush_kernel(address, address + length);
    pagetable_free_retired(&retired);
}

int kernel_map(vaddr_t address, paddr_t frame, uint64_t length, pte_t bits)
{
    assert(address >= KERNEL_AREA_BASE && address < KERNEL_AREA_END);
    assert(is_aligned(address | frame | length, PAGE_SIZE));
    might_sleep();
    int error = 0;
    uint64_t done = 0;
    spin_lock(&kernel_lock);
    while (done < length && error == 0) {
        unsigned level = level_fitting(address + done, frame + done, length - done);
        error = pagetable_map(&kernel_table, address + done, frame + done, level, bits | PTE_G | PTE_A);
        done += error == 0 ? level_size(level) : 0;
    }
    spin_unlock(&kernel_lock);
    if (error != 0 && done > 0)
        kernel_unmap(address, done);
    return error;
}

bool kernel_is_mapped(vaddr_t address, uint64_t length)
{
    vaddr_t end = address + length;
    while (address < end) {
        struct walk walk;
        if (!pagetable_walk(&kernel_table, address, &walk))
            return false;
        address = round_down(address, level_size(walk.level)) + level_size(walk.level);
        if (address == 0)
            break;
    }
    return true;
}
