/*
 * Front lists: the few free things (frames, objects of a slab) a CPU keeps for itself, so that the common allocation
 * takes no shared lock.
 *
 *     front_pop <----+---+---+---+---+-- empty: refill half a list from the shared store
 *     front_push --->|   |   |   |   |-- full: give half of it back
 *                    +---+---+---+---+
 *
 * A list is held while it is used: a lock of one flag, nearly always free, that is tried and not waited for. Interrupts stay on. Who finds it held (an
 * interrupt handler, or a thread on a CPU whose thread was preempted holding it) goes to the shared store. So a list is its CPU's by habit only: a
 * thread that moves to another CPU in the middle goes on with the list it holds, and another CPU may empty it (checks, the end of memory).
 */
#ifndef MM_FRONT_H
#define MM_FRONT_H

#include <stdatomic.h>

#include "kernel/types.h"

#define FRONT_SIZE 64

struct front {
    _Atomic bool held;
    uint16_t count;
    uint16_t limit; /* at most FRONT_SIZE */
    uint64_t taken; /* in all, for statistics; the owner counts */
    void *item[FRONT_SIZE];
};

/* Holds the list until front_leave(), if nobody does. While it is held nothing may wait. */
static inline bool front_try_enter(struct front *front)
{
    return !atomic_exchange_explicit(&front->held, true, memory_order_acquire);
}

static inline void front_leave(struct front *front)
{
    atomic_store_explicit(&front->held, false, memory_order_release);
}

/* The item put in last, or null. */
static inline void *front_pop(struct front *front)
{
    if (front->count == 0)
        return NULL;
    return front->item[--front->count];
}

/* False when the list is full. */
static inline bool front_push(struct front *front, void *item)
{
    if (front->count >= front->limit)
        return false;
    front->item[front->count++] = item;
    return true;
}

/* How many items a refill fetches and a drain gives back. */
static inline unsigned front_batch(const struct front *front)
{
    return (front->limit + 1u) / 2;
}

#endif
