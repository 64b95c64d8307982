/*
 * Address spaces: their life. What happens inside one is in map.c (areas), fault.c and fork.c.
 *
 *     aspace_create / aspace_fork, aspace_share ... users > 0 ... aspace_leave of the last: everything unmapped, the program's file closed
 *                                                  references > 0 ... aspace_put of the last: `holds` drops to the pagers' ones
 *                                                                         holds > 0 ... the last hold frees the structure
 *
 * So what a process had is free when it has ended, even while somebody goes through its address space; who does finds no areas then.
 */
#include "mm/aspace.h"

#include "kernel/cpu.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "mm/anon.h"
#include "mm/census.h"
#include "mm/commit.h"
#include "mm/map.h"
#include "mm/slab.h"
#include "mm/translation.h"

static struct slab_cache aspace_cache;
static struct spinlock all_lock = SPINLOCK_INIT(RANK_STANDBY); /* of `all` */
static struct list all = LIST_INIT(all);

struct aspace *aspace_create(void)
{
    struct aspace *aspace = slab_alloc(&aspace_cache, FRAME_ZERO);
    if (aspace == NULL)
        return NULL;
    if (pagetable_create(&aspace->table) != 0) {
        slab_free(&aspace_cache, aspace);
        return NULL;
    }
    mutex_init(&aspace->lock, RANK_ASPACE);
    spin_init(&aspace->table_lock, RANK_PAGE_TABLE);
    atomic_store(&aspace->users, 1);
    atomic_store(&aspace->references, 1);
    atomic_store(&aspace->holds, 1);
    area_tree_init(&aspace->areas);
    radix_init(&aspace->overlay);
    aspace->mmap_top = MMAP_TOP;
    aspace->stack_limit = STACK_LIMIT_DEFAULT;
    aspace->data_limit = UINT64_MAX;
    aspace->break_limit = UINT64_MAX;
    aspace->aspace_limit = UINT64_MAX;
    aspace->locked_limit = LOCKED_LIMIT_DEFAULT;
    spin_lock(&all_lock);
    list_push_back(&all, &aspace->all_link);
    spin_unlock(&all_lock);
    return aspace;
}

static void overlay_drop(void *entry, void *context)
{
    (void)context;
    anon_put(entry);
}

struct area *aspace_empty_locked(struct aspace *aspace)
{
    tlb_forget(aspace);
    translation_remove_all(aspace);
    radix_clear(&aspace->overlay, overlay_drop, NULL);
    assert(atomic_load(&aspace->resident_anon) + atomic_load(&aspace->resident_file) +
               atomic_load(&aspace->resident_shm) ==
           0);
    return areas_take_all(aspace);
}

/* Unmaps and frees all there is. No thread runs in the address space any more; others may look at it under its lock. */
static void aspace_clear(struct aspace *aspace)
{
    mutex_lock(&aspace->lock);
    struct area *doomed = aspace_empty_locked(aspace);
    spin_lock(&aspace->table_lock);
    struct file *program = aspace->program;
    aspace->program = NULL;
    spin_unlock(&aspace->table_lock);
    mutex_unlock(&aspace->lock);
    areas_destroy(doomed);
    if (program != NULL)
        file_put(program);
}

void aspace_leave(struct aspace *aspace)
{
    uint32_t users = atomic_fetch_sub_explicit(&aspace->users, 1, memory_order_acq_rel);
    assert(users != 0);
    if (users == 1)
        aspace_clear(aspace);
    aspace_put(aspace);
}

void aspace_put(struct aspace *aspace)
{
    uint32_t references = atomic_fetch_sub_explicit(&aspace->references, 1, memory_order_acq_rel);
    assert(references != 0);
    if (references > 1)
        return;
    might_sleep();
    spin_lock(&all_lock);
    list_remove(&aspace->all_link);
    spin_unlock(&all_lock);
    if (atomic_load(&aspace->users) != 0) /* the last user put it */
        aspace_clear(aspace);
    aspace_release(aspace);
}

void aspace_release(struct aspace *aspace)
{
    if (atomic_fetch_sub_explicit(&aspace->holds, 1, memory_order_acq_rel) != 1)
        return;
    pagetable_destroy(&aspace->table);
    slab_free(&aspace_cache, aspace);
}

void aspace_use(struct aspace *aspace)
{
    interrupts_push_off();
    thread_current()->aspace = aspace;
    tlb_switch(aspace);
    interrupts_pop();
}

static bool aspace_try_get(struct aspace *aspace)
{
    uint32_t references = atomic_load(&aspace->references);
    while (references != 0) {
        if (atomic_compare_exchange_weak(&aspace->references, &references, references + 1))
            return true;
    }
    return false;
}

struct aspace *aspace_next(struct aspace *previous)
{
    struct aspace *found = NULL;
    spin_lock(&all_lock);
    struct list *link = previous != NULL ? previous->all_link.next : all.next;
    for (; link != &all && found == NULL; link = link->next) {
        struct aspace *aspace = list_entry(link, struct aspace, all_link);
        if (aspace_try_get(aspace))
            found = aspace;
    }
    spin_unlock(&all_lock);
    if (previous != NULL)
        aspace_put(previous);
    return found;
}

/* Pages of what MAP_FIXED replaces: all, those of data (RLIMIT_DATA), those that were promised. */
struct replaced {
    uint64_t total, data, promised;
};

/* Whether `pages` may be had in the place of what is replaced. */
static bool aspace_may_hold(const struct aspace *aspace, uint64_t pages, const struct replaced *replaced,
                            uint32_t flags)
{
    uint64_t total = (aspace->total_pages - replaced->total + pages) << PAGE_SHIFT;
    if (aspace->areas.count >= AREAS_MAX || total > aspace->aspace_limit ||
        !data_may_grow_locked(aspace, pages - replaced->data, flags)) /* fewer may be added: the sum is right */
        return false;
    bool promised = (flags & AREA_COMMITTED) != 0 || flags_need_commitment(flags);
    return !promised || commit_may_instead(pages, replaced->promised);
}

bool aspace_may_grow_locked(const struct aspace *aspace, uint64_t pages, uint32_t flags)
{
    static const struct replaced nothing;
    return aspace_may_hold(aspace, pages, &nothing, flags);
}

/* Of shared memory that nothing else refers to: its promise ends with the area. */
static uint64_t promised_for_object(const struct area *area)
{
    const struct object *object = area->object;
    bool last = object != NULL && object->kind == OBJECT_SHM && atomic_load(&object->references) == 1;
    return last ? object->promised : 0;
}

static struct replaced replaced_in(const struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    struct replaced replaced = {0};
    for (const struct area *area = area_tree_find_from(&aspace->areas, start); area != NULL && area->start < end;
         area = area_next(area)) {
        uint64_t within = (min_u64(area->end, end) - max_u64(area->start, start)) >> PAGE_SHIFT;
        replaced.total += within;
        replaced.data += flags_are_data(area->flags) ? within : 0;
        if ((area->flags & AREA_COMMITTED) != 0)
            replaced.promised += within;
        else if (start <= area->start && area->end <= end)
            replaced.promised += promised_for_object(area);
    }
    return replaced;
}

bool aspace_may_replace_locked(const struct aspace *aspace, vaddr_t start, uint64_t pages, uint32_t flags)
{
    struct replaced replaced = replaced_in(aspace, start, start + (pages << PAGE_SHIFT));
    return aspace_may_hold(aspace, pages, &replaced, flags);
}

uint64_t aspace_promised_in(struct aspace *aspace, vaddr_t start, vaddr_t end)
{
    mutex_lock(&aspace->lock);
    struct replaced replaced = replaced_in(aspace, start, end);
    mutex_unlock(&aspace->lock);
    return replaced.promised;
}

/* Frames of all page tables. */
static uint64_t table_frames(void)
{
    uint64_t frames = 0;
    for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace)) {
        spin_lock(&aspace->table_lock);
        frames += pagetable_frames(&aspace->table);
        spin_unlock(&aspace->table_lock);
    }
    return frames;
}

void aspace_init(void)
{
    slab_cache_init(&aspace_cache, "aspace", sizeof(struct aspace));
    census_add("page_tables", table_frames);
    anon_init();
    map_init();
    translation_init();
}
