/*
 * kmalloc: memory of any size. Up to half a page from a row of slab caches, above that whole frames.
 *
 *     size       16 32 48 64 96 128 192 256 384 512 672 1008 1360 2048 | 3 KB .. 64 MB
 *     from       a slab cache each, two steps to a doubling at least     | a run of frames, cut to the size
 *
 * A run's unneeded tail is given back at once, so a run of n pages costs n frames. Its first struct page has their number in `used` and no
 * owner; a slab's struct page has its cache as owner, so kfree() needs no size.
 */
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/shadow.h"
#include "libc/string.h"
#include "mm/census.h"
#include "mm/frame.h"
#include "mm/slab.h"

#define KMALLOC_MAX ((size_t)64 << 20)
#define SLAB_SIZE_MAX (PAGE_SIZE / 2)
#define SIZE_STEP 16

/* Above 512 bytes the sizes are what divides a page well: a sixth, a quarter, a third, a half. */
static const struct {
    uint16_t size;
    const char *name;
} classes[] = {
    {16, "kmalloc-16"},   {32, "kmalloc-32"},     {48, "kmalloc-48"},     {64, "kmalloc-64"},     {96, "kmalloc-96"},
    {128, "kmalloc-128"}, {192, "kmalloc-192"},   {256, "kmalloc-256"},   {384, "kmalloc-384"},   {512, "kmalloc-512"},
    {672, "kmalloc-672"}, {1008, "kmalloc-1008"}, {1360, "kmalloc-1360"}, {2048, "kmalloc-2048"},
};

static struct slab_cache caches[ARRAY_LENGTH(classes)];

/* By size in steps of 16 bytes, rounded up: the number of the class. */
static uint8_t class_of_step[SLAB_SIZE_MAX / SIZE_STEP + 1];

static struct slab_cache *cache_for(size_t size)
{
    return &caches[class_of_step[(size + SIZE_STEP - 1) / SIZE_STEP]];
}

/* Frames of all runs that are in use. */
static _Atomic uint64_t run_frames;

static uint64_t run_frames_count(void)
{
    return atomic_load_explicit(&run_frames, memory_order_relaxed);
}

/* A run of zeroed frames, whatever it takes to find one; or `easily`, if there is one. */
static struct page *run_take(unsigned order, bool easily)
{
    struct page *head = frame_alloc_run(order, FRAME_ZERO | FRAME_WIRED);
    if (head != NULL || easily)
        return head;
    do {
        frames_drain();
        head = frame_alloc_run(order, FRAME_ZERO | FRAME_WIRED);
    } while (head == NULL && frames_reclaim() > 0);
    return head;
}

/* What a run's last page has behind `size` bytes is nobody's. */
static void *run_cut(struct page *head, size_t size)
{
    char *start = page_address(head);
    size_t used = round_up(size, 8), whole = round_up(size, PAGE_SIZE);
    shadow_close(start + used, whole - used, SHADOW_RUN_GAP);
    return start;
}

/* 2^order frames cut to those that `size` bytes need; the rest goes back. */
static void *run_alloc(size_t size, bool easily)
{
    uint64_t frames = round_up(size, PAGE_SIZE) >> PAGE_SHIFT;
    if (frames == 1) {
        struct page *page = frame_alloc(FRAME_ZERO | FRAME_WIRED);
        if (page == NULL)
            return NULL;
        page->used = 1;
        atomic_fetch_add_explicit(&run_frames, 1, memory_order_relaxed);
        return run_cut(page, size);
    }
    unsigned order = 64 - (unsigned)__builtin_clzll(frames - 1);
    struct page *head = run_take(order, easily);
    if (head == NULL)
        return NULL;
    for (uint64_t i = frames; i < (uint64_t)1 << order; i++)
        frame_free(&head[i]);
    head->used = (uint32_t)frames;
    atomic_fetch_add_explicit(&run_frames, frames, memory_order_relaxed);
    return run_cut(head, size);
}

static void run_free(struct page *head)
{
    uint64_t frames = head->used;
    assert(frames > 0);
    atomic_fetch_sub_explicit(&run_frames, frames, memory_order_relaxed);
    for (uint64_t i = 0; i < frames; i++)
        frame_free(&head[i]);
}

void *kmalloc(size_t size)
{
    if (size > KMALLOC_MAX)
        return NULL;
    if (size > SLAB_SIZE_MAX)
        return run_alloc(size, false);
    struct slab_cache *cache = cache_for(size);
    void *object = slab_alloc(cache, FRAME_ZERO);
    if (object != NULL)
        shadow_object_open(object, size, cache->size);
    return object;
}

void *kmalloc_buffer(size_t *size)
{
    void *memory = NULL;
    if (*size <= PAGE_SIZE)
        return kmalloc(*size);
    if (*size <= KMALLOC_MAX)
        memory = run_alloc(*size, true);
    if (memory == NULL) {
        *size = PAGE_SIZE;
        memory = kmalloc(PAGE_SIZE);
    }
    return memory;
}

void kfree(void *pointer)
{
    if (pointer == NULL)
        return;
    struct page *page = page_of_address(pointer);
    if (page->state != PAGE_WIRED)
        panic("kfree: %p was not allocated (frame %#lx, state %u)", pointer, (unsigned long)page_frame(page),
              page->state);
    if (page->owner != NULL) {
        slab_free(page->owner, pointer);
        return;
    }
    assert(is_aligned((uintptr_t)pointer, PAGE_SIZE));
    run_free(page);
}

void kmalloc_init(void)
{
    census_add("kmalloc", run_frames_count);
    for (unsigned i = 0, step = 0; i < ARRAY_LENGTH(classes); i++) {
        slab_cache_init(&caches[i], classes[i].name, classes[i].size);
        for (; step <= classes[i].size / SIZE_STEP; step++)
            class_of_step[step] = (uint8_t)i;
    }
}
