/*
 * Delivering signals: what a thread does about them on its way to user mode.
 *
 * One signal is taken at a time, until there is none left. Three things come before signals: the end of the thread,
 * telling the parent of a SIGCONT, and stopping while the process is to be stopped or held (kernel/hold.h). A process counts as stopped when
 * its last thread has gone to sleep here; that thread tells the parent. SIGKILL comes before a stop: one that was sent when a
 * stop signal had been taken, but not yet acted upon, is not to wait for SIGCONT.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/wait.h"
#include "kernel/hold.h"
#include "kernel/log.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/restart.h"
#include "kernel/signal.h"
#include "kernel/thread.h"

/* CLD_* of a child to its parent. */
void signal_tell_parent(struct process *child, int code, int status)
{
    struct usage usage;
    process_usage(child, &usage);
    const uint64_t tick = NS_PER_SECOND / 100;
    struct signal_info info = {.signal = SIGCHLD,
                               .code = code,
                               .pid = child->pid,
                               .uid = child->credentials.uid,
                               .status = status,
                               .user_time = (int64_t)(usage.user_ns / tick),
                               .system_time = (int64_t)(usage.system_ns / tick)};
    spin_lock(&process_lock);
    struct process *parent = child->parent;
    if (parent != NULL) {
        struct sighand *sighand = sighand_lock_process(parent);
        if ((sighand->flags[SIGCHLD - 1] & SA_NOCLDSTOP) == 0)
            signal_generate_locked(parent, NULL, &info);
        spin_unlock(&sighand->lock);
        wait_wake_all(&parent->child_wait);
    }
    spin_unlock(&process_lock);
}

/*
 * Counts the running thread as stopped; true if it was the last one to stop. It may have been so already, when this thread was late to
 * notice that the process went on and was stopped again. The sighand's lock is held.
 */
static bool stop_thread_locked(struct process *process)
{
    thread_current()->user->stopped = true;
    if (++process->threads_stopped < process->thread_count || process->state == PROCESS_STOPPED)
        return false;
    process->state = PROCESS_STOPPED;
    process->stop_unreported = true;
    process->continue_unreported = false;
    return true;
}

/* Whether the running thread has SIGKILL to deal with. The sighand's lock is held. */
static inline bool kill_is_pending_locked(const struct process *process)
{
    return ((thread_current()->user->pending.set | process->pending.set) & signal_bit(SIGKILL)) != 0;
}

/* Sleeps until the process may run again. Called and returns without locks. */
static void stop_here(struct process *process)
{
    struct sighand *sighand = sighand_lock_process(process);
    if (!process->stop_wanted || kill_is_pending_locked(process)) {
        spin_unlock(&sighand->lock);
        return;
    }
    bool complete = stop_thread_locked(process);
    int signal = process->stop_signal;
    spin_unlock(&sighand->lock);
    if (complete)
        signal_tell_parent(process, CLD_STOPPED, signal);
    wait_event(&process->stop_wait, !process->stop_wanted || process->exiting || process->exec_thread != NULL);
    sighand = sighand_lock_process(process);
    process->threads_stopped--;
    thread_current()->user->stopped = false;
    spin_unlock(&sighand->lock);
}

/* Sleeps while the process is held. Called and returns without locks. */
static void hold_here(struct process *process)
{
    struct user_thread *user = thread_current()->user;
    struct sighand *sighand = sighand_lock_process(process);
    bool held = process->hold_wanted && !kill_is_pending_locked(process);
    user->held = held;
    process->threads_held += held;
    spin_unlock(&sighand->lock);
    if (!held)
        return;
    wait_wake_all(&hold_news);
    wait_event(&process->hold_wait, !process->hold_wanted || process->exiting || process->exec_thread != NULL);
    sighand = sighand_lock_process(process);
    process->threads_held--;
    user->held = false;
    spin_unlock(&sighand->lock);
}

/*
 * Starts to stop the process, unless the signal came from a terminal and nobody is there to continue it, or SIGCONT or SIGKILL has
 * been sent since the signal was taken (`continues` then).
 */
static void stop_begin(struct process *process, int signal, uint32_t continues)
{
    spin_lock(&process_lock);
    struct sighand *sighand = sighand_lock_process(process);
    bool orphaned = signal != SIGSTOP && process_group_is_orphaned_locked(process->group, NULL);
    if (!orphaned && process->continues == continues && !process->stop_wanted) {
        process->stop_wanted = true;
        process->stop_signal = signal;
        signal_notify_all_locked(process);
    }
    spin_unlock(&sighand->lock);
    spin_unlock(&process_lock);
}

/* What a signal of the running thread came to. */
struct delivery {
    struct signal_info info;
    vaddr_t handler;
    uint32_t flags;
    vaddr_t restorer;
    uint64_t saved_mask; /* what the handler's frame restores */
    uint32_t continues;
    bool forced;
};

enum next_step { STEP_DONE, STEP_END, STEP_TELL, STEP_STOP, STEP_HOLD, STEP_SIGNAL };

/* Blocks what is to be blocked while the handler runs. The sighand's lock is held. */
static void handler_begin_locked(struct process *process, struct sighand *sighand, struct delivery *delivery)
{
    struct user_thread *user = thread_current()->user;
    int signal = delivery->info.signal;
    delivery->saved_mask = user->mask_is_saved ? user->saved_mask : user->blocked;
    user->mask_is_saved = false;
    user->blocked |= sighand->masks[signal - 1];
    if ((delivery->flags & SA_NODEFER) == 0)
        user->blocked |= signal_bit(signal);
    user->blocked &= ~SIGNALS_UNBLOCKABLE;
    signal_hand_on_locked(process, user->blocked);
    if ((delivery->flags & SA_RESETHAND) != 0)
        sighand->handlers[signal - 1] = SIG_DFL;
    signal_recalculate_locked();
}

/* Decides what to do next, taking a signal out if that is it. The sighand's lock is held. */
static enum next_step next_step_locked(struct process *process, struct sighand *sighand, struct delivery *delivery)
{
    struct user_thread *user = thread_current()->user;
    if (signal_must_end_locked())
        return STEP_END;
    if (process->continue_untold) {
        process->continue_untold = false;
        return STEP_TELL;
    }
    bool killed = kill_is_pending_locked(process);
    if (process->stop_wanted && !killed)
        return STEP_STOP;
    if (process->hold_wanted && !killed)
        return STEP_HOLD;
    uint64_t wanted = killed ? signal_bit(SIGKILL) : ~user->blocked;
    struct pending *pending = (user->pending.set & wanted) != 0 ? &user->pending : &process->pending;
    int signal = pending_take(pending, wanted, &delivery->info);
    if (signal == 0)
        return STEP_DONE;
    delivery->handler = sighand->handlers[signal - 1];
    delivery->flags = sighand->flags[signal - 1];
    delivery->restorer = sighand->restorers[signal - 1];
    delivery->continues = process->continues;
    delivery->forced = (user->forced & signal_bit(signal)) != 0;
    user->forced &= ~signal_bit(signal);
    if (delivery->handler > SIG_IGN)
        handler_begin_locked(process, sighand, delivery);
    return STEP_SIGNAL;
}

static void noreturn_function end_by_signal(const struct registers *regs, const struct signal_info *info)
{
    struct process *process = process_current();
    if (info->code > 0 && info->signal != SIGCHLD && regs->vector < 32)
        log_write(LOG_INFO, "%s[%d]: ends by signal %d, code %d, address %#lx, at %#lx", process->name, process->pid,
                  info->signal, info->code, (unsigned long)info->address, (unsigned long)regs->rip);
    process_exit(info->signal);
}

/* Without a handler. */
static void default_act(const struct registers *regs, const struct delivery *delivery)
{
    struct process *process = process_current();
    if (process->pid == 1 && !delivery->forced)
        return;
    switch (signal_default_action(delivery->info.signal)) {
    case SIGNAL_ENDS:
        end_by_signal(regs, &delivery->info);
    case SIGNAL_STOPS:
        stop_begin(process, delivery->info.signal, delivery->continues);
        break;
    case SIGNAL_IGNORED:
    case SIGNAL_CONTINUES:
        break;
    }
}

/* A frame that cannot be written is a segmentation fault; one for SIGSEGV itself ends the process. */
static void frame_failed(int signal)
{
    struct signal_info info = {.signal = SIGSEGV, .code = SI_KERNEL};
    if (signal == SIGSEGV) {
        struct sighand *sighand = sighand_lock_process(process_current());
        sighand->handlers[SIGSEGV - 1] = SIG_DFL;
        spin_unlock(&sighand->lock);
    }
    signal_force(&info);
}

static void handler_act(struct registers *regs, const struct delivery *delivery)
{
    restart_before_handler(regs, delivery->flags);
    if (signal_frame_push(regs, &delivery->info, delivery->handler, delivery->flags, delivery->restorer,
                          delivery->saved_mask) != 0)
        frame_failed(delivery->info.signal);
}

/*
 * Nothing is left: an interrupted call goes on, the mask of sigsuspend and its like ends. The sighand's lock is held;
 * returns whether to look again.
 */
static bool finish_locked(struct registers *regs)
{
    struct thread *thread = thread_current();
    struct user_thread *user = thread->user;
    restart_without_handler(regs);
    bool again = user->mask_is_saved;
    if (again) {
        user->blocked = user->saved_mask;
        signal_hand_on_locked(thread->process, user->blocked);
        user->mask_is_saved = false;
    }
    thread->signal_wanted = false;
    return again;
}

/*
 * After a handler's frame has been written, only another signal makes it worth while to look again: an interrupted call
 * is decided then.
 */
void user_return_work(struct registers *regs)
{
    struct process *process = process_current();
    struct delivery delivery;
    for (bool again = true; again;) {
        struct sighand *sighand = sighand_lock_process(process);
        enum next_step step = next_step_locked(process, sighand, &delivery);
        if (step == STEP_DONE)
            again = finish_locked(regs);
        spin_unlock(&sighand->lock);
        if (step == STEP_END)
            process_thread_exit(process->exit_status);
        else if (step == STEP_TELL)
            signal_tell_parent(process, CLD_CONTINUED, SIGCONT);
        else if (step == STEP_STOP)
            stop_here(process);
        else if (step == STEP_HOLD)
            hold_here(process);
        else if (step == STEP_SIGNAL && delivery.handler == SIG_DFL)
            default_act(regs, &delivery);
        else if (step == STEP_SIGNAL && delivery.handler != SIG_IGN) {
            handler_act(regs, &delivery);
            again = thread_current()->signal_wanted;
        }
    }
}
