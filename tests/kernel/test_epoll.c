/*
 * epoll: nobody waits for the memory of a program that takes events while the lock of all epolls is held.
 */
#include "kernel/fs/epoll.h"

#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "kernel/fs/pipe.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/stats.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

/* A pipe with a byte in it, and an epoll that watches it. */
struct watch {
    struct file *set, *read_end, *write_end;
};

static const struct linux_epoll_event wanted = {.events = POLLIN, .data = 7};

static void watch_begin(struct watch *watch)
{
    struct uio uio;
    watch->set = epoll_create();
    KTEST_EXPECT(watch->set != NULL && pipe_create(&watch->read_end, &watch->write_end, 0) == 0);
    KTEST_EXPECT(epoll_add(epoll_of(watch->set), watch->read_end, 3, &wanted) == 0);
    uio_init_kernel(&uio, "x", 1, false);
    KTEST_EXPECT(file_write(watch->write_end, &uio, NULL) == 1);
}

static void watch_end(struct watch *watch)
{
    file_put(watch->write_end);
    file_put(watch->read_end);
    file_put(watch->set);
}

/* Two for a crew: one wants the event in a page that the other one is busy with. */
struct late_page {
    struct watch watch;
    struct aspace *aspace;
    struct fake_object fake;
    _Atomic bool taken;
};

static void late_page_hold(struct late_page *late)
{
    struct page *page;
    struct watch other;
    KTEST_EXPECT(page_get(&late->fake.object, 0, 0, &page, NULL) == 0);
    uint64_t waits = stat_get(STAT_CACHE_WAITS);
    atomic_store(&late->taken, true);
    while (stat_get(STAT_CACHE_WAITS) == waits)
        thread_yield();
    watch_begin(&other);
    KTEST_EXPECT(epoll_remove(epoll_of(other.set), other.read_end, 3) == 0);
    watch_end(&other);
    page_put(page);
}

static void late_page_want(struct late_page *late)
{
    while (!atomic_load(&late->taken))
        thread_yield();
    aspace_use(late->aspace);
    KTEST_EXPECT(epoll_wait(epoll_of(late->watch.set), SPACE_BASE, 1, 0, true) == 1);
    aspace_use(NULL);
}

static void hold_or_want(unsigned number, void *context)
{
    if (number == 0)
        late_page_hold(context);
    else
        late_page_want(context);
}

KTEST(epoll, others_go_on_while_memory_is_waited_for)
{
    struct late_page late = {.aspace = aspace_create()};
    fake_object_init(&late.fake, 4);
    space_map_object(late.aspace, SPACE_BASE, 1, SPACE_RW | AREA_SHARED, &late.fake.object, 0);
    watch_begin(&late.watch);
    crew_run(2, hold_or_want, &late);
    KTEST_EXPECT(space_load(late.aspace, SPACE_BASE) == ((uint64_t)wanted.data << 32 | POLLIN));
    watch_end(&late.watch);
    aspace_put(late.aspace);
    fake_object_end(&late.fake);
}
