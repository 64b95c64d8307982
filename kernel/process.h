/*
 * Processes: what Unix knows about a program that runs. A process has threads (kernel/thread.h), an address space, descriptors, a place in
 * the tree of processes, a process group and a session.
 *
 * Life: process_create (first one), fork/clone -> running -> exit_group: zombie, its threads gone -> wait: reaped, pid free again.
 *
 * Locks: the tree, groups, sessions, states and exit statuses are under `process_lock` (spin, RANK_PROCESS); signal state under
 * sighand->lock (RANK_SIGNAL). Pointers marked "own" are changed only by the process's own threads while it is single-threaded (exec) or at exit.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdatomic.h>

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/thread.h"
#include "kernel/types.h"
#include "kernel/wait.h"

struct aspace;
struct files;
struct fs_context;
struct sighand;
struct tty;
struct registers;

enum { RLIMITS = 16, GROUPS_MAX = 32 };

struct rlimit64 {
    uint64_t soft, hard;
};

struct credentials {
    uint32_t uid, euid, suid, fsuid, gid, egid, sgid, fsgid;
    unsigned group_count;
    uint32_t groups[GROUPS_MAX];
};

enum process_state { PROCESS_RUNNING, PROCESS_STOPPED, PROCESS_ZOMBIE };

struct process {
    pid_t pid;
    _Atomic uint32_t references;   /* the tree's own, and temporary users */
    enum process_state state;      /* process_lock */
    struct process *parent;        /* process_lock */
    struct list children, sibling; /* process_lock */
    struct list all_link, pid_link; /* process_lock */
    struct list threads;           /* thread.process_link; process_lock */
    unsigned thread_count;
    pid_t group, session;          /* process_lock */
    struct tty *tty;               /* controlling terminal or null; process_lock */
    struct waitqueue child_wait;   /* woken when a child changes state */
    struct waitqueue vfork_wait;
    bool vfork_pending;            /* parent waits for exec or exit */
    bool has_executed;             /* setpgid rules */
    bool exiting;
    int exit_status;               /* as wait4 returns it */
    int exit_signal;               /* sent to the parent: SIGCHLD, or clone's */
    bool stop_reported, continued; /* for WSTOPPED, WCONTINUED */
    int stop_signal;

    struct aspace *aspace;         /* own */
    struct files *files;           /* own */
    struct fs_context *fs;         /* own */
    struct sighand *sighand;       /* own: handlers and pending signals of the process */
    struct credentials credentials;
    struct rlimit64 limits[RLIMITS];
    uint64_t start_time;
    uint64_t user_ns, system_ns, children_user_ns, children_system_ns; /* of ended threads, reaped children */
    uint64_t faults_minor, faults_major, children_faults_minor, children_faults_major;
    char name[16];                 /* comm */
};

/* The running thread's process; null in a kernel thread. */
static inline struct process *process_current(void);

/* Starts /bin/init (option init=) as process 1 with `argv`. Panics when it cannot. */
void process_start_init(const char *const argv[]);

/* The process with that pid, referenced, or null. */
struct process *process_find(pid_t pid);
void process_put(struct process *process);
/* Visits every process in pid order, each referenced meanwhile, with no lock held. A non-zero value ends the visit. */
int process_for_each(int (*visit)(struct process *process, void *context), void *context);
unsigned process_count(void);

/* Ends the running process with a wait status (exit code << 8 or signal | core bit). */
void noreturn_function process_exit(int status);
/* Ends the running thread only (exit(2)); the last one ends the process. */
void noreturn_function process_thread_exit(int status);

/* Kills the process that uses the most memory (end of memory); returns false if there is none to kill. */
bool process_kill_largest(void);

extern struct spinlock process_lock;

#include "kernel/cpu.h"

static inline struct process *process_current(void)
{
    return thread_current()->process;
}

#endif
