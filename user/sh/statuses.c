/*
 * How background processes ended that have been waited for, or told of, and so are no jobs any more: another `wait $!` gives the
 * same status. The latest are kept, more than POSIX's CHILD_MAX of them.
 */
#include "sh.h"

enum { STATUSES_KEPT = 64 };

static struct {
    pid_t process; /* 0: none */
    int status;
} kept[STATUSES_KEPT];

static size_t oldest;

void status_remember(pid_t process, int status)
{
    kept[oldest].process = process;
    kept[oldest].status = status;
    oldest = (oldest + 1) % STATUSES_KEPT;
}

void status_forget(pid_t process)
{
    for (size_t i = 0; i < STATUSES_KEPT; i++)
        if (!process || kept[i].process == process)
            kept[i].process = 0;
}

int status_recall(pid_t process)
{
    for (size_t i = 0; process && i < STATUSES_KEPT; i++)
        if (kept[i].process == process)
            return kept[i].status;
    return STATUS_NOT_FOUND;
}
