/*
 * /proc/meminfo and /proc/vmstat with Linux's names where there are such.
 *
 * Our own names in vmstat, beside those of mm/stats.c: pt_pages (pages of user page tables), tlb_shootdowns, tlb_interrupts, tlb_lazy, tlb_pages,
 * tlb_full (mm/tlb.h).
 */
#include "kernel/fs/proc.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/commit.h"
#include "mm/frame.h"
#include "mm/hands.h"
#include "mm/oom.h"
#include "mm/pagecache.h"
#include "mm/pageout.h"
#include "mm/report.h"
#include "mm/slab.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/swap_io.h"
#include "mm/tlb.h"
#include "mm/vmtrace.h"
#include "mm/writeback.h"

typedef unsigned long long ull;

/* Sums over all address spaces and slab caches, in pages. */
struct machine_usage {
    uint64_t tables, mapped_files, large, locked;
    uint64_t slabs;
};

static void cache_add(struct slab_cache *cache, void *context)
{
    ((struct machine_usage *)context)->slabs += cache->slabs;
}

static void usage_find(struct machine_usage *usage)
{
    *usage = (struct machine_usage){0};
    slab_caches_for_each(cache_add, usage);
    for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace)) {
        usage->tables += aspace->table.tables;
        usage->mapped_files += aspace->resident_file + aspace->resident_shm;
        usage->large += aspace->large_mappings * (LARGE_SIZE / PAGE_SIZE);
        usage->locked += aspace->locked_pages;
    }
}

static void pages_print(struct text *text, const char *name, uint64_t pages)
{
    text_printf(text, "%-15s %8llu kB\n", name, (ull)(pages << (PAGE_SHIFT - 10)));
}

/* Anonymous pages in memory, with those of shared memory, and without. */
static uint64_t anons_here(const struct swap_holders *holders)
{
    uint64_t anons = anons_count();
    return anons - min_u64(holders->absent, anons);
}

static uint64_t anons_private(const struct swap_holders *holders)
{
    uint64_t anons = anons_here(holders);
    return anons - min_u64(busy_shm_pages(), anons);
}

static void meminfo_show(struct text *text)
{
    struct machine_usage usage;
    usage_find(&usage);
    struct swap_holders holders;
    swap_count_holders(&holders);
    uint64_t files = pagecache_pages() - min_u64(standby_file_pages(), pagecache_pages()), dirty = pagecache_dirty();
    uint64_t free = frames_free() + standby_pages(), shared = busy_shm_pages();
    pages_print(text, "MemTotal:", frames_total());
    pages_print(text, "MemFree:", free);
    pages_print(text, "MemAvailable:", free + files - min_u64(dirty, files));
    pages_print(text, "Buffers:", 0);
    pages_print(text, "Cached:", files + shared);
    pages_print(text, "SwapCached:", holders.anons - min_u64(holders.absent, holders.anons));
    pages_print(text, "Active:", files + anons_here(&holders));
    pages_print(text, "Inactive:", 0);
    pages_print(text, "Mlocked:", usage.locked);
    pages_print(text, "SwapTotal:", swap_total());
    pages_print(text, "SwapFree:", swap_total() - min_u64(swap_used(), swap_total()));
    pages_print(text, "Dirty:", dirty);
    pages_print(text, "Writeback:", swap_io_writing() + writeback_writing());
    pages_print(text, "AnonPages:", anons_private(&holders));
    pages_print(text, "Mapped:", usage.mapped_files);
    pages_print(text, "Shmem:", shared);
    pages_print(text, "Slab:", usage.slabs);
    pages_print(text, "SUnreclaim:", usage.slabs);
    pages_print(text, "PageTables:", usage.tables);
    pages_print(text, "CommitLimit:", commit_limit());
    pages_print(text, "Committed_AS:", commit_total());
    pages_print(text, "AnonHugePages:", usage.large);
    text_printf(
        text,
        "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n");
    pages_print(text, "Hugepagesize:", LARGE_SIZE / PAGE_SIZE);
}

/* The daemon and its hands. */
static void pageout_print(struct text *text)
{
    struct pageout_counts counts = pageout_counts();
    struct clock clock = hands_state();
    text_printf(
        text,
        "pageout_wakeups %llu\npageout_rounds %llu\npageout_early %llu\npageout_waits %llu\npageout_cpu_us %llu\n",
        (ull)counts.wakeups, (ull)counts.rounds, (ull)counts.early, (ull)counts.waits, (ull)(counts.cpu_ns / 1000));
    text_printf(text, "oom_kill %llu\nmemory_ends %llu\n", (ull)oom_kills(), (ull)counts.ends);
    text_printf(text, "pgscan_front %llu\npgscan_back %llu\npgscan_skipped %llu\npgscan_referenced %llu\n",
                (ull)clock.counts.front_scanned, (ull)clock.counts.back_scanned, (ull)clock.counts.skipped,
                (ull)clock.counts.referenced);
    text_printf(text, "pgsteal %llu\npgsteal_refused %llu\nclock_laps %llu\n", (ull)clock.counts.evicted,
                (ull)clock.counts.refused, (ull)clock.counts.laps);
}

static void vmstat_show(struct text *text)
{
    struct machine_usage usage;
    struct swap_holders holders;
    struct tlb_counts tlb;
    usage_find(&usage);
    swap_count_holders(&holders);
    tlb_counts(&tlb);
    text_printf(
        text,
        "nr_free_pages %llu\nnr_standby %llu\nnr_file_pages %llu\nnr_dirty %llu\nnr_anon_pages %llu\nnr_shmem %llu\n",
        (ull)frames_free(), (ull)standby_pages(), (ull)pagecache_pages(), (ull)pagecache_dirty(),
        (ull)anons_private(&holders), (ull)busy_shm_pages());
    text_printf(text, "nr_mlock %llu\nnr_slab_unreclaimable %llu\npt_pages %llu\n", (ull)usage.locked, (ull)usage.slabs,
                (ull)usage.tables);
    for (unsigned i = 0; i < STAT_COUNT; i++)
        text_printf(text, "%s %llu\n", stat_name((enum stat)i), (ull)stat_get((enum stat)i));
    text_printf(text, "tlb_shootdowns %llu\ntlb_interrupts %llu\ntlb_lazy %llu\ntlb_pages %llu\ntlb_full %llu\n",
                (ull)tlb.shootdowns, (ull)tlb.interrupts, (ull)tlb.lazy, (ull)tlb.pages, (ull)tlb.full);
    pageout_print(text);
}

void report_machine_register(void)
{
    proc_register("meminfo", meminfo_show, NULL);
    proc_register("vmstat", vmstat_show, NULL);
}

void reports_init(void)
{
    report_machine_register();
    report_check_register();
    report_oom_register();
    report_areas_register();
    report_tables_register();
    swap_calls_register();
    pageout_register();
    vmtrace_files_register();
    hands_files_register();
    commit_register();
}
