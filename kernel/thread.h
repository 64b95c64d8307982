/*
 * Threads: what the scheduler switches between. A kernel thread runs a kernel function; a user thread belongs to a process and
 * enters the kernel through traps. Each has a kernel stack with a guard page below it (mm/kmap.h).
 *
 *            thread_start           scheduler               wait_sleep
 *     NEW ---------------> READY <-----------> RUNNING ---------------> SLEEPING (STOPPED)
 *                            ^                    |  thread_exit            |
 *                            |                    v                        |  wake
 *                            |                  DEAD -> freed by the next  |
 *                            +---------------------------------------------+
 *
 * Scheduling is preemptive round robin from one run queue over all CPUs: a slice of 10 ms (more or less
 * by nice values), a woken thread at the end of the queue (at
 * its front if it slept). Preemption happens on return from an interrupt, in user and in kernel mode, when no spin lock is held.
 *
 * Locks: state, run-queue link, cpu, share, credit and allowed CPUs are under the run queue's lock (RANK_SCHED).
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/time.h"
#include "kernel/types.h"
#include "kernel/x86.h"

struct process;
struct aspace;
struct registers;
struct fpu_state;

enum thread_state { THREAD_NEW, THREAD_READY, THREAD_RUNNING, THREAD_SLEEPING, THREAD_DEAD };

#define THREAD_HELD_MAX 16
#ifndef KERNEL_STACK_SIZE /* kernels with checks by the compiler need more */
#define KERNEL_STACK_SIZE (16 * 1024)
#endif

struct thread {
    uint64_t saved_rsp; /* switch.asm: stack pointer while not running (offset 0) */
    vaddr_t stack;      /* lowest usable address of the kernel stack, KERNEL_STACK_SIZE bytes */
    enum thread_state state;
    bool
        struck; /* an allocation of its has failed on purpose, and it was not asked since: mm/inject.h; the thread's own */
    bool spared;             /* no allocation of its fails on purpose: mm/inject.h; set before it runs, or by itself */
    bool interruptible;      /* while sleeping: a signal wakes it */
    bool woken;              /* a wake-up came for wait_sleep(); it consumes this */
    bool mutex_woken;        /* the same for mutex_lock(): the two sleeps can nest */
    bool wait_interruptible; /* what wait_prepare() asked for */
    const bool *sleeps_on;   /* while SLEEPING: which of the two `woken` ends it */
    _Atomic bool
        signal_wanted; /* look at signals before returning to user mode and in interruptible sleeps: kernel/signal.c */
    unsigned cpu;      /* runs or last ran here */
    unsigned slice;    /* ticks left */
    uint32_t share;    /* what its nice value means: kernel/ready.h */
    uint32_t credit;   /* what is left of earlier shares, below SHARE_ONE */
    uint64_t allowed_cpus;   /* bit n: CPU n */
    struct list run_link;    /* run queue */
    struct list mutex_link;  /* waiters of a mutex */
    struct list all_link;    /* all threads, for ps and the debugger */
    const void *waiting_for; /* a mutex or wait queue, for reports */

    /*
     * Locks held, in the order taken, and their ranks: for rank checks and reports. Own thread only. They begin at 1, with no lock and RANK_NONE before
     * them, so that the newest is at held_count, also if there is none.
     */
    const void *held[THREAD_HELD_MAX + 1];
    uint8_t held_rank[THREAD_HELD_MAX + 1];
    uint64_t held_count;

    struct aspace *aspace; /* address space to run in; null for kernel threads */
    struct fpu_state *fpu; /* user threads: FPU, SSE, AVX registers while not in the CPU */
    uint8_t fpu_cpu; /* 1 + the CPU that loaded it last, 0: none; right while that CPU's fpu_owner is this thread */
    uint64_t fs_base, gs_base; /* user's */

    struct process *process;  /* null for kernel threads */
    struct list process_link; /* threads of the process */
    pid_t tid;
    struct user_thread *user;         /* signals, futex, robust list …: kernel/process.h; null for kernel threads */
    struct registers *user_registers; /* saved at the last entry from user mode: top of the kernel stack */

    void (*function)(void *); /* kernel threads */
    void *argument;
    _Atomic uint64_t run_clock; /* CPU time: thread_run_ns(); written by the CPU it runs on */
    uint64_t user_ticks, system_ticks;
    uint64_t left_at; /* time_now() of the last switch away from it */
    uint64_t switches_voluntary, switches_forced;
    char name[16];
};

/*
 * CPU time is one word, so that a reader on another CPU, or one that is preempted while it reads, finds no half of a switch:
 * while the thread does not run, the nanoseconds it has had; while it runs, RUN_CLOCK_RUNS and the time (time_now()) at
 * which it would have begun had it never stopped; and RUN_CLOCK_STOPS from before the time of its stop is taken until that
 * is written: a reader that took the clock for running in between could tell a later time than the one that is kept.
 */
#define RUN_CLOCK_RUNS (1ull << 63)
#define RUN_CLOCK_STOPS UINT64_MAX

static inline void run_clock_start(struct thread *thread, uint64_t now)
{
    uint64_t had = atomic_load_explicit(&thread->run_clock, memory_order_relaxed);
    atomic_store_explicit(&thread->run_clock, (now - had) | RUN_CLOCK_RUNS, memory_order_release);
}

/* Returns the time of the stop. Interrupts are off: readers on other CPUs wait for its end. */
static inline uint64_t run_clock_stop(struct thread *thread)
{
    uint64_t start = atomic_exchange(&thread->run_clock, RUN_CLOCK_STOPS) & ~RUN_CLOCK_RUNS;
    tsc_fence();
    uint64_t now = time_now();
    atomic_store_explicit(&thread->run_clock, now - start, memory_order_release);
    return now;
}

/* Nanoseconds of CPU time a thread has had until now: never less than what an earlier call returned. It must not go away meanwhile. */
uint64_t thread_run_ns(const struct thread *thread);

/* A new kernel thread running `function(argument)`, started at once. Returns it, or null without memory. Sleeps. */
struct thread *thread_create_kernel(const char *name, void (*function)(void *), void *argument);

/*
 * A new thread in state NEW whose first switch-in goes to `thread_return_to_user` with *regs as its user registers.
 * Null without memory. The caller fills process, aspace, user, tid and then calls thread_start(). Sleeps.
 */
struct thread *thread_create_user(const char *name, const struct registers *regs);
void thread_start(struct thread *thread);
/* Frees a thread that was never started. */
void thread_destroy_new(struct thread *thread);

/* Ends the running thread. Its stack is freed by the next thread on this CPU, the structure too. */
void noreturn_function thread_exit(void);

/* Gives the CPU to the next ready thread; returns when it is this thread's turn again. No spin lock may be held. */
void thread_yield(void);

/* Makes a SLEEPING thread READY; or, if it has prepared to sleep and not yet slept, makes the sleep return at once. */
void thread_wake(struct thread *thread);
/* The same only if the thread sleeps interruptibly (signals). */
void thread_wake_interruptible(struct thread *thread);

/* Its share of the CPUs, as ready_share() gives it for a nice value; and on which CPUs it may run, at least one of them online. */
void thread_set_share(struct thread *thread, uint32_t share);
void thread_set_allowed_cpus(struct thread *thread, uint64_t allowed);

/* Whether it sleeps until something happens (a signal would wake it) and holds no lock; *since is when it went to sleep (time_now()). */
bool thread_is_at_rest(struct thread *thread, uint64_t *since) must_check;

/* Sleeps until time_now() >= deadline. 0, or -EINTR if interruptible and a signal came. */
int thread_sleep_until(uint64_t deadline, bool interruptible);

/* Scheduler: set up for this CPU (makes the running context the CPU's idle thread); the idle loop; the timer tick; preemption point. */
void sched_start_cpu(void);
void noreturn_function sched_idle(void);
void sched_tick(bool user_mode);    /* from the timer interrupt, with the mode it interrupted */
void sched_preempt_if_needed(void); /* interrupts off, no lock held, not in an interrupt handler any more */

/* The thread that CPU `id` starts as and idles in; cpu_start_this() makes it current before anything takes a lock. */
struct thread *sched_idle_thread(unsigned id);

/*
 * Takes the CPU from the running thread until thread_wake() or, for mutexes, thread_wake_mutex(). Returns at once if a wake-up came
 * since the last return. The building block of kernel/wait.c and kernel/mutex.c; everybody else uses these.
 */
void sched_block(bool *woken, bool interruptible);
void thread_wake_mutex(struct thread *thread);

/* Frees the stacks and structures of threads that have ended. Sleeps. thread_create_*() calls it too. */
void threads_reap(void);

/* Once, after slab_init(). */
void threads_init(void);

/*
 * The thread after `thread`, the first after null, null behind the last; idle threads come first. For the debugger of a halted machine: no lock is taken, and
 * the answer may be nonsense.
 */
struct thread *threads_next_unlocked(struct thread *thread);

/* Calls `visit` for every thread under the run-queue lock: it must not sleep or take locks up to RANK_SCHED. */
void threads_for_each(void (*visit)(struct thread *thread, void *context), void *context);

/* Load averages over 1, 5, 15 minutes, fixed point with 11 fraction bits. */
void sched_load(uint64_t load[3]);
unsigned sched_ready_count(void);

#endif
