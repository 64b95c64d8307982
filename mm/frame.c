/*
 * Who gives frames out. The frame array is built in frame_init.c, contents are filled in frame_fill.c.
 *
 *     frame_alloc                                   frame_free
 *         |   one frame: 20 to 40 instructions          |
 *         v                                             v
 *      front list of CPU 0 .. n (mm/front.h): poisoned frames, state FREE, PAGE_ORDER_FRONT
 *         ^ refill: 16 at once                          | drain: 16 at once
 *         |                                             v
 *      the buddy allocator (mm/buddy.h), under one lock  <----> frame_alloc_run, frame_free_run
 *         ^
 *         | nothing left but the reserve, for those who may wait:
 *         |   1. the oldest page on standby (mm/standby.h)     2. what other CPUs have in their front lists
 *         |   3. what the page-out daemon frees while we wait  4. the reclaimers (slab caches, kernel stacks), in the order they were added
 *
 * Locks: pool.lock (RANK_FRAME) guards the buddy allocator; a front list has a flag of its own, taken before that lock.
 * The last `reserve` frames go only to those who need memory to free memory (FRAME_RESERVE), and to file systems in the middle of a change that
 * page-out may have to wait for.
 */
#include "mm/frame.h"

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/shadow.h"
#include "mm/buddy.h"
#include "mm/front.h"
#include "mm/inject.h"

struct page *page_array;
pfn_t frame_limit;

static struct {
    struct spinlock lock;
    struct buddy buddy;              /* under `lock` */
    uint64_t total;                  /* frames of RAM; constant */
    uint64_t reserve;                /* frames kept for FRAME_RESERVE; constant */
    uint64_t low;                    /* FREE frames below which the pager is told */
    const struct frame_pager *pager; /* set once, at start-up */
    unsigned reclaimers;
    uint64_t (*reclaimer[FRAME_RECLAIMERS_MAX])(void);
} pool = {.lock = SPINLOCK_INIT(RANK_FRAME)};

/* A CPU keeps at most one frame in FRONT_SHARE for itself, so that front lists do not hide the memory of a small machine. */
enum { FRONT_SHARE = 512, FRONT_LEAST = 4 };

struct frame_cpu {
    struct front front;
} cacheline_aligned;
static struct frame_cpu frame_cpus[CPUS_MAX];

void frame_fail_every(uint64_t n)
{
    injection_set(&injection_of_frames, n);
}

uint64_t frame_fails_every(void)
{
    return injection_of_frames.every;
}

/* FREE frames that are left to those who may not wait, and thus cannot take standby ones. */
enum { NOWAIT_FRAMES = 16 };

/* Frames that may be taken by one who has `flags`. */
static uint64_t frames_available(unsigned flags)
{
    uint64_t kept = (flags & FRAME_NOWAIT) == 0 && pool.low != 0 ? pool.reserve + NOWAIT_FRAMES : pool.reserve;
    if ((flags & FRAME_RESERVE) != 0)
        kept = 0;
    return pool.buddy.frames > kept ? pool.buddy.frames - kept : 0;
}

/* Moves up to `wanted` frames, a run of 2^order at most, to a front list that has room for them; returns how many. Lowest orders go first. */
static uint64_t front_add_run(struct front *front, uint64_t wanted)
{
    unsigned order = 63 - (unsigned)__builtin_clzll(wanted);
    unsigned lowest = (unsigned)__builtin_ctz(pool.buddy.nonempty);
    order = lowest < order ? lowest : order;
    struct page *head = buddy_take(&pool.buddy, order);
    uint64_t length = (uint64_t)1 << order;
    for (uint64_t i = length; i > 0; i--) {
        head[i - 1].order = PAGE_ORDER_FRONT;
        front_push(front, &head[i - 1]);
    }
    return length;
}

/* Fills half a front list; of the reserve it takes only the one frame that is asked for. */
static void front_refill(struct front *front, unsigned flags)
{
    spin_lock(&pool.lock);
    uint64_t wanted = min_u64(front_batch(front), frames_available(flags & ~(unsigned)FRAME_RESERVE));
    if (wanted == 0)
        wanted = min_u64(1, frames_available(flags));
    while (wanted > 0)
        wanted -= front_add_run(front, wanted);
    spin_unlock(&pool.lock);
}

/* Tells the pager if memory is low. */
static inline void pager_tell(unsigned flags)
{
    if (pool.buddy.frames < pool.low && (flags & FRAME_NOWAIT) == 0)
        pool.pager->low();
}

static void give_neighbours(struct page *start, struct page *end)
{
    if (start != end)
        buddy_give_range(&pool.buddy, page_frame(start), page_frame(end));
}

/* Gives frames back, those together that are neighbours: freed memory often comes in order. */
static void front_drain(struct front *front, unsigned count)
{
    struct page *start = NULL, *end = NULL;
    spin_lock(&pool.lock);
    for (; count > 0 && front->count > 0; count--) {
        struct page *page = front_pop(front);
        if (page == end) {
            end++;
        } else if (page + 1 == start) {
            start--;
        } else {
            give_neighbours(start, end);
            start = page;
            end = page + 1;
        }
    }
    give_neighbours(start, end);
    spin_unlock(&pool.lock);
}

/* A frame from the buddy allocator itself. */
static struct page *frame_take_shared(unsigned flags)
{
    struct page *page = NULL;
    spin_lock(&pool.lock);
    if (frames_available(flags) > 0)
        page = buddy_take(&pool.buddy, 0);
    spin_unlock(&pool.lock);
    return page;
}

static inline struct page *frame_take(unsigned flags)
{
    struct front *front = &cpu_this()->frames->front;
    if (__builtin_expect(!front_try_enter(front), 0))
        return frame_take_shared(flags);
    struct page *page = front_pop(front);
    if (__builtin_expect(page == NULL, 0)) {
        front_refill(front, flags);
        page = front_pop(front);
        front_leave(front);
        pager_tell(flags);
        return page;
    }
    front_leave(front);
    return page;
}

/* Makes a FREE frame its new owner's. */
static inline void frame_hand_out(struct page *page, unsigned flags)
{
    assert(page->state == PAGE_FREE);
    shadow_open(page_address(page), PAGE_SIZE);
    unsigned contents = atomic_load_explicit(&page->flags, memory_order_relaxed);
    if ((contents & PAGE_POISONED) != 0)
        page_poison_verify(page);
    else if ((contents & PAGE_ZEROED) != 0)
        page_zero_verify(page);
    page->state = (flags & FRAME_WIRED) != 0 ? PAGE_WIRED : PAGE_DETACHED;
    page->order = PAGE_ORDER_INSIDE;
    atomic_store_explicit(&page->flags, 0, memory_order_relaxed);
    page->owner = NULL;
    page->index = 0;
    page->block = 0;
    page->link = (struct list){NULL, NULL};
    page->rmap = 0;
    page->rmap_address = 0;
    if ((flags & FRAME_ZERO) != 0 && (contents & PAGE_ZEROED) == 0)
        page_zero(page);
}

/* Checks a frame that is given back. */
static inline void frame_take_back(struct page *page)
{
    assert(page->state == PAGE_DETACHED || page->state == PAGE_WIRED);
    assert(atomic_load_explicit(&page->pins, memory_order_relaxed) == 0);
    assert(page->state == PAGE_WIRED || (page->rmap == 0 && page->owner == NULL));
}

/* A standby page as a frame like any other, or null. */
static struct page *frame_take_standby(unsigned flags)
{
    if (pool.pager == NULL || (flags & FRAME_NOWAIT) != 0)
        return NULL;
    struct page *page = pool.pager->take();
    if (page != NULL)
        page->state = PAGE_FREE;
    return page;
}

/* Takes what is there, without waiting for page-out. */
static struct page *frame_take_easily(unsigned flags)
{
    struct page *page = frame_take_standby(flags);
    if (page != NULL)
        return page;
    frames_drain();
    return frame_take(flags);
}

static struct page *frame_take_at_last(unsigned flags)
{
    struct page *page = frame_take_easily(flags);
    if (page != NULL || (flags & (FRAME_NOWAIT | FRAME_EASY)) != 0)
        return page;
    if (pool.pager != NULL && pool.pager->privileged())
        page = frame_take(flags | FRAME_RESERVE);
    while (page == NULL && pool.pager != NULL && pool.pager->wait())
        page = frame_take_easily(flags);
    while (page == NULL && frames_reclaim() > 0)
        page = frame_take_easily(flags);
    return page;
}

struct page *frame_alloc(unsigned flags)
{
    if ((flags & FRAME_NOWAIT) == 0)
        might_sleep();
    if (injection_due(&injection_of_frames))
        return NULL;
    struct page *page = frame_take(flags);
    if (__builtin_expect(page == NULL, 0)) {
        page = frame_take_at_last(flags);
        if (page == NULL)
            return NULL;
    }
    frame_hand_out(page, flags);
    return page;
}

struct page *frame_alloc_run(unsigned order, unsigned flags)
{
    if (injection_due(&injection_of_frames))
        return NULL;
    uint64_t frames = (uint64_t)1 << order;
    spin_lock(&pool.lock);
    struct page *head = frames <= frames_available(flags) ? buddy_take(&pool.buddy, order) : NULL;
    spin_unlock(&pool.lock);
    for (uint64_t i = 0; head != NULL && i < frames; i++)
        frame_hand_out(&head[i], flags);
    return head;
}

static void frame_give_shared(struct page *page)
{
    spin_lock(&pool.lock);
    buddy_give(&pool.buddy, page, 0);
    spin_unlock(&pool.lock);
}

/* Makes a frame, whose contents are seen to, FREE. */
static inline void frame_give(struct page *page)
{
    page->state = PAGE_FREE;
    page->order = PAGE_ORDER_FRONT;
    struct front *front = &cpu_this()->frames->front;
    if (__builtin_expect(!front_try_enter(front), 0)) {
        frame_give_shared(page);
        return;
    }
    if (__builtin_expect(!front_push(front, page), 0)) {
        front_drain(front, front_batch(front));
        front_push(front, page);
    }
    front_leave(front);
}

void frame_free(struct page *page)
{
    frame_take_back(page);
    page_poison(page);
    shadow_close(page_address(page), PAGE_SIZE, SHADOW_FRAME_FREE);
    frame_give(page);
}

void frame_free_zeroed(struct page *page)
{
    frame_take_back(page);
    atomic_store_explicit(&page->flags, PAGE_ZEROED, memory_order_relaxed);
    shadow_close(page_address(page), PAGE_SIZE, SHADOW_FRAME_FREE);
    frame_give(page);
}

void frame_free_run(struct page *page, unsigned order)
{
    for (uint64_t i = 0; i < (uint64_t)1 << order; i++) {
        frame_take_back(&page[i]);
        page_poison(&page[i]);
        shadow_close(page_address(&page[i]), PAGE_SIZE, SHADOW_FRAME_FREE);
    }
    spin_lock(&pool.lock);
    buddy_give(&pool.buddy, page, order);
    spin_unlock(&pool.lock);
}

void frames_drain(void)
{
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        struct front *front = &frame_cpus[cpu].front;
        if (front->count == 0 || !front_try_enter(front))
            continue;
        front_drain(front, front->count);
        front_leave(front);
    }
}

void frame_pager_set(const struct frame_pager *pager)
{
    pool.pager = pager;
}

void frames_set_low(uint64_t frames)
{
    assert(frames == 0 || pool.pager != NULL);
    pool.low = frames + pool.reserve + NOWAIT_FRAMES;
}

uint64_t frames_spare(void)
{
    uint64_t kept = pool.reserve + NOWAIT_FRAMES, frames = frames_free();
    return frames > kept ? frames - kept : 0;
}

uint64_t frames_shortage(void)
{
    uint64_t wanted = pool.reserve + NOWAIT_FRAMES, frames = pool.buddy.frames;
    return frames < wanted ? wanted - frames : 0;
}

void frame_reclaimer_add(uint64_t (*reclaim)(void))
{
    assert(pool.reclaimers < FRAME_RECLAIMERS_MAX);
    pool.reclaimer[pool.reclaimers++] = reclaim;
}

uint64_t frames_reclaim(void)
{
    uint64_t freed = 0;
    for (unsigned i = 0; i < pool.reclaimers && freed == 0; i++)
        freed = pool.reclaimer[i]();
    return freed;
}

uint64_t frames_total(void)
{
    return pool.total;
}

uint64_t frames_free(void)
{
    uint64_t frames = pool.buddy.frames;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
        frames += frame_cpus[cpu].front.count;
    return frames;
}

uint64_t frames_in_state(enum page_state state)
{
    uint64_t frames = 0;
    for (pfn_t pfn = 0; pfn < frame_limit; pfn++)
        frames += page_of_frame(pfn)->state == state;
    return frames;
}

uint64_t frames_free_in_order(unsigned order)
{
    return pool.buddy.runs[order] << order;
}

void frames_check(void)
{
    frames_drain();
    spin_lock(&pool.lock);
    buddy_check(&pool.buddy);
    spin_unlock(&pool.lock);
}

void frames_start(uint64_t total)
{
    pool.total = total;
    pool.reserve = max_u64(32, min_u64(total / 256, 512));
    buddy_init(&pool.buddy, page_array, frame_limit);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        frame_cpus[cpu].front.limit = (uint16_t)max_u64(FRONT_LEAST, min_u64(total / FRONT_SHARE, FRONT_SIZE));
        cpus[cpu].frames = &frame_cpus[cpu];
    }
}

void frames_add(pfn_t start, pfn_t end)
{
    spin_lock(&pool.lock);
    buddy_give_range(&pool.buddy, start, end);
    spin_unlock(&pool.lock);
}
