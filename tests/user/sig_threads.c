/*
 * Signals for a process of many threads: whichever thread is made to look, and then blocks the signal or ends, another that does not block it takes it.
 *
 *     main       blocks both signals and sends them
 *     chosen     created first, does not block FIRST and SECOND
 *     sleeper    does not block SECOND, and sleeps all the time
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

enum { FIRST = SIGUSR1, SECOND = SIGUSR2, ROUNDS = 100 };

static volatile int taken_first, taken_second, ready, ending, leaving, go;
static volatile int taker; /* the thread that took SECOND last */
static pthread_t sleeper_thread;
static volatile int sleeper_number;
static int bed[2]; /* a pipe: the sleeper reads until its other end is closed */

static void nap(void)
{
    struct timespec time = {0, 200000};
    nanosleep(&time, NULL);
}

static void wait_for(volatile int *value, int wanted)
{
    while (__atomic_load_n(value, __ATOMIC_SEQ_CST) < wanted)
        nap();
}

/* Takes SECOND. */
static void second(int signal)
{
    (void)signal;
    taker = (int)syscall(SYS_gettid);
    __atomic_fetch_add(&taken_second, 1, __ATOMIC_SEQ_CST);
}

/* Takes FIRST, with SECOND blocked, and stays until somebody has taken SECOND. */
static void first(int signal)
{
    (void)signal;
    __atomic_fetch_add(&taken_first, 1, __ATOMIC_SEQ_CST);
    wait_for(&taken_second, 1);
}

static void handle(int signal, void (*handler)(int), int blocked)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (blocked != 0)
        sigaddset(&action.sa_mask, blocked);
    sigaction(signal, &action, NULL);
}

static void change_mask(int how, int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(how, &set, NULL);
}

static void *sleeper(void *argument)
{
    char byte;
    sleeper_number = (int)syscall(SYS_gettid);
    change_mask(SIG_UNBLOCK, SECOND);
    __atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
    if (read(bed[0], &byte, 1) != 0)
        say("read: error %d", errno);
    return argument;
}

/* Is made to look at SECOND while it can do nothing, and takes FIRST before it, which blocks SECOND. */
static void *in_vfork(void *argument)
{
    pid_t process = getpid();
    (void)argument;
    change_mask(SIG_UNBLOCK, FIRST);
    change_mask(SIG_UNBLOCK, SECOND);
    wait_for(&ready, 1);
    pid_t child = vfork();
    if (child == 0) {
        kill(process, SECOND);
        kill(process, FIRST);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return NULL;
}

static void sleeper_begin(void)
{
    if (pipe(bed) != 0)
        say("pipe: error %d", errno);
    pthread_create(&sleeper_thread, NULL, sleeper, NULL);
}

static void sleeper_end(void)
{
    close(bed[1]);
    pthread_join(sleeper_thread, NULL);
    close(bed[0]);
}

static void blocked_by_a_handler(void)
{
    pthread_t chosen;
    pthread_create(&chosen, NULL, in_vfork, NULL);
    sleeper_begin();
    pthread_join(chosen, NULL);
    say("blocked by a handler: first %d, second %d, which the sleeper took: %d", taken_first, taken_second,
        taker == sleeper_number);
    sleeper_end();
}

static void *changes_mask(void *argument)
{
    (void)argument;
    while (!ending) {
        change_mask(SIG_UNBLOCK, SECOND);
        change_mask(SIG_BLOCK, SECOND);
        sched_yield();
    }
    return NULL;
}

/* One signal after the other to the process, while a thread blocks and unblocks it all the time. */
static void blocked_by_sigprocmask(void)
{
    pthread_t chosen;
    ready = taken_second = 0;
    pthread_create(&chosen, NULL, changes_mask, NULL);
    sleeper_begin();
    wait_for(&ready, 1);
    for (int i = 1; i <= ROUNDS; i++) {
        kill(getpid(), SECOND);
        while (taken_second < i)
            sched_yield();
    }
    ending = 1;
    pthread_join(chosen, NULL);
    say("blocked by sigprocmask: %d taken", taken_second);
    sleeper_end();
}

/*
 * Ends, and takes long over it: the kernel goes along the thread's list of robust mutexes, which here is a circle, until it has seen
 * as many as it will.
 */
static void *leaves(void *argument)
{
    static struct {
        void *next;
        long word;
    } mutex = {&mutex, 0};
    struct {
        void *next;
        long word_offset;
        void *pending;
    } head = {&mutex, sizeof(mutex.next), NULL};
    syscall(SYS_set_robust_list, &head, sizeof(head));
    change_mask(SIG_UNBLOCK, SECOND);
    __atomic_store_n(&leaving, 1, __ATOMIC_SEQ_CST);
    while (!go)
        sched_yield();
    __atomic_store_n(&leaving, 2, __ATOMIC_SEQ_CST);
    syscall(SYS_exit, 0); /* the C library would block all signals before */
    return argument;
}

/* One signal after the other to the process, each while a thread ends that could take it, and comes before the sleeper. */
static void taker_ends(void)
{
    taken_second = 0;
    for (int i = 1; i <= ROUNDS; i++) {
        pthread_t chosen;
        leaving = ready = go = 0;
        pthread_create(&chosen, NULL, leaves, NULL);
        while (!leaving)
            sched_yield();
        sleeper_begin();
        wait_for(&ready, 1);
        go = 1;
        while (leaving < 2)
            sched_yield();
        kill(getpid(), SECOND);
        while (taken_second < i)
            sched_yield();
        pthread_join(chosen, NULL);
        sleeper_end();
    }
    say("beside a thread that ends: %d taken", taken_second);
}

int main(void)
{
    handle(FIRST, first, SECOND);
    handle(SECOND, second, 0);
    change_mask(SIG_BLOCK, FIRST);
    change_mask(SIG_BLOCK, SECOND);
    alarm(60); /* a signal that nobody takes ends this */
    blocked_by_a_handler();
    blocked_by_sigprocmask();
    taker_ends();
    return 0;
}
