/*
 * Many signals at once, from several processes on several CPUs: real-time signals are all counted, standard ones at
 * least once, stopped processes always go on, and nobody is lost at the end.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

enum { CHILDREN = 6, SIGNALS_EACH = 300, ROUNDS = 40, PATIENCE_MS = 60000 };

struct shared {
    volatile int queued[CHILDREN], standard[CHILDREN], ready, done;
};

static struct shared *shared;
static int self;

static void count_queued(int number)
{
    (void)number;
    shared->queued[self]++;
}

static void count_standard(int number)
{
    (void)number;
    shared->standard[self]++;
}

static void child_run(int index)
{
    struct sigaction action;
    self = index;
    memset(&action, 0, sizeof(action));
    action.sa_handler = count_queued;
    action.sa_flags = SA_RESTART;
    sigaction(SIGRTMIN, &action, NULL);
    action.sa_handler = count_standard;
    sigaction(SIGUSR1, &action, NULL);
    __atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
    struct timespec little = {0, 100000};
    for (unsigned i = 0; !shared->done; i++)
        if (i % 3 == 0)
            nanosleep(&little, NULL);
        else
            getppid();
    _exit(0);
}

/* Sends to all children, from a process of its own. */
static void sender_run(const pid_t *children)
{
    union sigval value = {.sival_int = 1};
    for (int i = 0; i < SIGNALS_EACH; i++)
        for (int child = 0; child < CHILDREN; child++) {
            while (sigqueue(children[child], SIGRTMIN, value) < 0)
                usleep(1000);
            kill(children[child], SIGUSR1);
        }
    _exit(0);
}

static void stopper_run(const pid_t *children)
{
    for (int i = 0; i < ROUNDS; i++)
        for (int child = 0; child < CHILDREN; child++) {
            kill(children[child], SIGSTOP);
            if (i % 2 != 0)
                usleep(200);
            kill(children[child], SIGCONT);
        }
    _exit(0);
}

static void storm(void)
{
    pid_t children[CHILDREN], helpers[3];
    int status;
    for (int i = 0; i < CHILDREN; i++)
        if ((children[i] = fork()) == 0)
            child_run(i);
    while (shared->ready < CHILDREN)
        usleep(1000);
    for (int i = 0; i < 3; i++) {
        helpers[i] = fork();
        if (helpers[i] == 0 && i < 2)
            sender_run(children);
        if (helpers[i] == 0)
            stopper_run(children);
    }
    for (int i = 0; i < 3; i++)
        waitpid(helpers[i], &status, 0);
    for (int i = 0; i < CHILDREN; i++)
        for (int tries = 0; shared->queued[i] < 2 * SIGNALS_EACH && tries < PATIENCE_MS; tries++)
            usleep(1000);
    shared->done = 1;
    for (int i = 0; i < CHILDREN; i++) {
        waitpid(children[i], &status, 0);
        say("child %d: status %#x, %d queued, standard ones came: %d", i, status, shared->queued[i],
            shared->standard[i] > 0);
    }
}

/* Kills children in every state they can be in. */
static void kill_in_any_state(void)
{
    int killed = 0, status;
    for (int i = 0; i < 60; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (i % 3 == 0)
                raise(SIGSTOP);
            if (i % 3 == 1)
                for (;;)
                    getppid();
            sleep(100);
        }
        if (i % 2 == 0)
            usleep(500);
        kill(pid, SIGKILL);
        if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
            killed++;
    }
    say("%d killed", killed);
}

int main(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    storm();
    kill_in_any_state();
    return 0;
}
