/*
 * The check of one address space: areas, overlay, page table and reverse maps agree. See check.h for the numbers.
 */
#include "kernel/panic.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/check.h"
#include "mm/object.h"
#include "mm/rmap.h"
#include "mm/translation.h"

enum { LEAVES_AT_ONCE = 512 }; /* visited with interrupts off */

struct table_check {
    struct aspace *aspace;
    struct violation *violation;
    unsigned count;
    vaddr_t next;
    uint64_t resident, large;
};

/* Whether `page` is what the area says stands at `address`; *anon is its anon if it is private. */
static bool page_belongs(const struct area *area, vaddr_t address, const struct page *page, const struct anon **anon)
{
    *anon = area_is_shared(area) ? NULL : radix_find(&area->aspace->overlay, address >> PAGE_SHIFT);
    if (*anon != NULL)
        return page_has(page, PAGE_ANON) && page->anon == *anon;
    if (page == zero_page)
        return area->object == NULL;
    if (area->object == NULL)
        return false;
    if (area->object->kind == OBJECT_SHM)
        return page_has(page, PAGE_SHM);
    return !page_has(page, PAGE_ANON) && page->object == area->object && page->index == area_index(area, address);
}

static void check_mapped_page(struct table_check *check, vaddr_t address, struct page *page, bool writable)
{
    struct violation *violation = check->violation;
    const struct anon *anon;
    const struct area *area = area_tree_find(&check->aspace->areas, address);
    if (area == NULL) {
        violation_note(violation, "a translation outside all areas", address, 0, page_frame(page));
        return;
    }
    if (!page_belongs(area, address, page, &anon))
        violation_note(violation, "a translation leads to the wrong page", address, area->flags, page_frame(page));
    if (writable && anon != NULL && anon_is_shared(anon))
        violation_note(violation, "I6: a shared anon is writable", address, 1, anon->references);
    if (writable && (area->flags & AREA_WRITE) == 0)
        violation_note(violation, "a writable translation in a read-only area", address, 0, area->flags);
    if (writable && (page == zero_page || !page_has(page, PAGE_DIRTY)))
        violation_note(violation, "I3: a clean page is writable", address, PAGE_DIRTY, page->flags);
    if (page == zero_page)
        return;
    check->resident++;
    if (page->state != PAGE_ACTIVE)
        violation_note(violation, "I4: a mapped page is not active", address, PAGE_ACTIVE, page->state);
    if (!rmap_has(page, check->aspace, address))
        violation_note(violation, "I2: a mapping is not in the reverse map", address, page_frame(page), page->rmap);
}

static int check_leaf(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    struct table_check *check = context;
    if (check->count++ == LEAVES_AT_ONCE) {
        check->next = address;
        return 1;
    }
    pte_t value = pte_read(entry);
    struct page *page = page_of_frame(pte_frame(value, level) >> PAGE_SHIFT);
    check->large += level > LEVEL_4K;
    for (uint64_t i = 0; i < level_size(level) >> PAGE_SHIFT; i++)
        check_mapped_page(check, address + (i << PAGE_SHIFT), page + i, (value & PTE_RW) != 0);
    return 0;
}

static void check_table(struct aspace *aspace, struct violation *violation)
{
    struct table_check check = {.aspace = aspace, .violation = violation};
    vaddr_t start = 0;
    while (start < USER_END) {
        check.count = 0;
        check.next = USER_END;
        spin_lock(&aspace->table_lock);
        pagetable_for_each(&aspace->table, start, USER_END, check_leaf, &check);
        spin_unlock(&aspace->table_lock);
        start = check.next;
    }
    spin_lock(&aspace->table_lock);
    pagetable_check(&aspace->table);
    spin_unlock(&aspace->table_lock);
    uint64_t counted = aspace->resident_anon + aspace->resident_file + aspace->resident_shm;
    if (check.resident != counted)
        violation_note(violation, "resident pages miscounted", (uint64_t)aspace, check.resident, counted);
    if (check.large != aspace->large_mappings)
        violation_note(violation, "large mappings miscounted", (uint64_t)aspace, check.large, aspace->large_mappings);
}

static void check_areas(struct aspace *aspace, struct violation *violation)
{
    uint64_t total = 0, locked = 0, data = 0, committed = 0;
    if (area_tree_check(&aspace->areas) < 0)
        violation_note(violation, "the tree of areas is broken", (uint64_t)aspace, 0, aspace->areas.count);
    for (struct area *area = area_tree_first(&aspace->areas); area != NULL; area = area_next(area)) {
        total += area_pages(area);
        locked += (area->flags & AREA_LOCKED) != 0 ? area_pages(area) : 0;
        data += flags_are_data(area->flags) ? area_pages(area) : 0;
        committed += (area->flags & AREA_COMMITTED) != 0 ? area_pages(area) : 0;
        if (area->aspace != aspace)
            violation_note(violation, "an area of another address space", area->start, (uint64_t)aspace,
                           (uint64_t)area->aspace);
    }
    if (total != aspace->total_pages)
        violation_note(violation, "pages of areas miscounted", (uint64_t)aspace, total, aspace->total_pages);
    if (locked != aspace->locked_pages)
        violation_note(violation, "locked pages miscounted", (uint64_t)aspace, locked, aspace->locked_pages);
    if (data != aspace->data_pages)
        violation_note(violation, "pages of data miscounted", (uint64_t)aspace, data, aspace->data_pages);
    if (committed != aspace->committed_pages)
        violation_note(violation, "I11: promised pages miscounted", (uint64_t)aspace, committed,
                       aspace->committed_pages);
}

static void check_overlay(struct aspace *aspace, struct check_sums *sums, struct violation *violation)
{
    const struct anon *anon;
    uint64_t number = 0, count = 0;
    for (; (anon = radix_next(&aspace->overlay, &number, UINT64_MAX)) != NULL; number++, count++) {
        const struct area *area = area_tree_find(&aspace->areas, number << PAGE_SHIFT);
        if (area == NULL || area_is_shared(area))
            violation_note(violation, "I8: a private page outside private areas", number << PAGE_SHIFT, 0,
                           (uint64_t)anon);
        sums->given_up_entries += anon_is_given_up(anon);
        if (atomic_load(&anon->references) == 0)
            violation_note(violation, "I8: an anon without references is held", number << PAGE_SHIFT, 1, 0);
    }
    if (count != aspace->overlay.count)
        violation_note(violation, "private pages miscounted", (uint64_t)aspace, count, aspace->overlay.count);
}

void check_aspace(struct aspace *aspace, struct check_sums *sums, struct violation *violation)
{
    mutex_lock(&aspace->lock);
    check_areas(aspace, violation);
    check_overlay(aspace, sums, violation);
    check_table(aspace, violation);
    sums->overlay_entries += aspace->overlay.count;
    sums->areas += aspace->areas.count;
    sums->committed += aspace->committed_pages;
    mutex_unlock(&aspace->lock);
}
