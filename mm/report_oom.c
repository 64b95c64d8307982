/*
 * /proc/PID/oom_score and oom_score_adj (proc(5)): how near a process is to being killed when memory ends, and the wish of its user in that; and oom_adj, the
 * same wish in the old numbers, -17 (never) to 15.
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

/* A decimal number with or without a sign, and spaces around it. 0, -EINVAL, -ERANGE. */
static int number_parse(const char *value, size_t length, int64_t *result)
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
    *result = negative ? -(int64_t)number : (int64_t)number;
    return 0;
}

static int adjustment_store(struct process *process, const char *value, size_t length)
{
    int64_t number;
    int error = number_parse(value, length, &number);
    return error != 0 ? error : oom_adjustment_set(process, number);
}

/* The old numbers, which go from OLD_NEVER to OLD_MOST (Linux's fs/proc/base.c, oom_adj_read() and oom_adj_write()). */
enum { OLD_NEVER = -17, OLD_MOST = 15 };

static void old_adjustment_show(struct process *process, struct text *text)
{
    int adjustment = process->oom_adjustment;
    int old = adjustment * -OLD_NEVER / OOM_ADJUSTMENT_MAX;
    text_printf(text, "%d\n", adjustment == OOM_ADJUSTMENT_MAX || old > OLD_MOST ? OLD_MOST : old);
}

static int old_adjustment_store(struct process *process, const char *value, size_t length)
{
    int64_t number;
    int error = number_parse(value, length, &number);
    if (error != 0)
        return error;
    if (number < OLD_NEVER || number > OLD_MOST)
        return -EINVAL;
    int64_t adjustment = number == OLD_MOST ? OOM_ADJUSTMENT_MAX : number * OOM_ADJUSTMENT_MAX / -OLD_NEVER;
    if (process_current()->credentials.euid != 0 && adjustment < process->oom_adjustment)
        return -EACCES;
    process->oom_adjustment = (int)adjustment;
    return 0;
}

void report_oom_register(void)
{
    proc_register_process("oom_score", score_show);
    proc_register_process_settable("oom_score_adj", adjustment_show, adjustment_store);
    proc_register_process_settable("oom_adj", old_adjustment_show, old_adjustment_store);
}
