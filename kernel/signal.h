/*
 * Signals as POSIX and Linux's signal(7) have them: sending, masks, handlers, stops, and the frame on the user's stack.
 *
 * Locks: sighand->lock (spin, RANK_SIGNAL) guards handlers, pending sets of the process and of its threads, and masks.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include "kernel/types.h"

struct process;
struct thread;
struct registers;

/* What a handler is told: the fields of Linux's siginfo_t that the kernel fills. */
struct signal_info {
    int32_t signal, code, error;
    pid_t pid;
    uint32_t uid;
    int32_t status;
    uint64_t address; /* si_addr, or the value of a queued signal */
};

/* Any context but interrupt handlers unless said otherwise; these two are callable from interrupt handlers too. */
void signal_send_process(struct process *process, const struct signal_info *info);
void signal_send_thread(struct thread *thread, const struct signal_info *info);
/* To every process of group `group`, from the kernel (SI_KERNEL): ^C, SIGTTIN … Callable from interrupt handlers. Returns 0 or -ESRCH. */
int signal_send_group(pid_t group, int signal);

/* A signal the running thread caused itself (SIGSEGV, SIGFPE …): cannot be blocked or ignored. */
void signal_force(const struct signal_info *info);

/* From the trap code: a CPU exception in user mode. */
void signal_exception(struct registers *regs, vaddr_t address);

/* Before returning to user mode with thread->signal_wanted set: delivers signals, stops, ends. May not return. */
void user_return_work(struct registers *regs);

/* Whether the running thread has an unblocked signal pending. */
bool signal_is_pending(void);

/* Whether `signal` is blocked or ignored by the running thread (a background writer's SIGTTOU). */
bool signal_is_blocked_or_ignored(int signal);

#endif
