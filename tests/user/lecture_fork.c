/*
 * The lecture's two programs about fork and memory (L34).  In the first the child stores into a variable that the parent
 * watches: the parent never sees it, since the store goes to the child's copy.  In the second the variable is in a MAP_SHARED
 * region: the parent's loop ends.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/user/say.h"

static volatile int flag;

/* The parent would wait for ever; it gives up once the child has certainly stored. */
static void private_variable(void)
{
    int status;
    pid_t child = fork();

    if (!child) {
        flag = 1;
        _exit(flag);
    }
    waitpid(child, &status, 0);
    say("the child has %d, the parent still %d", WEXITSTATUS(status), flag);
}

static void shared_variable(void)
{
    volatile int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();

    if (!child) {
        *shared = 1;
        _exit(0);
    }
    while (!*shared)
        sched_yield();
    say("the parent's loop has ended: %d", *shared);
    waitpid(child, NULL, 0);
}

/* Data, heap and stack are all copied, in both directions. */
static void everything_copied(void)
{
    static int data = 10;
    int stack = 20, status;
    int *heap = malloc(sizeof *heap),
        *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int ends[2];

    *heap = 30;
    *mapped = 40;
    if (pipe(ends))
        return;
    pid_t child = fork();
    if (!child) {
        char byte;
        data++, stack++, ++*heap, ++*mapped;
        if (read(ends[0], &byte, 1) != 1)
            _exit(1);
        say("child: %d %d %d %d", data, stack, *heap, *mapped);
        _exit(0);
    }
    data += 5, stack += 5, *heap += 5, *mapped += 5;
    if (write(ends[1], "x", 1) != 1)
        return;
    waitpid(child, &status, 0);
    say("parent: %d %d %d %d, status %d", data, stack, *heap, *mapped, status);
    free(heap);
}

/* A hundred generations, each changing its own page of a region. */
static void generations(void)
{
    enum { DEPTH = 100, PAGE = 4096 };
    unsigned char *region = mmap(NULL, DEPTH * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int depth = 0, status = 0;

    memset(region, 0xee, DEPTH * PAGE);
    for (; depth < DEPTH; depth++) {
        pid_t child = fork();
        if (child) {
            waitpid(child, &status, 0);
            break;
        }
        region[depth * PAGE] = (unsigned char)depth;
    }
    /* In generation n the first n pages were changed, the others not. */
    int wrong = 0;
    for (int i = 0; i < DEPTH; i++)
        wrong += region[i * PAGE] != (i < depth ? i : 0xee);
    if (depth)
        _exit(wrong || !WIFEXITED(status) || WEXITSTATUS(status));
    say("a hundred generations: wrong %d, status %d", wrong, status);
    munmap(region, DEPTH * PAGE);
}

int main(void)
{
    private_variable();
    shared_variable();
    everything_copied();
    generations();
    return 0;
}
