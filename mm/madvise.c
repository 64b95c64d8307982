/*
 * madvise: what a program says about its use of memory. Some advice changes the area (and splits or merges it), some acts on the pages at once,
 * some is only noted. Errors and their order are Linux's: what the advice cannot apply to is EINVAL, holes are passed over and make it ENOMEM
 * at the end.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/cpu.h"
#include "kernel/fs/file.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/collapse.h"
#include "mm/evict.h"
#include "mm/lazyfree.h"
#include "mm/map.h"
#include "mm/object.h"
#include "mm/readahead_io.h"
#include "mm/rmap.h"
#include "mm/shm.h"
#include "mm/translation.h"

/* One kind of advice: the flags it gives and takes, the areas it is not for, what it does to pages. */
struct advice {
    bool known;
    uint32_t set, clear;
    uint32_t not_for;    /* areas with one of these flags: EINVAL */
    bool zero_fill_only; /* areas of objects: EINVAL */
    bool object_only;    /* areas without: EINVAL */
    int (*act)(struct aspace *aspace, const struct area *area, vaddr_t start, vaddr_t end); /* 0 or an error */
};

/* The pages are given up: private ones are gone, the object's are only unmapped. Of MAP_HUGETLB only those that are named whole. */
static int act_dontneed(struct aspace *aspace, const struct area *area, vaddr_t start, vaddr_t end)
{
    if (!is_aligned(start, area_page_size(area)))
        return -EINVAL;
    end = round_down(end, area_page_size(area));
    if (start == end)
        return 0;
    translation_remove_range(aspace, start, end);
    if (!area_is_shared(area))
        overlay_remove_locked(aspace, start, end);
    return 0;
}

static int act_free(struct aspace *aspace, const struct area *area, vaddr_t start, vaddr_t end)
{
    (void)area;
    lazyfree_range(aspace, start, end);
    return 0;
}

/* The clock will see the pages unused at its next round (L24). */
static int act_cold(struct aspace *aspace, const struct area *area, vaddr_t start, vaddr_t end)
{
    struct tlb_batch batch;
    (void)area;
    tlb_batch_init(&batch, aspace);
    translation_change_range(aspace, start, end, PTE_A, 0, &batch);
    tlb_flush(&batch);
    return 0;
}

/* The page mapped at an address, or null. It may have gone when it is used: whoever evicts it looks again. */
static struct page *mapped_page(struct aspace *aspace, vaddr_t address)
{
    struct walk walk;
    struct page *page = NULL;
    spin_lock(&aspace->table_lock);
    if (pagetable_walk(&aspace->table, address, &walk)) {
        page = page_of_frame(pte_frame(walk.value, walk.level) >> PAGE_SHIFT);
        page += (address & (level_size(walk.level) - 1)) >> PAGE_SHIFT;
    }
    spin_unlock(&aspace->table_lock);
    return page != zero_page ? page : NULL;
}

/* The pages leave memory now, but for those that others map, too. */
static int act_pageout(struct aspace *aspace, const struct area *area, vaddr_t start, vaddr_t end)
{
    struct evict_batch batch;
    (void)area;
    evict_batch_init(&batch);
    for (; start < end; start += PAGE_SIZE) {
        struct page *page = mapped_page(aspace, start);
        if (page != NULL && rmap_count(page) == 1)
            (void)evict_page(&batch, page);
    }
    evict_write(&batch);
    return 0;
}

static int act_willneed(struct aspace *aspace, const struct area *area, vaddr_t start, vaddr_t end)
{
    (void)aspace;
    if (area->object != NULL)
        readahead_start(area->object, area_index(area, start), (end - start) >> PAGE_SHIFT);
    return 0;
}

/* A hole in shared memory. Parts of a page of MAP_HUGETLB become zeros, and the page stays. */
static int shm_remove(const struct area *area, vaddr_t start, vaddr_t end)
{
    struct object *object = area->object;
    vaddr_t first = min_u64(round_up(start, area_page_size(area)), end);
    vaddr_t after = max_u64(round_down(end, area_page_size(area)), first);
    int error = 0;
    if (start < first)
        error = shm_clear(object, area_index(area, start), area_index(area, first) - 1);
    if (error == 0 && first < after)
        shm_punch(object, area_index(area, first), area_index(area, after) - 1);
    if (error == 0 && after < end)
        error = shm_clear(object, area_index(area, after), area_index(area, end) - 1);
    return error;
}

/* A hole in the object: what was there is zeros afterwards, for everyone. */
static int act_remove(struct aspace *aspace, const struct area *area, vaddr_t start, vaddr_t end)
{
    (void)aspace;
    if (area->object->kind == OBJECT_SHM && (area->file == NULL || file_object(area->file) != area->object))
        return shm_remove(area, start, end);
    return inode_punch(area->file->inode, area_index(area, start) << PAGE_SHIFT, area_index(area, end) << PAGE_SHIFT);
}

static const struct advice advices[] = {
    [MADV_NORMAL] = {.known = true, .clear = AREA_SEQUENTIAL | AREA_RANDOM},
    [MADV_RANDOM] = {.known = true, .set = AREA_RANDOM, .clear = AREA_SEQUENTIAL},
    [MADV_SEQUENTIAL] = {.known = true, .set = AREA_SEQUENTIAL, .clear = AREA_RANDOM},
    [MADV_WILLNEED] = {.known = true, .act = act_willneed},
    [MADV_DONTNEED] = {.known = true, .not_for = AREA_LOCKED, .act = act_dontneed},
    [MADV_FREE] = {.known = true, .not_for = AREA_SHARED | AREA_STAYS, .zero_fill_only = true, .act = act_free},
    [MADV_REMOVE] = {.known = true, .not_for = AREA_LOCKED, .object_only = true, .act = act_remove},
    [MADV_DONTFORK] = {.known = true, .set = AREA_DONTFORK},
    [MADV_DOFORK] = {.known = true, .clear = AREA_DONTFORK},
    [MADV_MERGEABLE] = {.known = true},
    [MADV_UNMERGEABLE] = {.known = true},
    [MADV_HUGEPAGE] = {.known = true, .set = AREA_HUGE, .clear = AREA_NOHUGE},
    [MADV_NOHUGEPAGE] = {.known = true, .set = AREA_NOHUGE, .clear = AREA_HUGE},
    [MADV_DONTDUMP] = {.known = true, .set = AREA_DONTDUMP},
    [MADV_DODUMP] = {.known = true, .clear = AREA_DONTDUMP},
    [MADV_WIPEONFORK] = {.known = true,
                         .set = AREA_WIPEONFORK,
                         .not_for = AREA_SHARED | AREA_HUGETLB_2M | AREA_HUGETLB_1G,
                         .zero_fill_only = true},
    [MADV_KEEPONFORK] = {.known = true, .clear = AREA_WIPEONFORK},
    [MADV_COLD] = {.known = true, .not_for = AREA_STAYS, .act = act_cold},
    [MADV_PAGEOUT] = {.known = true, .not_for = AREA_STAYS, .act = act_pageout},
};

/* Whether the advice may be given for the area. */
static int advice_check(const struct advice *advice, const struct area *area)
{
    bool no_object = area->object == NULL &&
                     area_page_size(area) == PAGE_SIZE; /* Linux counts a file behind huge pages */
    if ((area->flags & advice->not_for) != 0 || (advice->zero_fill_only && area->object != NULL) ||
        (advice->object_only && no_object))
        return -EINVAL;
    if (!advice->object_only)
        return 0;
    /* MADV_REMOVE */
    if ((area->flags & (AREA_SHARED | AREA_MAY_WRITE)) != (AREA_SHARED | AREA_MAY_WRITE))
        return -EACCES;
    return area->object->kind == OBJECT_SHM || area->file != NULL ? 0 : -EOPNOTSUPP;
}

/* The part [start, end) of one area. */
static int advise_area(struct aspace *aspace, struct area *area, vaddr_t start, vaddr_t end,
                       const struct advice *advice)
{
    int error = advice_check(advice, area);
    if (error != 0)
        return error;
    uint32_t flags = (area->flags & ~advice->clear) | advice->set;
    if (flags != area->flags) {
        error = areas_isolate_locked(aspace, start, end);
        if (error != 0)
            return error == -ENOMEM ? -EAGAIN : error;
        area = area_tree_find(&aspace->areas, start);
        area_set_flags_locked(aspace, area, flags);
        area = area_merge_locked(aspace, area);
    }
    return advice->act != NULL ? advice->act(aspace, area, start, end) : 0;
}

static int advise_range(struct aspace *aspace, vaddr_t start, vaddr_t end, const struct advice *advice)
{
    int error = 0;
    bool hole = false;
    mutex_lock(&aspace->lock);
    while (start < end && error == 0) {
        struct area *area = area_tree_find_from(&aspace->areas, start);
        hole |= area == NULL || area->start > start;
        if (area == NULL || area->start >= end)
            break;
        start = max_u64(start, area->start);
        vaddr_t area_end = min_u64(end, area->end);
        error = advise_area(aspace, area, start, area_end, advice);
        start = area_end;
    }
    mutex_unlock(&aspace->lock);
    return error != 0 ? error : hole ? -ENOMEM : 0;
}

/* MADV_POPULATE_READ and _WRITE: faults in now what a later access would. */
static int advise_populate(struct aspace *aspace, vaddr_t start, vaddr_t end, enum fault_access access)
{
    for (; start < end; start += PAGE_SIZE) {
        switch (fault_resolve(aspace, start, access)) {
        case FAULT_RESOLVED:
            break;
        case FAULT_ACCERR:
            return -EINVAL;
        case FAULT_BUS_ADRERR:
        case FAULT_BUS_IO:
            return -EFAULT;
        default:
            return -ENOMEM;
        }
    }
    return 0;
}

long sys_madvise(struct registers *regs)
{
    struct aspace *aspace = thread_current()->aspace;
    vaddr_t start = regs->rdi;
    uint64_t length = round_up(regs->rsi, PAGE_SIZE), number = (uint32_t)regs->rdx;
    bool populate = number == MADV_POPULATE_READ || number == MADV_POPULATE_WRITE;
    if (!populate && number != MADV_COLLAPSE && (number >= ARRAY_LENGTH(advices) || !advices[number].known))
        return -EINVAL;
    if (!is_aligned(start, PAGE_SIZE) || (length == 0 && regs->rsi != 0) || start + length < start)
        return -EINVAL;
    if (length == 0)
        return 0;
    if (number == MADV_COLLAPSE)
        return collapse_range(aspace, start, start + length);
    if (populate)
        return advise_populate(aspace, start, start + length, number == MADV_POPULATE_WRITE ? FAULT_WRITE : FAULT_READ);
    return advise_range(aspace, start, start + length, &advices[number]);
}
