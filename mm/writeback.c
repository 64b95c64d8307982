/*
 * Write-back: dirty marks, and writing runs of dirty pages. See writeback.h.
 */
#include "mm/writeback.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/page_io.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/vmtrace.h"

static struct spinlock list_lock = SPINLOCK_INIT(RANK_STANDBY);
static struct list dirty_objects = LIST_INIT(dirty_objects);
static struct waitqueue given_back = WAITQUEUE_INIT(given_back);
static _Atomic uint64_t dirty_count, writing_count, leaving_count;

uint64_t pagecache_dirty(void)
{
    return atomic_load_explicit(&dirty_count, memory_order_relaxed);
}

uint64_t writeback_writing(void)
{
    return atomic_load_explicit(&writing_count, memory_order_relaxed);
}

uint64_t writeback_leaving(void)
{
    return atomic_load_explicit(&leaving_count, memory_order_relaxed);
}

void writeback_note_end(bool leaving)
{
    atomic_fetch_sub_explicit(&writing_count, 1, memory_order_relaxed);
    if (leaving)
        atomic_fetch_sub_explicit(&leaving_count, 1, memory_order_relaxed);
}

void writeback_add_locked(struct object *object)
{
    uint64_t now = time_now();
    spin_lock(&list_lock);
    object->dirty_since = now;
    list_push_back(&dirty_objects, &object->dirty_link);
    spin_unlock(&list_lock);
}

void writeback_remove_locked(struct object *object)
{
    spin_lock(&list_lock);
    list_remove(&object->dirty_link);
    spin_unlock(&list_lock);
}

/* Pages that are written some day are in their object's list; those of tmpfs are only counted and kept from being dropped. */
static bool object_is_written(const struct object *object)
{
    return object->ops->write != NULL;
}

void page_set_dirty(struct page *page)
{
    struct object *object = page->object;
    spin_lock(&object->lock);
    page_set(page, PAGE_DIRTY);
    bool first = object->dirty_pages++ == 0;
    if (object_is_written(object)) {
        list_push_back(&object->dirty, &page->link);
        if (first)
            writeback_add_locked(object);
    }
    spin_unlock(&object->lock);
    if (object_is_written(object))
        atomic_fetch_add_explicit(&dirty_count, 1, memory_order_relaxed);
}

int page_make_dirty(struct page *page)
{
    assert(page_has(page, PAGE_BUSY));
    if (page_has(page, PAGE_DIRTY))
        return 0;
    if (page_has(page, PAGE_ANON)) {
        page_set(page, PAGE_DIRTY);
        page_clear(page, PAGE_GIVEN_UP);
        swap_release(page->anon); /* what is there is out of date (S2) */
        return 0;
    }
    struct object *object = page->object;
    int error = object->ops->make_writable != NULL ? object->ops->make_writable(object, page) : 0;
    if (error == 0 && !page_has(page, PAGE_DIRTY))
        page_set_dirty(page);
    return error;
}

void page_clear_dirty(struct page *page)
{
    assert(page_has(page, PAGE_BUSY) && page_has(page, PAGE_DIRTY));
    page_clear(page, PAGE_DIRTY);
    if (page_has(page, PAGE_ANON))
        return;
    struct object *object = page->object;
    spin_lock(&object->lock);
    bool last = --object->dirty_pages == 0;
    if (object_is_written(object)) {
        list_remove(&page->link);
        if (last)
            writeback_remove_locked(object);
    }
    spin_unlock(&object->lock);
    if (object_is_written(object))
        atomic_fetch_sub_explicit(&dirty_count, 1, memory_order_relaxed);
}

enum { WRITE_BATCH = 256 /* pages: as much as a disk takes at a time */, SYNC_ATTEMPTS = 20 };
#define SYNC_PAUSE_NS (NS_PER_SECOND / 100)

/* The first dirty page of [*index, last], claimed, or null; sets *index. *busy is set if one that is not free was passed over. */
static struct page *dirty_claim(struct object *object, uint64_t *index, uint64_t last, struct page **busy)
{
    struct page *page = NULL;
    *busy = NULL;
    spin_lock(&object->lock);
    for (; *index <= last && (page = radix_next(&object->pages, index, last)) != NULL; ++*index) {
        if (!page_has(page, PAGE_DIRTY))
            continue;
        spin_lock(&page->lock);
        bool claimed = page_busy_locked(page);
        spin_unlock(&page->lock);
        if (!claimed)
            *busy = page;
        break;
    }
    spin_unlock(&object->lock);
    return *index <= last ? page : NULL;
}

/* Makes a claimed dirty page clean in the eyes of everybody, ready for its transfer. Who syncs meanwhile finds it DIRTY, or WRITING, or both. */
static void page_clean_start(struct page *page)
{
    rmap_write_protect(page);
    atomic_fetch_add_explicit(&writing_count, 1, memory_order_relaxed);
    if (page_has(page, PAGE_RECLAIM))
        atomic_fetch_add_explicit(&leaving_count, 1, memory_order_relaxed);
    page_set(page, PAGE_IO | PAGE_WRITING);
    page_clear_dirty(page);
    vmtrace(VMTRACE_PAGE_OUT, 0, page_frame(page), page->index);
}

/* Claims the dirty pages that follow batch[0] without a gap and can be had at once; returns the batch's length, at most `limit`. */
static unsigned batch_extend(struct object *object, struct page **batch, uint64_t last, uint64_t limit)
{
    unsigned count = 1;
    uint64_t next = batch[0]->index + 1;
    while (count < limit && next <= last) {
        struct page *busy;
        uint64_t index = next;
        struct page *page = dirty_claim(object, &index, next, &busy);
        if (page == NULL || busy != NULL)
            break;
        batch[count++] = page;
        next++;
    }
    return count;
}

/* Starts writing dirty pages of the range until `limit` are under way; those somebody is busy with are waited for or passed over. Returns how many. */
static uint64_t writeback_start(struct object *object, uint64_t first, uint64_t last, uint64_t limit, bool wait)
{
    struct page *batch[WRITE_BATCH], *busy;
    uint64_t index = first, started = 0;
    while (index <= last && started < limit && (batch[0] = dirty_claim(object, &index, last, &busy)) != NULL) {
        if (busy != NULL && wait)
            page_busy_sleep_while(busy, object, PAGE_DIRTY);
        if (busy != NULL) {
            index += !wait;
            continue;
        }
        unsigned count = batch_extend(object, batch, last, min_u64(WRITE_BATCH, limit - started));
        index = batch[0]->index + (uint64_t)count;
        for (unsigned i = 0; i < count; i++)
            page_clean_start(batch[i]);
        stat_add(STAT_PGPGOUT, count);
        started += count;
        object->ops->write(object, batch, count);
    }
    return started;
}

/* The first page of [*index, last] that is being written, or null. */
static struct page *writing_find(struct object *object, uint64_t *index, uint64_t last)
{
    struct page *page = NULL;
    spin_lock(&object->lock);
    for (; *index <= last && (page = radix_next(&object->pages, index, last)) != NULL; ++*index) {
        if (page_has(page, PAGE_WRITING))
            break;
    }
    spin_unlock(&object->lock);
    return *index <= last ? page : NULL;
}

/* Writes the range and waits. False: some of its pages stayed dirty, there was no memory. */
static bool sync_try(struct object *object, uint64_t first, uint64_t last)
{
    struct page *page;
    uint32_t put_off = atomic_load(&object->put_off);
    (void)writeback_start(object, first, last, UINT64_MAX, true);
    for (uint64_t index = first; index <= last && (page = writing_find(object, &index, last)) != NULL;) {
        while (page->object == object && page_has(page, PAGE_WRITING))
            page_busy_sleep_while(page, object, PAGE_WRITING);
    }
    return atomic_load(&object->put_off) == put_off;
}

int pagecache_sync(struct object *object, uint64_t first, uint64_t last)
{
    if (object->kind == OBJECT_SHM || object->ops->write == NULL)
        return 0;
    uint32_t stamp = object_errors(object);
    bool all = sync_try(object, first, last);
    for (unsigned attempt = 1; attempt < SYNC_ATTEMPTS && !all; attempt++) {
        (void)thread_sleep_until(time_now() + SYNC_PAUSE_NS, false);
        all = sync_try(object, first, last);
    }
    int error = object_error_since(object, stamp);
    return error == 0 && !all ? -ENOMEM : error;
}

/* The first object of the list, which is the oldest, if it is from `before` or earlier: moved to the end, with one more writer; or null. */
static struct object *dirty_object_take(uint64_t before)
{
    struct object *result = NULL;
    uint64_t now = time_now();
    spin_lock(&list_lock);
    list_for_each(link, &dirty_objects)
    {
        struct object *object = list_entry(link, struct object, dirty_link);
        if (object->dirty_since > before)
            break;
        if (atomic_load_explicit(&object->references, memory_order_relaxed) != 0) {
            object->writers++;
            list_remove(link);
            list_push_back(&dirty_objects, link);
            object->dirty_since = now;
            result = object;
            break;
        }
    }
    spin_unlock(&list_lock);
    return result;
}

/* The object may be gone afterwards. */
static void dirty_object_give_back(struct object *object)
{
    spin_lock(&list_lock);
    bool last = --object->writers == 0;
    spin_unlock(&list_lock);
    if (last)
        wait_wake_all(&given_back);
}

static bool object_has_writers(const struct object *object)
{
    spin_lock(&list_lock);
    bool result = object->writers > 0;
    spin_unlock(&list_lock);
    return result;
}

void writeback_leave(struct object *object)
{
    wait_event(&given_back, !object_has_writers(object));
}

static uint64_t dirty_objects_count(void)
{
    uint64_t count = 0;
    spin_lock(&list_lock);
    list_for_each(link, &dirty_objects) count++;
    spin_unlock(&list_lock);
    return count;
}

void writeback_push(uint64_t pages)
{
    uint64_t started = 0;
    struct object *object;
    page_io_gather_begin();
    for (uint64_t left = dirty_objects_count();
         left > 0 && started < pages && (object = dirty_object_take(UINT64_MAX)) != NULL; left--) {
        started += writeback_start(object, 0, UINT64_MAX, pages - started, false);
        dirty_object_give_back(object);
    }
    page_io_gather_end();
}

/* An error is noted in the object: fsync reports it. */
static void dirty_object_write(struct object *object)
{
    (void)!pagecache_sync(object, 0, UINT64_MAX);
    dirty_object_give_back(object);
}

void pagecache_sync_older(uint64_t before)
{
    struct object *object;
    while ((object = dirty_object_take(before)) != NULL)
        dirty_object_write(object);
}

/* Waits for the pages of files that are being written: their objects may have left the list already. */
static void writing_wait(void)
{
    for (pfn_t frame = 0; frame < frame_limit && writeback_writing() > 0; frame++) {
        struct page *page = page_of_frame(frame);
        const void *owner = page->owner;
        while (page->owner == owner && page_has(page, PAGE_WRITING) && !page_has(page, PAGE_ANON))
            page_busy_sleep_while(page, owner, PAGE_WRITING);
    }
}

void pagecache_sync_all(void)
{
    for (uint64_t left = dirty_objects_count(); left > 0; left--) {
        struct object *object = dirty_object_take(UINT64_MAX);
        if (object == NULL)
            break;
        dirty_object_write(object);
    }
    writing_wait();
}
