/*
 * The page cache: finding and filling named pages (L20, L27, L30).
 *
 * One protocol for all users, that of a buffer cache: a page found or made by name is handed out BUSY, which is the right to its name and
 * contents (I7); page_put() gives it back. Users that only read or write bytes through the direct map may instead hold a pin, which keeps the
 * frame but not its contents.
 *
 * Locks: RANK_OBJECT, then RANK_PAGE; never held across a transfer. The waiting protocol is in mm/busy.h, write-back in mm/writeback.c.
 */
#ifndef MM_PAGECACHE_H
#define MM_PAGECACHE_H

#include "mm/frame.h"
#include "mm/object.h"
#include "mm/readahead.h"

enum page_get_flags {
    PAGE_GET_FRESH =
        1 << 0, /* the caller overwrites the whole page: do not read it, contents undefined if it was not in memory */
    PAGE_GET_CACHED = 1 << 1,  /* only if it is in memory: else -ENOENT */
    PAGE_GET_NOWAIT = 1 << 2,  /* -EAGAIN rather than sleep */
    PAGE_GET_UNNOTED = 1 << 3, /* leaves it to the caller to note the use of a page that was read ahead */
};

/*
 * The page `index` of `object`, BUSY, filled from its object unless FRESH. Sets *major (may be null) to true if a transfer had to be waited
 * for or, with FRESH, if the page is new.
 * 0, -EIO, -ENOMEM, or as the flags say. Sleeps; caller holds no BUSY page except as DESIGN's lock order allows.
 */
int page_get(struct object *object, uint64_t index, unsigned flags, struct page **page, bool *major) must_check;

/* Gives BUSY back and wakes those who wait for it. Any context. */
void page_put(struct page *page);

/* The page in memory with valid contents, pinned and not BUSY, or null: the fast path of read(). Marks it referenced. */
struct page *page_find_pinned(struct object *object, uint64_t index);

/*
 * As many of the pages [index, index + count) as have valid contents, up to the first that has not or is missing, or to the next multiple of 64: pinned,
 * into `pages`. Of the first `unasked` also those that were read ahead and are used for the first time, which is noted; others end the run. Returns how
 * many: the fast path of read().
 */
unsigned pagecache_find_run(struct object *object, uint64_t index, unsigned count, uint64_t unasked,
                            struct page **pages);

/* BUSY or sleep until it is; BUSY or return false. For pages reached otherwise than by name; the caller checks the name afterwards. */
void page_busy_wait(struct page *page);
bool page_busy_try(struct page *page);

/* Marks a BUSY page dirty (write-behind will find it). May fail as ops->make_writable does. */
int page_make_dirty(struct page *page) must_check;
/* What is left of that when it is allowed: for make_writable itself, if the page must be dirty before its transaction may be committed. */
void page_set_dirty(struct page *page);
void page_clear_dirty(struct page *page);

/*
 * Ends a transfer: any context. Gives BUSY back. `error` is 0, -EIO, or, from ops->read or write itself, -ENOMEM: it could not begin. Then the page that was
 * to be written is dirty as before, and page_get() of one that was to be read says -ENOMEM, unless it can read it by then.
 */
void page_io_done(struct page *page, int error);

/* A page's place, at a glance: not in memory; read ahead and not used so far; there, or being read for somebody. */
enum cache_presence { CACHE_MISSING, CACHE_AHEAD, CACHE_USED };
enum cache_presence pagecache_look(struct object *object, uint64_t index);

/*
 * Starts reading the pages of the range that are not in memory, for as long as there is memory; does not wait for them. Those that nobody has
 * asked for are marked PAGE_AHEAD. The range lies within the object. Sleeps.
 */
void pagecache_prefetch(struct object *object, const struct readahead_range *range);

/* Notes the first use of a page that was read ahead. Any context. */
void page_ahead_used(struct page *page);

/* The same by name, if it is in memory. */
void pagecache_note_use(struct object *object, uint64_t index);

static inline bool page_is_ahead(const struct page *page)
{
    return (atomic_load_explicit(&page->flags, memory_order_relaxed) & PAGE_AHEAD) != 0;
}

static inline void page_note_use(struct page *page)
{
    if (page_is_ahead(page))
        page_ahead_used(page);
}

/* Ends a BUSY page with all it holds: its contents are nothing that anybody may see. */
void pagecache_abandon(struct page *page);

/* Takes a BUSY page of an object, unmapped and clean, out of its object's tree. Its name is the caller's to end (page_disown, page_discard). */
void pagecache_forget(struct page *page);

/* Throws away all pages from `index` on (and unmaps them everywhere), zeroing nothing: truncation, the end of an object. Sleeps. */
void pagecache_truncate(struct object *object, uint64_t index);

/* Throws away the pages [first, last] as truncation does, private copies excepted: a hole. Sleeps. */
void pagecache_remove(struct object *object, uint64_t first, uint64_t last);

/* The same, but pages that somebody has modified stay, unmapped: for who has written behind the cache's back, and wrote what was dirty before. */
void pagecache_remove_clean(struct object *object, uint64_t first, uint64_t last);

/* Whether page `index` is in memory and either not written yet or in somebody's hands: what the disk has is not the file then. */
bool pagecache_is_unsettled(struct object *object, uint64_t index);

/* Throws away clean, unpinned pages of [first, last]: POSIX_FADV_DONTNEED; of an OBJECT_SHM, those behind its end. Sleeps. */
void pagecache_drop(struct object *object, uint64_t first, uint64_t last);

/* How many of the pages [first, last] are in memory. */
uint64_t pagecache_resident(struct object *object, uint64_t first, uint64_t last);

/*
 * Writes all dirty pages in [first, last] and waits. 0, or the error of a transfer that has failed meanwhile; it is kept for fsync, too. -ENOMEM: to
 * write some there was no memory, though it was tried again and again; they are still dirty.
 */
int pagecache_sync(struct object *object, uint64_t first, uint64_t last) must_check;

/* Writes all dirty pages of the objects that have had some since `before` or longer (time_now()), and waits. */
void pagecache_sync_older(uint64_t before);

/* Writes all dirty pages of every object and waits (sync). */
void pagecache_sync_all(void);

/* Drops clean, unmapped, unpinned pages of every object until `wanted` frames were freed; returns how many.. */
uint64_t pagecache_shrink(uint64_t wanted);

uint64_t pagecache_pages(void); /* file and metadata pages in memory */
uint64_t pagecache_dirty(void);
void pagecache_init(void);

#endif
