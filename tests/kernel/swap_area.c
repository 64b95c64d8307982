/* The test boot's own swap partition; see swap_area.h. */
#include "tests/kernel/swap_area.h"

#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/standby.h"
#include "mm/swap.h"
#include "mm/swap_io.h"

#define POLL_NS (NS_PER_SECOND / 1000)

void standby_empty(void)
{
    struct page *page;
    while ((page = standby_take()) != NULL)
        frame_free(page);
}

void swap_begin(void)
{
    KTEST_EXPECT(swap_start(SWAP_PARTITION, 0) == 0);
    standby_empty();
}

void swap_finish(void)
{
    KTEST_EXPECT(swap_stop(SWAP_PARTITION) == 0);
    KTEST_EXPECT(swap_total() == 0 && swap_used() == 0);
    vm_check();
}

void swap_wait_written(void)
{
    while (swap_io_writing() > 0)
        (void)thread_sleep_until(time_now() + POLL_NS, false);
}
