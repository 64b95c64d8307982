/*
 * fork's part of the address space (L34): private pages become shared copy-on-write, shared ones stay shared.
 *
 *     parent                                     child
 *     areas  ------------------ copied ------->  areas
 *     overlay { page -> anon } -- ++references -> overlay
 *     page table: private pages write-protected  page table: empty; faults fill it (but MAP_HUGETLB)
 *
 * First no writable translation of a private page is left in the parent (I6), then the references grow. Every page the two share is found
 * with one look in either overlay, however long the chain of forks was.
 *
 * A page that is pinned right now is being written to, or read from, by a system call of the parent on another CPU: the child gets a copy of it, so that the
 * parent's call and the parent's program go on meaning the same page.
 */
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "mm/anon.h"
#include "mm/commit.h"
#include "mm/cut.h"
#include "mm/large.h"
#include "mm/map.h"
#include "mm/pagecache.h"
#include "mm/stats.h"
#include "mm/translation.h"

/* Whether a store through the area may find a writable private page. */
static bool area_needs_protection(const struct area *area)
{
    return !area_is_shared(area) && (area->flags & AREA_WRITE) != 0;
}

static void parent_protect(struct aspace *parent)
{
    struct tlb_batch batch;
    tlb_batch_init(&batch, parent);
    for (struct area *area = area_tree_first(&parent->areas); area != NULL; area = area_next(area)) {
        if (area_needs_protection(area))
            translation_change_range(parent, area->start, area->end, PTE_RW | PTE_D, 0, &batch);
    }
    tlb_flush(&batch);
}

/* The child's copy of one of the parent's areas and of all below it in the tree, which keeps its shape; as far as memory lasts: false if it did not. */
static bool subtree_copy(struct aspace *child, const struct area *area, struct area *above, struct area **place)
{
    *place = NULL;
    if (area == NULL)
        return true;
    if ((area->flags & (AREA_COMMITTED | AREA_DONTFORK)) == AREA_COMMITTED && !commit_may(area_pages(area)))
        return false;
    struct area *copy = area_copy(area);
    if (copy == NULL)
        return false;
    *place = copy;
    copy->parent = above;
    copy->flags &= ~(uint32_t)AREA_LOCKED; /* locks are not inherited */
    copy->aspace = child;
    cut_link_copy(copy, area);
    child->areas.count++;
    aspace_charge_locked(child, copy->flags, (int64_t)area_pages(copy));
    copy->right = NULL;
    return subtree_copy(child, area->left, copy, &copy->left) && subtree_copy(child, area->right, copy, &copy->right);
}

/* Areas that the child is not to have. */
static void areas_drop(struct aspace *child)
{
    for (struct area *area = area_tree_first(&child->areas), *next; area != NULL; area = next) {
        struct area *doomed = NULL;
        next = area_next(area);
        if ((area->flags & AREA_DONTFORK) == 0)
            continue;
        area_unlink_locked(child, area, &doomed);
        areas_destroy(doomed); /* not the last references: the parent has some */
    }
}

static bool fork_areas(struct aspace *child, const struct aspace *parent)
{
    bool done = subtree_copy(child, parent->areas.root, NULL, &child->areas.root);
    if (done)
        areas_drop(child);
    child->peak_total = child->total_pages;
    return done;
}

/* The anon the child gets for one of the parent's; null without memory. */
static void *anon_share(void *entry, void *context)
{
    (void)context;
    struct anon *anon = entry;
    struct page *page = __builtin_expect(anon_is_pinned(anon), 0) ? anon_page_get_pinned(anon) : NULL;
    if (page == NULL) {
        anon_get(anon);
        return anon;
    }
    struct anon *copy = anon_create(0);
    if (copy != NULL) {
        struct page *target = atomic_load_explicit(&copy->page, memory_order_relaxed);
        page_copy(target, page);
        page_put(target);
    }
    page_put(page);
    return copy;
}

static void anon_unshare(void *entry, void *context)
{
    (void)context;
    anon_put(entry);
}

/* Private pages of areas the child does not get, or gets empty. */
static void fork_drop(struct aspace *child, const struct aspace *parent)
{
    for (struct area *area = area_tree_first(&parent->areas); area != NULL; area = area_next(area)) {
        if ((area->flags & (AREA_DONTFORK | AREA_WIPEONFORK)) != 0)
            overlay_remove_locked(child, area->start, area->end);
    }
}

/* Memory of MAP_HUGETLB is large in the child, too, and is so at once: it must not be evicted because the parent ends first. */
static void fork_large(struct aspace *child)
{
    for (struct area *area = area_tree_first(&child->areas); area != NULL; area = area_next(area))
        large_join_all(child, area);
}

static void fork_properties(struct aspace *child, const struct aspace *parent)
{
    child->brk_start = parent->brk_start;
    child->brk = parent->brk;
    child->stack_top = parent->stack_top;
    child->mmap_top = parent->mmap_top;
    child->arg_start = parent->arg_start;
    child->arg_end = parent->arg_end;
    child->env_start = parent->env_start;
    child->env_end = parent->env_end;
    child->stack_limit = parent->stack_limit;
    child->data_limit = parent->data_limit;
    child->break_limit = parent->break_limit;
    child->aspace_limit = parent->aspace_limit;
    child->locked_limit = parent->locked_limit;
    child->program = parent->program;
    if (child->program != NULL)
        file_get(child->program);
}

struct aspace *aspace_fork(struct aspace *parent)
{
    struct aspace *child = aspace_create();
    struct area *doomed = NULL;
    if (child == NULL)
        return NULL;
    mutex_lock(&parent->lock);
    mutex_lock_ranked(&child->lock, RANK_ASPACE_CHILD); /* whoever goes through all address spaces finds it already */
    fork_properties(child, parent);
    bool done = fork_areas(child, parent);
    if (done) {
        parent_protect(parent);
        done = radix_copy(&child->overlay, &parent->overlay, anon_share, anon_unshare, NULL) == 0;
    }
    if (done) {
        fork_drop(child, parent);
        fork_large(child);
    } else {
        doomed = aspace_empty_locked(child); /* half a copy is nothing that anyone may find */
    }
    mutex_unlock(&child->lock);
    mutex_unlock(&parent->lock);
    if (!done) {
        areas_destroy(doomed);
        aspace_leave(child);
        return NULL;
    }
    stat_count(STAT_FORKS);
    return child;
}
