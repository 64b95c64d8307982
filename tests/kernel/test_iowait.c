/*
 * Threads that wait for a page: counted in /proc/stat while they do, and the ticks of a CPU that has nothing else to do meanwhile.
 */
#include "kernel/cpu.h"
#include "kernel/iowait.h"
#include "kernel/ktest.h"
#include "kernel/time.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"

static uint64_t wait_ticks(void)
{
    uint64_t ticks = 0;
    for (unsigned i = 0; i < cpus_online(); i++)
        ticks += cpus[i].wait_ticks;
    return ticks;
}

static void rest(void)
{
    (void)thread_sleep_until(time_now() + NS_PER_SECOND / 100, false);
}

static _Atomic bool ended;

static void waiter(void *context)
{
    struct page *page = context;
    page_busy_wait(page);
    page_put(page);
    atomic_store(&ended, true);
}

/* Both are given a minute: where nothing is counted the test fails and does not hang. */
KTEST(iowait, who_waits_for_a_page_is_counted)
{
    struct aspace *aspace = space_filled(1, 7);
    struct page *page = atomic_load(&space_anon(aspace, 0)->page);
    uint64_t patience = time_now() + 60 * NS_PER_SECOND;
    atomic_store(&ended, false);
    page_busy_wait(page);
    KTEST_EXPECT(thread_create_kernel("waiter", waiter, page) != NULL);
    while (proc_text_number("stat", "procs_blocked") == 0 && time_now() < patience)
        rest();
    uint64_t ticks = wait_ticks();
    while (wait_ticks() == ticks && time_now() < patience)
        rest();
    KTEST_EXPECT(proc_text_number("stat", "procs_blocked") > 0 && wait_ticks() > ticks);
    page_put(page);
    while ((!atomic_load(&ended) || proc_text_number("stat", "procs_blocked") != 0) && time_now() < patience)
        rest();
    KTEST_EXPECT(time_now() < patience);
    aspace_put(aspace);
}
