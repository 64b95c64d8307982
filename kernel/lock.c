/*
 * Spin locks, and the rank check of all locks. The order of the ranks is in lock.h.
 *
 * The locks a thread holds are noted in the thread, newest last, with rising ranks; so one comparison with the newest checks the order.
 * They may be released in any order.
 */
#include "kernel/lock.h"

#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/interrupt.h"
#include "kernel/lock_inner.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/watchdog.h"
#include "kernel/x86.h"

#define TURNS_PER_LOOK 1024 /* of who waits for a lock, at how long that has been */

static const char *const rank_names[RANK_COUNT] = {
    [RANK_NONE] = "none",
    [RANK_FILE_OFFSET] = "file offset",
    [RANK_PROC_TEXT] = "text of /proc",
    [RANK_HANDS] = "clock",
    [RANK_MOUNT] = "mount",
    [RANK_RENAME] = "rename",
    [RANK_TTY] = "tty",
    [RANK_EXEC] = "exec",
    [RANK_ASPACE] = "address space",
    [RANK_ASPACE_CHILD] = "address space of a child",
    [RANK_DIRECTORY] = "directory",
    [RANK_DIRECTORY2] = "second directory",
    [RANK_DIRECTORY3] = "moved directory",
    [RANK_DIRECTORY4] = "replaced directory",
    [RANK_INODE] = "inode",
    [RANK_SHM] = "shared memory",
    [RANK_COMMIT] = "journal commit",
    [RANK_JOURNAL] = "journal handle",
    [RANK_BLOCK_MAP] = "block map",
    [RANK_FILESYSTEM] = "file system",
    [RANK_EPOLL] = "epoll",
    [RANK_PIPE] = "pipe",
    [RANK_PAGE_BUSY] = "page BUSY",
    [RANK_PAGE_BUSY2] = "second page BUSY",
    [RANK_DEVICE] = "device",
    [RANK_LOADED] = "registration table",
    [RANK_SPIN] = "first spin lock",
    [RANK_PROCESS] = "process tree",
    [RANK_SIGNAL] = "signals",
    [RANK_FILES] = "descriptor table",
    [RANK_DENTRY] = "name cache",
    [RANK_HANDLES] = "journal",
    [RANK_INODE_CACHE] = "inode cache",
    [RANK_FUTEX] = "futex",
    [RANK_PAGE_TABLE] = "page table",
    [RANK_KERNEL_TABLE] = "kernel page table",
    [RANK_OBJECT] = "object",
    [RANK_PAGE] = "page",
    [RANK_SWAP] = "swap map",
    [RANK_STANDBY] = "standby list",
    [RANK_BLOCK] = "block device",
    [RANK_TTY_INPUT] = "tty input",
    [RANK_TIMER] = "timers",
    [RANK_WAITQUEUE] = "wait queue",
    [RANK_EPOLL_READY] = "epoll's ready lists",
    [RANK_EPOLL_WAIT] = "epoll's wait queue",
    [RANK_SCHED] = "run queue",
    [RANK_SLAB] = "slab cache",
    [RANK_FRAME] = "free frames",
    [RANK_TLB] = "TLB mailbox",
    [RANK_CONSOLE] = "log consoles",
    [RANK_LOG] = "log",
    [RANK_RANDOM] = "random generator",
    [RANK_PORTS] = "device ports",
};

const char *lock_rank_name(enum lock_rank rank)
{
    if (rank >= RANK_COUNT || rank_names[rank] == NULL)
        return "unnamed";
    return rank_names[rank];
}

void lock_report(const struct thread *thread)
{
    log_write(LOG_ERROR, "locks: thread %d (%s) holds %lu:", thread->tid, thread->name, thread->held_count);
    for (unsigned i = 1; i <= thread->held_count; i++)
        log_write(LOG_ERROR, "locks:   %p %s (rank %u)", thread->held[i], lock_rank_name(thread->held_rank[i]),
                  thread->held_rank[i]);
    if (thread->waiting_for != NULL)
        log_write(LOG_ERROR, "locks:   waits for %p", thread->waiting_for);
}

static void noreturn_function rank_violation(const struct thread *thread, const void *lock, enum lock_rank rank)
{
    lock_report(thread);
    panic_advise("ck locks");
    panic("lock rank violation: %s (%p, rank %d) wanted under %s (rank %d)", lock_rank_name(rank), lock, rank,
          lock_rank_name(thread->held_rank[thread->held_count]), thread->held_rank[thread->held_count]);
}

void lock_check_rank(const struct thread *thread, const void *lock, enum lock_rank rank)
{
    assert(thread->held_count < THREAD_HELD_MAX);
    if (thread->held_rank[thread->held_count] >= rank)
        rank_violation(thread, lock, rank);
}

/* A lock that is not the newest leaves a gap, which is closed. */
void lock_forget_older(struct thread *thread, const void *lock)
{
    bool were_on = interrupts_are_on();
    interrupts_disable();
    uint64_t i = thread->held_count;
    for (; thread->held[i] != lock; i--)
        assert(i > 0);
    for (; i < thread->held_count; i++) {
        thread->held[i] = thread->held[i + 1];
        thread->held_rank[i] = thread->held_rank[i + 1];
    }
    thread->held_count--;
    if (were_on)
        interrupts_enable();
}

void lock_note_taken(const void *lock, enum lock_rank rank)
{
    lock_note_ranked(thread_current(), lock, rank);
}

void lock_note_released(const void *lock)
{
    lock_forget(thread_current(), lock);
}

bool lock_rank_is_held(enum lock_rank rank)
{
    const struct thread *thread = thread_current();
    for (unsigned i = 1; i <= thread->held_count; i++) {
        if (thread->held_rank[i] == rank)
            return true;
    }
    return false;
}

/* The innards of interrupts_push_off() and interrupts_pop(), for those that need the CPU, too. */
static inline struct cpu *push_off(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0; cli" : "=r"(flags)::"memory");
    struct cpu *cpu = cpu_this();
    if (cpu->interrupts_nest++ == 0)
        cpu->interrupts_flags = (uint32_t)flags;
    return cpu;
}

static inline void pop(struct cpu *cpu)
{
    if (--cpu->interrupts_nest == 0 && (cpu->interrupts_flags & RFLAGS_IF) != 0)
        __asm__ volatile("sti" ::: "memory");
}

void interrupts_push_off(void)
{
    push_off();
}

void interrupts_pop(void)
{
    struct cpu *cpu = cpu_this();
    assert(cpu->interrupts_nest > 0);
    pop(cpu);
}

void spin_init(struct spinlock *lock, enum lock_rank rank)
{
    *lock = (struct spinlock){.rank = (uint8_t)rank};
}

/* Looks on until the lock may be free: reading leaves its cache line with the holder. */
static __attribute__((noinline)) void spin_wait(struct spinlock *lock)
{
    struct watchdog_spin spin = {0};
    for (unsigned turns = 1; atomic_load_explicit(&lock->cpu, memory_order_relaxed) != 0; turns++) {
        if (log_is_panicking()) /* its holder has been stopped, or is the one that panics: the report must go on */
            atomic_store_explicit(&lock->cpu, 0, memory_order_relaxed);
        else if (turns % TURNS_PER_LOOK == 0)
            watchdog_spin(lock, &spin);
        __builtin_ia32_pause();
    }
}

void spin_take_slowly(struct spinlock *lock)
{
    struct cpu *cpu = cpu_this();
    lock_check_rank(cpu->current, lock, lock->rank);
    while (!spin_try(lock, cpu))
        spin_wait(lock);
    lock_note(cpu->current, cpu->current->held_count, lock, lock->rank);
}

void spin_lock(struct spinlock *lock)
{
    spin_take(lock, push_off());
}

bool spin_trylock(struct spinlock *lock)
{
    struct cpu *cpu = push_off();
    assert(cpu->current->held_count < THREAD_HELD_MAX);
    if (!spin_try(lock, cpu)) {
        pop(cpu);
        return false;
    }
    lock_note(cpu->current, cpu->current->held_count, lock, lock->rank);
    return true;
}

void spin_give_slowly(struct spinlock *lock)
{
    const struct cpu *cpu = cpu_this();
    assert(spin_is_of(lock, cpu));
    lock_forget_older(cpu->current, lock);
    atomic_store_explicit(&lock->cpu, 0, memory_order_release);
}

static __attribute__((noinline)) void unlock_slowly(struct spinlock *lock)
{
    spin_give_slowly(lock);
    pop(cpu_this());
}

void spin_unlock(struct spinlock *lock)
{
    struct cpu *cpu = cpu_this();
    if (__builtin_expect(spin_give(lock, cpu), 1))
        pop(cpu);
    else
        unlock_slowly(lock);
}

bool spin_is_held(const struct spinlock *lock)
{
    return spin_is_of(lock, cpu_this());
}

void might_sleep_surely(void)
{
    interrupts_push_off();
    const struct cpu *cpu = cpu_this();
    unsigned nest = cpu->interrupts_nest - 1, depth = cpu->interrupt_depth;
    if (nest != 0 || depth != 0) {
        lock_report(cpu->current);
        panic("sleeping where it is forbidden (I9): %u locks or sections with interrupts off, %u interrupts", nest,
              depth);
    }
    interrupts_pop();
}
