/* Read-ahead at work: each mode's pages, what is asked for no second time, ends of files, and the setting. */
#include "mm/readahead_io.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "mm/object.h"
#include "mm/stats.h"
#include "mm/vmtrace.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/proc_text.h"

enum { PAGES = 40 };

/* Pages read when the first one of a fresh file is asked for in that mode. */
static unsigned pages_of_first_use(enum readahead_mode mode)
{
    struct fake_object fake;
    struct readahead state = {0};
    fake_object_init(&fake, PAGES);
    enum readahead_mode before = readahead_select(mode);
    readahead_use(&state, &fake.object, 0, 1, false);
    unsigned reads = fake.reads;
    KTEST_EXPECT(pagecache_resident(&fake.object, 0, reads > 0 ? reads - 1 : 0) == reads);
    readahead_use(&state, &fake.object, 0, 1, false); /* it is in memory, and in use */
    KTEST_EXPECT(fake.reads == reads);
    KTEST_EXPECT(readahead_select(before) == mode);
    fake_object_end(&fake);
    return reads;
}

KTEST(readahead_io, each_mode_starts_its_own)
{
    unsigned off = pages_of_first_use(READAHEAD_OFF), adaptive = pages_of_first_use(READAHEAD_ADAPTIVE);
    KTEST_EXPECT(off <= 1 && adaptive == READAHEAD_FIRST);
}

KTEST(readahead_io, what_is_started_ends_with_the_file_and_is_marked)
{
    struct fake_object fake;
    uint64_t issued = stat_get(STAT_READAHEAD_ISSUED), used = stat_get(STAT_READAHEAD_USED);
    fake_object_init(&fake, PAGES);
    readahead_start(&fake.object, PAGES - 3, 100);
    KTEST_EXPECT(fake.reads == 3 && fake.read_calls == 1 && stat_get(STAT_READAHEAD_ISSUED) == issued + 3);
    KTEST_EXPECT(pagecache_look(&fake.object, PAGES - 1) == CACHE_AHEAD);
    KTEST_EXPECT(pagecache_look(&fake.object, PAGES - 4) == CACHE_MISSING);
    readahead_start(&fake.object, PAGES, 5);
    readahead_start(&fake.object, PAGES - 3, 3); /* they are there */
    KTEST_EXPECT(fake.reads == 3);
    pagecache_note_use(&fake.object, PAGES - 1);
    KTEST_EXPECT(stat_get(STAT_READAHEAD_USED) == used + 1 && pagecache_look(&fake.object, PAGES - 1) == CACHE_USED);
    fake_object_end(&fake);
}

/* How many events of that kind say (frame, value) since then. */
static unsigned events_of(uint64_t since, enum vmtrace_kind kind, uint64_t frame, uint64_t value)
{
    struct vmtrace_event event;
    unsigned count = 0;
    for (uint64_t at = since; at < vmtrace_end(); at++)
        count += vmtrace_read(at, &event) && event.kind == (unsigned)kind && event.frame == frame &&
                 event.value == value;
    return count;
}

KTEST(readahead_io, each_page_is_in_the_ring_and_those_nobody_asked_for_are_said_to_be)
{
    struct fake_object fake;
    struct readahead state = {0};
    if (vmtrace_ring.slots == NULL)
        return;
    fake_object_init(&fake, PAGES);
    enum readahead_mode before = readahead_select(READAHEAD_ADAPTIVE);
    uint64_t since = vmtrace_end(), issued = stat_get(STAT_READAHEAD_ISSUED);
    readahead_use(&state, &fake.object, 0, 3, false); /* three are asked for */
    uint64_t ahead = stat_get(STAT_READAHEAD_ISSUED) - issued;
    KTEST_EXPECT(ahead > 0 && ahead == fake.reads - 3);
    KTEST_EXPECT(events_of(since, VMTRACE_READ_AHEAD, ahead, 3) == 1);
    for (uint64_t index = 0; index < fake.reads; index++) {
        struct page *page = page_find_pinned(&fake.object, index);
        KTEST_EXPECT(page != NULL && events_of(since, VMTRACE_PAGE_IN, page_frame(page), index) == 1);
        page_unpin(page);
    }
    (void)readahead_select(READAHEAD_OFF);
    since = vmtrace_end();
    readahead_use(&state, &fake.object, PAGES - 5, 3, false);
    KTEST_EXPECT(events_of(since, VMTRACE_READ_AHEAD, 3, PAGES - 5) == 0);
    KTEST_EXPECT(readahead_select(before) == READAHEAD_OFF);
    fake_object_end(&fake);
}

KTEST(readahead_io, shared_memory_is_read_ahead_by_its_places_on_swap)
{
    struct readahead state = {0};
    struct object *object = shm_object_create(PAGES * PAGE_SIZE, false);
    readahead_use(&state, object, 0, 1, true);
    KTEST_EXPECT(object->pages.count == 0 && object->overlay.count == 0);
    object_put(object);
}

KTEST(readahead_io, the_setting_has_three_values)
{
    enum readahead_mode before = readahead_select(READAHEAD_OFF);
    KTEST_EXPECT(proc_text_store("sys/vm/readahead", "simple") == 0 &&
                 readahead_select(READAHEAD_OFF) == READAHEAD_SIMPLE);
    KTEST_EXPECT(proc_text_store("sys/vm/readahead", "simpl") == -EINVAL);
    KTEST_EXPECT(proc_text_store("sys/vm/readahead", "") == -EINVAL);
    struct text text = proc_text("sys/vm/readahead");
    KTEST_EXPECT(text_count(&text, "off\n") == 1);
    text_release(&text);
    KTEST_EXPECT(readahead_select(before) == READAHEAD_OFF);
}
