/*
 * System calls about scheduling. There is one policy, round robin in which nice values are shares (kernel/ready.h); real-time
 * policies do not exist.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/resource.h"
#include "kernel/abi/sched.h"
#include "kernel/cpu.h"
#include "kernel/process.h"
#include "kernel/ready.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "kernel/thread.h"
#include "mm/usercopy.h"

enum { PRIORITY_MIN = 1, PRIORITY_MAX = 99, MASK_SIZE = 8 };

long sys_sched_yield(struct registers *regs)
{
    (void)regs;
    thread_yield();
    return 0;
}

/* Whether a thread has that number; 0 is the running one. */
static bool thread_exists(pid_t tid)
{
    if (tid == 0)
        return true;
    spin_lock(&process_lock);
    bool exists = process_thread_find_locked(tid) != NULL;
    spin_unlock(&process_lock);
    return exists;
}

static uint64_t online_mask(void)
{
    return ((uint64_t)1 << cpus_online()) - 1;
}

/* The thread with that number, 0 being the running one; null if there is none. Under process_lock. */
static struct thread *thread_find_locked(pid_t tid)
{
    return tid == 0 ? thread_current() : process_thread_find_locked(tid);
}

long sys_sched_getaffinity(struct registers *regs)
{
    if (regs->rsi < MASK_SIZE || regs->rsi % MASK_SIZE != 0)
        return -EINVAL;
    spin_lock(&process_lock);
    const struct thread *thread = thread_find_locked((pid_t)regs->rdi);
    uint64_t mask = thread != NULL ? thread->allowed_cpus & online_mask() : 0;
    spin_unlock(&process_lock);
    if (mask == 0)
        return -ESRCH;
    return copy_to_user(regs->rdx, &mask, sizeof(mask)) != 0 ? -EFAULT : MASK_SIZE;
}

/* Whether the running process may decide where and how often another one runs. */
static bool may_schedule(const struct process *process)
{
    const struct credentials *own = &process_current()->credentials;
    return own->euid == 0 || own->euid == process->credentials.uid || own->euid == process->credentials.euid;
}

static int affinity_set(pid_t tid, uint64_t mask)
{
    int error = -ESRCH;
    spin_lock(&process_lock);
    struct thread *thread = thread_find_locked(tid);
    if (thread != NULL)
        error = !may_schedule(thread->process) ? -EPERM : mask == 0 ? -EINVAL : 0;
    if (error == 0)
        thread_set_allowed_cpus(thread, mask);
    spin_unlock(&process_lock);
    return error;
}

long sys_sched_setaffinity(struct registers *regs)
{
    uint64_t mask = 0;
    if (copy_from_user(&mask, regs->rdx, min_u64(regs->rsi, sizeof(mask))) != 0)
        return -EFAULT;
    return affinity_set((pid_t)regs->rdi, mask & online_mask());
}

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_policy(int policy)
{
    return is_real_time(policy) || policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

long sys_sched_getparam(struct registers *regs)
{
    int32_t priority = 0;
    if ((pid_t)regs->rdi < 0 || regs->rsi == 0)
        return -EINVAL;
    return thread_exists((pid_t)regs->rdi) ? copy_to_user(regs->rsi, &priority, sizeof(priority)) : -ESRCH;
}

/* Real-time priorities do not exist here. */
static long param_check(pid_t tid, int policy, vaddr_t address)
{
    int32_t priority;
    if (tid < 0 || address == 0 || !is_policy(policy))
        return -EINVAL;
    if (copy_from_user(&priority, address, sizeof(priority)) != 0)
        return -EFAULT;
    if (!thread_exists(tid))
        return -ESRCH;
    if (is_real_time(policy))
        return priority >= PRIORITY_MIN && priority <= PRIORITY_MAX ? -EPERM : -EINVAL;
    return priority == 0 ? 0 : -EINVAL;
}

long sys_sched_setparam(struct registers *regs)
{
    return param_check((pid_t)regs->rdi, SCHED_OTHER, regs->rsi);
}

long sys_sched_setscheduler(struct registers *regs)
{
    return param_check((pid_t)regs->rdi, (int)(regs->rsi & ~(uint64_t)SCHED_RESET_ON_FORK), regs->rdx);
}

long sys_sched_getscheduler(struct registers *regs)
{
    if ((pid_t)regs->rdi < 0)
        return -EINVAL;
    return thread_exists((pid_t)regs->rdi) ? SCHED_OTHER : -ESRCH;
}

long sys_sched_get_priority_max(struct registers *regs)
{
    int policy = (int)regs->rdi;
    if (!is_policy(policy))
        return -EINVAL;
    return is_real_time(policy) ? PRIORITY_MAX : 0;
}

long sys_sched_get_priority_min(struct registers *regs)
{
    int policy = (int)regs->rdi;
    if (!is_policy(policy))
        return -EINVAL;
    return is_real_time(policy) ? PRIORITY_MIN : 0;
}

long sys_sched_rr_get_interval(struct registers *regs)
{
    if ((pid_t)regs->rdi < 0)
        return -EINVAL;
    return thread_exists((pid_t)regs->rdi) ? user_timespec_write(regs->rsi, NS_PER_SECOND / TICK_HZ) : -ESRCH;
}

long sys_getcpu(struct registers *regs)
{
    uint32_t cpu = cpu_this()->id, node = 0;
    if (regs->rdi != 0 && copy_to_user(regs->rdi, &cpu, sizeof(cpu)) != 0)
        return -EFAULT;
    return regs->rsi != 0 ? copy_to_user(regs->rsi, &node, sizeof(node)) : 0;
}

static bool priority_means(const struct process *process, int which, uint32_t who)
{
    const struct process *current = process_current();
    switch (which) {
    case PRIO_PROCESS:
        return who == 0 ? process == current : process->pid == (pid_t)who;
    case PRIO_PGRP:
        return process->group == (who == 0 ? current->group : (pid_t)who);
    default:
        return process->credentials.uid == (who == 0 ? current->credentials.uid : who);
    }
}

/* The value is 20 - nice, so that it is never negative. */
long sys_getpriority(struct registers *regs)
{
    long best = -ESRCH;
    if (regs->rdi > PRIO_USER)
        return -EINVAL;
    spin_lock(&process_lock);
    list_for_each(link, &process_all)
    {
        const struct process *process = list_entry(link, struct process, all_link);
        if (priority_means(process, (int)regs->rdi, (uint32_t)regs->rsi) && 20 - process->nice > best)
            best = 20 - process->nice;
    }
    spin_unlock(&process_lock);
    return best;
}

static int nice_set(struct process *process, int nice)
{
    if (!may_schedule(process))
        return -EPERM;
    if (nice < process->nice && process_current()->credentials.euid != 0)
        return -EACCES;
    process->nice = nice;
    list_for_each(link, &process->threads)
        thread_set_share(list_entry(link, struct thread, process_link), ready_share(nice));
    return 0;
}

long sys_setpriority(struct registers *regs)
{
    int nice = (int)regs->rdx;
    if (regs->rdi > PRIO_USER)
        return -EINVAL;
    nice = nice < NICE_MIN ? NICE_MIN : nice > NICE_MAX ? NICE_MAX : nice;
    int result = -ESRCH;
    spin_lock(&process_lock);
    list_for_each(link, &process_all)
    {
        struct process *process = list_entry(link, struct process, all_link);
        if (!priority_means(process, (int)regs->rdi, (uint32_t)regs->rsi))
            continue;
        int error = nice_set(process, nice);
        if (error != 0 || result == -ESRCH)
            result = error;
    }
    spin_unlock(&process_lock);
    return result;
}

/*
 * Restartable sequences only make things faster, and programs do without: they are answered with -ENOSYS like calls
 * that do not exist, but not reported.
 */
long sys_rseq(struct registers *regs)
{
    (void)regs;
    return -ENOSYS;
}
