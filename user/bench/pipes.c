/*
 * Two processes that pass a byte to and fro: two pipe transfers and two context switches a round.
 */
#include "bench.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static void echo(int in, int out)
{
    char byte;
    while (read(in, &byte, 1) == 1) {
        if (write(out, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static void round_trips(void)
{
    enum { TIMES = 500 };
    int to[2], from[2];
    char byte = 'x';
    bench_check(pipe(to) == 0 && pipe(from) == 0, "pipe");
    pid_t child = fork();
    bench_check(child >= 0, "fork");
    if (child == 0) {
        close(to[1]);
        close(from[0]);
        echo(to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++)
        bench_check(write(to[1], &byte, 1) == 1 && read(from[0], &byte, 1) == 1, "pipe");
    bench_report("pipe round trip", start, TIMES);
    close(to[1]);
    close(from[0]);
    waitpid(child, NULL, 0);
}

static void yield_to_another(void)
{
    enum { TIMES = 1000 };
    pid_t child = fork();
    bench_check(child >= 0, "fork");
    if (child == 0) {
        for (int i = 0; i < TIMES; i++)
            sched_yield();
        _exit(0);
    }
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++)
        sched_yield();
    waitpid(child, NULL, 0);
    bench_report("context switch by sched_yield", start, 2 * TIMES);
}

void bench_pipes(void)
{
    round_trips();
    yield_to_another();
}
