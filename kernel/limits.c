/*
 * Resource limits and the use of resources. (getrlimit(2), getrusage(2))
 *
 * Whoever enforces a limit reads it from the process; the address space keeps copies of its own four. RLIMIT_RSS, LOCKS,
 * MSGQUEUE and the real-time ones are kept and handed out, not enforced (RSS and LOCKS are not in Linux, either).
 */
#include "kernel/limits.h"

#include "kernel/abi/errno.h"
#include "kernel/cputime.h"
#include "kernel/rusage.h"
#include "kernel/syscall_list.h"
#include "mm/aspace.h"
#include "mm/usercopy.h"

enum { FILES_HARD_MAX = 1 << 20 };

void limits_init(struct process *process)
{
    for (unsigned i = 0; i < RLIMITS; i++)
        process->limits[i] = (struct rlimit64){RLIM_INFINITY, RLIM_INFINITY};
    process->limits[RLIMIT_STACK].soft = (uint64_t)8 << 20;
    process->limits[RLIMIT_CORE].soft = 0;
    process->limits[RLIMIT_NPROC] = (struct rlimit64){32000, 32000};
    process->limits[RLIMIT_NOFILE] = (struct rlimit64){1024, 4096};
    process->limits[RLIMIT_MEMLOCK] = (struct rlimit64){(uint64_t)8 << 20, (uint64_t)8 << 20};
    process->limits[RLIMIT_SIGPENDING] = (struct rlimit64){32000, 32000};
    process->limits[RLIMIT_MSGQUEUE] = (struct rlimit64){819200, 819200};
    process->limits[RLIMIT_NICE] = (struct rlimit64){0, 0};
    process->limits[RLIMIT_RTPRIO] = (struct rlimit64){0, 0};
}

void limits_apply(const struct process *process, struct aspace *aspace)
{
    aspace->stack_limit = process->limits[RLIMIT_STACK].soft;
    const struct rlimit64 *data = &process->limits[RLIMIT_DATA];
    aspace->break_limit = data->soft;
    aspace->data_limit = data->soft != 0 ? data->soft
                                         : data->hard; /* Linux: as programs set 0 to be rid of brk() alone */
    aspace->aspace_limit = process->limits[RLIMIT_AS].soft;
    aspace->locked_limit = process->limits[RLIMIT_MEMLOCK].soft;
}

/* Reads the old limit of a process and sets the new one if not null. Under process_lock. */
static int limit_exchange(struct process *process, unsigned resource, const struct rlimit64 *set, struct rlimit64 *old)
{
    const struct credentials *own = &process_current()->credentials, *other = &process->credentials;
    if (process != process_current() && own->euid != 0 && (own->uid != other->uid || own->uid != other->euid))
        return -EPERM;
    struct rlimit64 *limit = &process->limits[resource];
    *old = *limit;
    if (set == NULL)
        return 0;
    if (set->soft > set->hard)
        return -EINVAL;
    if (set->hard > limit->hard && own->euid != 0)
        return -EPERM;
    if (resource == RLIMIT_NOFILE && set->hard > FILES_HARD_MAX)
        return -EPERM;
    *limit = *set;
    if (resource == RLIMIT_CPU)
        cputime_watch_limit(process);
    if (process->aspace != NULL)
        limits_apply(process, process->aspace);
    return 0;
}

static int limit_change(pid_t pid, unsigned resource, const struct rlimit64 *set, struct rlimit64 *old)
{
    if (resource >= RLIMITS)
        return -EINVAL;
    spin_lock(&process_lock);
    struct process *process = pid == 0 ? process_current() : process_find_locked(pid);
    int error = process != NULL ? limit_exchange(process, resource, set, old) : -ESRCH;
    spin_unlock(&process_lock);
    return error;
}

long sys_getrlimit(struct registers *regs)
{
    struct rlimit64 old;
    int error = limit_change(0, (unsigned)regs->rdi, NULL, &old);
    return error != 0 ? error : copy_to_user(regs->rsi, &old, sizeof(old));
}

long sys_setrlimit(struct registers *regs)
{
    struct rlimit64 set, old;
    if (copy_from_user(&set, regs->rsi, sizeof(set)) != 0)
        return -EFAULT;
    return limit_change(0, (unsigned)regs->rdi, &set, &old);
}

long sys_prlimit64(struct registers *regs)
{
    struct rlimit64 set, old;
    if (regs->rdx != 0 && copy_from_user(&set, regs->rdx, sizeof(set)) != 0)
        return -EFAULT;
    int error = limit_change((pid_t)regs->rdi, (unsigned)regs->rsi, regs->rdx != 0 ? &set : NULL, &old);
    if (error != 0 || regs->r10 == 0)
        return error;
    return copy_to_user(regs->r10, &old, sizeof(old));
}

long sys_getrusage(struct registers *regs)
{
    struct process *process = process_current();
    struct usage usage;
    switch ((int)regs->rdi) {
    case RUSAGE_SELF:
        process_usage(process, &usage);
        break;
    case RUSAGE_THREAD:
        thread_usage(thread_current(), &usage);
        break;
    case RUSAGE_CHILDREN:
        spin_lock(&process_lock);
        usage = process->children_usage;
        spin_unlock(&process_lock);
        break;
    default:
        return -EINVAL;
    }
    struct linux_rusage out = rusage_from(&usage);
    return copy_to_user(regs->rsi, &out, sizeof(out));
}
