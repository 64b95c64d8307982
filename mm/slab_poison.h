/*
 * What is in a free object of a slab cache, for mm/slab.c: poison, which is verified when the object is given out again.
 *
 *     word 0: the slab's next free object, or 0      the other words: poison
 *
 * Of objects above POISON_ALL bytes only POISON_EDGE words behind word 0 and the last POISON_EDGE are poisoned. While an object is in use its word 1 is
 * anything but the poison (slab_alloc() sees to it), so freeing it twice is noticed.
 */
#ifndef MM_SLAB_POISON_H
#define MM_SLAB_POISON_H

#include "mm/poison.h"
#include "mm/slab.h"

#define POISON_ALL 128
#define POISON_EDGE 8
#define IN_USE_WORD (POISON_SLAB + 1)

static inline uint64_t *object_words(void *object)
{
    return object;
}

static inline unsigned object_size_words(const struct slab_cache *cache)
{
    return cache->size / (unsigned)sizeof(uint64_t);
}

/* Gives POISON_EDGE words one value; written out, as is the next one: these are half of what an allocation costs. */
static inline void edge_fill(uint64_t *words, uint64_t value)
{
    words[0] = words[1] = words[2] = words[3] = value;
    words[4] = words[5] = words[6] = words[7] = value;
}

static inline bool edge_is(const uint64_t *words, uint64_t value)
{
    return words[0] == value && words[1] == value && words[2] == value && words[3] == value && words[4] == value &&
           words[5] == value && words[6] == value && words[7] == value;
}

/* Words [2, count) of an object, `count` even. */
static inline void words_poison(uint64_t *words, unsigned count)
{
    for (unsigned i = 2; i < count; i += 2) {
        words[i] = POISON_SLAB;
        words[i + 1] = POISON_SLAB;
    }
}

static inline bool words_are_poison(const uint64_t *words, unsigned count)
{
    for (unsigned i = 2; i < count; i += 2) {
        if (words[i] != POISON_SLAB || words[i + 1] != POISON_SLAB)
            return false;
    }
    return true;
}

static inline bool is_poisoned_whole(const struct slab_cache *cache)
{
    return cache->size <= POISON_ALL;
}

/* Where the last edge of a larger object begins. */
static inline uint64_t *last_edge(const struct slab_cache *cache, void *object)
{
    return object_words(object) + object_size_words(cache) - POISON_EDGE;
}

static inline void object_poison(const struct slab_cache *cache, void *object)
{
    uint64_t *words = object_words(object);
    words[1] = POISON_SLAB;
    if (is_poisoned_whole(cache)) {
        words_poison(words, object_size_words(cache));
    } else {
        edge_fill(words + 1, POISON_SLAB);
        edge_fill(last_edge(cache, object), POISON_SLAB);
    }
}

static inline bool object_is_poison(const struct slab_cache *cache, void *object)
{
    const uint64_t *words = object_words(object);
    if (is_poisoned_whole(cache))
        return words[1] == POISON_SLAB && words_are_poison(words, object_size_words(cache));
    return edge_is(words + 1, POISON_SLAB) && edge_is(last_edge(cache, object), POISON_SLAB);
}

#endif
