/* Slab caches in the kernel: on all CPUs at once, objects freed elsewhere than they were allocated. */
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "tests/kernel/crew.h"

static struct slab_cache cache;

static void prepare(void)
{
    if (cache.size == 0)
        slab_cache_init(&cache, "test_slab", 88);
}

KTEST(slab, objects_are_apart_and_aligned)
{
    prepare();
    void *objects[100];
    for (unsigned i = 0; i < ARRAY_LENGTH(objects); i++) {
        objects[i] = slab_alloc(&cache, FRAME_ZERO);
        KTEST_EXPECT(objects[i] != NULL && is_aligned((uintptr_t)objects[i], 16));
        memset(objects[i], (int)i, cache.size);
    }
    KTEST_EXPECT(slab_objects_used(&cache) == ARRAY_LENGTH(objects));
    for (unsigned i = 0; i < ARRAY_LENGTH(objects); i++) {
        const uint8_t *bytes = objects[i];
        KTEST_EXPECT(bytes[0] == i && bytes[cache.size - 1] == i);
        slab_free(&cache, objects[i]);
    }
    KTEST_EXPECT(slab_objects_used(&cache) == 0);
    slab_shrink(&cache);
    KTEST_EXPECT(cache.slabs == 0);
}

#define SHARED 64

/* Objects move between the members: whoever takes one from a place frees it, and leaves a new one there. */
static void work(unsigned number, void *context)
{
    _Atomic(uint64_t *) *places = context;
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t *object = slab_alloc(&cache, 0);
        KTEST_EXPECT(object != NULL);
        if (object == NULL)
            continue;
        for (unsigned word = 0; word < 11; word++)
            object[word] = (uint64_t)object + word;
        object = atomic_exchange(&places[(i * 7 + number * 13) % SHARED], object);
        if (object == NULL)
            continue;
        for (unsigned word = 0; word < 11; word++)
            KTEST_EXPECT(object[word] == (uint64_t)object + word);
        slab_free(&cache, object);
    }
}

KTEST(slab, many_threads_exchange_objects)
{
    static _Atomic(uint64_t *) places[SHARED];
    prepare();
    crew_run(crew_size(), work, places);
    for (unsigned i = 0; i < SHARED; i++) {
        uint64_t *object = atomic_exchange(&places[i], NULL);
        if (object != NULL)
            slab_free(&cache, object);
    }
    slab_shrink(&cache);
    KTEST_EXPECT(slab_objects_used(&cache) == 0 && cache.slabs == 0);
}

static void count_cache(struct slab_cache *each, void *context)
{
    unsigned *count = context;
    *count += each == &cache;
    KTEST_EXPECT(each->name != NULL && each->objects_per_slab * each->size <= PAGE_SIZE);
}

KTEST(slab, caches_are_listed_once)
{
    unsigned count = 0;
    prepare();
    slab_caches_for_each(count_cache, &count);
    KTEST_EXPECT(count == 1);
}
