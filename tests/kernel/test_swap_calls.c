/*
 * swapon and swapoff from inside: what is no area, priorities, the whole area counted, /proc/swaps. The test boot's own swap partition is used. (Files, several
 * areas, bad headers: tests/swap-errors.t, tests/pressure.t, tests/clock.t.)
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/swap.h"
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/swap.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/swap_area.h"

KTEST(swap_calls, what_is_no_area_is_refused)
{
    KTEST_EXPECT(swap_start("/dev/vda2", 0) == -EINVAL);
    KTEST_EXPECT(swap_start("/bin", 0) == -EINVAL && swap_start("/bin/sh", 0) == -EINVAL);
    KTEST_EXPECT(swap_start("/nothing", 0) == -ENOENT && swap_stop(SWAP_PARTITION) == -EINVAL);
    swap_begin();
    KTEST_EXPECT(swap_start(SWAP_PARTITION, 0) == -EBUSY);
    swap_finish();
}

/* The state and priority of the only area. */
static const struct swap_area *only_area(void)
{
    const struct swap_area *found = NULL;
    for (unsigned i = 0; i < SWAP_AREAS_MAX; i++) {
        if (swap_areas[i].state != SWAP_ABSENT) {
            KTEST_EXPECT(found == NULL);
            found = &swap_areas[i];
        }
    }
    return found;
}

KTEST(swap_calls, an_area_has_its_pages_and_its_priority)
{
    KTEST_EXPECT(swap_total() == 0 && only_area() == NULL);
    KTEST_EXPECT(swap_start(SWAP_PARTITION, LINUX_SWAP_PREFER | 7) == 0);
    const struct swap_area *area = only_area();
    KTEST_EXPECT(area != NULL && area->state == SWAP_ACTIVE && area->priority == 7 && area->used == 0);
    KTEST_EXPECT(swap_total() == area->pages && swap_free() == area->pages && area->pages == area->map.blocks - 1);
    KTEST_EXPECT(swap_stop(SWAP_PARTITION) == 0 && only_area() == NULL && swap_total() == 0);
    swap_begin();
    KTEST_EXPECT(only_area()->priority == -2);
    swap_finish();
}

KTEST(swap_calls, swaps_lists_it)
{
    static const char head[] = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
    struct text text = proc_text("swaps");
    KTEST_EXPECT(strcmp(text.data, head) == 0);
    text_release(&text);
    swap_begin();
    text = proc_text("swaps");
    KTEST_EXPECT(text_count(&text, "\n" SWAP_PARTITION " ") == 1 && text_count(&text, "partition\t") == 1);
    KTEST_EXPECT(text_count(&text, "\t\t0\t\t-2\n") == 1 && text_count(&text, "\n") == 2);
    text_release(&text);
    swap_finish();
}
