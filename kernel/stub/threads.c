/*
 * The threads as gdb sees them: see threads.h.
 */
#include "kernel/stub/threads.h"

#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/stub/memory.h"
#include "kernel/thread.h"
#include "mm/aspace.h"

#define NUMBER_KERNEL 0x40000000 /* added to what is made of an address: above all tids */
#define THREADS_MAX 65536        /* a list that is longer goes in circles */

static bool is_readable(const void *structure, size_t size)
{
    uint8_t first, last;
    vaddr_t address = (vaddr_t)structure;
    return stub_read(NULL, address, &first, 1) == 1 && stub_read(NULL, address + size - 1, &last, 1) == 1;
}

struct thread *stub_walk_next(struct stub_walk *walk)
{
    struct thread *next = threads_next_unlocked(walk->thread);
    bool is_good = next != NULL && is_readable(next, sizeof(*next)) && walk->seen++ < THREADS_MAX;
    walk->thread = is_good ? next : NULL;
    return walk->thread;
}

uint64_t stub_thread_number(const struct thread *thread)
{
    if (thread->process != NULL && thread->tid > 0)
        return (uint64_t)thread->tid;
    return NUMBER_KERNEL + ((uintptr_t)thread >> 6 & (NUMBER_KERNEL - 1));
}

struct thread *stub_thread_find(uint64_t number)
{
    struct stub_walk walk = {0};
    struct thread *thread;
    do
        thread = stub_walk_next(&walk);
    while (thread != NULL && stub_thread_number(thread) != number);
    return thread;
}

int stub_thread_cpu(const struct thread *thread)
{
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        if (cpus[id].started && cpus[id].current == thread)
            return (int)id;
    }
    return -1;
}

const char *stub_thread_state(const struct thread *thread)
{
    static const char *const states[] = {"new", "ready", "running", "sleeping", "dead"};
    if (thread->state == THREAD_RUNNING && stub_thread_cpu(thread) < 0) /* an idle thread, while another has its CPU */
        return "idle";
    return states[thread->state];
}

const struct pagetable *stub_thread_table(const struct thread *thread)
{
    if (thread == NULL || thread->aspace == NULL || !is_readable(thread->aspace, sizeof(*thread->aspace)))
        return NULL;
    return &thread->aspace->table;
}
