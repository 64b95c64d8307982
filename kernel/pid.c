/*
 * Numbers of processes and threads; the contract is in pid.h.
 *
 * A count of uses for each number, and the last number given out. The greatest count is that of a number which is the
 * group and the session of every process there can be, and a process itself: 2 * (PID_LIMIT - 1) + 1, which fits.
 */
#include "kernel/pid.h"

#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/process.h"

enum {
    PID_FIRST_AGAIN = 300
}; /* where numbering goes on after the highest: the low ones belong to what started the system */

static uint16_t uses[PID_LIMIT];
static pid_t last;

_Static_assert(2 * (PID_LIMIT - 1) + 1 <= UINT16_MAX, "a count of uses fits");

pid_t pid_allocate_locked(void)
{
    assert(spin_is_held(&process_lock));
    pid_t pid = last;
    for (unsigned tries = 0; tries < PID_LIMIT; tries++) {
        pid = pid + 1 < PID_LIMIT ? pid + 1 : PID_FIRST_AGAIN;
        if (uses[pid] == 0) {
            uses[pid] = 1;
            last = pid;
            return pid;
        }
    }
    return 0;
}

void pid_hold_locked(pid_t pid)
{
    assert(uses[pid] < UINT16_MAX);
    uses[pid]++;
}

void pid_release_locked(pid_t pid)
{
    assert(uses[pid] > 0);
    uses[pid]--;
}

bool pid_is_used_locked(pid_t pid)
{
    return pid > 0 && pid < PID_LIMIT && uses[pid] > 0;
}
