/*
 * Objects: what named pages belong to. A file, a block device (file-system metadata) or shared anonymous memory.
 *
 * The name of a page is (object, index). Each object has a radix tree from index to its pages in memory: the page cache is the
 * sum of these trees. Anonymous private pages are named by their struct anon instead (mm/anon.h); shared memory, and a file
 * that lives in memory only (tmpfs, memfd_create), is an object whose pages are anons too, so that one way to swap serves all (mm/shm.c).
 *
 * Locks: `lock` (RANK_OBJECT) guards the tree, the list of dirty pages and the page count. A page in the tree is found under it, then claimed
 * under its own lock.
 */
#ifndef MM_OBJECT_H
#define MM_OBJECT_H

#include <stdatomic.h>

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/types.h"
#include "mm/radix.h"

struct block_device;
struct object;
struct page;

enum object_kind { OBJECT_FILE, OBJECT_DEVICE, OBJECT_SHM };

/* How an object's pages get their contents. All functions may sleep. */
struct object_ops {
    /*
     * Begins to fill `count` BUSY pages with consecutive indices; page_io_done(page, error) is called once for each, now
     * or later, from any context. Bytes behind the end of the object, and holes, are zeros. Null: pages start as zeros.
     */
    void (*read)(struct object *object, struct page **pages, unsigned count);
    /* Begins to write `count` BUSY, write-protected pages with consecutive indices; page_io_done() likewise. Null: never written. */
    void (*write)(struct object *object, struct page **pages, unsigned count);
    /* A page is about to become dirty: reserve its disk block. 0 or -ENOSPC, -EDQUOT, -EIO. Null: nothing to reserve. Called with the page BUSY. */
    int (*make_writable)(struct object *object, struct page *page);
    /* Where page `index` lies, for swap files and O_DIRECT: 0, -ENOENT for a hole, -EINVAL if it lies in pieces, -EIO. Null: nowhere that lasts. */
    int (*locate)(struct object *object, uint64_t index, struct block_device **device, uint64_t *sector);
    /* OBJECT_SHM: that many pages come, or, negative, have gone: 0 or -ENOSPC; the latter never fails. Null: no limit. shm_lock is held. */
    int (*charge)(struct object *object, int64_t pages);
    /* The last reference has gone: free the structure around the object. Null: nothing to free. */
    void (*release)(struct object *object);
};

struct object {
    const struct object_ops *ops;
    enum object_kind kind;
    _Atomic uint32_t references;
    struct spinlock lock;         /* RANK_OBJECT */
    struct radix pages;           /* index -> struct page; under `lock` */
    struct list dirty;            /* dirty pages, by page->link; under `lock` */
    uint64_t dirty_pages;         /* how many; under `lock` */
    struct list private_mappings; /* areas that may have private copies of its pages: mm/cut.h; under `lock` */
    struct list dirty_link;       /* objects with dirty pages: mm/writeback.c */
    uint64_t dirty_since;         /* time_now() when it got into that list, or was last written; under its lock */
    uint32_t writers;             /* who found it in that list and is writing it, without a reference; under its lock */
    _Atomic uint64_t size;        /* in bytes; mappings beyond its last page get SIGBUS */
    struct radix overlay;         /* OBJECT_SHM: index -> struct anon: mm/shm.h */
    uint64_t promised;            /* OBJECT_SHM: pages, for its whole size; 0: page by page (mm/commit.h); constant */
    _Atomic uint64_t held;        /* OBJECT_SHM: pages in the overlay; changed under `shm_lock` */
    bool is_hugetlb;              /* OBJECT_SHM: of MAP_HUGETLB; constant */
    struct mutex shm_lock;        /* RANK_SHM */
    _Atomic uint32_t write_errors; /* failed write-backs: how many, and the last one's errno: object_errors() */
    _Atomic uint32_t put_off;      /* write-backs for which there was no memory: how many; their pages stayed dirty */
};

/* One reference, no pages, size 0. */
void object_init(struct object *object, enum object_kind kind, const struct object_ops *ops);

static inline void object_get(struct object *object)
{
    atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
}

/*
 * Failed write-backs, so that everybody who asks for the object to be written learns of each once: a stamp of what there has
 * been so far (its lowest 12 bits are the last error), and the error, 0 or -Exxx, if there was one since a stamp was taken.
 */
static inline uint32_t object_errors(const struct object *object)
{
    return atomic_load_explicit(&object->write_errors, memory_order_relaxed);
}

static inline int object_error_since(const struct object *object, uint32_t stamp)
{
    uint32_t now = object_errors(object);
    return now == stamp ? 0 : -(int)(now & 0xfff);
}

/* A page's write has failed. Any context. */
void object_note_error(struct object *object, int error);

/* Drops a reference; the last one releases the object through ops->release. Its pages are then the owner's to cut (pagecache_truncate). Sleeps. */
void object_put(struct object *object);

/* Pages of the object that exist: its size rounded up. */
static inline uint64_t object_pages(const struct object *object)
{
    return (atomic_load_explicit(&object->size, memory_order_relaxed) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/*
 * A new shared anonymous object of `size` bytes (MAP_SHARED | MAP_ANONYMOUS): zero-filled, swappable. Null without memory.
 * `reserve`: all of it is promised at once (mm/commit.h).
 */
struct object *shm_object_create(uint64_t size, bool reserve) must_check;

/* The same in the place of `released` pages that were promised, too. */
struct object *shm_object_create_instead(uint64_t size, bool reserve, uint64_t released) must_check;

#endif
