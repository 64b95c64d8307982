/*
 * Processes: what Unix knows about a program that runs. A process has threads (kernel/thread.h), an address space,
 * descriptors, a place in the tree of processes, a process group and a session.
 *
 *     fork, clone            exit_group, fatal signal            parent's wait
 *        NEW ----> RUNNING ------------------------------> ZOMBIE ------------> reaped: off the tree, pid free
 *                   |   ^                                     ^
 *         SIGSTOP   v   | SIGCONT                             | the last thread has ended
 *                  STOPPED ---------- SIGKILL ----------------+
 *
 * Locks: the tree, the list of threads, groups, sessions and exit statuses are under `process_lock` (spin,
 * RANK_PROCESS). Fields marked "signal" are under the lock of the process's sighand (RANK_SIGNAL, kernel/signal.h);
 * fields marked with both are written under both and may be read under either. "own" fields are changed only by the
 * process's own threads while there is only one of them (exec) or by the last one (exit); they may be read by others
 * under process_lock.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/types.h"
#include "kernel/wait.h"

struct aspace;
struct files;
struct fs_context;
struct tty;
struct registers;

enum { RLIMITS = 16, GROUPS_MAX = 32, PROCESS_NAME_SIZE = 16, UNKNOWN_CALL_WORDS = 8 };

struct rlimit64 {
    uint64_t soft, hard;
};

struct credentials {
    uint32_t uid, euid, suid, fsuid, gid, egid, sgid, fsgid;
    unsigned group_count;
    uint32_t groups[GROUPS_MAX];
};

/* CPU time and faults of threads that have ended or of children that were waited for. */
struct usage {
    uint64_t user_ns, system_ns;
    uint64_t faults_minor, faults_major;
    uint64_t switches_voluntary, switches_forced;
    uint64_t peak_resident; /* pages */
};

/* ITIMER_VIRTUAL or ITIMER_PROF: what is left and what it starts with again, in nanoseconds; 0: off, once only. */
struct cputime_timer {
    uint64_t left, interval;
};

enum { CPUTIME_TIMERS = 2 };

/* CPU time that runs out: kernel/cputime.h. */
struct cputime {
    _Atomic uint64_t ticks;                      /* that found one of its threads running */
    struct cputime_timer timers[CPUTIME_TIMERS]; /* signal */
    _Atomic bool watched;                        /* a timer or the limit may be set */
};

/* A process in memory, or swapped out whole (L8). Written by the swapper's thread only; `out` is read by anybody. */
struct residence {
    _Atomic bool out;
    bool left_asleep; /* out: it was not at work */
    uint64_t since;   /* time_now() when it went out or came in; 0: it was never out */
    uint64_t pages;   /* what it had in memory when it last went out */
};

enum process_state { PROCESS_RUNNING, PROCESS_STOPPED, PROCESS_ZOMBIE };

struct process {
    pid_t pid;
    _Atomic pid_t parent_pid;       /* of `parent`; written with it */
    _Atomic uint32_t references;    /* the tree's own, one for each thread, and temporary users */
    enum process_state state;       /* process_lock and signal */
    struct process *parent;         /* process_lock */
    struct list children, sibling;  /* process_lock */
    struct list all_link, pid_link; /* process_lock */
    struct list threads;            /* thread.process_link; process_lock and signal */
    unsigned thread_count;          /* process_lock and signal */
    _Atomic unsigned threads_alive; /* that have not yet done with memory and files */
    pid_t group, session;           /* process_lock */
    struct tty *tty;                /* controlling terminal or null; process_lock */
    struct waitqueue child_wait;    /* woken when a child changes state */
    struct waitqueue vfork_wait;    /* the parent sleeps here while vfork_pending */
    struct waitqueue thread_wait;   /* woken when a thread ends: exec waits to be alone */
    bool vfork_pending;             /* the parent waits for exec or exit */
    bool has_executed;              /* setpgid rules */
    bool is_subreaper;              /* orphaned descendants become its children */
    bool user_is_full;              /* set*uid() to a user with more than RLIMIT_NPROC: exec will look */
    bool no_new_privileges;         /* exec ignores set-user-ID bits: prctl(PR_SET_NO_NEW_PRIVS) */
    int exit_status;                /* as wait4 returns it; process_lock */
    int exit_signal;                /* sent to the parent: SIGCHLD, or clone's */
    int parent_death_signal;        /* prctl(PR_SET_PDEATHSIG) */

    _Atomic bool exiting;       /* every thread is to end: signal */
    struct thread *exec_thread; /* every thread but this one is to end: signal */
    bool stop_wanted;           /* every thread is to stop: signal */
    unsigned threads_stopped;   /* signal */
    int stop_signal;            /* what stopped it: signal */
    uint32_t continues;         /* how often SIGCONT or SIGKILL was sent: signal */
    bool stop_unreported;       /* for WSTOPPED: signal */
    bool continue_unreported;   /* for WCONTINUED: signal */
    bool continue_untold;       /* a thread is to tell the parent of SIGCONT: signal */
    struct waitqueue stop_wait; /* stopped threads sleep here */

    bool hold_wanted;           /* every thread is to be held: kernel/hold.h: signal */
    unsigned threads_held;      /* signal */
    struct waitqueue hold_wait; /* held threads sleep here */
    struct residence residence; /* whether it is swapped out: mm/swapper.c */

    struct sighand *sighand; /* never null; sighand_lock_process() */
    struct pending pending;  /* signals for the process: signal */

    struct aspace *aspace;           /* own; referenced */
    struct files *files;             /* own */
    struct fs_context *fs;           /* own */
    struct credentials credentials;  /* own */
    struct rlimit64 limits[RLIMITS]; /* process_lock; the soft one of RLIMIT_CPU also by kernel/cputime.c, by itself */
    struct cputime cputime;          /* kernel/cputime.h */
    int nice;
    _Atomic int oom_adjustment;         /* /proc/PID/oom_score_adj: mm/oom.h */
    _Atomic int oom_adjustment_least;   /* without privilege it is set no lower than this */
    bool oom_killed;                    /* chosen at the end of memory: process_lock */
    uint64_t start_time;                /* time_now() */
    struct usage ended, children_usage; /* process_lock */
    struct timer alarm;                 /* ITIMER_REAL; kernel/itimer.c */
    _Atomic uint64_t alarm_interval;
    struct list posix_timers;                   /* kernel/posix_timer.c */
    uint64_t unknown_calls[UNKNOWN_CALL_WORDS]; /* numbers already named in the log */
    char name[PROCESS_NAME_SIZE];               /* comm */
};

/* What an interrupted system call needs in order to go on: kernel/restart.h. */
struct restart {
    uint64_t number;   /* of the call */
    uint64_t deadline; /* its sleep's, or 0 */
    bool active;       /* the running call is a continuation */
};

/* What a user thread has beyond a kernel thread. Own thread only, unless said otherwise. */
struct user_thread {
    struct thread *thread;
    struct list tid_link;   /* kernel/pid.c; process_lock */
    uint64_t blocked;       /* bit n - 1: signal n. Signal; written by the own thread only */
    uint64_t forced;        /* pending ones that end the thread's process whatever it is, process 1 too: signal */
    uint64_t awaited;       /* sigtimedwait sleeps for these: signal */
    struct pending pending; /* signals for this thread: signal */
    uint64_t saved_mask;    /* what `blocked` becomes after sigsuspend, ppoll, pselect ... */
    bool mask_is_saved;     /* ... if set */
    bool only_fatal;        /* sleeps until something happens or it is to end: other signals have to wait */
    bool stopped;           /* counted in threads_stopped */
    bool held;              /* counted in threads_held */
    vaddr_t stack_base;     /* sigaltstack */
    uint64_t stack_size;
    uint32_t stack_flags;                    /* SS_DISABLE, SS_AUTODISARM */
    uint64_t trap, trap_error, trap_address; /* of the last exception, for signal frames */
    vaddr_t clear_child_tid;                 /* zeroed and woken at exit (futex) */
    vaddr_t robust_list;                     /* mutexes to be marked at exit */
    struct restart restart;
};

extern struct spinlock process_lock;

/* The running thread's process; null in a kernel thread. */
static inline struct process *process_current(void)
{
    return thread_current()->process;
}

/* Locks and returns the process's sighand, which exec may exchange meanwhile. */
static inline struct sighand *sighand_lock_process(const struct process *process)
{
    for (;;) {
        struct sighand *sighand = process->sighand;
        spin_lock(&sighand->lock);
        if (__builtin_expect(sighand == process->sighand, 1))
            return sighand;
        spin_unlock(&sighand->lock);
    }
}

static inline void process_get(struct process *process)
{
    atomic_fetch_add_explicit(&process->references, 1, memory_order_relaxed);
}

/* Starts /bin/init (option init=) as process 1 with `argv`. Panics when it cannot. */
void process_start_init(const char *const argv[]);

/* Once, before the first process. */
void process_init(void);

/*
 * The process with that pid, referenced, or null; the same under process_lock, not referenced. Zombies are found, too.
 */
struct process *process_find(pid_t pid);
struct process *process_find_locked(pid_t pid);
/* The address space of a process, referenced; null when it has none (any more). Takes process_lock. */
struct aspace *process_aspace(struct process *process);
/*
 * Whether the running process, acting as the user `uid` of the group `gid`, may see and change another one's memory: as root, as its user
 * and group in every respect, or as itself (Linux's ptrace_may_access()). Whoever then uses the address space gets it before this is asked:
 * exec changes the credentials first, so that they are not older.
 */
bool process_may_look(const struct process *process, uint32_t uid, uint32_t gid) must_check;
/* Drops a reference; any context that holds no lock above RANK_SIGNAL. */
void process_put(struct process *process);
/* Visits every process in pid order, each referenced meanwhile, with no lock held. A non-zero value ends the visit. */
int process_for_each(int (*visit)(struct process *process, void *context), void *context);
unsigned process_count(void);
/* The threads that run for a user, and his zombies: what RLIMIT_NPROC limits. Takes process_lock; the second is under it. */
uint64_t process_threads_of_user(uint32_t uid);
uint64_t process_threads_of_user_locked(uint32_t uid);

/* The list of all processes (all_link), oldest first; under process_lock. */
extern struct list process_all;

/* The thread with that number, or null; under process_lock. */
struct thread *process_thread_find_locked(pid_t tid);

/* The session a process group belongs to, or -1 if there is no such group; under process_lock. */
pid_t process_group_session_locked(pid_t group);
/*
 * Whether no member of `group` has a parent in the same session but another group (POSIX: orphaned); `leaving` is not
 * counted. Under process_lock.
 */
bool process_group_is_orphaned_locked(pid_t group, const struct process *leaving);

/* CPU time, faults and switches of a process up to now: ended threads and living ones. Takes process_lock. */
void process_usage(struct process *process, struct usage *usage);
/* The same of one thread; any context in which it does not end. Faults are not counted by thread. */
void thread_usage(const struct thread *thread, struct usage *usage);
void usage_add(struct usage *to, const struct usage *from);

/* Ends the running process with a wait status (exit code << 8 or signal). */
void noreturn_function process_exit(int status);
/* Ends the running thread only (exit(2)); the last one ends the process. */
void noreturn_function process_thread_exit(int status);

/* --- for the files that make and end processes: process.c, fork.c, exec.c, exit.c --- */

/* A process without threads, place in the tree, address space and files, one reference held; null without memory. */
struct process *process_allocate(void) must_check;
/* The per-thread part for `thread`; null without memory. */
struct user_thread *user_thread_create(struct thread *thread) must_check;
void user_thread_destroy(struct user_thread *user);

/* Puts a process into the tree below `parent`, and a thread into its process; under process_lock. */
void process_link_locked(struct process *process, struct process *parent);
void process_add_thread_locked(struct process *process, struct thread *thread);
void process_remove_thread_locked(struct process *process, struct thread *thread);
/* exec: a thread takes over the number of its process, whose first thread has ended. */
void process_change_tid_locked(struct thread *thread, pid_t tid);
/* Moves a process to another group and session, keeping their numbers in use; under process_lock. */
void process_set_group_locked(struct process *process, pid_t group, pid_t session);
/*
 * A zombie's end: off the tree, its pid free; under process_lock. The caller puts the tree's reference after unlocking.
 */
void process_release_locked(struct process *process);
/* Adds what an address space has counted to process->ended, before the process leaves it; under process_lock. */
void process_keep_memory_usage(struct process *process, const struct aspace *aspace);
/* Takes `vfork_pending` back and wakes the parent. */
void process_vfork_done(struct process *process);

#endif
