/*
 * Who a process is and where it belongs: its number, its parent, process group and session. (credentials(7),
 * setpgid(2), setsid(2))
 */
#include "kernel/abi/errno.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"

long sys_getpid(struct registers *regs)
{
    (void)regs;
    return process_current()->pid;
}

long sys_getppid(struct registers *regs)
{
    (void)regs;
    return process_current()->parent_pid;
}

long sys_gettid(struct registers *regs)
{
    (void)regs;
    return thread_current()->tid;
}

long sys_getpgrp(struct registers *regs)
{
    (void)regs;
    return process_current()->group;
}

long sys_getpgid(struct registers *regs)
{
    pid_t pid = (pid_t)regs->rdi;
    spin_lock(&process_lock);
    const struct process *process = pid == 0 ? process_current() : process_find_locked(pid);
    long result = process != NULL ? process->group : -ESRCH;
    spin_unlock(&process_lock);
    return result;
}

long sys_getsid(struct registers *regs)
{
    pid_t pid = (pid_t)regs->rdi;
    spin_lock(&process_lock);
    const struct process *process = pid == 0 ? process_current() : process_find_locked(pid);
    long result = process != NULL ? process->session : -ESRCH;
    spin_unlock(&process_lock);
    return result;
}

/*
 * Whether the running process may move `process` to `group`; in the order of checks that Linux has. Under process_lock.
 */
static int group_change_check(const struct process *process, pid_t group)
{
    const struct process *current = process_current();
    if (process == NULL)
        return -ESRCH;
    if (process->parent == current) {
        if (process->session != current->session)
            return -EPERM;
        if (process->has_executed)
            return -EACCES;
    } else if (process != current) {
        return -ESRCH;
    }
    if (process->session == process->pid)
        return -EPERM;
    if (group != process->pid && process_group_session_locked(group) != current->session)
        return -EPERM;
    return 0;
}

long sys_setpgid(struct registers *regs)
{
    pid_t pid = (pid_t)regs->rdi, group = (pid_t)regs->rsi;
    if (group < 0)
        return -EINVAL;
    spin_lock(&process_lock);
    struct process *process = pid == 0 ? process_current() : process_find_locked(pid);
    if (group == 0 && process != NULL)
        group = process->pid;
    int error = group_change_check(process, group);
    if (error == 0 && process->group != group)
        process_set_group_locked(process, group, process->session);
    spin_unlock(&process_lock);
    return error;
}

long sys_setsid(struct registers *regs)
{
    (void)regs;
    struct process *process = process_current();
    spin_lock(&process_lock);
    bool allowed = process->session != process->pid && process_group_session_locked(process->pid) == -1;
    if (allowed) {
        process_set_group_locked(process, process->pid, process->pid);
        process->tty = NULL;
    }
    spin_unlock(&process_lock);
    return allowed ? process->pid : -EPERM;
}
