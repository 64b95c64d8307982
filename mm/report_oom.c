/*
 * /proc/PID/oom_score and oom_score_adj (proc(5)): how near a process is to being killed when memory ends, and the wish of its user in that.
 */
#include "kernel/abi/errno.h"
#include "kernel/fs/proc.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/process.h"
#include "mm/oom.h"
#include "mm/report.h"

static void score_show(struct process *process, struct text *text)
{
    text_printf(text, "%llu\n", (unsigned long long)oom_process_score(process));
}

static void adjustment_show(struct process *process, struct text *text)
{
    text_printf(text, "%d\n", (int)process->oom_adjustment);
}

static inline bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A decimal number with or without a sign, and spaces around it. */
static int adjustment_store(struct process *process, const char *value, size_t length)
{
    uint64_t number;
    while (length > 0 && is_space(value[length - 1]))
        length--;
    for (; length > 0 && is_space(*value); length--)
        value++;
    bool negative = length > 0 && *value == '-';
    if (length > 0 && (negative || *value == '+'))
        value++, length--;
    if (!proc_parse_number(value, length, &number))
        return -EINVAL;
    if (number > INT32_MAX)
        return -ERANGE;
    return oom_adjustment_set(process, negative ? -(int64_t)number : (int64_t)number);
}

void report_oom_register(void)
{
    proc_register_process("oom_score", score_show);
    proc_register_process_settable("oom_score_adj", adjustment_show, adjustment_store);
}
