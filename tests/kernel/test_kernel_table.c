/* The kernel's own page tables: areas that are mapped and unmapped with the largest pages that fit, seen by every address space. */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/pagetable.h"
#include "tests/kernel/crew.h"

/* Where nothing else is: a table of the second level of its own. */
#define PLACE (KERNEL_AREA_END - ((uint64_t)4 << 30))
#define BITS (PTE_RW | PTE_D | PTE_XD)

KTEST(kernel_table, the_largest_pages_that_fit_are_used)
{
    struct walk walk;
    KTEST_EXPECT(!kernel_is_mapped(PLACE, PAGE_SIZE));
    /* A page below a 2 MB boundary, 2 MB, and a page behind: of memory that is not touched. */
    vaddr_t start = PLACE + LARGE_SIZE - PAGE_SIZE;
    uint64_t length = LARGE_SIZE + 2 * PAGE_SIZE;
    KTEST_EXPECT(kernel_map(start, LARGE_SIZE - PAGE_SIZE, length, BITS) == 0);
    KTEST_EXPECT(kernel_is_mapped(start, length) && !kernel_is_mapped(start - PAGE_SIZE, PAGE_SIZE));
    KTEST_EXPECT(!kernel_is_mapped(start, length + PAGE_SIZE));
    KTEST_EXPECT(pagetable_walk(&kernel_table, start, &walk) && walk.level == LEVEL_4K);
    KTEST_EXPECT((walk.value & (PTE_RW | PTE_XD | PTE_G | PTE_US)) == (PTE_RW | PTE_XD | PTE_G));
    KTEST_EXPECT(pagetable_walk(&kernel_table, start + 2 * PAGE_SIZE, &walk) && walk.level == LEVEL_2M);
    KTEST_EXPECT(pte_frame(walk.value, LEVEL_2M) == LARGE_SIZE);
    KTEST_EXPECT(pagetable_walk(&kernel_table, start + PAGE_SIZE + LARGE_SIZE, &walk) && walk.level == LEVEL_4K);
    kernel_unmap(start, length);
    KTEST_EXPECT(!kernel_is_mapped(start, PAGE_SIZE) && !kernel_is_mapped(start + LARGE_SIZE, PAGE_SIZE));
}

static void map_and_unmap(void)
{
    KTEST_EXPECT(kernel_map(PLACE, 0, 3 * PAGE_SIZE, BITS) == 0);
    kernel_unmap(PLACE, 3 * PAGE_SIZE);
}

static void fail_to_map(void)
{
    frame_fail_every(1);
    int error = kernel_map(PLACE, 0, 3 * PAGE_SIZE, BITS);
    frame_fail_every(2);
    int again = kernel_map(PLACE, 0, LARGE_SIZE + PAGE_SIZE, BITS);
    frame_fail_every(0);
    KTEST_EXPECT(error == -ENOMEM && again == -ENOMEM && !kernel_is_mapped(PLACE, PAGE_SIZE));
}

KTEST(kernel_table, tables_come_back_and_failures_change_nothing)
{
    KTEST_EXPECT(frames_come_back(map_and_unmap));
    KTEST_EXPECT(frames_come_back(fail_to_map));
}

KTEST(kernel_table, a_later_mapping_is_in_every_address_space)
{
    struct walk walk;
    struct aspace *aspace = aspace_create();
    struct page *page = frame_alloc(FRAME_ZERO);
    KTEST_EXPECT(kernel_map(PLACE, page_physical(page), PAGE_SIZE, BITS) == 0);
    KTEST_EXPECT(pagetable_walk(&aspace->table, PLACE, &walk) &&
                 pte_frame(walk.value, LEVEL_4K) == page_physical(page));
    *(volatile uint64_t *)PLACE = 42;
    KTEST_EXPECT(*(uint64_t *)page_address(page) == 42);
    kernel_unmap(PLACE, PAGE_SIZE);
    KTEST_EXPECT(!pagetable_walk(&aspace->table, PLACE, &walk));
    frame_free(page);
    aspace_put(aspace);
}
