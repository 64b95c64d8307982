/*
 * Making processes and threads (L34), with little and with much memory to share.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void fork_and_wait(const char *name, int times)
{
    uint64_t start = bench_now();
    for (int i = 0; i < times; i++) {
        pid_t child = fork();
        bench_check(child >= 0, "fork");
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    }
    bench_report(name, start, (unsigned long)times);
}

static void fork_with_memory(size_t megabytes, const char *name, int times)
{
    size_t length = megabytes << 20;
    char *memory = bench_map(length);
    for (size_t at = 0; at < length; at += PAGE)
        memory[at] = 1;
    fork_and_wait(name, times);
    munmap(memory, length);
}

static void fork_and_execute(const char *program)
{
    enum { TIMES = 30 };
    char *arguments[] = {"bench", "--nothing", NULL};
    char *environment[] = {NULL};
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++) {
        pid_t child = fork();
        bench_check(child >= 0, "fork");
        if (child == 0) {
            execve(program, arguments, environment);
            _exit(127);
        }
        int status;
        waitpid(child, &status, 0);
        bench_check(status == 0, program);
    }
    bench_report("fork, exec, exit, wait", start, TIMES);
}

void bench_processes(const char *program)
{
    fork_and_wait("fork, exit, wait", 50);
    fork_with_memory(1, "fork, exit, wait with 1 MB touched", 20);
    fork_with_memory(64, "fork, exit, wait with 64 MB touched", 5);
    fork_and_execute(program);
}
