/* The circle of frames that the hands go round. */
#include "mm/circle.h"

#include "kernel/ktest.h"
#include "mm/frame.h"
#include "mm/hands.h"

KTEST(circle, has_all_ram_in_order_and_no_large_hole)
{
    uint64_t absent = 0, run = 0, longest = 0;
    pfn_t next = 0;
    for (uint64_t place = 0; place < circle_places(); place++) {
        pfn_t frame = circle_frame(place);
        KTEST_EXPECT(frame >= next && frame < frame_limit);
        for (; next < frame; next++) /* a hole is passed by */
            KTEST_EXPECT(page_of_frame(next)->state == PAGE_ABSENT);
        next = frame + 1;
        run = page_of_frame(frame)->state == PAGE_ABSENT ? run + 1 : 0;
        absent += run > 0;
        longest = max_u64(longest, run);
    }
    KTEST_EXPECT(next == frame_limit && longest < 64 && circle_places() == frames_total() + absent);
}

KTEST(circle, is_the_clocks)
{
    KTEST_EXPECT(hands_state().frames == circle_places() && circle_places() >= frames_total());
    KTEST_EXPECT(circle_frame(circle_places() - 1) == frame_limit - 1);
}
