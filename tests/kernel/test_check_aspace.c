/* The check of one address space finds what it is for: each kind of disagreement, planted and taken back. */
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/check.h"
#include "mm/pagetable.h"
#include "mm/rmap.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 4 };

/* What the check finds in the address space, or "". */
static const char *found_in(struct aspace *aspace)
{
    struct check_sums sums = {0};
    struct violation violation = {0};
    check_aspace(aspace, &sums, &violation);
    return violation.what != NULL ? violation.what : "";
}

static bool finds(struct aspace *aspace, const char *what)
{
    return strncmp(found_in(aspace), what, strlen(what)) == 0;
}

KTEST(check_aspace, sums_are_added)
{
    struct check_sums sums = {0};
    struct violation violation = {0};
    struct aspace *aspace = space_filled(PAGES, 0);
    check_aspace(aspace, &sums, &violation);
    check_aspace(aspace, &sums, &violation);
    KTEST_EXPECT(violation.what == NULL && sums.areas == 2 && sums.overlay_entries == 2 * PAGES);
    aspace_put(aspace);
}

KTEST(check_aspace, finds_wrong_counts)
{
    struct aspace *aspace = space_filled(PAGES, 0);
    uint64_t *const counts[] = {&aspace->total_pages, &aspace->locked_pages, &aspace->data_pages,
                                &aspace->committed_pages, &aspace->large_mappings};
    static const char *const names[] = {"pages of areas", "locked pages", "pages of data", "I11: promised pages",
                                        "large"};
    for (unsigned i = 0; i < ARRAY_LENGTH(counts); i++) {
        ++*counts[i];
        KTEST_EXPECT(finds(aspace, names[i]));
        --*counts[i];
    }
    aspace->resident_anon++;
    KTEST_EXPECT(finds(aspace, "resident pages miscounted"));
    aspace->resident_anon--;
    KTEST_EXPECT(found_in(aspace)[0] == '\0');
    aspace_put(aspace);
}

KTEST(check_aspace, finds_translations_that_should_not_be)
{
    struct walk walk;
    struct aspace *aspace = space_filled(PAGES, 0);
    const struct anon *anon = radix_find(&aspace->overlay, SPACE_BASE >> PAGE_SHIFT);
    struct page *page = anon->page;
    page_clear(page, PAGE_DIRTY);
    KTEST_EXPECT(finds(aspace, "I3: a clean page is writable"));
    page_set(page, PAGE_DIRTY);
    KTEST_EXPECT(rmap_remove(page, aspace, SPACE_BASE) && finds(aspace, "I2: a mapping is not in the reverse map"));
    rmap_add_first(page, aspace, SPACE_BASE);
    anon_get((struct anon *)anon);
    KTEST_EXPECT(finds(aspace, "I6: a shared anon is writable"));
    anon_put((struct anon *)anon);
    KTEST_EXPECT(pagetable_walk(&aspace->table, SPACE_BASE, &walk));
    const struct anon *other = radix_find(&aspace->overlay, (SPACE_BASE >> PAGE_SHIFT) + 1);
    pte_write(walk.entry, (walk.value & ~PTE_ADDRESS) | page_physical(other->page));
    KTEST_EXPECT(finds(aspace, "a translation leads to the wrong page"));
    pte_write(walk.entry, walk.value);
    KTEST_EXPECT(found_in(aspace)[0] == '\0');
    aspace_put(aspace);
}

KTEST(check_aspace, finds_private_pages_and_translations_outside_areas)
{
    struct aspace *aspace = space_filled(PAGES, 0);
    struct area *area = space_area(aspace, SPACE_BASE);
    vaddr_t end = area->end;
    aspace->total_pages--; /* as if the last page had been unmapped by halves */
    aspace->data_pages--;
    aspace->committed_pages--;
    area_tree_resize(&aspace->areas, area, area->start, end - PAGE_SIZE);
    KTEST_EXPECT(finds(aspace, "I8: a private page outside private areas"));
    struct anon *anon = radix_remove(&aspace->overlay, (end >> PAGE_SHIFT) - 1);
    KTEST_EXPECT(finds(aspace, "a translation outside all areas"));
    KTEST_EXPECT(radix_insert(&aspace->overlay, (end >> PAGE_SHIFT) - 1, anon) == 0);
    area_tree_resize(&aspace->areas, area, area->start, end);
    aspace->total_pages++;
    aspace->data_pages++;
    aspace->committed_pages++;
    KTEST_EXPECT(found_in(aspace)[0] == '\0');
    aspace_put(aspace);
}
