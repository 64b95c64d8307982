/*
 * The system calls by which a program says what it does with signals: actions, masks, the alternate stack, and waiting
 * for signals.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/signal.h"
#include "kernel/process.h"
#include "kernel/restart.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "kernel/thread.h"
#include "kernel/wait.h"
#include "mm/usercopy.h"

enum { SIGSET_SIZE = 8 };

static struct linux_sigaction action_get(const struct sighand *sighand, int signal)
{
    unsigned i = (unsigned)signal - 1;
    return (struct linux_sigaction){sighand->handlers[i], sighand->flags[i], sighand->restorers[i], sighand->masks[i]};
}

/* Setting a signal to be ignored throws away those pending (POSIX 2.4.3). */
static void action_set(struct process *process, struct sighand *sighand, int signal,
                       const struct linux_sigaction *action)
{
    unsigned i = (unsigned)signal - 1;
    sighand->handlers[i] = action->handler;
    sighand->flags[i] = (uint32_t)action->flags & SA_KNOWN;
    sighand->restorers[i] = action->restorer;
    sighand->masks[i] = action->mask & ~SIGNALS_UNBLOCKABLE;
    enum signal_default otherwise = signal_default_action(signal);
    if (action->handler != SIG_IGN &&
        (action->handler != SIG_DFL || otherwise == SIGNAL_ENDS || otherwise == SIGNAL_STOPS))
        return;
    pending_discard(&process->pending, signal_bit(signal));
    list_for_each(link, &process->threads)
        pending_discard(&list_entry(link, struct thread, process_link)->user->pending, signal_bit(signal));
}

long sys_rt_sigaction(struct registers *regs)
{
    struct process *process = process_current();
    int signal = (int)regs->rdi;
    struct linux_sigaction action, old;
    if (regs->r10 != SIGSET_SIZE)
        return -EINVAL;
    if (regs->rsi != 0 && copy_from_user(&action, regs->rsi, sizeof(action)) != 0)
        return -EFAULT;
    if (signal < 1 || signal > SIGNALS || (regs->rsi != 0 && (signal_bit(signal) & SIGNALS_UNBLOCKABLE) != 0))
        return -EINVAL;
    struct sighand *sighand = sighand_lock_process(process);
    old = action_get(sighand, signal);
    if (regs->rsi != 0)
        action_set(process, sighand, signal, &action);
    spin_unlock(&sighand->lock);
    if (regs->rdx != 0)
        return copy_to_user(regs->rdx, &old, sizeof(old));
    return 0;
}

long sys_rt_sigprocmask(struct registers *regs)
{
    uint64_t old = thread_current()->user->blocked, set;
    if (regs->r10 != SIGSET_SIZE)
        return -EINVAL;
    if (regs->rsi != 0) {
        if (copy_from_user(&set, regs->rsi, sizeof(set)) != 0)
            return -EFAULT;
        switch ((int)regs->rdi) {
        case SIG_BLOCK:
            set |= old;
            break;
        case SIG_UNBLOCK:
            set = old & ~set;
            break;
        case SIG_SETMASK:
            break;
        default:
            return -EINVAL;
        }
        signal_set_mask(set);
    }
    if (regs->rdx != 0)
        return copy_to_user(regs->rdx, &old, sizeof(old));
    return 0;
}

long sys_rt_sigpending(struct registers *regs)
{
    struct process *process = process_current();
    const struct user_thread *user = thread_current()->user;
    if (regs->rsi > SIGSET_SIZE)
        return -EINVAL;
    struct sighand *sighand = sighand_lock_process(process);
    uint64_t set = (process->pending.set | user->pending.set) & user->blocked;
    spin_unlock(&sighand->lock);
    return copy_to_user(regs->rdi, &set, regs->rsi);
}

/* Sleeps until a signal is to be handled. */
static long sleep_for_signal(void)
{
    struct waitqueue nobody;
    waitqueue_init(&nobody);
    (void)restart_deadline(0);
    return wait_event_interruptible(&nobody, false, 0);
}

long sys_rt_sigsuspend(struct registers *regs)
{
    uint64_t mask;
    if (regs->rsi != SIGSET_SIZE)
        return -EINVAL;
    if (copy_from_user(&mask, regs->rdi, sizeof(mask)) != 0)
        return -EFAULT;
    signal_mask_begin(mask);
    return sleep_for_signal();
}

long sys_pause(struct registers *regs)
{
    (void)regs;
    return sleep_for_signal();
}

/* Takes one of `set`, or, if there is none, says that the running thread waits for them. */
static int take_or_await(uint64_t set, struct signal_info *info, bool await)
{
    struct process *process = process_current();
    struct user_thread *user = thread_current()->user;
    struct sighand *sighand = sighand_lock_process(process);
    int signal = signal_take_locked(set, info);
    user->awaited = signal == 0 && await ? set : 0;
    if (!await)
        signal_hand_on_locked(process, set & user->blocked);
    signal_recalculate_locked();
    spin_unlock(&sighand->lock);
    return signal;
}

/* Sleeps until one of `set` is sent, another signal is to be handled (-EINTR), or `deadline` (-EAGAIN). */
static int await_signal(uint64_t set, uint64_t deadline, struct signal_info *info)
{
    struct waitqueue nobody;
    waitqueue_init(&nobody);
    int signal = take_or_await(set, info, true);
    if (signal != 0)
        return signal;
    int result = wait_event_interruptible(&nobody, false, deadline);
    signal = take_or_await(set, info, false);
    if (signal != 0)
        return signal;
    return result == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

long sys_rt_sigtimedwait(struct registers *regs)
{
    struct signal_info info;
    uint64_t set, timeout = 0;
    if (regs->r10 != SIGSET_SIZE)
        return -EINVAL;
    if (copy_from_user(&set, regs->rdi, sizeof(set)) != 0)
        return -EFAULT;
    if (regs->rdx != 0) {
        int error = user_timespec_read(regs->rdx, &timeout);
        if (error != 0)
            return error;
    }
    set &= ~SIGNALS_UNBLOCKABLE;
    int signal = take_or_await(set, &info, false);
    if (signal == 0 && regs->rdx != 0 && timeout == 0)
        return -EAGAIN;
    if (signal == 0)
        signal = await_signal(set, regs->rdx != 0 ? deadline_after(timeout) : 0, &info);
    if (signal < 0 || regs->rsi == 0)
        return signal;
    struct linux_siginfo out = {0};
    signal_info_to_linux(&out, &info);
    return copy_to_user(regs->rsi, &out, sizeof(out)) != 0 ? -EFAULT : signal;
}

int signal_stack_set(struct user_thread *user, const struct linux_stack *stack, vaddr_t sp)
{
    uint32_t mode = stack->flags & ~SS_AUTODISARM;
    if ((signal_stack_flags(user, sp) & SS_ONSTACK) != 0)
        return -EPERM;
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
        return -EINVAL;
    if (mode == SS_DISABLE) {
        user->stack_base = user->stack_size = 0;
        user->stack_flags = SS_DISABLE;
        return 0;
    }
    if (stack->size < MINSIGSTKSZ)
        return -ENOMEM;
    user->stack_base = stack->base;
    user->stack_size = stack->size;
    user->stack_flags = stack->flags & SS_AUTODISARM;
    return 0;
}

long sys_sigaltstack(struct registers *regs)
{
    struct user_thread *user = thread_current()->user;
    struct linux_stack stack, old = {user->stack_base, signal_stack_flags(user, regs->rsp), 0, user->stack_size};
    if (regs->rdi != 0) {
        if (copy_from_user(&stack, regs->rdi, sizeof(stack)) != 0)
            return -EFAULT;
        int error = signal_stack_set(user, &stack, regs->rsp);
        if (error != 0)
            return error;
    }
    if (regs->rsi != 0)
        return copy_to_user(regs->rsi, &old, sizeof(old));
    return 0;
}
