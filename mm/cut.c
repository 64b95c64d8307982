/*
 * Cuts of private mappings by truncation. See cut.h.
 */
#include "mm/cut.h"

#include "mm/busy.h"
#include "mm/map.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"
#include "mm/translation.h"

static _Atomic uint64_t last_serial; /* of cuts: an area that has seen a cut bears its number */

void cut_link(struct area *area)
{
    if (!area_has_copies(area))
        return;
    spin_lock(&area->object->lock);
    list_push_back(&area->object->private_mappings, &area->object_link);
    spin_unlock(&area->object->lock);
}

void cut_unlink(struct area *area)
{
    if (!area_has_copies(area))
        return;
    spin_lock(&area->object->lock);
    list_remove(&area->object_link);
    spin_unlock(&area->object->lock);
}

void cut_split(struct area_tree *tree, struct area *area, struct area *upper, vaddr_t address)
{
    bool listed = area_has_copies(area);
    if (listed)
        spin_lock(&area->object->lock);
    upper->start = address;
    upper->first = area_index(area, address);
    upper->cut = area->cut;
    upper->cut_serial = area->cut_serial;
    area_tree_resize(tree, area, area->start, address);
    if (listed) {
        list_push_back(&area->object->private_mappings, &upper->object_link);
        spin_unlock(&area->object->lock);
    }
    area_tree_insert(tree, upper);
}

void cut_absorb(struct area_tree *tree, struct area *lower, struct area *upper)
{
    vaddr_t end = upper->end;
    bool listed = area_has_copies(lower);
    area_tree_remove(tree, upper);
    if (listed) {
        spin_lock(&lower->object->lock);
        list_remove(&upper->object_link);
        lower->cut = min_u64(lower->cut,
                             max_u64(upper->cut, upper->first)); /* one may have come since the areas were compared */
    }
    area_tree_resize(tree, lower, lower->start, end);
    if (listed)
        spin_unlock(&lower->object->lock);
}

void cut_link_copy(struct area *copy, const struct area *from)
{
    if (!area_has_copies(copy))
        return;
    spin_lock(&copy->object->lock);
    copy->cut = from->cut;
    copy->cut_serial = from->cut_serial;
    list_push_back(&copy->object->private_mappings, &copy->object_link);
    spin_unlock(&copy->object->lock);
}

/* The part of an area that a cut at `index` takes. */
static vaddr_t cut_start(const struct area *area, uint64_t index)
{
    if (index <= area->first)
        return area->start;
    uint64_t pages = min_u64(index - area->first, area_pages(area));
    return area->start + (pages << PAGE_SHIFT);
}

/* A mapping the cut has to go through. */
struct cut_target {
    struct aspace *aspace; /* held */
    vaddr_t start, end;
};

/* Marks the next area of the object that has not seen cut number `serial`; false if there is none. */
static bool cut_mark_next(struct object *object, uint64_t index, uint64_t serial, struct cut_target *target)
{
    bool found = false;
    spin_lock(&object->lock);
    list_for_each(link, &object->private_mappings)
    {
        struct area *area = list_entry(link, struct area, object_link);
        if (area->cut_serial == serial)
            continue;
        area->cut_serial = serial;
        area->cut = min_u64(area->cut, index);
        aspace_hold(area->aspace);
        *target = (struct cut_target){area->aspace, cut_start(area, index), area->end};
        found = true;
        break;
    }
    spin_unlock(&object->lock);
    return found;
}

/* The first translation of a private copy in a range, and whether its page could be made BUSY. */
struct copy_search {
    vaddr_t address;
    struct page *page;
    const void *owner;
    bool claimed;
};

static int copy_claim(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    struct copy_search *search = context;
    struct page *page = page_of_frame(pte_frame(pte_read(entry), level) >> PAGE_SHIFT);
    if (!page_has(page, PAGE_ANON) || page_has(page, PAGE_SHM))
        return 0;
    spin_lock(&page->lock);
    *search = (struct copy_search){address, page, page->owner, page_busy_locked(page)};
    spin_unlock(&page->lock);
    return 1;
}

/*
 * Takes the translations of private copies away; the copies stay in the overlay. Each page is BUSY meanwhile: a fault that drops the copy
 * (cut_finish) must find the translation there or flushed and forgotten, nothing in between (I2).
 */
static void copies_unmap(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    while (start < end) {
        struct copy_search search = {0};
        spin_lock(&aspace->table_lock);
        bool found = pagetable_for_each(&aspace->table, start, end, copy_claim, &search) != 0;
        spin_unlock(&aspace->table_lock);
        if (!found)
            return;
        start = search.address;
        if (!search.claimed) {
            page_busy_sleep(search.page, search.owner);
            continue;
        }
        translation_remove_page(aspace, start, search.page);
        page_put(search.page);
        start += PAGE_SIZE;
    }
}

void cut_mappings(struct object *object, uint64_t index)
{
    struct cut_target target;
    if (list_is_empty(&object->private_mappings))
        return;
    uint64_t serial = atomic_fetch_add(&last_serial, 1) + 1;
    while (cut_mark_next(object, index, serial, &target)) {
        copies_unmap(target.aspace, target.start, target.end);
        aspace_release(target.aspace);
    }
}

void cut_finish(struct aspace *aspace, struct area *area)
{
    spin_lock(&area->object->lock);
    uint64_t index = area->cut;
    area->cut = CUT_NONE;
    spin_unlock(&area->object->lock);
    vaddr_t start = cut_start(area, index);
    if (start == area->end)
        return;
    translation_remove_range(aspace, start, area->end);
    overlay_remove_locked(aspace, start, area->end);
}
