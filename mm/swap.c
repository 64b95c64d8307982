/*
 * Swap areas: giving blocks out and taking them back. See swap.h.
 *
 * The frames of the owners' table are allocated when the first slot they stand for is given out, from the reserve, and freed with the last: an area that
 * is not used costs its bits and one pointer for each 2 MB.
 */
#include "mm/swap.h"

#include "kernel/panic.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/census.h"
#include "mm/stats.h"

enum { OWNERS_PER_FRAME = PAGE_SIZE / sizeof(struct anon *) };

struct spinlock swap_lock = SPINLOCK_INIT(RANK_SWAP);
struct swap_area swap_areas[SWAP_AREAS_MAX];
static uint64_t owner_frames; /* of the owners' tables; under swap_lock */

static struct swap_area *area_of_block(uint32_t block)
{
    return &swap_areas[swap_block_area(block)];
}

struct anon *swap_owner_locked(const struct swap_area *area, uint32_t slot)
{
    struct anon *const *owners = area->owners[slot / OWNERS_PER_FRAME];
    return owners != NULL ? owners[slot % OWNERS_PER_FRAME] : NULL;
}

/* Notes the owner of a slot that has none. False without memory for the table. */
static bool owner_set(struct swap_area *area, uint32_t slot, struct anon *anon)
{
    struct anon ***owners = &area->owners[slot / OWNERS_PER_FRAME];
    if (*owners == NULL) {
        struct page *page = frame_alloc(FRAME_NOWAIT | FRAME_RESERVE | FRAME_WIRED | FRAME_ZERO);
        if (page == NULL)
            return false;
        *owners = page_address(page);
        owner_frames++;
    }
    (*owners)[slot % OWNERS_PER_FRAME] = anon;
    page_of_address(*owners)->used++;
    area->used++;
    return true;
}

static void owner_clear(struct swap_area *area, uint32_t slot)
{
    struct anon ***owners = &area->owners[slot / OWNERS_PER_FRAME];
    struct page *page = page_of_address(*owners);
    (*owners)[slot % OWNERS_PER_FRAME] = NULL;
    area->used--;
    if (--page->used > 0)
        return;
    *owners = NULL;
    owner_frames--;
    frame_free(page);
}

/* The active area with room that has the highest priority; among equals the one that has most room, so that they fill evenly. */
static struct swap_area *area_with_room(void)
{
    struct swap_area *best = NULL;
    for (struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS_MAX; area++) {
        if (area->state != SWAP_ACTIVE || area->map.free == 0)
            continue;
        if (best == NULL || area->priority > best->priority ||
            (area->priority == best->priority && area->map.free > best->map.free))
            best = area;
    }
    return best;
}

/* Binds slots [first, first + count) to the anons; returns how many, the rest is free again. */
static unsigned run_bind(struct swap_area *area, uint32_t first, unsigned count, struct anon *const *anons)
{
    unsigned done = 0;
    while (done < count && owner_set(area, first + done, anons[done])) {
        assert(anons[done]->block == 0);
        anons[done]->block = swap_block((unsigned)(area - swap_areas), first + done);
        done++;
    }
    for (unsigned i = done; i < count; i++)
        swapmap_give(&area->map, first + i);
    return done;
}

unsigned swap_assign(struct anon *const *anons, unsigned count)
{
    unsigned done = 0;
    spin_lock(&swap_lock);
    struct swap_area *area = area_with_room();
    if (area != NULL) {
        uint32_t first;
        unsigned length = swapmap_take(&area->map, (unsigned)min_u64(count, SWAPMAP_RUN_MAX), &first);
        done = run_bind(area, first, length, anons);
    }
    spin_unlock(&swap_lock);
    return done;
}

static void block_unbind_locked(struct anon *anon)
{
    struct swap_area *area = area_of_block(anon->block);
    uint32_t slot = swap_block_slot(anon->block);
    assert(swap_owner_locked(area, slot) == anon); /* S1 */
    owner_clear(area, slot);
    anon->block = 0;
}

static void block_release_locked(struct anon *anon)
{
    uint32_t block = anon->block;
    block_unbind_locked(anon);
    swapmap_give(&area_of_block(block)->map, swap_block_slot(block));
}

void swap_release(struct anon *anon)
{
    spin_lock(&swap_lock);
    if (anon->block != 0)
        block_release_locked(anon);
    spin_unlock(&swap_lock);
}

void swap_retire(struct anon *anon)
{
    spin_lock(&swap_lock);
    area_of_block(anon->block)->pages--;
    block_unbind_locked(anon);
    spin_unlock(&swap_lock);
}

bool swap_release_last(struct anon *anon)
{
    spin_lock(&swap_lock);
    bool absent = atomic_load_explicit(&anon->page, memory_order_relaxed) == NULL;
    if (absent && anon->block != 0)
        block_release_locked(anon);
    spin_unlock(&swap_lock);
    return absent;
}

/* The owner of a block; null if there is none, or no such block. */
static struct anon *block_owner_locked(uint32_t block)
{
    const struct swap_area *area = area_of_block(block);
    uint32_t slot = swap_block_slot(block);
    return area->state != SWAP_ABSENT && slot < area->map.blocks ? swap_owner_locked(area, slot) : NULL;
}

bool swap_is_absent(uint32_t block)
{
    spin_lock(&swap_lock);
    const struct anon *anon = block_owner_locked(block);
    bool absent = anon != NULL && atomic_load_explicit(&anon->page, memory_order_relaxed) == NULL;
    spin_unlock(&swap_lock);
    return absent;
}

bool swap_is_bad(uint32_t block)
{
    const struct swap_area *area = area_of_block(block);
    uint32_t slot = swap_block_slot(block);
    spin_lock(&swap_lock);
    bool bad = swapmap_is_used(&area->map, slot) && swap_owner_locked(area, slot) == NULL;
    spin_unlock(&swap_lock);
    return bad;
}

bool swap_install(uint32_t block, struct page *page, unsigned flags)
{
    spin_lock(&swap_lock);
    struct anon *anon = block_owner_locked(block);
    bool done = anon != NULL && anon_install(anon, page, flags);
    spin_unlock(&swap_lock);
    if (anon != NULL && !done)
        page_unname(page);
    return done;
}

uint32_t swap_place(uint32_t block, struct block_device **device, uint64_t *sector)
{
    const struct swap_area *area = area_of_block(block);
    uint32_t slot = swap_block_slot(block);
    unsigned low = 0, high = area->extent_count;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (area->extents[middle].slot <= slot)
            low = middle;
        else
            high = middle;
    }
    const struct swap_extent *extent = &area->extents[low];
    assert(slot >= extent->slot && slot - extent->slot < extent->count);
    *device = area->device;
    *sector = extent->sector + (uint64_t)(slot - extent->slot) * (PAGE_SIZE / 512);
    return extent->count - (slot - extent->slot);
}

uint64_t swap_total(void)
{
    uint64_t pages = 0;
    spin_lock(&swap_lock);
    for (const struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS_MAX; area++)
        pages += area->state != SWAP_ABSENT ? area->pages : 0;
    spin_unlock(&swap_lock);
    return pages;
}

uint64_t swap_free(void)
{
    uint64_t pages = 0;
    for (const struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS_MAX; area++)
        pages += area->state == SWAP_ACTIVE ? area->map.free : 0;
    return pages;
}

uint64_t swap_used(void)
{
    uint64_t pages = 0;
    for (const struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS_MAX; area++)
        pages += area->used;
    return pages;
}

static void holder_count(struct swap_holders *holders, struct anon *anon, uint32_t block)
{
    holders->anons++;
    holders->wrong += anon->block != block;
    if (atomic_load_explicit(&anon->page, memory_order_relaxed) != NULL)
        return;
    holders->absent++;
    holders->references += atomic_load_explicit(&anon->references, memory_order_relaxed);
}

static uint64_t swap_frames(void)
{
    return owner_frames;
}

void swap_init(void)
{
    census_add("swap", swap_frames);
}

void swap_count_holders(struct swap_holders *holders)
{
    *holders = (struct swap_holders){0};
    for (unsigned number = 0; number < SWAP_AREAS_MAX; number++) {
        const struct swap_area *area = &swap_areas[number];
        /* One frame of owners at a time, as interrupts are off meanwhile. */
        for (uint64_t start = 0; start < area->map.blocks; start += OWNERS_PER_FRAME) {
            spin_lock(&swap_lock);
            uint64_t end = area->state != SWAP_ABSENT ? min_u64(start + OWNERS_PER_FRAME, area->map.blocks) : 0;
            for (uint64_t slot = start; slot < end; slot++) {
                struct anon *anon = swap_owner_locked(area, (uint32_t)slot);
                if (anon != NULL)
                    holder_count(holders, anon, swap_block(number, (uint32_t)slot));
            }
            spin_unlock(&swap_lock);
        }
    }
}
