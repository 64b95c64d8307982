/*
 * System calls: from the number to the function. The table is in syscall_table.c.
 */
#include "kernel/syscall.h"

#include "kernel/abi/errno.h"
#include "kernel/log.h"
#include "kernel/process.h"

/* Says once in a program's life that it asked for a call that does not exist. Numbers that no call has count as one. */
static void unknown_report(uint64_t number)
{
    struct process *process = process_current();
    uint64_t place = min_u64(number, UNKNOWN_CALL_WORDS * 64 - 1);
    uint64_t bit = (uint64_t)1 << place % 64, *word = &process->unknown_calls[place / 64];
    if ((*word & bit) != 0)
        return;
    *word |= bit;
    const char *name = syscall_name(number);
    if (name != NULL)
        log_write(LOG_INFO, "%s[%d]: there is no system call %s (%lu)", process->name, process->pid, name, number);
    else
        log_write(LOG_INFO, "%s[%d]: there is no system call %lu", process->name, process->pid, number);
}

static __attribute__((noinline)) long unknown_call(uint64_t number)
{
    unknown_report(number);
    return -ENOSYS;
}

long syscall_call(uint64_t number, struct registers *regs)
{
    syscall_function *function = number < SYSCALL_COUNT ? syscall_table[number] : NULL;
    return __builtin_expect(function != NULL, 1) ? function(regs) : unknown_call(number);
}

void syscall_dispatch(struct registers *regs)
{
    regs->error = (uint32_t)regs->error; /* Linux takes a number of 32 bits, too */
    regs->rax = (uint64_t)syscall_call(regs->error, regs);
}
