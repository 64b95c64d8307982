/*
 * The system calls that send signals, and who may send to whom (kill(2)).
 */
#include "kernel/abi/errno.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/usercopy.h"

static bool may_send(const struct process *target, int signal)
{
    const struct process *sender = process_current();
    const struct credentials *own = &sender->credentials, *other = &target->credentials;
    if (own->euid == 0 || own->euid == other->suid || own->euid == other->uid || own->uid == other->suid ||
        own->uid == other->uid)
        return true;
    return signal == SIGCONT && sender->session == target->session;
}

/* Sends, or only checks when the signal is 0. Under process_lock. */
static int send_checked(struct process *target, const struct signal_info *info)
{
    if (!may_send(target, info->signal))
        return -EPERM;
    return info->signal != 0 ? signal_send_process(target, info) : 0;
}

static int send_to_process(pid_t pid, const struct signal_info *info)
{
    struct process *target = process_find_locked(pid);
    if (target == NULL) {
        struct thread *thread = process_thread_find_locked(pid);
        target = thread != NULL ? thread->process : NULL;
    }
    return target != NULL ? send_checked(target, info) : -ESRCH;
}

enum { GROUP_EVERYBODY = -1 };

/* To a group, or to everybody but process 1 and the sender. 0 if one could be sent to, else the last error. */
static int send_to_many(pid_t group, const struct signal_info *info)
{
    int result = -ESRCH;
    list_for_each(link, &process_all)
    {
        struct process *target = list_entry(link, struct process, all_link);
        bool meant = group == GROUP_EVERYBODY ? target->pid != 1 && target != process_current()
                                              : target->group == group;
        if (!meant)
            continue;
        int error = send_checked(target, info);
        if (result != 0)
            result = error;
    }
    return result;
}

/* To oneself there is nobody to be found and nothing to be asked. */
static int send_to_self(const struct signal_info *info)
{
    return info->signal != 0 ? signal_send_process(process_current(), info) : 0;
}

static int send_by_pid(pid_t pid, const struct signal_info *info)
{
    if (pid == process_current()->pid)
        return send_to_self(info);
    spin_lock(&process_lock);
    int result;
    if (pid > 0)
        result = send_to_process(pid, info);
    else if (pid == 0)
        result = send_to_many(process_current()->group, info);
    else if (pid == -1)
        result = send_to_many(GROUP_EVERYBODY, info);
    else
        result = pid == INT32_MIN ? -ESRCH : send_to_many(-pid, info);
    spin_unlock(&process_lock);
    return result;
}

static struct signal_info info_of_sender(int signal, int code)
{
    const struct process *process = process_current();
    return (struct signal_info){.signal = signal, .code = code, .pid = process->pid, .uid = process->credentials.uid};
}

static inline bool is_signal_or_zero(int signal)
{
    return signal >= 0 && signal <= SIGNALS;
}

long sys_kill(struct registers *regs)
{
    int signal = (int)regs->rsi;
    if (!is_signal_or_zero(signal))
        return -EINVAL;
    struct signal_info info = info_of_sender(signal, SI_USER);
    return send_by_pid((pid_t)regs->rdi, &info);
}

/* To one thread; `pid` 0: of whatever process. */
static int send_to_thread(pid_t pid, pid_t tid, const struct signal_info *info)
{
    spin_lock(&process_lock);
    struct thread *thread = process_thread_find_locked(tid);
    int result = 0;
    if (thread == NULL || (pid != 0 && thread->process->pid != pid))
        result = -ESRCH;
    else if (!may_send(thread->process, info->signal))
        result = -EPERM;
    else if (info->signal != 0)
        result = signal_send_thread(thread, info);
    spin_unlock(&process_lock);
    return result;
}

long sys_tgkill(struct registers *regs)
{
    pid_t pid = (pid_t)regs->rdi, tid = (pid_t)regs->rsi;
    int signal = (int)regs->rdx;
    if (pid <= 0 || tid <= 0 || !is_signal_or_zero(signal))
        return -EINVAL;
    struct signal_info info = info_of_sender(signal, SI_TKILL);
    return send_to_thread(pid, tid, &info);
}

long sys_tkill(struct registers *regs)
{
    pid_t tid = (pid_t)regs->rdi;
    int signal = (int)regs->rsi;
    if (tid <= 0 || !is_signal_or_zero(signal))
        return -EINVAL;
    struct signal_info info = info_of_sender(signal, SI_TKILL);
    return send_to_thread(0, tid, &info);
}

/* What a program says about a signal it sends. Only to itself may it pretend to be the kernel or kill(). */
static int info_from_user(vaddr_t address, pid_t target, int signal, struct signal_info *info)
{
    struct linux_siginfo from;
    if (copy_from_user(&from, address, sizeof(from)) != 0)
        return -EFAULT;
    if (!is_signal_or_zero(signal))
        return -EINVAL;
    if ((from.code >= 0 || from.code == SI_TKILL) && target != process_current()->pid)
        return -EPERM;
    *info = (struct signal_info){.signal = signal,
                                 .code = from.code,
                                 .error = from.error,
                                 .pid = from.sender.pid,
                                 .uid = from.sender.uid,
                                 .address = from.sender.value};
    return 0;
}

long sys_rt_sigqueueinfo(struct registers *regs)
{
    struct signal_info info;
    pid_t pid = (pid_t)regs->rdi;
    int error = info_from_user(regs->rdx, pid, (int)regs->rsi, &info);
    if (error != 0)
        return error;
    return pid > 0 ? send_by_pid(pid, &info) : -ESRCH;
}

long sys_rt_tgsigqueueinfo(struct registers *regs)
{
    struct signal_info info;
    pid_t pid = (pid_t)regs->rdi, tid = (pid_t)regs->rsi;
    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    int error = info_from_user(regs->r10, pid, (int)regs->rdx, &info);
    return error != 0 ? error : send_to_thread(pid, tid, &info);
}
