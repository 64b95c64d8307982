/*
 * /proc/meminfo and /proc/vmstat: the names that tools look for, numbers that agree with their owners, counters that move with what they count.
 */
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/writeback.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { KILOBYTES = PAGE_SIZE / 1024 };

KTEST(report_machine, meminfo_has_linuxs_names)
{
    static const char *const names[] = {
        "MemTotal",      "MemFree",         "MemAvailable", "Buffers",    "Cached",     "SwapCached",  "Active",
        "Inactive",      "Mlocked",         "Dirty",        "SwapTotal",  "SwapFree",   "Writeback",   "AnonPages",
        "Mapped",        "Shmem",           "Slab",         "SUnreclaim", "PageTables", "CommitLimit", "Committed_AS",
        "AnonHugePages", "HugePages_Total", "Hugepagesize"};
    struct text text = proc_text("meminfo");
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
        KTEST_EXPECT(text_number(&text, names[i]) != UINT64_MAX);
    KTEST_EXPECT(text_number(&text, "MemTotal") == frames_total() * KILOBYTES);
    KTEST_EXPECT(text_number(&text, "MemFree") <= text_number(&text, "MemAvailable"));
    KTEST_EXPECT(text_number(&text, "MemAvailable") <= text_number(&text, "MemTotal"));
    KTEST_EXPECT(text_number(&text, "Hugepagesize") == LARGE_SIZE / 1024 && text_number(&text, "SwapTotal") == 0);
    text_release(&text);
    swap_begin();
    KTEST_EXPECT(proc_text_number("meminfo", "SwapTotal") == swap_total() * KILOBYTES && swap_total() > 0);
    swap_finish();
}

KTEST(report_machine, meminfo_moves_with_memory)
{
    struct fake_object fake;
    struct page *page;
    uint64_t dirty = proc_text_number("meminfo", "Dirty"), anons = proc_text_number("meminfo", "AnonPages");
    uint64_t tables = proc_text_number("meminfo", "PageTables"), mapped = proc_text_number("meminfo", "Mapped");
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 4);
    space_map(aspace, SPACE_BASE, 4, SPACE_RW | AREA_NOHUGE);
    for (uint64_t i = 0; i < 4; i++)
        space_store(aspace, SPACE_BASE + i * PAGE_SIZE, 1);
    space_map_object(aspace, SPACE_BASE + 8 * PAGE_SIZE, 1, SPACE_RW | AREA_SHARED, &fake.object, 0);
    space_store(aspace, SPACE_BASE + 8 * PAGE_SIZE, 1);
    KTEST_EXPECT(page_get(&fake.object, 2, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    page_put(page);
    KTEST_EXPECT(proc_text_number("meminfo", "Dirty") == dirty + 2 * KILOBYTES);
    KTEST_EXPECT(proc_text_number("meminfo", "AnonPages") == anons + 4 * KILOBYTES);
    KTEST_EXPECT(proc_text_number("meminfo", "PageTables") == tables + 4 * KILOBYTES);
    KTEST_EXPECT(proc_text_number("meminfo", "Mapped") == mapped + KILOBYTES);
    aspace_put(aspace);
    fake_object_end(&fake);
    KTEST_EXPECT(proc_text_number("meminfo", "AnonPages") == anons && proc_text_number("meminfo", "Dirty") == dirty);
}

/* What both files say of private pages in memory. */
static uint64_t private_pages(void)
{
    uint64_t pages = proc_text_number("vmstat", "nr_anon_pages");
    KTEST_EXPECT(proc_text_number("meminfo", "AnonPages") == pages * KILOBYTES);
    return pages;
}

KTEST(report_machine, what_is_only_on_swap_is_not_in_memory)
{
    swap_begin();
    uint64_t before = private_pages();
    struct aspace *aspace = space_filled(4, 1);
    KTEST_EXPECT(private_pages() == before + 4);
    KTEST_EXPECT(space_evict(aspace, 4) == 4);
    standby_empty();
    KTEST_EXPECT(private_pages() == before);
    aspace_put(aspace);
    swap_finish();
}

static uint64_t seen_writing;

/* Pages that are on their way to a disk while it runs. */
static void seen_write(struct object *object, struct page **pages, unsigned count)
{
    (void)object;
    seen_writing = proc_text_number("meminfo", "Writeback");
    for (unsigned i = 0; i < count; i++)
        page_io_done(pages[i], 0);
}

KTEST(report_machine, pages_of_files_that_are_being_written_are_writeback)
{
    static const struct object_ops seen = {.write = seen_write};
    struct object object;
    struct page *page;
    object_init(&object, OBJECT_FILE, &seen);
    atomic_store(&object.size, 2 * PAGE_SIZE);
    for (uint64_t i = 0; i < 2; i++) {
        KTEST_EXPECT(page_get(&object, i, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
        page_put(page);
    }
    KTEST_EXPECT(pagecache_sync(&object, 0, 1) == 0 && seen_writing >= 2 * KILOBYTES);
    pagecache_truncate(&object, 0);
    object_put(&object);
    writeback_leave(&object);
}

KTEST(report_machine, vmstat_has_every_counter_once)
{
    struct text text = proc_text("vmstat");
    for (enum stat stat = 0; stat < STAT_COUNT; stat++)
        KTEST_EXPECT(text_number(&text, stat_name(stat)) <= stat_get(stat));
    static const char *const others[] = {
        "nr_free_pages",  "nr_standby",     "nr_file_pages", "nr_dirty", "nr_anon_pages",  "nr_mlock",     "pt_pages",
        "tlb_shootdowns", "tlb_interrupts", "tlb_lazy",      "oom_kill", "pageout_rounds", "pgscan_front", "pgsteal"};
    for (unsigned i = 0; i < ARRAY_LENGTH(others); i++)
        KTEST_EXPECT(text_number(&text, others[i]) != UINT64_MAX);
    const char *line = text.data;
    unsigned wrong = 0;
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t name = 0;
        while (line[name] != ' ' && line[name] != '\n')
            name++;
        wrong += line[name] != ' ' || line[name + 1] < '0' || line[name + 1] > '9';
    }
    KTEST_EXPECT(wrong == 0 && *line == '\0');
    text_release(&text);
}

KTEST(report_machine, vmstat_counts_copies_and_reuses)
{
    uint64_t copies = proc_text_number("vmstat", "cow_copies"), reuses = proc_text_number("vmstat", "cow_reuses");
    struct aspace *parent = aspace_create();
    space_map(parent, SPACE_BASE, 1, SPACE_RW | AREA_NOHUGE);
    space_store(parent, SPACE_BASE, 1);
    struct aspace *child = aspace_fork(parent);
    space_store(child, SPACE_BASE, 2);
    space_store(parent, SPACE_BASE, 3);
    KTEST_EXPECT(proc_text_number("vmstat", "cow_copies") == copies + 1);
    KTEST_EXPECT(proc_text_number("vmstat", "cow_reuses") == reuses + 1);
    aspace_put(child);
    aspace_put(parent);
}
