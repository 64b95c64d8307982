/*
 * Spin locks inside spin locks: where interrupts are off already, because the caller holds another spin lock or is between interrupts_push_off() and
 * interrupts_pop(). They are the same locks, with the same ranks and checks, at less than half the cost: for loops over pages. Both must be taken and
 * released by these functions then, and before the interrupts come on.
 *
 * The common case of all spin locks is here, too: spin_take() and spin_give().
 */
#ifndef KERNEL_LOCK_INNER_H
#define KERNEL_LOCK_INNER_H

#include "kernel/cpu.h"
#include "kernel/interrupt.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/x86.h"

/* Notes a lock as the thread's newest; `count` is how many it holds, and was checked. */
static inline void lock_note(struct thread *thread, uint64_t count, const void *lock, uint8_t rank)
{
    thread->held[count + 1] = lock;
    thread->held_rank[count + 1] = rank;
    thread->held_count = count + 1;
}

/* Panics if the thread may not take a lock of that rank now. */
void lock_check_rank(const struct thread *thread, const void *lock, enum lock_rank rank);
/* lock_forget() of any of the thread's locks. */
void lock_forget_older(struct thread *thread, const void *lock);

/*
 * Checks the rank, then notes the lock. A mutex is taken with interrupts on: a handler's spin lock, noted at the same place of the list in the middle of this,
 * would leave its own name there. For spin locks interrupts are off anyway; and what is below the newest lock no handler touches.
 */
static inline void lock_note_ranked(struct thread *thread, const void *lock, enum lock_rank rank)
{
    bool were_on = interrupts_are_on();
    interrupts_disable();
    uint64_t count = thread->held_count;
    if (__builtin_expect(count >= THREAD_HELD_MAX || thread->held_rank[count] >= rank, 0))
        lock_check_rank(thread, lock, rank);
    lock_note(thread, count, lock, (uint8_t)rank);
    if (were_on)
        interrupts_enable();
}

/* The same without a check, for a mutex that was had at the first try. */
static inline void lock_note_any(struct thread *thread, const void *lock, enum lock_rank rank)
{
    bool were_on = interrupts_are_on();
    interrupts_disable();
    assert(thread->held_count < THREAD_HELD_MAX);
    lock_note(thread, thread->held_count, lock, (uint8_t)rank);
    if (were_on)
        interrupts_enable();
}

static inline void lock_forget(struct thread *thread, const void *lock)
{
    uint64_t newest = thread->held_count;
    if (__builtin_expect(thread->held[newest] == lock, 1)) /* of none: no lock is null */
        thread->held_count = newest - 1;
    else
        lock_forget_older(thread, lock);
}

/* One attempt. A plain exchange would name this CPU as the holder of a lock that another has. */
static inline bool spin_try(struct spinlock *lock, const struct cpu *cpu)
{
    uint8_t free = 0;
    return atomic_compare_exchange_strong_explicit(&lock->cpu, &free, cpu->lock_mark, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline bool spin_is_of(const struct spinlock *lock, const struct cpu *cpu)
{
    return atomic_load_explicit(&lock->cpu, memory_order_relaxed) == cpu->lock_mark;
}

/* When somebody else holds the lock; it is not the newest; or, and then they panic, it must not be taken or released. */
void spin_take_slowly(struct spinlock *lock);
void spin_give_slowly(struct spinlock *lock);

/* Interrupts are off. */
static inline void spin_take(struct spinlock *lock, const struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    uint64_t count = thread->held_count;
    uint8_t rank = lock->rank;
    if (__builtin_expect(count < THREAD_HELD_MAX && thread->held_rank[count] < rank && spin_try(lock, cpu), 1))
        lock_note(thread, count, lock, rank);
    else
        spin_take_slowly(lock);
}

/* Releases the newest lock; false, and nothing done, if it is not that. Locks are mostly released newest first. What the thread has noted it holds. */
static inline bool spin_give(struct spinlock *lock, const struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    uint64_t newest = thread->held_count;
    if (__builtin_expect(thread->held[newest] != lock, 0))
        return false;
    thread->held_count = newest - 1;
    atomic_store_explicit(&lock->cpu, 0, memory_order_release);
    return true;
}

static inline void spin_lock_inner(struct spinlock *lock)
{
    const struct cpu *cpu = cpu_this();
    assert(cpu->interrupts_nest > 0);
    spin_take(lock, cpu);
}

static inline void spin_unlock_inner(struct spinlock *lock)
{
    if (__builtin_expect(!spin_give(lock, cpu_this()), 0))
        spin_give_slowly(lock);
}

#endif
