/*
 * Interrupted system calls; the table of cases is in restart.h.
 *
 * A call is repeated by moving the user's instruction pointer back to its SYSCALL instruction, with the number in RAX
 * again. A call whose sleep has an end is not repeated with its old, relative timeout: restart_syscall is made in its
 * place, which calls it with the deadline it had.
 */
#include "kernel/restart.h"

#include "kernel/abi/errno.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/syscall.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "libc/include/sys/syscall.h"

enum { SYSCALL_INSTRUCTION_SIZE = 2 };

enum restart_kind { RESTART_ALWAYS, RESTART_IDLE, RESTART_NEVER };

/* signal(7). */
static enum restart_kind restart_kind(uint64_t number)
{
    switch (number) {
    case SYS_pause:
    case SYS_rt_sigsuspend:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_poll:
    case SYS_ppoll:
    case SYS_select:
    case SYS_pselect6:
    case SYS_restart_syscall:
        return RESTART_IDLE;
    case SYS_rt_sigtimedwait:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_close:
        return RESTART_NEVER;
    default:
        return RESTART_ALWAYS;
    }
}

uint64_t restart_deadline(uint64_t deadline)
{
    struct thread *thread = thread_current();
    struct restart *restart = &thread->user->restart;
    if (restart->active)
        return restart->deadline;
    restart->number = thread->user_registers->error;
    restart->deadline = deadline;
    return deadline;
}

void restart_forget(struct registers *regs)
{
    regs->error = UINT64_MAX;
}

/* Whether the registers are those of a call that was interrupted. */
static bool was_interrupted(const struct registers *regs)
{
    return regs->vector == VECTOR_SYSCALL && regs->error < SYSCALL_COUNT && regs->rax == (uint64_t)-EINTR;
}

static void repeat(struct registers *regs, uint64_t number)
{
    regs->rax = number;
    regs->rip -= SYSCALL_INSTRUCTION_SIZE;
    restart_forget(regs);
}

/* Whether the interrupted call gave its sleep an end (restart_deadline()). */
static bool has_deadline(const struct registers *regs)
{
    const struct restart *restart = &thread_current()->user->restart;
    return restart->number == regs->error && restart->deadline != 0;
}

void restart_before_handler(struct registers *regs, uint32_t handler_flags)
{
    if (was_interrupted(regs) && restart_kind(regs->error) == RESTART_ALWAYS && !has_deadline(regs) &&
        (handler_flags & SA_RESTART) != 0)
        repeat(regs, regs->error);
    restart_forget(regs);
}

void restart_without_handler(struct registers *regs)
{
    if (!was_interrupted(regs))
        return;
    if (regs->error == SYS_restart_syscall || has_deadline(regs))
        repeat(regs, SYS_restart_syscall);
    else if (restart_kind(regs->error) != RESTART_NEVER)
        repeat(regs, regs->error);
}

long sys_restart_syscall(struct registers *regs)
{
    struct restart *restart = &thread_current()->user->restart;
    if (restart->number >= SYSCALL_COUNT || restart->number == SYS_restart_syscall || restart->deadline == 0)
        return -EINTR;
    restart->active = true;
    long result = syscall_call(restart->number, regs);
    restart->active = false;
    if (result != -EINTR)
        restart->deadline = 0;
    return result;
}
