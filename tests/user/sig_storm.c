/*
 * Many signals at once, from several processes on several CPUs: real-time signals are all counted, standard ones at
 * least once, stopped processes always go on, and nobody is lost at the end; alarms around the sleeps that they end; groups killed while
 * they grow.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

enum {
    CHILDREN = 6,
    SIGNALS_EACH = 300,
    ROUNDS = 40,
    ALARMS = 3000,
    GROUPS = 20,
    GROUP_SIZE = 30,
    PATIENCE_MS = 60000
};

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

static void alarms_run(void)
{
    struct sigaction action = {.sa_handler = count_standard};
    sigset_t blocked, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGALRM, &action, NULL);
    shared->standard[0] = 0;
    for (int i = 0; i < ALARMS; i++) {
        struct itimerval once = {.it_value = {0, 1 + i % 150}};
        setitimer(ITIMER_REAL, &once, NULL);
        sigsuspend(&none);
    }
    _exit(0);
}

/* One alarm each time, at any moment around the sleep that it ends: none comes unnoticed. */
static void alarms_around_sleeps(void)
{
    pid_t pid = fork();
    if (pid == 0)
        alarms_run();
    for (int tries = 0; waitpid(pid, NULL, WNOHANG) == 0 && tries < PATIENCE_MS; tries++)
        usleep(1000);
    say("%d of %d alarms", shared->standard[0], ALARMS);
    kill(pid, SIGKILL);
}

static void group_run(void)
{
    setpgid(0, 0);
    shared->ready = 1;
    for (int i = 0; i < GROUP_SIZE; i++)
        if (fork() == 0)
            for (;;)
                pause();
    for (;;)
        pause();
}

/* Groups that are killed while they fork: nobody is left of them. */
static void kill_forking_groups(void)
{
    int left = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < GROUPS; i++) {
        shared->ready = 0;
        pid_t group = fork(), ended = 1;
        if (group == 0)
            group_run();
        while (!shared->ready)
            usleep(100);
        usleep((useconds_t)(i * 211));
        kill(-group, SIGKILL);
        for (int tries = 0; ended >= 0 && tries < PATIENCE_MS; tries += ended == 0) {
            ended = waitpid(-group, NULL, WNOHANG);
            if (ended == 0)
                usleep(1000);
        }
        left += ended >= 0;
        kill(-group, SIGKILL);
    }
    say("%d groups with somebody left", left);
}

int main(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    storm();
    kill_in_any_state();
    alarms_around_sleeps();
    kill_forking_groups();
    return 0;
}
