/*
 * Many processes and threads at once: trees of forks, vforks with exec, processes of threads that end in every way,
 * orphans. Everything is counted, and in the end nobody is left.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

extern char **environ;

static volatile int *counter;

static void tree(int depth)
{
    int status, children = 0;
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; depth > 0 && i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            tree(depth - 1);
            _exit(0);
        }
        children += pid > 0;
    }
    while (children > 0 && wait(&status) > 0)
        children--;
}

static void executions(void)
{
    volatile int good = 0, i;
    int status;
    for (i = 0; i < 60; i++) {
        char *const arguments[] = {"self", "7", NULL};
        pid_t pid = i % 2 != 0 ? vfork() : fork();
        if (pid == 0) {
            execve("/proc/self/exe", arguments, environ);
            _exit(1);
        }
        good += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
    }
    say("%d executions", good);
}

static void orphans(void)
{
    int status, reaped = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            for (int j = 0; j < 3; j++)
                if (fork() == 0) {
                    usleep((useconds_t)(j * 1000));
                    _exit(0);
                }
            _exit(0);
        }
    }
    while (wait(&status) > 0)
        reaped++;
    say("%d children and grandchildren were waited for", reaped);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

/* A thread from the system call up, without a C library's help: it counts itself, then ends or goes on for ever. */
static void thread_start(long goes_on)
{
    const unsigned long flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000; /* VM FS FILES SIGHAND THREAD */
    char *stack = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    register long r10 __asm__("r10") = 0;
    register volatile int *r8 __asm__("r8") = counter;
    register long r9 __asm__("r9") = goes_on;
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 2f\n\t"
                     "lock incl (%%r8)\n"
                     "1:\n\t"
                     "test %%r9, %%r9\n\t"
                     "jnz 1b\n\t"
                     "xor %%edi, %%edi\n\t"
                     "mov $60, %%eax\n\t"
                     "syscall\n"
                     "2:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(stack + 16384), "d"(0), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
}

/* What a process of threads does in the end, by number. */
static void threads_end(int way)
{
    char *const arguments[] = {"self", "7", NULL};
    for (int i = 0; i < 4; i++)
        thread_start(i % 2);
    switch (way) {
    case 0:
        _exit(7);
    case 1:
        execve("/proc/self/exe", arguments, environ);
        _exit(1);
    case 2:
        kill(getpid(), SIGKILL);
        break;
    default:
        *(volatile char *)(intptr_t)counter[512] = 1; /* a null pointer */
    }
}

static void threads(void)
{
    int status, sevens = 0, killed = 0, faults = 0;
    for (int i = 0; i < 40; i++) {
        pid_t pid = fork();
        if (pid == 0)
            threads_end(i % 4);
        waitpid(pid, &status, 0);
        sevens += WIFEXITED(status) && WEXITSTATUS(status) == 7;
        killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        faults += WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
    }
    say("processes of threads: %d ended or executed, %d were killed, %d faulted", sevens, killed, faults);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return atoi(argv[1]);
    counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    tree(4);
    say("%d processes in the tree", *counter);
    executions();
    orphans();
    threads();
    return 0;
}
