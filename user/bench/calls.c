/*
 * The bare system call, and the time it takes to ask for the time.
 */
#include "bench.h"

#include <sched.h>
#include <unistd.h>

void bench_calls(void)
{
    enum { TIMES = 2000 };
    getppid();
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++)
        getppid();
    bench_report("getppid", start, TIMES);

    start = bench_now();
    for (int i = 0; i < TIMES; i++)
        sched_yield();
    bench_report("sched_yield, alone", start, TIMES);

    start = bench_now();
    for (int i = 0; i < TIMES; i++)
        bench_now();
    bench_report("clock_gettime", start, TIMES);
}
