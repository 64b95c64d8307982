/* The frame array as start-up has made it: every frame has its entry, holes have the one they share, read-only. */
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/frame.h"
#include "mm/pagetable.h"
#include "tests/kernel/crew.h"

static bool states_cover_the_array(void)
{
    uint64_t sum = 0;
    for (enum page_state state = PAGE_FREE; state <= PAGE_ABSENT; state++)
        sum += frames_in_state(state);
    return sum == frame_limit;
}

KTEST(frame_init, array_covers_every_frame)
{
    KTEST_EXPECT(holds_soon(states_cover_the_array));
    KTEST_EXPECT(frames_in_state(PAGE_ABSENT) == frame_limit - frames_total());
    KTEST_EXPECT(page_of_frame(0)->state == PAGE_ABSENT);
    KTEST_EXPECT(page_of_frame(0xa0)->state == PAGE_ABSENT); /* the PC's display memory at 640 KB */
}

KTEST(frame_init, entries_of_ram_are_their_own)
{
    pfn_t last = 0;
    for (pfn_t pfn = 0; pfn < frame_limit; pfn++)
        last = page_of_frame(pfn)->state != PAGE_ABSENT ? pfn : last;
    KTEST_EXPECT(last == frame_limit - 1); /* the limit is that of RAM */
    struct walk walk;
    for (pfn_t pfn = 0; pfn < frame_limit; pfn += PAGE_SIZE / sizeof(struct page)) {
        bool ram = false;
        for (pfn_t i = pfn; i < pfn + PAGE_SIZE / sizeof(struct page) && i < frame_limit; i++)
            ram = ram || page_of_frame(i)->state != PAGE_ABSENT;
        KTEST_EXPECT(pagetable_walk(&kernel_table, (vaddr_t)page_of_frame(pfn), &walk));
        KTEST_EXPECT(!ram || (walk.value & PTE_RW) != 0);
    }
}
