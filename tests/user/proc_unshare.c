/*
 * exec and a descriptor table that is shared: while one thread executes a program, another makes processes that share the
 * table. The new program must have one of its own, so that its closing on exec closes nothing of theirs.
 *
 *     main thread   fork -> exec itself -------------------> writes to `go` -> waits for all children
 *     other thread  clone(CLONE_FILES) again and again |        children: wait for `go`, look at `marked`
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { ROUNDS = 20, CHILDREN_MAX = 12, GO_READ = 20, GO_WRITE = 21, MARKED = 22 };

/* In a child that shares the table: the status tells whether the descriptor that exec closes is still there. */
static void look(void)
{
    char byte;
    while (read(GO_READ, &byte, 1) < 0 && errno == EINTR)
        ;
    _exit(fcntl(MARKED, F_GETFD) < 0 ? 9 : 0);
}

static void *make_sharers(void *argument)
{
    for (int i = 0; i < CHILDREN_MAX; i++) {
        long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
        if (pid == 0)
            look();
        if (pid < 0)
            break;
        *(volatile int *)argument = i + 1;
    }
    return NULL;
}

static void descriptors_make(void)
{
    int go[2];
    if (pipe(go) != 0)
        _exit(98);
    dup2(go[0], GO_READ);
    dup2(go[1], GO_WRITE);
    close(go[0]);
    close(go[1]);
    dup3(0, MARKED, O_CLOEXEC);
}

static void round_run(const char *self)
{
    static volatile int made;
    pthread_t thread;
    descriptors_make();
    if (pthread_create(&thread, NULL, make_sharers, (void *)&made) != 0)
        _exit(97);
    while (made < 3)
        sched_yield();
    execl(self, self, "after", NULL);
    _exit(96);
}

/* The executed program: a byte for every child there can be. */
static int after(void)
{
    int status, failed = fcntl(MARKED, F_GETFD) >= 0;
    char bytes[CHILDREN_MAX] = {0};
    if (write(GO_WRITE, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
        return 95;
    while (wait(&status) > 0)
        failed += status != 0;
    return failed;
}

int main(int argc, char **argv)
{
    int good = 0;
    if (argc > 1)
        return after();
    for (int i = 0; i < ROUNDS; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
            round_run(argv[0]);
        waitpid(pid, &status, 0);
        good += status == 0;
    }
    say("%d of %d rounds as they should be", good, ROUNDS);
    return 0;
}
