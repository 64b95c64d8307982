/*
 * Slab caches and kmalloc: random allocations whose bytes must stay, no frame lost, misuse noticed, injected failures survived.
 *
 * Links: tests/host/support/machine.c mm/census.c mm/slab.c mm/kmalloc.c mm/inject.c mm/frame.c mm/frame_fill.c mm/bulk.c mm/buddy.c
 */
#include <stdio.h>
#include <string.h>

#include "mm/frame.h"
#include "mm/slab.h"
#include "tests/host/support/machine.h"

enum { FRAMES = 8192, SLOTS = 600, STEPS = 60000, CACHES = 6 };

static struct slot {
    unsigned char *memory;
    size_t size;
    struct slab_cache *cache; /* null: kmalloc */
    unsigned char tag;
} slots[SLOTS];

static struct slab_cache caches[CACHES];
static const size_t sizes[CACHES] = {1, 40, 64, 700, 2048, 528}; /* the last one's objects come back zero */

static bool is_filled(const unsigned char *memory, size_t size, unsigned char with)
{
    for (size_t i = 0; i < size; i++) {
        if (memory[i] != with)
            return false;
    }
    return true;
}

static size_t random_size(void)
{
    uint64_t kind = random_below(10);
    if (kind < 6)
        return 1 + random_below(300);
    return 1 + random_below(kind < 9 ? 3000 : 40000);
}

static void slot_fill(struct slot *slot)
{
    bool zeroed = true;
    slot->cache = random_below(2) == 0 ? NULL : &caches[random_below(CACHES)];
    if (slot->cache != NULL) {
        zeroed = random_below(2) == 0 || slot->cache->returned_zero;
        slot->size = slot->cache->size;
        slot->memory = slab_alloc(slot->cache, zeroed ? FRAME_ZERO : FRAME_NOWAIT);
    } else {
        slot->size = random_size();
        slot->memory = kmalloc(slot->size);
    }
    if (slot->memory == NULL)
        return;
    require(is_aligned((uintptr_t)slot->memory, 16), "memory is aligned to 16");
    require(!zeroed || is_filled(slot->memory, slot->size, 0), "memory is zeroed");
    slot->tag = (unsigned char)random_next();
    memset(slot->memory, slot->tag, slot->size);
}

static void slot_empty(struct slot *slot)
{
    if (slot->memory == NULL)
        return;
    require(is_filled(slot->memory, slot->size, slot->tag), "memory keeps its bytes");
    if (slot->cache != NULL && slot->cache->returned_zero)
        memset(slot->memory, 0, slot->size);
    if (slot->cache == NULL)
        kfree(slot->memory);
    else
        slab_free(slot->cache, slot->memory);
    slot->memory = NULL;
}

static void run_random(unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        struct slot *slot = &slots[random_below(SLOTS)];
        if (slot->memory == NULL)
            slot_fill(slot);
        else
            slot_empty(slot);
        require(!machine_is_locked(), "locks are released");
    }
    for (unsigned i = 0; i < SLOTS; i++)
        slot_empty(&slots[i]);
}

/* Frames free once all caches are emptied, the caches' own front lists apart. */
static uint64_t frames_after_shrink(void)
{
    slab_shrink_all();
    frames_check();
    return frames_free();
}

static void test_random(void)
{
    random_seed(1);
    run_random(STEPS / 10);
    uint64_t before = frames_after_shrink();
    run_random(STEPS);
    require(frames_after_shrink() == before, "no frame is lost");
    for (unsigned i = 0; i < CACHES; i++)
        require(slab_objects_used(&caches[i]) == 0 && caches[i].slabs == 0, "caches are empty");
}

static void test_injected_failures(void)
{
    uint64_t before = frames_after_shrink();
    random_seed(2);
    slab_fail_every(7);
    frame_fail_every(5);
    run_random(STEPS / 4);
    slab_fail_every(0);
    frame_fail_every(0);
    require(frames_after_shrink() == before, "no frame is lost when allocations fail");
}

static void test_end_of_memory(void)
{
    static void *taken[2 * FRAMES];
    uint64_t before = frames_after_shrink();
    unsigned count = 0;
    while (count < 2 * FRAMES && (taken[count] = kmalloc(2048)) != NULL)
        count++;
    require(count < 2 * FRAMES && frames_free() < 64, "memory can be used up");
    while (count > 0)
        kfree(taken[--count]);
    require(frames_after_shrink() == before, "and comes back");
}

static void test_limits(void)
{
    require(kmalloc(((size_t)64 << 20) + 1) == NULL, "more than 64 MB is refused");
    kfree(NULL);
    uint64_t before = frames_after_shrink();
    void *memory = kmalloc(5 * PAGE_SIZE);
    require(frames_after_shrink() == before - 5, "5 pages cost 5 frames");
    kfree(memory);
    require(frames_after_shrink() == before, "and give 5 frames back");
}

static void *victim;

static void free_victim(void)
{
    slab_free(&caches[1], victim);
}

static void free_to_wrong_cache(void)
{
    slab_free(&caches[2], victim);
}

static void allocate_until_victim(void)
{
    for (unsigned i = 0; i < 1000; i++)
        require(slab_alloc(&caches[1], FRAME_NOWAIT) != NULL, "memory");
}

static void test_misuse(void)
{
    victim = slab_alloc(&caches[1], 0);
    require(panics_with(free_to_wrong_cache, "is not of cache"), "an object of another cache is refused");
    free_victim();
    require(panics_with(free_victim, "is free already"), "a second free is noticed");
    ((unsigned char *)victim)[20] ^= 1;
    require(panics_with(allocate_until_victim, "freed memory was written to"), "a store after free is noticed");
    ((unsigned char *)victim)[20] ^= 1;
}

static struct page *victim_frame;

static void allocate_frames(void)
{
    for (unsigned i = 0; i < 100; i++)
        require(frame_alloc(FRAME_NOWAIT) != NULL, "memory");
}

static void free_frame_again(void)
{
    frame_free(victim_frame);
}

static void test_frame_misuse(void)
{
    victim_frame = frame_alloc(0);
    frame_free(victim_frame);
    require(panics_with(free_frame_again, "assertion"), "a second free of a frame is noticed");
    *((uint64_t *)page_address(victim_frame) + 511) = 5;
    require(panics_with(allocate_frames, "freed memory was written to"), "a store into a free frame is noticed");
}

int main(void)
{
    printf("1..6\n");
    machine_start(FRAMES);
    slab_init();
    for (unsigned i = 0; i < CACHES - 1; i++)
        slab_cache_init(&caches[i], "test", sizes[i]);
    slab_cache_init_zeroed(&caches[CACHES - 1], "test", sizes[CACHES - 1]);
    test_random();
    check_done("random allocations");
    test_injected_failures();
    check_done("injected failures");
    test_end_of_memory();
    check_done("end of memory");
    test_limits();
    check_done("sizes");
    test_misuse();
    check_done("misuse of objects");
    test_frame_misuse();
    check_done("misuse of frames");
    return 0;
}
