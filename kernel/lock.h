/*
 * Locks, and the one order in which they are taken.
 *
 * A spin lock is held for a few hundred instructions with interrupts off; its holder never sleeps (I9). A mutex is held as
 * long as it takes, across disk I/O too; waiting for it sleeps. Each lock has a rank. A thread may take a lock only if its rank is
 * greater than the rank of every lock the thread holds; every acquire checks this, in every build, and a violation is a
 * panic that prints both locks and where they were taken. A lock's rank is also its name in such reports.
 *
 * Interrupt handlers take spin locks only. As spin locks keep interrupts off, a handler runs on top of a thread that holds
 * at most mutexes, whose ranks are below every spin lock's.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/list.h"
#include "kernel/types.h"

/* In the order of acquisition: a lock is taken only under locks above it in this list. */
enum lock_rank {
    RANK_NONE,
    /* Mutexes (sleep). */
    RANK_FILE_OFFSET,  /* the offset of an open file: struct file */
    RANK_PROC_TEXT,    /* what was produced for an open file of /proc */
    RANK_HANDS,        /* the clock, while its hands move */
    RANK_MOUNT,        /* the mount table */
    RANK_RENAME,       /* one rename between directories at a time, per file system */
    RANK_TTY,          /* a terminal's reader */
    RANK_EXEC,         /* credentials and program of a process while it changes */
    RANK_EPOLL,        /* which epoll watches which files; all of them */
    RANK_PIPE,         /* a pipe's buffer */
    RANK_ASPACE,       /* areas and overlay of an address space: struct aspace */
    RANK_ASPACE_CHILD, /* the new address space of a fork, under its parent's */
    RANK_DIRECTORY,    /* entries of a directory: struct inode */
    RANK_DIRECTORY2,   /* the second directory of a rename */
    RANK_DIRECTORY3,   /* a directory that a rename moves to another one */
    RANK_DIRECTORY4,   /* a directory that a rename replaces, or moves the other way */
    RANK_INODE,        /* size and block map of a file: struct inode */
    RANK_SHM,          /* a shared-memory object's overlay: struct object */
    RANK_COMMIT,       /* the one commit of a journal at a time */
    RANK_JOURNAL,      /* not a lock of this file: an open handle of a journal */
    RANK_BLOCK_MAP,    /* a file's tree of block pointers */
    RANK_FILESYSTEM,   /* allocation maps and superblock of a file system */
    RANK_PAGE_BUSY,    /* not a lock of this file: the BUSY bit of a page (I7) */
    RANK_PAGE_BUSY2,   /* the brand-new destination of a copy, under its source */
    RANK_DEVICE,       /* a device's slow path: set-up, mode changes */
    RANK_LOADED,       /* tables that change when something is registered */
    RANK_SPIN,         /* below: spin locks (interrupts off, no sleep) */
    RANK_PROCESS,      /* the process tree, process groups, sessions, pid table */
    RANK_SIGNAL,       /* pending signals and handlers of a process */
    RANK_FILES,        /* a descriptor table */
    RANK_DENTRY,       /* the name cache */
    RANK_HANDLES,      /* handles and transactions of a journal */
    RANK_INODE_CACHE,  /* the table of inodes in memory */
    RANK_FUTEX,        /* a chain of the futex hash */
    RANK_PAGE_TABLE,   /* page tables of an address space: struct aspace */
    RANK_KERNEL_TABLE, /* the kernel's own page tables and virtual areas */
    RANK_OBJECT,       /* an object's radix tree of pages: struct object */
    RANK_PAGE,         /* identity, reverse map of a page: struct page */
    RANK_SWAP,         /* the swap map, anon counts */
    RANK_STANDBY,      /* standby list and lists of the pager */
    RANK_BLOCK,        /* a block device's request queue */
    RANK_TTY_INPUT,    /* a terminal's input line and output queue */
    RANK_TIMER,        /* a CPU's timer queue */
    RANK_WAITQUEUE,    /* a wait queue's list, a mutex's list of waiters */
    RANK_EPOLL_READY,  /* the lists of watched files on which something has happened */
    RANK_EPOLL_WAIT,   /* the wait queue of an epoll, which wake-ups of other queues wake */
    RANK_SCHED,        /* the run queue */
    RANK_SLAB,         /* a slab cache */
    RANK_FRAME,        /* the buddy allocator's free lists */
    RANK_TLB,          /* the shootdown mailbox of a CPU */
    RANK_CONSOLE,      /* output devices of the log */
    RANK_LOG,          /* the log ring */
    RANK_RANDOM,       /* the random generator */
    RANK_PORTS,        /* ports or memory of a device: serial port, screen, PCI configuration, CMOS */
    RANK_COUNT,
};

/*
 * A test-and-set lock of 8 bytes. Not a fair one on purpose: where virtual CPUs share host CPUs, a fair lock that is due to a CPU that does not run
 * keeps all others waiting.
 */
struct spinlock {
    _Atomic uint8_t cpu; /* of the holder, plus 1; 0: free */
    uint8_t rank;        /* enum lock_rank */
    uint8_t reserved[6];
};

#define SPINLOCK_INIT(lock_rank_)                                                                                      \
    {                                                                                                                  \
        .rank = (lock_rank_)                                                                                           \
    }

void spin_init(struct spinlock *lock, enum lock_rank rank);

/* Takes `lock`; interrupts are off on this CPU until the last spin lock is released. Panics on a rank violation. */
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

/* Takes `lock` if nobody holds it. The rank is not checked: a failed try cannot deadlock. */
bool spin_trylock(struct spinlock *lock);

/* Whether this CPU holds `lock`; for assertions. */
bool spin_is_held(const struct spinlock *lock);

/*
 * Interrupts off until the matching interrupts_pop(); pairs nest, and spin locks nest with them. Between the two the
 * thread stays on its CPU, so per-CPU data may be used.
 */
void interrupts_push_off(void);
void interrupts_pop(void);

struct thread;

/* A mutex: only its owner releases it. Not for interrupt handlers. */
struct mutex {
    _Atomic(struct thread *) owner;
    struct spinlock lock;   /* of `waiters`; rank RANK_WAITQUEUE */
    struct list waiters;    /* threads, in the order they came */
    uint8_t rank;           /* enum lock_rank */
    _Atomic uint8_t wanted; /* whether `waiters` is not empty; tested by the releaser without the lock */
};

#define MUTEX_INIT(mutex_, rank_)                                                                                      \
    {                                                                                                                  \
        .lock = SPINLOCK_INIT(RANK_WAITQUEUE), .waiters = LIST_INIT((mutex_).waiters), .rank = (rank_)                 \
    }

void mutex_init(struct mutex *mutex, enum lock_rank rank);
void mutex_lock(struct mutex *mutex); /* sleeps; panics on a rank violation */
/* The same with another rank than its own, this once: for the second of two mutexes of one kind. */
void mutex_lock_ranked(struct mutex *mutex, enum lock_rank rank);
bool mutex_trylock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
bool mutex_is_held(const struct mutex *mutex); /* by the running thread */

/* What looked forbidden may be another CPU's, if the thread was moved between two loads: looks again where it stays. */
void might_sleep_surely(void);

/* Panics unless the running thread may sleep: no spin lock held, interrupts on, not in an interrupt handler (I9). */
static inline void might_sleep(void)
{
    const struct cpu *cpu = cpu_this();
    if (__builtin_expect((cpu->interrupts_nest | cpu->interrupt_depth) != 0, 0))
        might_sleep_surely();
}

/*
 * For locks of other shapes (the BUSY bit of a page): checks the rank and notes the lock as held by the running thread; forgets it again.
 */
void lock_note_taken(const void *lock, enum lock_rank rank);
void lock_note_released(const void *lock);
/* Whether the running thread holds a lock of that rank. */
bool lock_rank_is_held(enum lock_rank rank);

/* Prints the locks the thread holds and what it waits for, to the log; for reports. */
void lock_report(const struct thread *thread);

/* The rank's name, for reports. */
const char *lock_rank_name(enum lock_rank rank);

#endif
