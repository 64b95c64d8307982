/* CPU time used, in clock ticks. */
#ifndef CLOCKHAND_SYS_TIMES_H
#define CLOCKHAND_SYS_TIMES_H

#include <sys/types.h>

struct tms {
    clock_t tms_utime;
    clock_t tms_stime;
    clock_t tms_cutime;
    clock_t tms_cstime;
};

clock_t times(struct tms *used);

#endif
