/*
 * Areas coming, going and changing: mapping, unmapping, protecting (L31). See map.h for the rules about locks.
 *
 * Each operation checks and reserves first: the only thing that can fail on the way is the memory for one or two areas that a cut in the
 * middle of an area needs, and these are made before anything is taken away.
 */
#include "mm/map.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "mm/anon.h"
#include "mm/commit.h"
#include "mm/cut.h"
#include "mm/frame.h"
#include "mm/object.h"
#include "mm/slab.h"
#include "mm/translation.h"

static struct slab_cache area_cache;

void map_init(void)
{
    slab_cache_init(&area_cache, "area", sizeof(struct area));
}

uint64_t areas_count(void)
{
    return slab_objects_used(&area_cache);
}

static void area_get_references(const struct area *area)
{
    if (area->object != NULL)
        object_get(area->object);
    if (area->file != NULL)
        file_get(area->file);
}

struct area *area_copy(const struct area *area)
{
    struct area *copy = slab_alloc(&area_cache, 0);
    if (copy == NULL)
        return NULL;
    *copy = *area;
    copy->object_link = (struct list){NULL, NULL};
    area_get_references(copy);
    return copy;
}

void areas_destroy(struct area *doomed)
{
    while (doomed != NULL) {
        struct area *next = doomed->right;
        if (doomed->object != NULL)
            object_put(doomed->object);
        if (doomed->file != NULL)
            file_put(doomed->file);
        slab_free(&area_cache, doomed);
        doomed = next;
    }
}

/* A hole that ends at or above `end` has come or has grown. */
static void room_opens(struct aspace *aspace, vaddr_t end)
{
    if (end > aspace->room_top)
        aspace->room_length = 0;
}

/* An area that is there is charged to its address space; one that is gone is not. */
static void area_charge(struct aspace *aspace, const struct area *area)
{
    aspace_charge_locked(aspace, area->flags, (int64_t)area_pages(area));
}

static void area_discharge(struct aspace *aspace, const struct area *area)
{
    aspace_charge_locked(aspace, area->flags, -(int64_t)area_pages(area));
}

static void area_insert(struct aspace *aspace, struct area *area)
{
    area->aspace = aspace;
    area_tree_insert(&aspace->areas, area);
    area_charge(aspace, area);
}

void area_unlink_locked(struct aspace *aspace, struct area *area, struct area **doomed)
{
    area_discharge(aspace, area);
    room_opens(aspace, area->end);
    cut_unlink(area);
    area_tree_remove(&aspace->areas, area);
    area->right = *doomed;
    *doomed = area;
}

/* Lets the translations say whether the area's pages stay in memory. */
static void translations_mark(struct aspace *aspace, const struct area *area)
{
    struct tlb_batch batch;
    bool stays = (area->flags & AREA_STAYS) != 0;
    tlb_batch_init(&batch, aspace);
    translation_change_range(aspace, area->start, area->end, stays ? 0 : PTE_LOCKED, stays ? PTE_LOCKED : 0, &batch);
    tlb_flush(&batch);
}

void area_set_flags_locked(struct aspace *aspace, struct area *area, uint32_t flags)
{
    bool stays_changes = ((area->flags ^ flags) & AREA_STAYS) != 0;
    area_discharge(aspace, area);
    area->flags = flags;
    area_charge(aspace, area);
    if (stays_changes)
        translations_mark(aspace, area);
}

/* Links a subtree's areas by `right` in front of `chain`. */
static struct area *subtree_chain(struct area *area, struct area *chain)
{
    if (area == NULL)
        return chain;
    struct area *left = area->left;
    cut_unlink(area);
    area->right = subtree_chain(area->right, chain);
    return subtree_chain(left, area);
}

struct area *areas_take_all(struct aspace *aspace)
{
    struct area *doomed = subtree_chain(aspace->areas.root, NULL);
    area_tree_init(&aspace->areas);
    commit_areas(-(int64_t)aspace->committed_pages);
    aspace->committed_pages = 0;
    aspace->total_pages = aspace->locked_pages = aspace->data_pages = 0;
    return doomed;
}

/* Cuts the area that lies across `address` in two. 0, -ENOMEM, or -EINVAL within a page of MAP_HUGETLB: those are whole or not at all (mmap(2)). */
static int area_split(struct aspace *aspace, vaddr_t address)
{
    struct area *area = area_tree_find(&aspace->areas, address);
    if (area == NULL || area->start == address)
        return 0;
    if (!is_aligned(address, area_page_size(area)))
        return -EINVAL;
    struct area *upper = area_copy(area);
    if (upper == NULL)
        return -ENOMEM;
    cut_split(&aspace->areas, area, upper, address);
    return 0;
}

static bool areas_agree(const struct area *lower, const struct area *upper)
{
    return lower->end == upper->start && lower->flags == upper->flags && lower->object == upper->object &&
           lower->file == upper->file &&
           (lower->object == NULL ||
            (area_index(lower, lower->end) == upper->first && lower->cut == CUT_NONE && upper->cut == CUT_NONE));
}

/* `upper` is absorbed by `lower`, which keeps references of its own, so that nothing is released here. */
static void area_absorb(struct aspace *aspace, struct area *lower, struct area *upper)
{
    cut_absorb(&aspace->areas, lower, upper);
    upper->right = NULL;
    areas_destroy(upper);
}

struct area *area_merge_locked(struct aspace *aspace, struct area *area)
{
    struct area *next = area_next(area);
    if (next != NULL && areas_agree(area, next))
        area_absorb(aspace, area, next);
    struct area *previous = area_previous(area);
    if (previous == NULL || !areas_agree(previous, area))
        return area;
    area_absorb(aspace, previous, area);
    return previous;
}

int areas_isolate_locked(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    int error = area_split(aspace, start);
    if (error != 0)
        return error;
    error = area_split(aspace, end);
    struct area *area = area_tree_find(&aspace->areas, start);
    if (error != 0 && area != NULL)
        area_merge_locked(aspace, area);
    return error;
}

static void overlay_drop(void *entry, void *context)
{
    (void)context;
    anon_put(entry);
}

void overlay_remove_locked(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    if (aspace->overlay.count > 0)
        radix_remove_range(&aspace->overlay, start >> PAGE_SHIFT, (end >> PAGE_SHIFT) - 1, overlay_drop, NULL);
}

/* Gives an area other ends, with the counts that follow from them. */
static void area_resize_locked(struct aspace *aspace, struct area *area, vaddr_t start, vaddr_t end)
{
    area_discharge(aspace, area);
    room_opens(aspace, area->end);
    area_tree_resize(&aspace->areas, area, start, end);
    area_charge(aspace, area);
}

/* The common case of an unmapping: one end of a zero-fill area goes. Needs no memory. False: it is not that case. */
static bool area_shorten_locked(struct aspace *aspace, struct area *area, vaddr_t start, vaddr_t end)
{
    bool head = area->start == start && end < area->end, tail = area->start < start && area->end == end;
    if (area->object != NULL || area->file != NULL || (!head && !tail) || area_page_size(area) > PAGE_SIZE)
        return false;
    translation_remove_range(aspace, start, end);
    overlay_remove_locked(aspace, start, end);
    area_resize_locked(aspace, area, head ? end : area->start, head ? area->end : start);
    return true;
}

int aspace_unmap_locked(struct aspace *aspace, vaddr_t start, vaddr_t end, struct area **doomed)
{
    struct area *area = area_tree_find_from(&aspace->areas, start);
    if (area == NULL || area->start >= end || area_shorten_locked(aspace, area, start, end))
        return 0;
    if (area->start < start || area->end != end) { /* not just this one, whole */
        int error = areas_isolate_locked(aspace, start, end);
        if (error != 0)
            return error;
        area = area_tree_find_from(&aspace->areas, start);
    }
    translation_remove_range(aspace, start, end);
    while (area != NULL && area->start < end) {
        struct area *next = area->end < end ? area_next(area) : NULL;
        if (!area_is_shared(area))
            overlay_remove_locked(aspace, area->start, area->end);
        area_unlink_locked(aspace, area, doomed);
        area = next;
    }
    return 0;
}

int aspace_unmap(struct aspace *aspace, vaddr_t address, uint64_t length)
{
    struct area *doomed = NULL;
    length = round_up(length, PAGE_SIZE);
    if (length == 0 || !map_range_ok(address, length))
        return -EINVAL;
    mutex_lock(&aspace->lock);
    int error = aspace_unmap_locked(aspace, address, address + length, &doomed);
    mutex_unlock(&aspace->lock);
    areas_destroy(doomed);
    return error;
}

bool aspace_is_free_locked(const struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    const struct area *area = area_tree_find_from(&aspace->areas, start);
    return area == NULL || area->start >= end;
}

/* The highest room below mmap_top, or 0. What is known of the last search spares most of this one: the hole where that ended is looked at first. */
static vaddr_t room_find(struct aspace *aspace, uint64_t length, uint64_t alignment)
{
    if (aspace->room_length == 0 || aspace->room_length > length)
        aspace->room_top = aspace->mmap_top;
    vaddr_t top = aspace->room_top;
    const struct area *below = area_tree_find_below(&aspace->areas, top);
    if (below != NULL && below->end >= top) { /* what was put there then */
        top = below->start;
        below = area_previous(below);
    }
    vaddr_t lowest = below != NULL ? max_u64(below->end, MMAP_LOWEST) : MMAP_LOWEST;
    vaddr_t address = top >= length ? round_down(top - length, alignment) : 0;
    if (address < lowest)
        address = area_tree_gap(&aspace->areas, length, alignment, MMAP_LOWEST, top);
    if (address != 0 && alignment == PAGE_SIZE) {
        aspace->room_top = address + length;
        aspace->room_length = length;
    }
    return address;
}

vaddr_t aspace_find_room_locked(struct aspace *aspace, vaddr_t hint, uint64_t length, uint64_t alignment)
{
    hint = round_up(hint, alignment);
    if (hint >= MMAP_LOWEST && hint <= USER_END - length && aspace_is_free_locked(aspace, hint, hint + length))
        return hint;
    vaddr_t address = room_find(aspace, length, alignment);
    if (address == 0)
        address = area_tree_gap(&aspace->areas, length, alignment, aspace->mmap_top, USER_END);
    return address;
}

struct area *area_create_locked(struct aspace *aspace, const struct map_request *request, vaddr_t start)
{
    struct area *area = slab_alloc(&area_cache, 0);
    if (area == NULL)
        return NULL;
    *area = (struct area){.start = start,
                          .end = start + request->length,
                          .flags = request->flags,
                          .object = request->object,
                          .first = request->offset >> PAGE_SHIFT,
                          .file = request->file,
                          .cut = CUT_NONE};
    area_get_references(area);
    area_insert(aspace, area);
    cut_link(area);
    return area;
}

/* Where a request goes; what a fixed one replaces goes to *doomed. 0 or an error. */
static int map_place_locked(struct aspace *aspace, const struct map_request *request, vaddr_t *start,
                            struct area **doomed)
{
    uint64_t alignment = max_u64(request->alignment, PAGE_SIZE);
    if (!request->fixed) {
        *start = aspace_find_room_locked(aspace, request->address, request->length, alignment);
        return *start == 0 ? -ENOMEM : 0;
    }
    *start = request->address;
    if (request->length > USER_END || *start > USER_END - request->length)
        return -ENOMEM;
    if (!is_aligned(*start, alignment))
        return -EINVAL;
    if (request->fixed_noreplace)
        return aspace_is_free_locked(aspace, *start, *start + request->length) ? 0 : -EEXIST;
    return aspace_unmap_locked(aspace, *start, *start + request->length, doomed);
}

/* The common case of a mapping: zero fill right beside an area like it, which becomes longer. Needs no memory. */
static bool area_extend_locked(struct aspace *aspace, const struct map_request *request, vaddr_t start)
{
    vaddr_t end = start + request->length;
    if (request->object != NULL || request->file != NULL)
        return false;
    struct area *area = area_tree_find_from(&aspace->areas, start - 1);
    if (area == NULL || area->flags != request->flags || area->object != NULL || area->file != NULL)
        return false;
    if (area->end == start)
        area_resize_locked(aspace, area, area->start, end);
    else if (area->start == end)
        area_resize_locked(aspace, area, start, area->end);
    else
        return false;
    area_merge_locked(aspace, area);
    return true;
}

static int aspace_map_locked(struct aspace *aspace, const struct map_request *request, vaddr_t *start,
                             struct area **doomed)
{
    bool replaces = request->fixed && !request->fixed_noreplace;
    uint64_t pages = request->length >> PAGE_SHIFT;
    if (replaces ? !aspace_may_replace_locked(aspace, request->address, pages, request->flags)
                 : !aspace_may_grow_locked(aspace, pages, request->flags))
        return -ENOMEM;
    int error = map_place_locked(aspace, request, start, doomed);
    if (error != 0 || area_extend_locked(aspace, request, *start))
        return error;
    struct area *area = area_create_locked(aspace, request, *start);
    if (area == NULL)
        return -ENOMEM;
    area_merge_locked(aspace, area);
    return 0;
}

int aspace_map(struct aspace *aspace, const struct map_request *request, vaddr_t *result)
{
    struct map_request rounded = *request;
    struct area *doomed = NULL;
    rounded.length = round_up(request->length, PAGE_SIZE);
    if (request->length == 0)
        return -EINVAL;
    if (rounded.length == 0 || rounded.length > USER_END)
        return -ENOMEM;
    mutex_lock(&aspace->lock);
    if ((rounded.flags & AREA_STAYS) == 0)
        rounded.flags |= aspace->default_flags;
    if (flags_need_commitment(rounded.flags))
        rounded.flags |= AREA_COMMITTED;
    int error = aspace_map_locked(aspace, &rounded, result, &doomed);
    mutex_unlock(&aspace->lock);
    areas_destroy(doomed);
    if (error == 0 && (request->populate || (rounded.flags & AREA_LOCKED) != 0))
        (void)!aspace_populate(aspace, *result, *result + rounded.length); /* what cannot be had now faults later */
    return error;
}

/* Makes the translations of an area agree with its new rights: takes away at once, gives when a fault asks for it. */
static void protect_translations(struct aspace *aspace, const struct area *area, uint32_t old)
{
    uint32_t rights = area->flags & AREA_RIGHTS, lost = old & AREA_RIGHTS & ~rights;
    struct tlb_batch batch;
    tlb_batch_init(&batch, aspace);
    if (rights == 0) {
        translation_remove_range(aspace, area->start, area->end);
        return;
    }
    pte_t clear = (lost & AREA_WRITE) != 0 ? PTE_RW | PTE_D : 0;
    pte_t set = 0;
    if (((old ^ rights) & AREA_EXEC) != 0 && (rights & AREA_EXEC) != 0)
        clear |= PTE_XD;
    else if ((lost & AREA_EXEC) != 0)
        set = PTE_XD;
    if (clear == 0 && set == 0)
        return;
    translation_change_range(aspace, area->start, area->end, clear, set, &batch);
    tlb_flush(&batch);
}

/* Changes the rights of one area or the part of it below `end`. *area becomes the area that then has them. */
static int area_protect_locked(struct aspace *aspace, struct area **place, vaddr_t start, vaddr_t end, uint32_t rights)
{
    struct area *area = *place;
    uint32_t old = area->flags, new = (old & ~(uint32_t)AREA_RIGHTS) | rights;
    if ((rights & AREA_WRITE) != 0 && (old & AREA_MAY_WRITE) == 0)
        return -EACCES;
    if (old == new)
        return 0;
    end = min_u64(end, area->end);
    if (!flags_are_data(old) && !data_may_grow_locked(aspace, (end - start) >> PAGE_SHIFT, new))
        return -ENOMEM;
    if (flags_need_commitment(new) && (old & AREA_COMMITTED) == 0) {
        if (!commit_may((end - start) >> PAGE_SHIFT))
            return -ENOMEM;
        new |= AREA_COMMITTED;
    }
    int error = areas_isolate_locked(aspace, start, end);
    if (error != 0)
        return error;
    area = area_tree_find(&aspace->areas, start);
    area_set_flags_locked(aspace, area, new);
    protect_translations(aspace, area, old);
    *place = area_merge_locked(aspace, area);
    return 0;
}

static int aspace_protect_locked(struct aspace *aspace, vaddr_t start, vaddr_t end, uint32_t rights)
{
    while (start < end) {
        struct area *area = area_tree_find(&aspace->areas, start);
        if (area == NULL)
            return -ENOMEM;
        vaddr_t area_end = area->end;
        int error = area_protect_locked(aspace, &area, start, end, rights);
        if (error != 0)
            return error;
        start = area_end;
    }
    return 0;
}

int aspace_protect(struct aspace *aspace, vaddr_t address, uint64_t length, uint32_t rights)
{
    if (!is_aligned(address, PAGE_SIZE))
        return -EINVAL;
    if (length == 0)
        return 0;
    length = round_up(length, PAGE_SIZE);
    if (length == 0 || address + length < address)
        return -ENOMEM;
    mutex_lock(&aspace->lock);
    int error = aspace_protect_locked(aspace, address, address + length, rights);
    mutex_unlock(&aspace->lock);
    return error;
}

int aspace_populate(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    for (vaddr_t address = start; address < end; address += PAGE_SIZE) {
        mutex_lock(&aspace->lock);
        const struct area *area = area_tree_find(&aspace->areas, address);
        uint32_t flags = area != NULL ? area->flags : 0;
        mutex_unlock(&aspace->lock);
        if (area == NULL)
            return -ENOMEM;
        if ((flags & AREA_RIGHTS) == 0)
            return -EFAULT;
        /* A private page is wanted for good, so its copy is made now. */
        bool write = (flags & AREA_WRITE) != 0 && (flags & AREA_SHARED) == 0;
        enum fault_result result = fault_resolve(aspace, address, write ? FAULT_WRITE : FAULT_READ);
        if (result != FAULT_RESOLVED)
            return result == FAULT_NO_MEMORY ? -ENOMEM : -EFAULT;
    }
    return 0;
}
