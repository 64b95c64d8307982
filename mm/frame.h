/*
 * The frame array: one struct page for each frame of RAM, and who gives frames out.
 *
 *                      frame_alloc            page_get (name given)          pageout: clean and unmapped
 *      FREE -----------------> DETACHED ------------------> ACTIVE --------------------------------> STANDBY
 *        ^                       |    ^                        ^                                       |   |
 *        +------ frame_free -----+    |                        +---- found by name: rescue (L22) ------+   |
 *        |                            +------------------- taken for a new use ----------------------------+
 *        +---- WIRED: the kernel's own memory (page tables, slabs, stacks); never moved, never evicted
 *
 * FREE frames are in the buddy allocator, which merges neighbours into runs of 2^order frames, or in a CPU's front list.
 * See mm/frame.c for the picture; the invariants I1 to I11 are listed in mm/check.h.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include <stdatomic.h>

#include "kernel/layout.h"
#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/types.h"

struct object;
struct anon;
struct aspace;

enum page_state {
    PAGE_FREE,     /* in the allocator: no name, no mapping, clean (I4) */
    PAGE_DETACHED, /* taken by somebody who has not named it yet, or has forgotten its name */
    PAGE_ACTIVE,   /* named: the page of a file or an anonymous page */
    PAGE_STANDBY,  /* named, clean, unmapped; counted as free (I5) */
    PAGE_WIRED,    /* the kernel's */
    PAGE_ABSENT,   /* not RAM, or reserved by the firmware */
};

/* Bits of page->flags. BUSY, WANTED and the error bit change under page->lock, the others under BUSY unless noted. */
enum page_flag {
    PAGE_BUSY = 1 << 0,       /* somebody owns name and contents (I7): a sleep lock */
    PAGE_WANTED = 1 << 1,     /* somebody waits for BUSY */
    PAGE_DIRTY = 1 << 2,      /* differs from its block; set before a writable mapping exists (I3) */
    PAGE_REFERENCED = 1 << 3, /* used without a mapping's accessed bit (read, write); set by anyone, atomically */
    PAGE_ANON = 1 << 4,       /* the owner is a struct anon, not a struct object */
    PAGE_IO = 1 << 5,         /* BUSY belongs to a transfer under way */
    PAGE_FAILED = 1 << 6,     /* the last transfer failed: contents are not valid */
    PAGE_AHEAD = 1 << 7,      /* brought in by read-ahead and not used yet (L29); cleared by anyone, atomically */
    PAGE_WRITING = 1 << 8,    /* with IO: the transfer goes to the device */
    PAGE_SHM = 1 << 9,        /* with ANON: the anon belongs to a shared-memory object */
    PAGE_ORPHAN = 1 << 10,    /* DETACHED but pinned: the last page_unpin() frees it */
    PAGE_RECLAIM = 1 << 11,   /* page-out waits for it to be written; then it goes to standby. Constant while WRITING */
    PAGE_GIVEN_UP = 1 << 12,  /* with ANON, not DIRTY: its program may do without the contents: mm/lazyfree.h */
    PAGE_STREAM = 1 << 13,    /* read in the window of a stream, not seen used so far; cleared by anyone, atomically */
    PAGE_ZEROED = 1 << 14,    /* FREE: holds zeros, from frame_free_zeroed() */
    PAGE_POISONED = 1 << 15,  /* FREE: holds the poison of freed memory; memory never used since start-up does not */
    /* Without ANON, with FAILED: there was no memory to look for its block. */
    PAGE_STARVED = PAGE_GIVEN_UP,
};

/*
 * One frame. 64 bytes, so that a machine of 256 MB pays 4 MB. While the frame is WIRED or FREE the fields after `pins` are its
 * user's: the allocator (link, order), a slab cache (owner, used, first_free, link), a page table (used, groups, link).
 */
struct page {
    struct spinlock lock; /* RANK_PAGE: identity, flags' BUSY and WANTED, pins, reverse map */
    union {
        struct {
            uint8_t state;          /* enum page_state */
            uint8_t order;          /* FREE: of the run it heads, or PAGE_ORDER_INSIDE, PAGE_ORDER_FRONT */
            _Atomic uint16_t flags; /* enum page_flag */
            _Atomic uint32_t pins;  /* users who reach the frame by the direct map; not evicted, not freed while > 0 */
        };
        _Atomic uint64_t use; /* these four in one word: page_pin_idle() */
    };
    union {
        struct object *object; /* the name: (object, index) ... */
        struct anon *anon;     /* ... or the anon, with PAGE_ANON */
        void *owner;           /* WIRED: its user's business */
    };
    union {
        uint32_t index; /* page number within the object */
        uint32_t used;  /* WIRED: a slab's objects, a page table's entries in use */
    };
    uint32_t block;   /* where it is on its object's device, in pages; 0: not known or none */
    struct list link; /* buddy list, front list, standby list, writer's batch */
    union {
        uintptr_t rmap;   /* reverse map: 0, struct aspace *, or struct rmap_list * | 1: mm/rmap.c */
        void *first_free; /* WIRED, a slab: its first free object */
    };
    union {
        vaddr_t rmap_address; /* the address, when `rmap` is an address space */
        uint64_t groups;      /* WIRED, a page table: bit g: one of entries 8g .. 8g + 7 may be in use */
    };
};
_Static_assert(sizeof(struct page) == 64, "struct page is one cache line");

#define PAGE_ORDER_INSIDE 0xff /* FREE, inside a run (or allocated) */
#define PAGE_ORDER_FRONT 0xfe  /* FREE, in a CPU's front list */

/*
 * Indexed by frame number, every one below frame_limit: entries of frames that are no RAM exist and are ABSENT, but holes of the
 * physical address space cost no memory (mm/frame_init.c).
 */
extern struct page *page_array;
extern pfn_t frame_limit; /* 1 + the highest frame number of RAM */

static inline struct page *page_of_frame(pfn_t pfn)
{
    return &page_array[pfn];
}

static inline pfn_t page_frame(const struct page *page)
{
    return (pfn_t)(page - page_array);
}

static inline paddr_t page_physical(const struct page *page)
{
    return page_frame(page) << PAGE_SHIFT;
}

static inline void *page_address(const struct page *page)
{
    return direct_map(page_physical(page));
}

/* The page of a direct-map address. */
static inline struct page *page_of_address(const void *address)
{
    return page_of_frame(direct_map_physical(address) >> PAGE_SHIFT);
}

#define FRAME_ORDER_MAX 18 /* runs of up to 2^18 frames: 1 GB */

enum frame_flags {
    FRAME_ZERO = 1 << 0,    /* filled with zeros; otherwise the contents are the poison of freed memory or old data */
    FRAME_NOWAIT = 1 << 1,  /* null at once rather than reclaim memory: required when holding a spin lock */
    FRAME_RESERVE = 1 << 2, /* may use the reserve that lets page-out complete */
    FRAME_WIRED = 1 << 3,   /* state WIRED instead of DETACHED: for the kernel itself */
    FRAME_EASY =
        1
        << 4, /* may sleep for a lock and take from standby, but not wait for page-out: for what is not needed for sure */
};

struct bootinfo;

/* Builds the frame array and the free lists from the loader's memory map; `limit` bytes of RAM at most are used (option mem=; 0: all). */
void frame_init(const struct bootinfo *info, uint64_t limit);

/* For frame_init(): the array is there, all of it ABSENT or WIRED, `total` frames are RAM; then each range of free frames. */
void frames_start(uint64_t total);
void frames_add(pfn_t start, pfn_t end);

/* Gives the loader's RECLAIM and the ACPI_RECLAIM ranges to the allocator, once they have been read. */
void frame_reclaim_boot(const struct bootinfo *info);

/* One frame, state DETACHED (or WIRED), pins 0; null only with FRAME_NOWAIT or when memory is at its end. Sleeps unless FRAME_NOWAIT. */
struct page *frame_alloc(unsigned flags) must_check;
/* 2^order contiguous frames aligned to their size, or null at once: never waits. Each struct page is set as by frame_alloc. */
struct page *frame_alloc_run(unsigned order, unsigned flags) must_check;

/* Gives back a DETACHED or WIRED frame: no name, no mapping, no pins. Its contents are poisoned. Any context. */
void frame_free(struct page *page);
/* The same for a frame that holds nothing but zeros, as an empty page table does: it is not poisoned, and who wants zeros next has them. */
void frame_free_zeroed(struct page *page);
/* The same for 2^order frames, from frame_alloc_run() or not. */
void frame_free_run(struct page *page, unsigned order);

/* Contents of a frame, through the direct map: fill with zeros; copy. (mm/frame_fill.c) */
void page_zero(struct page *page);
void page_copy(struct page *to, const struct page *from);

/* Fills a frame that becomes FREE with poison (all of it with the option poison=full, else its first and last bytes); panics if that changed. */
void page_poison(struct page *page);
void page_poison_verify(struct page *page);
/* Panics unless a frame that was given back zeroed is so still; looks where page_poison_verify() looks. */
void page_zero_verify(struct page *page);

/* Counts, in frames. Free includes the front lists; standby is counted by the pager. */
uint64_t frames_total(void); /* RAM handed to the kernel, its image and the frame array included */
uint64_t frames_free(void);
uint64_t frames_in_state(enum page_state state); /* counts by walking the array: for checks */
uint64_t frames_free_in_order(unsigned order);

/* Moves all CPUs' front lists, but for one in use this moment, back to the buddy allocator; for checks and large runs. */
void frames_drain(void);

/*
 * Registers a source of frames for hard times: frame_alloc() calls each, in the order they were added, when it finds nothing. It returns how many
 * frames it freed, and may sleep. At most FRAME_RECLAIMERS_MAX; during start-up.
 */
#define FRAME_RECLAIMERS_MAX 8
void frame_reclaimer_add(uint64_t (*reclaim)(void));

/* Calls the reclaimers until one has freed something; returns how many frames. Sleeps. */
uint64_t frames_reclaim(void);

/*
 * What the pager does for frame_alloc(), which cannot call up to it. `take`: the oldest standby page, as standby_take(). `low`: free memory is below
 * lotsfree; called where might_sleep() is allowed, does not sleep. `privileged`: page-out may have to wait for this thread, which gets the reserve
 * before it waits. `wait`: nothing is free: sleeps until something may be; false at the end of memory.
 */
struct frame_pager {
    struct page *(*take)(void);
    void (*low)(void);
    bool (*privileged)(void);
    bool (*wait)(void);
};
void frame_pager_set(const struct frame_pager *pager);

/* The daemon is told (`low`) when fewer frames than this are spare in the shared lists. */
void frames_set_low(uint64_t frames);

/* FREE frames above the reserve and what is kept for those who may not wait. */
uint64_t frames_spare(void);

/* FREE frames that are missing for those who may not wait (FRAME_NOWAIT). */
uint64_t frames_shortage(void);

/* Fault injection (mm/inject.h): every n-th allocation from now on fails (0: none); what was set. */
void frame_fail_every(uint64_t n);
uint64_t frame_fails_every(void);

/* Panics unless the free lists and the frame array agree. For checks, while nothing else allocates. */
void frames_check(void);

static inline void page_pin(struct page *page)
{
    atomic_fetch_add_explicit(&page->pins, 1, memory_order_acquire);
}

/* The word `use` of a page in that state with those flags, neither pinned nor in a list of free ones. */
static inline uint64_t page_use_of(uint8_t state, uint16_t flags)
{
    return state | (uint64_t)flags << 16;
}

#define PAGE_USE_PIN ((uint64_t)1 << 32) /* one pin in that word */

/* Frees a page that lost its name while it was pinned, unless somebody else just did: mm/busy.c. */
void page_orphan_free(struct page *page);

static inline void page_unpin(struct page *page)
{
    uint32_t pins = atomic_fetch_sub(&page->pins, 1);
    if (pins == 1 && (atomic_load(&page->flags) & PAGE_ORPHAN) != 0)
        page_orphan_free(page);
}

#endif
