/*
 * The page fault (L10, L20): from an access that found no translation, or one without the right, to a page under it. All of its policy:
 *
 *     area                own anon?        the page's name       on read                     on write
 *     ------------------  ---------------  --------------------  --------------------------  ------------------------------------------
 *  1  shared              -                file or shared page   map read-only, and around   mark dirty, map writable
 *  2  private             yes, refs == 1   the anon              map read-only               mark dirty, map writable     (reuse)
 *  3  private             yes, refs > 1    the anon              map read-only               copy to a new anon, map that (cow)
 *  4  private, file       no               the file page         map read-only, and around   copy to a new anon, map that (cow)
 *  5  private, zero fill  no               none yet              map the page of zeros       new zeroed anon, map writable
 *
 * In an area of MAP_HUGETLB, 1 and 5 make a whole large page where there is none (fault_whole).
 *
 * A page that is DIRTY already is mapped writable on read too where 1 and 2 would allow the write: it saves the second fault and keeps I3.
 *
 *        private                                           shared
 *        overlay: anon? --yes--> refs == 1? --yes--> [2]   object: page (index) ------> [1]
 *                   |                 +------no--> [3]       index behind its end ----> SIGBUS
 *                   no
 *                   +--> object? --yes--> [4]   index behind its end --> SIGBUS
 *                           +-----no--> [5]
 *
 * Locks: the address space's mutex is held throughout, also across I/O: page-out needs only the page. Then at most one BUSY page, or two while a
 * copy is made, the second brand-new. What was read before the page was BUSY and could change, the object's size, is read again under BUSY.
 */
#include "kernel/abi/errno.h"
#include "kernel/fs/write_behind.h"
#include "kernel/lock_inner.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/signal.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/cut.h"
#include "mm/large.h"
#include "mm/map.h"
#include "mm/oom.h"
#include "mm/pagecache.h"
#include "mm/readahead_io.h"
#include "mm/standby.h"
#include "mm/stats.h"
#include "mm/swap_stream.h"
#include "mm/translation.h"
#include "mm/vmtrace.h"

struct fault {
    struct aspace *aspace;
    struct area *area;
    vaddr_t address; /* of the page */
    bool write;
    bool major; /* a transfer was waited for */
};

static enum fault_result fault_error(int error)
{
    if (error == 0)
        return FAULT_RESOLVED;
    return error == -ENOMEM ? FAULT_NO_MEMORY : FAULT_BUS_IO;
}

static inline uint64_t fault_page_number(const struct fault *fault)
{
    return fault->address >> PAGE_SHIFT;
}

/* Maps the BUSY page and gives BUSY back. */
static enum fault_result fault_enter(struct fault *fault, struct page *page, bool writable)
{
    int error = translation_enter(fault->aspace, fault->address, page, translation_bits(fault->area->flags, writable));
    page_put(page);
    return fault_error(error);
}

/* Maps a BUSY page that a write may go to: cases 1 and 2. */
static enum fault_result fault_enter_own(struct fault *fault, struct page *page)
{
    if (fault->write) {
        int error = page_make_dirty(page);
        if (error != 0) {
            page_put(page);
            return fault_error(error);
        }
    }
    bool writable = (fault->area->flags & AREA_WRITE) != 0 && page_has(page, PAGE_DIRTY);
    return fault_enter(fault, page, writable);
}

/* Starts the reads that the fault asks for, and those behind or around it: all are in flight before the first is waited for (L28, L29). */
static void fault_read_ahead(const struct fault *fault, uint64_t index)
{
    struct area *area = fault->area;
    area->ahead.advice = READAHEAD_NORMAL;
    if ((area->flags & AREA_RANDOM) != 0)
        area->ahead.advice = READAHEAD_RANDOM;
    else if ((area->flags & AREA_SEQUENTIAL) != 0)
        area->ahead.advice = READAHEAD_SEQUENTIAL;
    readahead_use(&area->ahead, area->object, index, 1, true);
}

/* The object's page, BUSY, read if it has to be. 0 or -Exxx. */
static int fault_page_get(struct fault *fault, uint64_t index, struct page **page)
{
    struct object *object = fault->area->object;
    if (object->kind == OBJECT_SHM)
        return page_get(object, index, 0, page, &fault->major);
    int error = page_get(object, index, PAGE_GET_CACHED | PAGE_GET_NOWAIT | PAGE_GET_UNNOTED, page, NULL);
    if (error == 0 && __builtin_expect(!page_is_ahead(*page), 1))
        return 0;
    fault_read_ahead(fault, index);
    if (error != 0)
        return page_get(object, index, 0, page, &fault->major);
    page_note_use(*page);
    return 0;
}

/* The object's page under the fault, BUSY, or why not. */
static enum fault_result fault_object_page(struct fault *fault, struct page **page)
{
    struct object *object = fault->area->object;
    uint64_t index = area_index(fault->area, fault->address);
    if (index >= object_pages(object))
        return FAULT_BUS_ADRERR;
    int error = fault_page_get(fault, index, page);
    readahead_note(&fault->area->ahead, index);
    if (error != 0)
        return fault_error(error);
    if (index < object_pages(object))
        return FAULT_RESOLVED;
    /* Truncated meanwhile: the truncation may have been here already, so the page goes as it would have done. */
    page_put(*page);
    pagecache_drop(object, index, index);
    return FAULT_BUS_ADRERR;
}

/* Puts the private copy of a BUSY page in the place of what is there: cases 3 and 4. Gives the source's BUSY back. */
static enum fault_result fault_copy(struct fault *fault, struct page *source, struct anon *old)
{
    struct anon *copy = anon_create(0);
    if (copy == NULL) {
        page_put(source);
        return FAULT_NO_MEMORY;
    }
    struct page *page = atomic_load_explicit(&copy->page, memory_order_relaxed);
    page_copy(page, source);
    page_put(source);
    stat_count(STAT_COW_COPIES);
    int error = 0;
    if (old != NULL)
        radix_replace(&fault->aspace->overlay, fault_page_number(fault), copy);
    else
        error = overlay_insert(&fault->aspace->overlay, fault_page_number(fault), copy);
    if (error != 0) {
        page_put(page);
        anon_put(copy);
        return FAULT_NO_MEMORY;
    }
    enum fault_result result = fault_enter(fault, page, true);
    if (old != NULL)
        anon_put(old); /* last: only now no translation of this address leads to its page */
    return result;
}

/*
 * Case 2 in short: the anon's page is mapped here already and only the right to write is missing. BUSY is not taken: whoever sees it clear under
 * page->lock knows that a cleaner, who takes BUSY first, will find the mapping writable and protect it (I3).
 */
static bool fault_reuse(struct fault *fault, const struct anon *anon)
{
    struct aspace *aspace = fault->aspace;
    struct page *page = atomic_load_explicit(&anon->page, memory_order_acquire);
    bool done = false;
    spin_lock(&aspace->table_lock);
    pte_t *entry = page != NULL ? pagetable_entry(&aspace->table, fault->address) : NULL;
    if (entry != NULL && (pte_read(entry) & PTE_P) != 0 && (pte_read(entry) & PTE_ADDRESS) == page_physical(page)) {
        spin_lock(&page->lock);
        done = (page->flags & (PAGE_BUSY | PAGE_DIRTY)) == PAGE_DIRTY;
        if (done)
            pagetable_change(entry, 0, PTE_RW | PTE_A | PTE_D);
        spin_unlock(&page->lock);
    }
    spin_unlock(&aspace->table_lock);
    return done;
}

/* Cases 2 and 3. */
static enum fault_result fault_anon(struct fault *fault, struct anon *anon)
{
    struct page *page;
    bool own = !anon_is_shared(anon);
    if (own && fault->write) {
        stat_count(STAT_COW_REUSES);
        if (large_reuse(fault->aspace, fault->area, fault->address) || fault_reuse(fault, anon))
            return FAULT_RESOLVED;
    }
    if (large_join(fault->aspace, fault->area, fault->address, fault->write))
        return FAULT_RESOLVED;
    fault->major = swap_stream(fault->area, fault->address, anon);
    int error = anon_page_get(anon, &page, &fault->major);
    if (error != 0)
        return fault_error(error);
    if (own)
        return fault_enter_own(fault, page);
    if (fault->write)
        return fault_copy(fault, page, anon);
    return fault_enter(fault, page, false);
}

/* How many pages around a fault on a file are mapped with it, aligned: those that are in memory and not BUSY. */
enum { AROUND_PAGES = 16 };

/* The addresses around the fault that lie in its area and its object, and which of them have private pages. */
struct around {
    vaddr_t start;
    uint64_t first;   /* index of the object's page at `start` */
    unsigned count;   /* of pages */
    uint32_t private; /* bit per page from `start` */
    uint32_t ahead;   /* bit per page that was read ahead and is mapped now */
    bool done;        /* the page of the fault itself is mapped */
};

static void around_find(const struct fault *fault, struct around *around)
{
    const vaddr_t span = AROUND_PAGES * PAGE_SIZE;
    struct area *area = fault->area;
    vaddr_t start = max_u64(area->start, round_down(fault->address, span));
    vaddr_t end = min_u64(area->end, round_down(fault->address, span) + span);
    uint64_t index = area_index(area, start);
    *around = (struct around){.start = start, .first = index};
    around->count = (unsigned)min_u64((end - start) >> PAGE_SHIFT, object_pages(area->object) - index);
    uint64_t first = start >> PAGE_SHIFT, last = first + around->count - 1;
    for (uint64_t page = first; page <= last && radix_next(&fault->aspace->overlay, &page, last) != NULL; page++)
        around->private |= (uint32_t)1 << (page - first);
}

/*
 * Maps one page of the object, or of an anon of it, page `number` of the run, if nobody is busy with it; a DIRTY one with `dirty_bits`, too. The table's
 * lock is held, and what guards the object's pages.
 */
static inline bool around_enter_locked(struct translation_run *run, unsigned number, struct page *page,
                                       const void *owner, pte_t bits, pte_t dirty_bits)
{
    bool entered = false;
    spin_lock_inner(&page->lock);
    if (page_is_idle_of(page, owner)) {
        if (page->state == PAGE_STANDBY)
            standby_rescue_locked(page);
        if (page_has(page, PAGE_ANON))
            page_set_shm(page);
        entered = translation_run_add(run, number, page, page_has(page, PAGE_DIRTY) ? bits | dirty_bits : bits);
    }
    spin_unlock_inner(&page->lock);
    return entered;
}

/* All pages of the object that are in memory and not mapped. */
static void around_enter_all(const struct fault *fault, struct around *around, struct translation_run *run)
{
    struct object *object = fault->area->object;
    bool shared_memory = object->kind == OBJECT_SHM;
    struct radix *tree = shared_memory ? &object->overlay : &object->pages;
    void *found[AROUND_PAGES];
    uint32_t flags = fault->area->flags;
    unsigned wanted = (unsigned)((fault->address - around->start) >> PAGE_SHIFT);
    pte_t bits = translation_bits(flags, false);
    pte_t dirty_bits = (flags & (AREA_SHARED | AREA_WRITE)) == (AREA_SHARED | AREA_WRITE) ? PTE_RW | PTE_D : 0;
    for (unsigned done = 0; done < around->count;)
        done += radix_find_slots(tree, around->first + done, around->count - done, found + done);
    for (unsigned i = 0; i < around->count; i++) {
        const void *owner = shared_memory ? found[i] : object;
        struct page *page = shared_memory && owner != NULL ? atomic_load(&((struct anon *)found[i])->page) : found[i];
        if (page == NULL || (around->private >> i & 1) != 0 || pte_read(&run->entries[i]) != 0)
            continue;
        /* The neighbours have not been used so far: for the clock to see. */
        if (!around_enter_locked(run, i, page, owner, i == wanted ? bits : bits & ~PTE_A, dirty_bits))
            continue;
        around->done |= i == wanted;
        if (page_has(page, PAGE_AHEAD))
            around->ahead |= (uint32_t)1 << i;
    }
}

/* Pages that were read ahead have been mapped, and will fault no more: notes their use, and goes on reading ahead. */
static void around_note_use(const struct fault *fault, const struct around *around)
{
    unsigned last = 31 - (unsigned)__builtin_clz(around->ahead);
    fault_read_ahead(fault, around->first + last);
    for (unsigned i = 0; i <= last; i++) {
        if ((around->ahead >> i & 1) != 0)
            pagecache_note_use(fault->area->object, around->first + i);
    }
}

/* Cases 1 and 4, read, if the page is in memory: maps it and its neighbours in one go, without BUSY. False: it takes the long way. */
static bool fault_map_around(struct fault *fault)
{
    struct object *object = fault->area->object;
    struct around around;
    struct translation_run run;
    if (area_is_hugetlb(fault->area))
        return false;
    around_find(fault, &around);
    spin_lock(&fault->aspace->table_lock);
    if (translation_run_begin(&run, fault->aspace, around.start, around.count)) {
        spin_lock_inner(&object->lock);
        around_enter_all(fault, &around, &run);
        spin_unlock_inner(&object->lock);
        translation_run_end(&run);
    }
    spin_unlock(&fault->aspace->table_lock);
    stat_add(STAT_MAP_AROUND, run.count - around.done);
    if (__builtin_expect(around.ahead != 0, 0))
        around_note_use(fault, &around);
    if (around.done)
        readahead_note(&fault->area->ahead, area_index(fault->area, fault->address));
    return around.done;
}

/*
 * A page is about to become dirty by a store: as with write(), who makes too much dirty waits for the disk first. Before, not after: the page
 * would be write-protected again before the program could store. A failed write-back is reported by fsync.
 */
static void fault_throttle(const struct fault *fault)
{
    struct object *object = fault->area->object;
    if (fault->write && object->kind != OBJECT_SHM)
        (void)!write_behind_throttle(object);
}

/*
 * A fault on memory of MAP_HUGETLB that may have been given up (MADV_DONTNEED, MADV_REMOVE): a large page, or SIGBUS if there is none, as nothing is kept
 * for it. False: its pages exist and are not one run any more, after a write behind fork; the fault goes on with 4 KB.
 */
static bool fault_whole(struct fault *fault, enum fault_result *result)
{
    int error = large_install_around(fault->aspace, fault->area, fault->address);
    if (error == -EEXIST && large_join(fault->aspace, fault->area, fault->address, fault->write))
        error = 0;
    *result = error == 0 ? FAULT_RESOLVED : FAULT_BUS_ADRERR;
    return error != -EEXIST;
}

/* Case 1. */
static enum fault_result fault_shared(struct fault *fault)
{
    struct page *page;
    enum fault_result result;
    fault_throttle(fault);
    if (area_index(fault->area, fault->address) >= object_pages(fault->area->object))
        return FAULT_BUS_ADRERR;
    if (area_is_hugetlb(fault->area) && fault_whole(fault, &result))
        return result;
    stat_count(STAT_FILE_MAPS);
    if (!fault->write && fault_map_around(fault))
        return FAULT_RESOLVED;
    result = fault_object_page(fault, &page);
    if (result != FAULT_RESOLVED)
        return result;
    return fault_enter_own(fault, page);
}

/* Case 4. */
static enum fault_result fault_private_file(struct fault *fault)
{
    struct page *page;
    stat_count(STAT_FILE_MAPS);
    if (!fault->write && fault_map_around(fault))
        return FAULT_RESOLVED;
    enum fault_result result = fault_object_page(fault, &page);
    if (result != FAULT_RESOLVED)
        return result;
    if (fault->write)
        return fault_copy(fault, page, NULL);
    return fault_enter(fault, page, false);
}

/* Case 5. */
static enum fault_result fault_zero_fill(struct fault *fault)
{
    enum fault_result result;
    if (area_is_hugetlb(fault->area) && fault_whole(fault, &result))
        return result;
    if (!fault->write) {
        pte_t bits = translation_bits(fault->area->flags, false);
        return fault_error(translation_enter(fault->aspace, fault->address, zero_page, bits));
    }
    if (large_fault(fault->aspace, fault->area, fault->address))
        return FAULT_RESOLVED;
    struct anon *anon = anon_create(FRAME_ZERO);
    if (anon == NULL)
        return FAULT_NO_MEMORY;
    struct page *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
    if (overlay_insert(&fault->aspace->overlay, fault_page_number(fault), anon) != 0) {
        page_put(page);
        anon_put(anon);
        return FAULT_NO_MEMORY;
    }
    stat_count(STAT_ZERO_FILLS);
    return fault_enter(fault, page, true);
}

static enum fault_result fault_private(struct fault *fault)
{
    struct anon *anon = radix_find(&fault->aspace->overlay, fault_page_number(fault));
    if (fault->area->object == NULL)
        return anon != NULL ? fault_anon(fault, anon) : fault_zero_fill(fault);
    uint64_t index = area_index(fault->area, fault->address);
    if (index >= object_pages(fault->area->object))
        return FAULT_BUS_ADRERR;
    enum fault_result result = anon != NULL ? fault_anon(fault, anon) : fault_private_file(fault);
    if (__builtin_expect(index < object_pages(fault->area->object), 1))
        return result;
    /* Truncated meanwhile, perhaps before the page was mapped; the cut is noted in the area. */
    translation_remove_range(fault->aspace, fault->address, fault->address + PAGE_SIZE);
    return FAULT_BUS_ADRERR;
}

/* The area above the fault is a stack that may grow down to it. 0 or -ENOMEM. */
static int stack_grow(struct aspace *aspace, struct area *area, vaddr_t address)
{
    const struct area *below = area_previous(area);
    uint64_t pages = (area->start - address) >> PAGE_SHIFT;
    vaddr_t lowest = below == NULL ? MMAP_LOWEST : below->end;
    if (below != NULL && (below->flags & AREA_RIGHTS) != 0 && (below->flags & AREA_GROWSDOWN) == 0)
        lowest += STACK_GUARD;
    if (address < lowest || area->end - address > aspace->stack_limit ||
        !aspace_may_grow_locked(aspace, pages, area->flags))
        return -ENOMEM;
    area_tree_resize(&aspace->areas, area, address, area->end);
    aspace_charge_locked(aspace, area->flags, (int64_t)pages);
    stat_count(STAT_STACK_GROWTHS);
    return 0;
}

/* Finds the area and asks whether it allows the access. */
static enum fault_result fault_check(struct fault *fault, enum fault_access access)
{
    struct area *area = area_tree_find(&fault->aspace->areas, fault->address);
    if (area == NULL) {
        area = area_tree_find_from(&fault->aspace->areas, fault->address);
        if (area == NULL || (area->flags & AREA_GROWSDOWN) == 0 || stack_grow(fault->aspace, area, fault->address) != 0)
            return FAULT_MAPERR;
    }
    uint32_t wanted = AREA_RIGHTS; /* x86 has no page that can be executed or written but not read */
    if ((access & FAULT_WRITE) != 0)
        wanted = AREA_WRITE;
    else if ((access & FAULT_EXEC) != 0)
        wanted = AREA_EXEC;
    fault->area = area;
    cut_apply(fault->aspace, area);
    return (area->flags & wanted) != 0 ? FAULT_RESOLVED : FAULT_ACCERR;
}

static void fault_account(const struct fault *fault, enum fault_result result)
{
    stat_count(STAT_PGFAULT);
    vmtrace(VMTRACE_FAULT,
            (fault->major ? VMTRACE_FAULT_MAJOR : 0) | (fault->write ? VMTRACE_FAULT_WRITE : 0) | (unsigned)result << 3,
            0, fault->address);
    if (fault->major) {
        stat_count(STAT_PGMAJFAULT);
        atomic_fetch_add_explicit(&fault->aspace->faults_major, 1, memory_order_relaxed);
    } else {
        atomic_fetch_add_explicit(&fault->aspace->faults_minor, 1, memory_order_relaxed);
    }
    if (__builtin_expect(result == FAULT_NO_MEMORY, 0))
        stat_count(STAT_OOM_FAULTS);
}

static enum fault_result fault_attempt(struct fault *fault, enum fault_access access)
{
    mutex_lock(&fault->aspace->lock);
    enum fault_result result = fault_check(fault, access);
    if (result == FAULT_RESOLVED)
        result = area_is_shared(fault->area) ? fault_shared(fault) : fault_private(fault);
    mutex_unlock(&fault->aspace->lock);
    return result;
}

enum fault_result fault_resolve(struct aspace *aspace, vaddr_t address, enum fault_access access)
{
    struct fault fault = {
        .aspace = aspace,
        .address = round_down(address, PAGE_SIZE),
        .write = (access & FAULT_WRITE) != 0,
    };
    if (address >= USER_END)
        return FAULT_MAPERR;
    enum fault_result result;
    unsigned attempts = 0;
    do
        result = fault_attempt(&fault, access);
    while (__builtin_expect(result == FAULT_NO_MEMORY, 0) && oom_relieve(++attempts));
    fault_account(&fault, result);
    return result;
}
