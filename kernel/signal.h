/*
 * Signals as POSIX and Linux's signal(7) have them: sending, masks, handlers, stops, and the frame on the user's stack.
 *
 *      sender                                    the target thread, on its way to user mode
 *      signal_send_* -> pending set, wake-up  |  user_return_work -> take one -> ignore / stop / end / handler's frame
 *
 * Locks: sighand->lock (spin, RANK_SIGNAL) guards handlers, pending sets of the process and of its threads, masks, and
 * the state of stops. A thread's `signal_wanted` is set under it and cleared only by the thread itself.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <stdatomic.h>

#include "kernel/abi/signal.h"
#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/types.h"

struct process;
struct thread;
struct registers;
struct waitqueue;

/* What a handler is told: the fields of Linux's siginfo_t that the kernel fills. */
struct signal_info {
    int32_t signal, code, error;
    pid_t pid;
    uint32_t uid;
    int32_t status;
    bool from_timer;  /* a POSIX timer of the receiver's is the sender: of a program, `code` alone could say so */
    uint64_t address; /* si_addr, or the value of a queued signal */
    int64_t user_time, system_time; /* SIGCHLD, in clock ticks */
};

/* Signals sent and not yet delivered: a bit each, and what is known about them (kernel/pending.c). */
struct pending {
    uint64_t set;
    struct list queue; /* struct queued_signal, oldest first; a bit without an entry: nothing is known */
    struct signal_info
        first; /* the same for a standard signal that came when nothing else was pending; signal 0: none */
};

/* The handlers, shared by the threads of a process and by clone(CLONE_SIGHAND). Index: signal - 1. */
struct sighand {
    struct spinlock lock;
    _Atomic uint32_t references;
    struct sighand *left; /* the one exec has left for this: senders may still be trying for its lock */
    uint32_t flags[SIGNALS];
    vaddr_t handlers[SIGNALS];
    vaddr_t restorers[SIGNALS];
    uint64_t masks[SIGNALS];
};

static inline uint64_t signal_bit(int signal)
{
    return (uint64_t)1 << (signal - 1);
}

/* Signals that cannot be caught, blocked or ignored. */
#define SIGNALS_UNBLOCKABLE ((uint64_t)1 << (SIGKILL - 1) | (uint64_t)1 << (SIGSTOP - 1))

/*
 * Any context but interrupt handlers unless said otherwise; these two are callable from interrupt handlers too. 0, or what pending_add() says, which
 * only a program that queues signals can be told.
 */
int signal_send_process(struct process *process, const struct signal_info *info);
int signal_send_thread(struct thread *thread, const struct signal_info *info);
/*
 * To every process of group `group`, from the kernel (SI_KERNEL): ^C, SIGTTIN … Callable from interrupt handlers.
 * Returns 0 or -ESRCH.
 */
int signal_send_group(pid_t group, int signal);
/* The same under process_lock. */
int signal_send_group_locked(pid_t group, const struct signal_info *info);

/* A signal the running thread caused itself (SIGSEGV, SIGFPE …): cannot be blocked or ignored. */
void signal_force(const struct signal_info *info);

/* From the trap code: a CPU exception in user mode. */
void signal_exception(struct registers *regs, vaddr_t address);

/* Before returning to user mode with thread->signal_wanted set: delivers signals, stops, ends. May not return. */
void user_return_work(struct registers *regs);

/* Whether the running thread has an unblocked signal pending (or is to stop or to end). */
bool signal_is_pending(void);
/* Whether it is to end: a fatal signal, exit_group, exec by another thread. For waits that only this may interrupt. */
bool signal_is_fatal_pending(void);
/* Whether the whole process is to end: an exec, which ends only its other threads, does not count. */
bool signal_ends_process(void);

/* Whether `signal` is blocked or ignored by the running thread (a background writer's SIGTTOU). */
bool signal_is_blocked_or_ignored(int signal);

/*
 * Takes a pending signal of `set` from the running thread or its process, blocked or not: its number and *info, or 0.
 */
int signal_take(uint64_t set, struct signal_info *info);
/* The signals of `set` that signal_take() could take. */
uint64_t signal_pending_among(uint64_t set);
/* Woken when any process or thread has a new pending signal; under its sighand's lock. */
extern struct waitqueue signal_sent;

/*
 * For ppoll, pselect6, epoll_pwait: the running thread's mask becomes `mask` until the call ends.
 * signal_mask_end(result) puts the old mask back at once, or, when `result` is -EINTR, after the signal that ended the
 * call has been delivered.
 */
void signal_mask_begin(uint64_t mask);
void signal_mask_end(long result);

/* --- between the files of signals --- */

struct sighand *sighand_create(void) must_check; /* every action SIG_DFL; null without memory */
struct sighand *sighand_copy(struct sighand *from) must_check;
void sighand_put(struct sighand *sighand);
/*
 * exec: handlers become SIG_DFL, what is ignored stays so; a shared sighand is left for one of its own. `fresh` is one
 * from sighand_create(), used or put.
 */
void sighand_reset(struct process *process, struct sighand *fresh);

void pending_init(struct pending *pending);
/*
 * Adds a signal; a standard one that is there already is not added again, unless a timer sends it. Under the sighand's lock. 0, or -EAGAIN: a program
 * queues a real-time one, and there is no memory for that.
 */
int pending_add(struct pending *pending, const struct signal_info *info);
/* Takes the lowest of `wanted` out (synchronous ones first): its number and *info, or 0. */
int pending_take(struct pending *pending, uint64_t wanted, struct signal_info *info);
/* What is known of `signal` from the POSIX timer with that number, or null if none is pending. Until the lock is released. */
struct signal_info *pending_find_timer(struct pending *pending, int signal, int timer);
/* Throws away what pending_find_timer() finds. Under the sighand's lock. */
void pending_discard_timer(struct pending *pending, int signal, int timer);
/* Throws away all signals of `set`. */
void pending_discard(struct pending *pending, uint64_t set);
void pending_module_init(void);
void sighand_module_init(void);

/* What happens when `signal` has no handler. */
enum signal_default { SIGNAL_ENDS, SIGNAL_IGNORED, SIGNAL_STOPS, SIGNAL_CONTINUES };
enum signal_default signal_default_action(int signal);

/* Whether the running thread is to end (exit_group, exec by another thread); under the sighand's lock. */
bool signal_must_end_locked(void);

/* signal_take() under the sighand's lock, without a look at what else is to be delivered. */
int signal_take_locked(uint64_t set, struct signal_info *info);

/* Sends under the sighand's lock; `thread` null: to the process. As signal_send_process(). */
int signal_generate_locked(struct process *process, struct thread *thread, const struct signal_info *info);
/* Makes every thread of the process look at its signals; under the sighand's lock. */
void signal_notify_all_locked(struct process *process);
/*
 * A thread takes no signals of `set` any more, as it ends or blocks them now. It may have been the one that was to take what was sent to the process:
 * another that does not block it is made to look. Under the sighand's lock, behind the change.
 */
void signal_hand_on_locked(struct process *process, uint64_t set);
/* Sets the running thread's mask; takes the lock. */
void signal_set_mask(uint64_t mask);
/* Sets thread->signal_wanted of the running thread by what is pending; under the sighand's lock. */
void signal_recalculate_locked(void);

/*
 * Writes the frame for a handler and points the registers at it; -EFAULT if the stack cannot take it. Takes the lock.
 */
int signal_frame_push(struct registers *regs, const struct signal_info *info, vaddr_t handler, uint32_t flags,
                      vaddr_t restorer, uint64_t saved_mask) must_check;
/*
 * sigaltstack for the running thread, whose stack pointer is `sp`: SS_* as the program sees them; setting it: 0,
 * -EPERM, -EINVAL, -ENOMEM.
 */
struct user_thread;
uint32_t signal_stack_flags(const struct user_thread *user, vaddr_t sp);
int signal_stack_set(struct user_thread *user, const struct linux_stack *stack, vaddr_t sp) must_check;

/* The form in which the user gets it; *to is zero before. */
void signal_info_to_linux(struct linux_siginfo *to, const struct signal_info *from);

/*
 * Tells the parent that a child has stopped or continued (CLD_*): SIGCHLD if it wants it, and its waits are woken.
 * Takes process_lock.
 */
void signal_tell_parent(struct process *child, int code, int status);

#endif
