/*
 * Waiting for children, in Linux's system-call interface.
 */
#ifndef KERNEL_ABI_WAIT_H
#define KERNEL_ABI_WAIT_H

#include "kernel/types.h"

#define WNOHANG 0x1u
#define WUNTRACED 0x2u
#define WSTOPPED WUNTRACED
#define WEXITED 0x4u
#define WCONTINUED 0x8u
#define WNOWAIT 0x01000000u
#define WNOTHREAD_ 0x20000000u /* __WNOTHREAD */
#define WALL_ 0x40000000u      /* __WALL */
#define WCLONE_ 0x80000000u    /* __WCLONE */

enum wait_id_type { P_ALL = 0, P_PID = 1, P_PGID = 2, P_PIDFD = 3 };

/* The status word of wait4. */
static inline int wait_status_exited(int code)
{
    return (code & 0xff) << 8;
}

static inline int wait_status_stopped(int signal)
{
    return signal << 8 | 0x7f;
}

static inline int wait_status_continued(void)
{
    return 0xffff;
}

#endif
