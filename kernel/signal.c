/*
 * Sending signals; contracts in signal.h, delivery in signal_deliver.c.
 *
 * A signal goes into the pending set of a thread or of the process, and a thread that does not block it is made to
 * look: `signal_wanted` is set, a sleep that allows it ends, a CPU that runs the thread in user mode is interrupted.
 * A signal for the process is nobody's until a thread takes it: the one that was made to look may block it first, or end, and then another
 * is (signal_hand_on_locked). Three kinds act at once, at the sender: SIGCONT lets a stopped process go on whatever its handler, SIGKILL also, and
 * stop signals and SIGCONT cancel each other while pending (POSIX 2.4.1).
 */
#include "kernel/signal.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/hold.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/thread.h"
#include "kernel/wait.h"

struct waitqueue signal_sent = WAITQUEUE_INIT(signal_sent);

#define SIGNALS_THAT_STOP (signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))

/* What act_at_once() has something to do for. */
#define SIGNALS_THAT_ACT (SIGNALS_THAT_STOP | signal_bit(SIGCONT) | signal_bit(SIGKILL))

enum signal_default signal_default_action(int signal)
{
    switch (signal) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return SIGNAL_IGNORED;
    case SIGCONT:
        return SIGNAL_CONTINUES;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return SIGNAL_STOPS;
    default:
        return SIGNAL_ENDS;
    }
}

/*
 * Whether nothing would come of `signal` but what happens at the sender. Process 1 is touched only by what it handles.
 */
static bool is_ignored(const struct process *process, int signal)
{
    vaddr_t handler = process->sighand->handlers[signal - 1];
    if (handler != SIG_DFL)
        return handler == SIG_IGN;
    if (process->pid == 1)
        return true;
    enum signal_default action = signal_default_action(signal);
    return action == SIGNAL_IGNORED || action == SIGNAL_CONTINUES;
}

static inline struct thread *thread_of_link(struct list *link)
{
    return list_entry(link, struct thread, process_link);
}

/* Makes `thread` look at its signals soon; also the one that an interrupt found on its way to sleep, behind its last look. */
static void thread_notify(struct thread *thread)
{
    thread->signal_wanted = true;
    if (thread == thread_current() && cpu_this()->interrupt_depth == 0)
        return;
    thread_wake_interruptible(thread);
    if (thread->state == THREAD_RUNNING && thread->cpu != cpu_this()->id)
        cpu_kick(thread->cpu);
}

void signal_notify_all_locked(struct process *process)
{
    list_for_each(link, &process->threads) thread_notify(thread_of_link(link));
}

static void discard_everywhere(struct process *process, uint64_t set)
{
    pending_discard(&process->pending, set);
    list_for_each(link, &process->threads) pending_discard(&thread_of_link(link)->user->pending, set);
}

/* Lets a process that is stopped, or about to stop, run again. */
static void stop_end(struct process *process)
{
    process->stop_wanted = false;
    process->stop_unreported = false;
    if (process->state == PROCESS_STOPPED) {
        process->state = PROCESS_RUNNING;
        process->continue_unreported = true;
        process->continue_untold = true;
        signal_notify_all_locked(process);
    }
    wait_wake_all(&process->stop_wait);
}

/* What a signal does already when it is sent. */
static void act_at_once(struct process *process, int signal)
{
    if ((signal_bit(signal) & SIGNALS_THAT_STOP) != 0) {
        discard_everywhere(process, signal_bit(SIGCONT));
    } else if (signal == SIGCONT) {
        process->continues++;
        discard_everywhere(process, SIGNALS_THAT_STOP);
        stop_end(process);
    } else if (signal == SIGKILL) {
        process->continues++; /* a stop that has been decided on and not yet begun would let the end wait for ever */
        stop_end(process);
        hold_end_locked(process);
        process->continue_untold = false;
        process->continue_unreported = false;
    }
}

/* The signals that the thread takes: those it does not block, or waits for (sigtimedwait). */
static inline uint64_t signals_taken(const struct user_thread *user)
{
    return ~user->blocked | user->awaited;
}

static inline bool thread_wants(const struct thread *thread, uint64_t bit)
{
    return (signals_taken(thread->user) & bit) != 0;
}

/*
 * The thread that is to take a signal for the process: the running one if it can, else the first; null if all block it. One that is ending has left the
 * list, and takes none, though an interrupt may come while it still runs.
 */
static struct thread *choose_thread(struct process *process, uint64_t bit)
{
    struct thread *current = thread_current();
    if (current->process == process && list_is_linked(&current->process_link) && thread_wants(current, bit))
        return current;
    list_for_each(link, &process->threads)
    {
        if (thread_wants(thread_of_link(link), bit))
            return thread_of_link(link);
    }
    return NULL;
}

/* Each signal of `set` is for the first thread that does not block it. */
static void hand_on(struct process *process, uint64_t set)
{
    list_for_each(link, &process->threads)
    {
        struct thread *thread = thread_of_link(link);
        uint64_t wanted = set & signals_taken(thread->user);
        if (wanted != 0)
            thread_notify(thread);
        set &= ~wanted;
        if (set == 0)
            return;
    }
}

void signal_hand_on_locked(struct process *process, uint64_t set)
{
    set &= process->pending.set;
    if (__builtin_expect(set != 0, 0))
        hand_on(process, set);
}

int signal_generate_locked(struct process *process, struct thread *thread, const struct signal_info *info)
{
    uint64_t bit = signal_bit(info->signal);
    if (process->state == PROCESS_ZOMBIE || process->exiting)
        return 0;
    if ((bit & SIGNALS_THAT_ACT) != 0)
        act_at_once(process, info->signal);
    struct thread *target = thread;
    if (target == NULL)
        target = choose_thread(process, bit);
    else if (!thread_wants(target, bit))
        target = NULL;
    if (target != NULL && (target->user->awaited & bit) == 0 && is_ignored(process, info->signal))
        return 0;
    int error = pending_add(thread != NULL ? &thread->user->pending : &process->pending, info);
    if (error != 0)
        return error;
    if (info->signal == SIGKILL)
        signal_notify_all_locked(process);
    else if (target != NULL)
        thread_notify(target);
    wait_wake_all(&signal_sent);
    return 0;
}

int signal_send_process(struct process *process, const struct signal_info *info)
{
    assert(info->signal > 0 && info->signal <= SIGNALS);
    struct sighand *sighand = sighand_lock_process(process);
    int error = signal_generate_locked(process, NULL, info);
    spin_unlock(&sighand->lock);
    return error;
}

int signal_send_thread(struct thread *thread, const struct signal_info *info)
{
    assert(info->signal > 0 && info->signal <= SIGNALS);
    struct sighand *sighand = sighand_lock_process(thread->process);
    int error = signal_generate_locked(thread->process, thread, info);
    spin_unlock(&sighand->lock);
    return error;
}

int signal_send_group_locked(pid_t group, const struct signal_info *info)
{
    int result = -ESRCH;
    list_for_each(link, &process_all)
    {
        struct process *process = list_entry(link, struct process, all_link);
        if (group <= 0 || process->group != group)
            continue;
        signal_send_process(process, info);
        result = 0;
    }
    return result;
}

int signal_send_group(pid_t group, int signal)
{
    struct signal_info info = {.signal = signal, .code = SI_KERNEL};
    spin_lock(&process_lock);
    int result = signal_send_group_locked(group, &info);
    spin_unlock(&process_lock);
    return result;
}

void signal_force(const struct signal_info *info)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    struct user_thread *user = thread->user;
    uint64_t bit = signal_bit(info->signal);
    struct sighand *sighand = sighand_lock_process(process);
    vaddr_t *handler = &sighand->handlers[info->signal - 1];
    user->trap = thread->user_registers->vector;
    user->trap_error = thread->user_registers->error;
    user->trap_address = info->address;
    if ((user->blocked & bit) != 0 || *handler == SIG_IGN || *handler == SIG_DFL) {
        *handler = SIG_DFL;
        user->blocked &= ~bit;
        user->forced |= bit;
    }
    pending_add(&user->pending, info);
    thread->signal_wanted = true;
    spin_unlock(&sighand->lock);
}

/* What could be delivered to the running thread now. */
static uint64_t deliverable(const struct user_thread *user, const struct process *process)
{
    return (user->pending.set | process->pending.set) & signals_taken(user);
}

static bool must_end(const struct process *process)
{
    return process->exiting || (process->exec_thread != NULL && process->exec_thread != thread_current());
}

bool signal_must_end_locked(void)
{
    return must_end(process_current());
}

void signal_recalculate_locked(void)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    thread->signal_wanted = deliverable(thread->user, process) != 0 || process->stop_wanted || process->hold_wanted ||
                            process->continue_untold || thread->user->mask_is_saved || must_end(process);
}

/* Whether one of `set` would end the process: it has no handler and does not stop or continue it. */
static bool has_fatal(const struct process *process, uint64_t set)
{
    for (; set != 0; set &= set - 1) {
        int signal = __builtin_ctzll(set) + 1;
        if (process->sighand->handlers[signal - 1] == SIG_DFL && process->pid != 1 &&
            signal_default_action(signal) == SIGNAL_ENDS)
            return true;
    }
    return false;
}

/* Whether the running thread's process is to end; with `or_thread`, also whether the exec of another thread ends this one alone. */
static bool is_ending(bool or_thread)
{
    struct process *process = process_current();
    struct sighand *sighand = sighand_lock_process(process);
    bool ends = (or_thread ? must_end(process) : process->exiting) ||
                has_fatal(process, deliverable(thread_current()->user, process));
    spin_unlock(&sighand->lock);
    return ends;
}

bool signal_is_fatal_pending(void)
{
    return process_current() != NULL && is_ending(true);
}

bool signal_ends_process(void)
{
    return is_ending(false);
}

bool signal_is_pending(void)
{
    struct process *process = process_current();
    if (process == NULL)
        return false;
    if (thread_current()->user->only_fatal)
        return signal_is_fatal_pending();
    struct sighand *sighand = sighand_lock_process(process);
    bool pending = deliverable(thread_current()->user, process) != 0 || process->stop_wanted || must_end(process);
    spin_unlock(&sighand->lock);
    return pending;
}

bool signal_is_blocked_or_ignored(int signal)
{
    struct process *process = process_current();
    struct sighand *sighand = sighand_lock_process(process);
    bool blocked = (thread_current()->user->blocked & signal_bit(signal)) != 0 ||
                   sighand->handlers[signal - 1] == SIG_IGN;
    spin_unlock(&sighand->lock);
    return blocked;
}

int signal_take_locked(uint64_t set, struct signal_info *info)
{
    int signal = pending_take(&thread_current()->user->pending, set, info);
    return signal != 0 ? signal : pending_take(&process_current()->pending, set, info);
}

int signal_take(uint64_t set, struct signal_info *info)
{
    struct sighand *sighand = sighand_lock_process(process_current());
    int signal = signal_take_locked(set, info);
    signal_recalculate_locked();
    spin_unlock(&sighand->lock);
    return signal;
}

uint64_t signal_pending_among(uint64_t set)
{
    struct process *process = process_current();
    struct sighand *sighand = sighand_lock_process(process);
    uint64_t pending = (thread_current()->user->pending.set | process->pending.set) & set;
    spin_unlock(&sighand->lock);
    return pending;
}

void signal_set_mask(uint64_t mask)
{
    struct process *process = process_current();
    struct sighand *sighand = sighand_lock_process(process);
    thread_current()->user->blocked = mask & ~SIGNALS_UNBLOCKABLE;
    signal_hand_on_locked(process, mask);
    signal_recalculate_locked();
    spin_unlock(&sighand->lock);
}

void signal_mask_begin(uint64_t mask)
{
    struct user_thread *user = thread_current()->user;
    user->saved_mask = user->blocked;
    user->mask_is_saved = true;
    signal_set_mask(mask);
}

void signal_mask_end(long result)
{
    struct user_thread *user = thread_current()->user;
    if (result == -EINTR)
        return; /* user_return_work() puts the mask back */
    user->mask_is_saved = false;
    signal_set_mask(user->saved_mask);
}
