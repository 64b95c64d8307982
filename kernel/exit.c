/*
 * The end of threads and processes.
 *
 *     exit(2)        process_thread_exit    the running thread only; the last one's status is the process's
 *     exit_group(2), process_exit           tells every thread of the process to end, then ends the running one
 *     fatal signal
 *
 * The last thread to end closes files, gives the memory back, hands the children to a new parent and makes the process
 * a zombie, which keeps only what wait4 wants to know. Nobody needs the zombie when the parent ignores SIGCHLD: then it
 * is reaped at once.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/signal.h"
#include "kernel/abi/wait.h"
#include "kernel/dev/tty.h"
#include "kernel/fs/files.h"
#include "kernel/fs/vfs.h"
#include "kernel/futex.h"
#include "kernel/hold.h"
#include "kernel/itimer.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/posix_timer.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/aspace.h"

static struct signal_info info_of_end(const struct process *process)
{
    const uint64_t tick = NS_PER_SECOND / 100;
    int status = process->exit_status;
    bool killed = (status & 0x7f) != 0;
    return (struct signal_info){
        .signal = process->exit_signal,
        .code = killed ? CLD_KILLED : CLD_EXITED,
        .pid = process->pid,
        .uid = process->credentials.uid,
        .status = killed ? status & 0x7f : status >> 8,
        .user_time = (int64_t)(process->ended.user_ns / tick),
        .system_time = (int64_t)(process->ended.system_ns / tick),
    };
}

/* Tells the parent of a zombie. Returns whether the parent does not want to wait for it. Under process_lock. */
static bool end_tell_parent_locked(struct process *process)
{
    struct process *parent = process->parent;
    struct signal_info info = info_of_end(process);
    struct sighand *sighand = sighand_lock_process(parent);
    vaddr_t handler = sighand->handlers[SIGCHLD - 1];
    bool is_child_signal = process->exit_signal == SIGCHLD;
    bool unwanted = is_child_signal && (handler == SIG_IGN || (sighand->flags[SIGCHLD - 1] & SA_NOCLDWAIT) != 0);
    if (process->exit_signal != 0 && !(is_child_signal && handler == SIG_IGN))
        signal_generate_locked(parent, NULL, &info);
    spin_unlock(&sighand->lock);
    wait_wake_all(&parent->child_wait);
    return unwanted;
}

/*
 * Who takes care of the children of a process that ends: the nearest ancestor that wants to, else process 1. Under
 * process_lock.
 */
static struct process *new_parent_locked(const struct process *process)
{
    for (struct process *parent = process->parent; parent != NULL; parent = parent->parent)
        if (parent->is_subreaper && !parent->exiting)
            return parent;
    return process_find_locked(1);
}

/*
 * POSIX: a process group that has just lost its last link to the session's shell, and has stopped members, is told
 * (SIGHUP) and continued.
 */
static void group_check_orphaned_locked(pid_t group, const struct process *leaving)
{
    if (!process_group_is_orphaned_locked(group, leaving))
        return;
    bool has_stopped = false;
    list_for_each(link, &process_all)
    {
        struct process *process = list_entry(link, struct process, all_link);
        has_stopped |= process->group == group && process != leaving && process->state == PROCESS_STOPPED;
    }
    if (!has_stopped)
        return;
    struct signal_info hangup = {.signal = SIGHUP, .code = SI_KERNEL}, resume = {.signal = SIGCONT, .code = SI_KERNEL};
    (void)signal_send_group_locked(group, &hangup);
    (void)signal_send_group_locked(group, &resume);
}

/* Whether `process` links its group to its session through `parent`. */
static bool links_group(const struct process *process, const struct process *parent)
{
    return parent != NULL && parent->group != process->group && parent->session == process->session;
}

/*
 * Gives a child to its new parent; returns it if it is a zombie that the new parent does not want. Under process_lock.
 */
static struct process *child_move_locked(struct process *child, struct process *parent)
{
    struct process *old = child->parent;
    list_remove(&child->sibling);
    child->parent = parent;
    child->parent_pid = parent->pid;
    list_push_back(&parent->children, &child->sibling);
    child->exit_signal = SIGCHLD;
    if (child->parent_death_signal != 0) {
        struct signal_info info = {.signal = child->parent_death_signal, .code = SI_KERNEL};
        signal_send_process(child, &info);
    }
    if (child->state == PROCESS_ZOMBIE)
        return end_tell_parent_locked(child) ? child : NULL;
    if (links_group(child, old))
        group_check_orphaned_locked(child->group, NULL);
    return NULL;
}

/* Hands all children on. Zombies nobody wants are collected in `unwanted` by their sibling link. Under process_lock. */
static void children_leave_locked(struct process *process, struct list *unwanted)
{
    struct process *parent = new_parent_locked(process);
    if (parent == NULL || parent == process)
        return;
    list_for_each_safe(link, after, &process->children)
    {
        struct process *child = child_move_locked(list_entry(link, struct process, sibling), parent);
        if (child == NULL)
            continue;
        process_release_locked(child);
        list_push_back(unwanted, &child->sibling);
    }
}

static void release_unwanted(struct list *unwanted)
{
    struct list *link;
    while ((link = list_pop_front(unwanted)) != NULL)
        process_put(list_entry(link, struct process, sibling));
}

/* Gives back what a process holds: by the last of its threads that needed it. Sleeps. */
static void resources_release(struct process *process)
{
    struct aspace *aspace = process->aspace;
    struct files *files = process->files;
    struct fs_context *fs = process->fs;
    itimer_end(process);
    posix_timers_end(process);
    spin_lock(&process_lock);
    process_keep_memory_usage(process, aspace);
    process->aspace = NULL;
    process->files = NULL;
    process->fs = NULL;
    spin_unlock(&process_lock);
    aspace_leave(aspace);
    process_vfork_done(process);
    files_put(files);
    fs_context_put(fs);
}

/* The step to ZOMBIE. Returns whether the process has been reaped at once. */
static bool become_zombie(struct process *process, struct list *unwanted)
{
    bool reaped = false;
    spin_lock(&process_lock);
    children_leave_locked(process, unwanted);
    struct sighand *sighand = sighand_lock_process(process);
    process->state = PROCESS_ZOMBIE;
    spin_unlock(&sighand->lock);
    if (links_group(process, process->parent))
        group_check_orphaned_locked(process->group, process);
    if (end_tell_parent_locked(process)) {
        process_release_locked(process);
        reaped = true;
    }
    spin_unlock(&process_lock);
    return reaped;
}

/* The part of the last thread to leave. The caller still holds the thread's reference to the process. */
static void process_end(struct process *process)
{
    struct list unwanted = LIST_INIT(unwanted);
    if (process->pid == 1)
        panic("init has ended with status %#x", process->exit_status);
    if (process->session == process->pid)
        tty_session_end(process);
    if (become_zombie(process, &unwanted))
        process_put(process);
    release_unwanted(&unwanted);
}

/* Takes the running thread out of its process; true if it was the last. */
static bool thread_leave(struct process *process, struct thread *thread)
{
    struct usage usage;
    spin_lock(&process_lock);
    thread_usage(thread, &usage);
    usage_add(&process->ended, &usage);
    process_remove_thread_locked(process, thread);
    bool last = process->thread_count == 0;
    spin_unlock(&process_lock);
    wait_wake_all(&process->thread_wait);
    return last;
}

/* Whether a stop of the process is complete now that a thread has left it. */
static bool stop_completed_by_leaving(struct process *process)
{
    struct sighand *sighand = sighand_lock_process(process);
    bool complete = process->stop_wanted && process->state == PROCESS_RUNNING && process->thread_count > 0 &&
                    process->threads_stopped == process->thread_count;
    if (complete) {
        process->state = PROCESS_STOPPED;
        process->stop_unreported = true;
    }
    spin_unlock(&sighand->lock);
    return complete;
}

void process_thread_exit(int status)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    struct user_thread *user = thread->user;
    futex_thread_exit(thread);
    aspace_use(NULL);
    if (atomic_fetch_sub(&process->threads_alive, 1) == 1) {
        if (!process->exiting)
            process->exit_status = status;
        resources_release(process);
    }
    if (thread_leave(process, thread))
        process_end(process);
    else if (stop_completed_by_leaving(process))
        signal_tell_parent(process, CLD_STOPPED, process->stop_signal);
    thread->user = NULL;
    thread->process = NULL;
    user_thread_destroy(user);
    process_put(process);
    thread_exit();
}

void process_exit(int status)
{
    struct process *process = process_current();
    spin_lock(&process_lock);
    struct sighand *sighand = sighand_lock_process(process);
    if (!process->exiting) {
        process->exit_status = status;
        process->exiting = true;
        process->stop_wanted = false;
        signal_notify_all_locked(process);
        wait_wake_all(&process->stop_wait);
        hold_end_locked(process);
    }
    spin_unlock(&sighand->lock);
    spin_unlock(&process_lock);
    process_thread_exit(status);
}

long sys_exit(struct registers *regs)
{
    process_thread_exit(wait_status_exited((int)regs->rdi));
}

long sys_exit_group(struct registers *regs)
{
    process_exit(wait_status_exited((int)regs->rdi));
}
