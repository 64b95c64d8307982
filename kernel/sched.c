/*
 * The scheduler: which thread runs on which CPU, and the moment of the switch.
 *
 *     run queue   first -> T4 -> T9 -> T2 -> last       (ready threads, one queue for all CPUs: kernel/ready.h)
 *                   |                    ^
 *        an idle or  |                    |  slice used up, yielded, new
 *        switching   v                    |
 *        CPU       RUNNING ---------------+
 *
 * Round robin with slices of a tick for nice 0. A thread that wakes with some of its slice left goes to the front, for the rest of it: who
 * waits for a disk or a key gets on soon, and cannot take more than its share. A wake-up interrupts an idle CPU, if there is one, best the one the thread
 * ran on.
 *
 * The lock of the run queue (RANK_SCHED) is taken by the thread that switches away and released by the one switched to; a new thread does so
 * in thread_started(). Nothing is freed here: an ended thread goes to the list of the dead, for threads_reap().
 */
#include "kernel/cpu.h"
#include "kernel/gdt.h"
#include "kernel/interrupt.h"
#include "kernel/iowait.h"
#include "kernel/panic.h"
#include "kernel/ready.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/switch.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/userstate.h"
#include "libc/string.h"
#include "mm/tlb.h"

enum { LOAD_PERIOD_TICKS = 5 * TICK_HZ };

static struct run_queue {
    struct spinlock lock; /* of kernel/ready.c, too */
    struct list dead;
    struct list all;
    unsigned all_count;
} queue = {
    .lock = SPINLOCK_INIT(RANK_SCHED),
    .dead = LIST_INIT(queue.dead),
    .all = LIST_INIT(queue.all),
};

static struct thread idle_threads[CPUS_MAX];

static uint64_t load_average[3]; /* written by CPU 0's tick only; 11 fraction bits */

struct thread *sched_idle_thread(unsigned id)
{
    return &idle_threads[id];
}

/* The second half of a switch, on the new thread's stack: the run queue's lock is held since the first half. */
static void finish_switch(void)
{
    struct cpu *cpu = cpu_this();
    struct thread *previous = cpu->previous;
    cpu->previous = NULL;
    if (previous != NULL && previous->state == THREAD_DEAD)
        list_push_back(&queue.dead, &previous->run_link);
    spin_unlock(&queue.lock);
}

/* Switches to the next ready thread. The lock is held, alone; the caller has set the running thread's state. */
static void switch_away(void)
{
    struct cpu *cpu = cpu_this();
    struct thread *previous = cpu->current;
    struct thread *next = ready_take(cpu);
    if (next == NULL)
        next = cpu->idle_thread;
    assert(cpu->interrupts_nest == 1);
    cpu->need_reschedule = false;
    cpu->idle = false; /* the idle loop may have been left from inside its halt */
    if (next == previous) {
        previous->state = THREAD_RUNNING;
        spin_unlock(&queue.lock);
        return;
    }
    uint64_t now = run_clock_stop(previous);
    run_clock_start(next, now);
    previous->left_at = now;
    next->state = THREAD_RUNNING;
    next->cpu = cpu->id;
    uint32_t interrupts_flags = cpu->interrupts_flags;
    userstate_save(previous);
    cpu->previous = previous;
    cpu->current = next;
    if (next->stack != 0)
        cpu_set_kernel_stack(next->stack + KERNEL_STACK_SIZE);
    tlb_switch(next->aspace);
    userstate_load(next);
    thread_switch(&previous->saved_rsp, next->saved_rsp);
    cpu_this()->interrupts_flags = interrupts_flags;
    finish_switch();
}

void thread_started(void)
{
    cpu_this()->interrupts_flags = RFLAGS_IF;
    finish_switch();
}

/* An idle CPU to take `thread`, told by an interrupt; none is told when all are busy. The lock is held. */
static void kick_idle_cpu(const struct thread *thread)
{
    unsigned here = cpu_this()->id, online = cpus_online();
    unsigned best = online;
    atomic_thread_fence(
        memory_order_seq_cst); /* the queue's new count before the look at `idle`; sched_idle() does the reverse */
    for (unsigned i = 0; i < online; i++) {
        unsigned id = (thread->cpu + i) % online;
        if (cpus[id].idle && (thread->allowed_cpus >> id & 1) != 0) {
            best = id;
            break;
        }
    }
    if (best == online)
        return;
    cpus[best].idle = false;
    cpus[best].need_reschedule = true;
    if (best != here)
        cpu_kick(best);
}

static void make_ready(struct thread *thread, bool at_front)
{
    thread->state = THREAD_READY;
    if (at_front && thread->slice > 0)
        ready_push_front(thread);
    else
        ready_push_back(thread);
    kick_idle_cpu(thread);
}

static void wake(struct thread *thread, bool *woken, bool only_interruptible)
{
    spin_lock(&queue.lock);
    *woken = true;
    if (thread->state == THREAD_SLEEPING && thread->sleeps_on == woken &&
        (!only_interruptible || thread->interruptible))
        make_ready(thread, true);
    spin_unlock(&queue.lock);
}

void thread_wake(struct thread *thread)
{
    wake(thread, &thread->woken, false);
}

void thread_wake_interruptible(struct thread *thread)
{
    wake(thread, &thread->woken, true);
}

void thread_wake_mutex(struct thread *thread)
{
    wake(thread, &thread->mutex_woken, false);
}

void sched_block(bool *woken, bool interruptible)
{
    struct thread *thread = thread_current();
    assert(thread != cpu_this()->idle_thread);
    spin_lock(&queue.lock);
    if (*woken) {
        *woken = false;
        spin_unlock(&queue.lock);
        return;
    }
    thread->interruptible = interruptible;
    thread->sleeps_on = woken;
    thread->state = THREAD_SLEEPING;
    thread->switches_voluntary++;
    switch_away();
    *woken = false;
}

/* One that was switched away from is held to have the run queue's lock, which its successor has released. */
bool thread_is_at_rest(struct thread *thread, uint64_t *since)
{
    spin_lock(&queue.lock);
    bool rests = thread->state == THREAD_SLEEPING && thread->interruptible && thread->sleeps_on == &thread->woken &&
                 thread->held_count == 1;
    if (rests)
        *since = thread->left_at;
    spin_unlock(&queue.lock);
    return rests;
}

void thread_yield(void)
{
    struct thread *thread = thread_current();
    might_sleep();
    spin_lock(&queue.lock);
    thread->switches_voluntary++;
    thread->slice = 0;
    if (thread != cpu_this()->idle_thread) {
        thread->state = THREAD_READY;
        ready_push_back(thread);
        if (cpus_online() > 1) /* this one is not idle */
            kick_idle_cpu(thread);
    }
    switch_away();
}

void sched_preempt_if_needed(void)
{
    struct cpu *cpu = cpu_this();
    if (!cpu->need_reschedule || cpu->interrupts_nest > 0 || cpu->interrupt_depth > 0)
        return;
    struct thread *thread = cpu->current;
    spin_lock(&queue.lock);
    if (thread != cpu->idle_thread) {
        thread->switches_forced++;
        make_ready(thread, thread->slice > 0);
    }
    switch_away();
}

void thread_start(struct thread *thread)
{
    spin_lock(&queue.lock);
    assert(thread->state == THREAD_NEW);
    make_ready(thread, false);
    spin_unlock(&queue.lock);
}

void thread_exit(void)
{
    struct thread *thread = thread_current();
    might_sleep();
    assert(thread->held_count == 0);
    spin_lock(&queue.lock);
    thread->state = THREAD_DEAD;
    switch_away();
    panic("an ended thread runs");
}

static void sample_load(void)
{
    static const uint64_t decay[3] = {1884, 2014, 2037}; /* 2048 * e^(-5 s / 1, 5, 15 min) */
    static unsigned ticks;
    if (++ticks % LOAD_PERIOD_TICKS != 0)
        return;
    uint64_t active = sched_ready_count();
    for (unsigned id = 0; id < cpus_online(); id++)
        active += !cpus[id].idle;
    for (unsigned i = 0; i < ARRAY_LENGTH(decay); i++)
        load_average[i] = (load_average[i] * decay[i] + (active << 11) * (2048 - decay[i])) >> 11;
}

_Atomic unsigned iowait_threads[CPUS_MAX];

void sched_tick(bool user_mode)
{
    struct cpu *cpu = cpu_this();
    struct thread *thread = cpu->current;
    cpu->ticks++;
    if (cpu->id == 0)
        sample_load();
    if (thread == cpu->idle_thread) {
        cpu->wait_ticks += iowait_count(cpu->id) > 0 ? 1 : 0;
        return;
    }
    if (user_mode) {
        thread->user_ticks++;
        cpu->user_ticks++;
    } else {
        thread->system_ticks++;
        cpu->system_ticks++;
    }
    if (thread->slice > 0)
        thread->slice--;
    if (thread->slice == 0 && ready_count() > 0) /* a stale count costs one tick */
        cpu->need_reschedule = true;
}

void sched_start_cpu(void)
{
    struct cpu *cpu = cpu_this();
    struct thread *thread = sched_idle_thread(cpu->id);
    thread->state = THREAD_RUNNING;
    thread->cpu = cpu->id;
    run_clock_start(thread, time_now());
    memcpy(thread->name, "idle", sizeof("idle"));
    cpu->idle_thread = thread;
}

static bool has_work_for(const struct cpu *cpu)
{
    if (ready_count() == 0)
        return false;
    spin_lock(&queue.lock);
    bool has_work = ready_has_for(cpu);
    spin_unlock(&queue.lock);
    return has_work;
}

/*
 * `idle` is set before the run queue is looked at, and cleared by the waker under the queue's lock: either the idle CPU sees the
 * thread or the waker sees the idle CPU. STI takes effect after the next instruction, so no interrupt slips between it and HLT.
 */
void sched_idle(void)
{
    struct cpu *cpu = cpu_this();
    for (;;) {
        __asm__ volatile("cli" ::: "memory");
        cpu->idle = true;
        atomic_thread_fence(memory_order_seq_cst);
        if (!has_work_for(cpu) && !cpu->need_reschedule)
            __asm__ volatile("sti; hlt; cli" ::: "memory");
        cpu->idle = false;
        cpu->need_reschedule = true;
        sched_preempt_if_needed();
        __asm__ volatile("sti" ::: "memory");
    }
}

unsigned sched_ready_count(void)
{
    return ready_count();
}

void thread_set_share(struct thread *thread, uint32_t share)
{
    spin_lock(&queue.lock);
    thread->share = share;
    spin_unlock(&queue.lock);
}

/* A thread that runs where it may not any more is made to leave at the CPU's next way back to user mode. */
void thread_set_allowed_cpus(struct thread *thread, uint64_t allowed)
{
    spin_lock(&queue.lock);
    thread->allowed_cpus = allowed;
    if (thread->state == THREAD_READY)
        kick_idle_cpu(thread);
    bool leave = thread->state == THREAD_RUNNING && (allowed >> thread->cpu & 1) == 0;
    if (leave)
        cpus[thread->cpu].need_reschedule = true;
    if (leave && thread->cpu != cpu_this()->id)
        cpu_kick(thread->cpu);
    spin_unlock(&queue.lock);
}

void sched_load(uint64_t load[3])
{
    memcpy(load, load_average, sizeof(load_average));
}

void sched_adopt(struct thread *thread)
{
    spin_lock(&queue.lock);
    list_push_back(&queue.all, &thread->all_link);
    queue.all_count++;
    spin_unlock(&queue.lock);
}

struct thread *sched_take_dead(void)
{
    spin_lock(&queue.lock);
    struct list *link = list_pop_front(&queue.dead);
    struct thread *thread = link != NULL ? list_entry(link, struct thread, run_link) : NULL;
    if (thread != NULL)
        list_remove(&thread->all_link);
    spin_unlock(&queue.lock);
    return thread;
}

void sched_disown(struct thread *thread)
{
    spin_lock(&queue.lock);
    list_remove(&thread->all_link);
    spin_unlock(&queue.lock);
}

void sched_new_thread(struct thread *thread)
{
    thread->share = SHARE_ONE;
    thread->allowed_cpus = UINT64_MAX;
    thread->held[1] = &queue.lock;
    thread->held_rank[1] = RANK_SCHED;
    thread->held_count = 1;
}

struct thread *threads_next_unlocked(struct thread *thread)
{
    bool idle = thread >= idle_threads && thread < idle_threads + CPUS_MAX;
    unsigned id = CPUS_MAX;
    if (thread == NULL || idle)
        id = idle ? (unsigned)(thread - idle_threads) + 1 : 0;
    for (; id < CPUS_MAX; id++) {
        if (cpus[id].started)
            return &idle_threads[id];
    }
    struct list *link = thread == NULL || idle ? queue.all.next : thread->all_link.next;
    return link == &queue.all ? NULL : list_entry(link, struct thread, all_link);
}

void threads_for_each(void (*visit)(struct thread *thread, void *context), void *context)
{
    spin_lock(&queue.lock);
    list_for_each(link, &queue.all) visit(list_entry(link, struct thread, all_link), context);
    spin_unlock(&queue.lock);
}
