/*
 * The page-out daemon, and the waiting for it. See pageout.h.
 *
 * Who waits looks for a frame itself after each round; the daemon only says "look again" or, after laps without any gain, "this is the end". Writes under
 * way count as gain to come, so a slow disk is not the end of memory; if it is stuck, mm/swap_io.c says so.
 */
#include "mm/pageout.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/fs/proc.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "mm/circle.h"
#include "mm/evict.h"
#include "mm/hands.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/swap_io.h"
#include "mm/writeback.h"

#define ROUND_NS (10 * NS_PER_SECOND / 1000)
#define ROUND_LEAST_NS (NS_PER_SECOND / 1000)
#define END_NS (NS_PER_SECOND / 2) /* laps in vain take at least so long before memory is said to be at its end */

enum {
    STEPS_LEAST = 64,
    URGENT_SHARE = 4,  /* of a lap, when somebody waits */
    URGENT_MOST = 128, /* pages, until who waits is told */
    LAPS_TO_THE_END = 3,
    WRITER_PAGES = 256, /* of files, under way at most */
    SHARE_DEFAULT = 50, /* percent */
};

static struct {
    struct waitqueue daemon, writer, waiters;
    struct thread *daemon_thread, *writer_thread;
    _Atomic bool wanted, write_wanted;
    _Atomic bool fell;        /* memory fell below desfree since the round began */
    _Atomic uint64_t waiting; /* threads in pageout_wait() */
    _Atomic uint64_t rounds;  /* ended: a waiter looks again */
    _Atomic uint64_t ends;    /* of memory that were declared: waiters give up */
    _Atomic uint64_t wakeups, waits, cpu_ns, urgent, early;
    _Atomic unsigned share;   /* percent */
    struct evict_batch batch; /* the daemon's */
} pageout = {.share = SHARE_DEFAULT};

uint64_t pageout_free(void)
{
    return frames_spare() + standby_pages();
}

struct pageout_counts pageout_counts(void)
{
    return (struct pageout_counts){
        .wakeups = pageout.wakeups,
        .rounds = pageout.rounds,
        .waits = pageout.waits,
        .urgent = pageout.urgent,
        .early = pageout.early,
        .cpu_ns = pageout.cpu_ns,
        .ends = pageout.ends,
    };
}

static void daemon_wake(void)
{
    if (atomic_exchange(&pageout.wanted, true))
        return;
    atomic_fetch_add_explicit(&pageout.wakeups, 1, memory_order_relaxed);
    wait_wake_all(&pageout.daemon);
}

void pageout_write_files(void)
{
    if (!atomic_exchange(&pageout.write_wanted, true))
        wait_wake_all(&pageout.writer);
}

/* --- for those who want memory ------------------------------------------------------------------------------------ */

static void memory_low(void)
{
    struct clock_marks marks = hands_marks();
    uint64_t free = pageout_free();
    if (free < marks.lotsfree)
        daemon_wake();
    if (free < marks.desfree && !atomic_load(&pageout.fell) && !atomic_exchange(&pageout.fell, true))
        wait_wake_all(&pageout.daemon);
}

/* Whether this thread is page-out's own, or in the way of its hands. */
static bool is_pageout(void)
{
    const struct thread *thread = thread_current();
    return thread == pageout.daemon_thread || thread == pageout.writer_thread || lock_rank_is_held(RANK_HANDS);
}

/* Whether page-out may have to wait for this thread: one of its own, or one in the middle of a file system's work. */
static bool is_privileged(void)
{
    static const enum lock_rank ranks[] = {RANK_COMMIT, RANK_JOURNAL, RANK_BLOCK_MAP, RANK_FILESYSTEM};
    bool privileged = is_pageout();
    for (unsigned i = 0; i < ARRAY_LENGTH(ranks); i++)
        privileged |= lock_rank_is_held(ranks[i]);
    return privileged;
}

bool pageout_wait(void)
{
    if (is_pageout())
        return false;
    uint64_t ends = atomic_load(&pageout.ends), rounds = atomic_load(&pageout.rounds);
    atomic_fetch_add(&pageout.waiting, 1);
    atomic_fetch_add_explicit(&pageout.waits, 1, memory_order_relaxed);
    daemon_wake();
    wait_wake_all(&pageout.daemon); /* from its pause */
    wait_event(&pageout.waiters,
               atomic_load(&pageout.rounds) != rounds || atomic_load(&pageout.ends) != ends || standby_pages() > 0);
    atomic_fetch_sub(&pageout.waiting, 1);
    return atomic_load(&pageout.ends) == ends;
}

static const struct frame_pager pager = {
    .take = standby_take, .low = memory_low, .privileged = is_privileged, .wait = pageout_wait};

/* --- the daemon --------------------------------------------------------------------------------------------------- */

/* Pages that are on their way to be freed; of files only those page-out has chosen, for what fsync writes stays in use. */
static uint64_t pages_leaving(void)
{
    return swap_io_writing() + writeback_leaving();
}

/* Pages that can leave memory, or will have left it, once they are written. */
static uint64_t pages_coming(void)
{
    return swap_io_writing() + writeback_writing();
}

/* Frames for those who may not wait, such as page tables made under a spin lock: standby pages do not serve them. */
static void frames_keep_free(void)
{
    struct page *page;
    while (frames_shortage() > 0 && (page = standby_take()) != NULL)
        frame_free(page);
}

static bool is_awaited(void)
{
    return atomic_load(&pageout.waiting) > 0;
}

/* How far the hands go this time, `passed` ns after the last one. */
static uint64_t round_steps(const struct clock_marks *marks, uint64_t free, uint64_t passed, bool urgent)
{
    uint64_t share = max_u64(NS_PER_SECOND / min_u64(max_u64(passed, ROUND_LEAST_NS), ROUND_NS), 1);
    uint64_t steps = clock_scan_rate(marks, free) / share;
    return max_u64(steps, urgent ? circle_places() / URGENT_SHARE : STEPS_LEAST);
}

/* The hands' way while memory has been short, and what came of it. The daemon's. */
struct window {
    uint64_t steps, gained;
    uint64_t began;   /* time_now() */
    uint64_t written; /* pages of files, at that time */
};
static struct window window;

static void window_begin(void)
{
    window = (struct window){.began = time_now(), .written = stat_get(STAT_PGPGOUT)};
}

/*
 * Whether three laps were in vain: nothing came of them; or there is no room on swap, and what came was no more than the last pages of programs and files,
 * which are wanted back at once: memory is full of pages that cannot leave it. What is being written may yet come.
 */
static bool window_was_vain(uint64_t lotsfree)
{
    if (pages_coming() > 0 || stat_get(STAT_PGPGOUT) != window.written)
        return false;
    return window.gained == 0 ? standby_pages() == 0 : swap_free() == 0 && window.gained < LAPS_TO_THE_END * lotsfree;
}

/* After a round: is this the end of memory? Then those who wait are told. The window begins anew whenever memory has not been short. */
static void end_look(uint64_t steps, uint64_t gained, uint64_t lotsfree, bool urgent)
{
    window.steps += steps;
    window.gained += gained;
    if (urgent && (window.steps < LAPS_TO_THE_END * circle_places() || time_now() - window.began < END_NS))
        return;
    if (urgent && pagecache_dirty() > 0)
        pageout_write_files();
    if (urgent && window_was_vain(lotsfree) && frames_reclaim() == 0 && is_awaited())
        atomic_fetch_add(&pageout.ends, 1);
    window_begin();
}

/* One run of the hands and what follows from it. False: frames were wanted, and none was gained. */
static bool round_run(const struct clock_marks *marks, uint64_t free, uint64_t passed, bool urgent)
{
    uint64_t leaving = pages_leaving(), target = marks->lotsfree + atomic_load(&pageout.waiting);
    uint64_t wanted = target > free + leaving ? target - free - leaving : 0;
    uint64_t gained = 0, steps = round_steps(marks, free, passed, urgent);
    if (urgent)
        wanted = min_u64(wanted, URGENT_MOST);
    if (wanted > 0) {
        gained = hands_run(steps, wanted);
        evict_write(&pageout.batch);
        evict_flush_cleared();
    }
    frames_keep_free();
    end_look(gained < wanted ? steps : 0, gained, marks->lotsfree, urgent);
    atomic_fetch_add(&pageout.rounds, 1);
    wait_wake_all(&pageout.waiters);
    return gained > 0 || wanted == 0;
}

/* The daemon's pause after a round that took `busy` ns: what its share asks for, and what is left of ROUND_NS unless memory falls below desfree. Who waits ends it. */
static void round_pause(uint64_t busy, bool hurry)
{
    unsigned share = atomic_load_explicit(&pageout.share, memory_order_relaxed);
    uint64_t now = time_now(), pause = clock_pause(busy, share);
    if (hurry && pages_coming() > 0) {
        (void)thread_sleep_until(now + NS_PER_SECOND / 1000, false);
    } else if (hurry) {
        thread_yield();
    } else {
        if (pause > 0)
            (void)wait_event_interruptible(&pageout.daemon, is_awaited(), now + pause);
        (void)wait_event_interruptible(&pageout.daemon, is_awaited() || atomic_load(&pageout.fell), now + ROUND_NS);
        bool early = atomic_load(&pageout.fell) && time_now() < now + ROUND_NS;
        atomic_fetch_add_explicit(&pageout.early, early, memory_order_relaxed);
    }
}

static void daemon_round(void)
{
    static uint64_t last; /* when the round before began */
    struct clock_marks marks = hands_marks();
    uint64_t free = pageout_free(), began = time_now();
    bool awaited = is_awaited(), urgent = awaited || free < marks.minfree;
    atomic_store(&pageout.fell, false);
    atomic_fetch_add_explicit(&pageout.urgent, urgent, memory_order_relaxed);
    bool fruitful = round_run(&marks, free, began - last, urgent);
    last = began;
    uint64_t busy = time_now() - began;
    atomic_fetch_add_explicit(&pageout.cpu_ns, busy, memory_order_relaxed);
    round_pause(busy, awaited || (urgent && fruitful));
}

static bool daemon_has_work(void)
{
    return is_awaited() || pageout_free() < hands_marks().lotsfree;
}

static void daemon_main(void *argument)
{
    (void)argument;
    pageout.daemon_thread = thread_current();
    for (;;) {
        wait_event(&pageout.daemon, atomic_load(&pageout.wanted));
        while (daemon_has_work())
            daemon_round();
        frames_keep_free();
        atomic_store(&pageout.wanted, false);
        if (daemon_has_work()) /* since the last look: the wake-up was not needed */
            atomic_store(&pageout.wanted, true);
    }
}

/* --- the writer of files ------------------------------------------------------------------------------------------ */

static void writer_main(void *argument)
{
    (void)argument;
    pageout.writer_thread = thread_current();
    for (;;) {
        wait_event(&pageout.writer, atomic_load(&pageout.write_wanted));
        atomic_store(&pageout.write_wanted, false);
        uint64_t writing = writeback_writing();
        if (writing < WRITER_PAGES)
            writeback_push(WRITER_PAGES - writing);
        if (pagecache_dirty() > 0 && pageout_free() < hands_marks().lotsfree)
            atomic_store(&pageout.write_wanted, true);
        (void)thread_sleep_until(time_now() + ROUND_NS, false); /* what is found meanwhile goes together */
    }
}

/* --- start and settings ------------------------------------------------------------------------------------------- */

void pageout_start(void)
{
    waitqueue_init(&pageout.daemon);
    waitqueue_init(&pageout.writer);
    waitqueue_init(&pageout.waiters);
    hands_init(&evict_clock_ops, &pageout.batch);
    frame_pager_set(&pager);
    if (thread_create_kernel("pageout", daemon_main, NULL) == NULL ||
        thread_create_kernel("pagewrite", writer_main, NULL) == NULL)
        panic("no memory for the page-out daemon");
    frames_set_low(hands_marks().lotsfree);
}

static uint64_t share_get(unsigned which)
{
    (void)which;
    return atomic_load(&pageout.share);
}

static int share_set(unsigned which, uint64_t share)
{
    (void)which;
    atomic_store(&pageout.share, (unsigned)share);
    return 0;
}

void pageout_register(void)
{
    static const struct proc_number share = {"sys/vm/pageout_share", share_get, share_set, 0, 1, 100};
    proc_register_number(&share);
}
