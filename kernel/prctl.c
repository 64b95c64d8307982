/*
 * prctl and arch_prctl: a process's and a thread's odds and ends.
 */
#include "kernel/abi/prctl.h"

#include "kernel/abi/errno.h"
#include "kernel/layout.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "kernel/userstate.h"
#include "libc/string.h"
#include "mm/usercopy.h"

enum { TIMER_SLACK_NS = 50000, CAP_LAST = 40 };

static long name_set(vaddr_t from)
{
    struct thread *thread = thread_current();
    char name[PROCESS_NAME_SIZE];
    ssize_t length = copy_string_from_user(name, from, sizeof(name));
    if (length < 0 && length != -ENAMETOOLONG)
        return length;
    name[sizeof(name) - 1] = '\0';
    strlcpy(thread->name, name, sizeof(thread->name));
    if (thread->tid == thread->process->pid)
        strlcpy(thread->process->name, name, sizeof(thread->process->name));
    return 0;
}

static long name_get(vaddr_t to)
{
    char name[PROCESS_NAME_SIZE] = {0};
    strlcpy(name, thread_current()->name, sizeof(name));
    return copy_to_user(to, name, sizeof(name));
}

static long integer_write(vaddr_t to, int value)
{
    return copy_to_user(to, &value, sizeof(value));
}

long sys_prctl(struct registers *regs)
{
    struct process *process = process_current();
    uint64_t argument = regs->rsi;
    switch ((int)regs->rdi) {
    case PR_SET_NAME:
        return name_set(argument);
    case PR_GET_NAME:
        return name_get(argument);
    case PR_SET_PDEATHSIG:
        if (argument > SIGNALS)
            return -EINVAL;
        process->parent_death_signal = (int)argument;
        return 0;
    case PR_GET_PDEATHSIG:
        return integer_write(argument, process->parent_death_signal);
    case PR_SET_CHILD_SUBREAPER:
        process->is_subreaper = argument != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return integer_write(argument, process->is_subreaper);
    case PR_GET_TID_ADDRESS:
        return copy_to_user(argument, &thread_current()->user->clear_child_tid, sizeof(vaddr_t));
    case PR_GET_DUMPABLE:
        return 1;
    case PR_SET_DUMPABLE:
        return argument <= 1 ? 0 : -EINVAL;
    case PR_GET_TIMERSLACK:
        return TIMER_SLACK_NS;
    case PR_SET_TIMERSLACK:
    case PR_SET_KEEPCAPS:
    case PR_CAPBSET_DROP:
        return 0;
    case PR_SET_NO_NEW_PRIVS:
        if (argument != 1)
            return -EINVAL;
        process->no_new_privileges = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return process->no_new_privileges;
    case PR_GET_KEEPCAPS:
    case PR_GET_SECCOMP:
        return 0;
    case PR_CAPBSET_READ:
        return argument <= CAP_LAST ? 1 : -EINVAL;
    default:
        return -EINVAL;
    }
}

long sys_arch_prctl(struct registers *regs)
{
    uint64_t argument = regs->rsi, base;
    switch ((int)regs->rdi) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (argument >= USER_END)
            return -EPERM;
        if ((int)regs->rdi == ARCH_SET_FS)
            userstate_set_fs(argument);
        else
            userstate_set_gs(argument);
        return 0;
    case ARCH_GET_FS:
        base = userstate_fs();
        return copy_to_user(argument, &base, sizeof(base));
    case ARCH_GET_GS:
        base = userstate_gs();
        return copy_to_user(argument, &base, sizeof(base));
    default:
        return -EINVAL;
    }
}
