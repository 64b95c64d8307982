/* Cancellation of threads: at points that sleep, between them, at once; disabled; and what the threads leave behind. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t none, ready;
static int ends[2];
static atomic_int cleaned, handled, held;
static volatile long spins;

static void note(void *argument)
{
    cleaned = cleaned * 10 + (int)(long)argument;
}

static void mutex_release(void *argument)
{
    (void)argument;
    held = pthread_mutex_unlock(&mutex) == 0;
}

static void *sleep_in_read(void *argument)
{
    char byte;
    sem_post(&ready);
    (void)!read(ends[0], &byte, 1);
    return argument;
}

static void *sleep_in_sleep(void *argument)
{
    sem_post(&ready);
    sleep(1000);
    return argument;
}

static void *sleep_in_semaphore(void *argument)
{
    sem_post(&ready);
    sem_wait(&none);
    return argument;
}

static void *sleep_in_pause(void *argument)
{
    sem_post(&ready);
    pause();
    return argument;
}

static void *sleep_in_condition(void *argument)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(mutex_release, NULL);
    sem_post(&ready);
    while (1)
        pthread_cond_wait(&never, &mutex);
    pthread_cleanup_pop(1);
    return argument;
}

static void *sleep_in_join(void *argument)
{
    pthread_t other;
    pthread_create(&other, NULL, sleep_in_sleep, NULL);
    sem_post(&ready);
    pthread_join(other, NULL);
    return argument;
}

static void *sleep_in_open(void *argument)
{
    sem_post(&ready);
    open("cancelfifo", O_RDONLY);
    return argument;
}

static void *sleep_in_creat(void *argument)
{
    sem_post(&ready);
    creat("cancelfifo", 0600);
    return argument;
}

/* The only thread, which ends the process so. */
static void alone(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        pthread_cancel(pthread_self());
        sleep(1);
        _exit(1);
    }
    waitpid(child, &status, 0);
    say("alone: status %d", status);
}

static void *spin_and_test(void *argument)
{
    sem_post(&ready);
    while (1) {
        spins++;
        pthread_testcancel();
    }
    return argument;
}

static void *spin_at_once(void *argument)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    sem_post(&ready);
    while (1)
        spins++;
    return argument;
}

/* Starts a thread, cancels it when it says so, and waits for it. */
static void cancel(const char *what, void *(*start)(void *))
{
    pthread_t thread;
    void *result = NULL;

    if (pthread_create(&thread, NULL, start, (void *)7))
        say("%s: cannot create", what);
    sem_wait(&ready);
    int error = pthread_cancel(thread);
    pthread_join(thread, &result);
    say("%s: %d, %s", what, error, result == PTHREAD_CANCELED ? "cancelled" : "NOT CANCELLED");
}

/* Not while it is disabled; a value that was read is not lost; then at the next point. */
static void *disabled(void *argument)
{
    int old, again;
    char byte = 0;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    sem_post(&ready);
    (void)!read(ends[0], &byte, 1);
    pthread_testcancel();
    say("disabled: read %c, state was %s", byte, old == PTHREAD_CANCEL_ENABLE ? "enabled" : "disabled");
    pthread_cleanup_push(note, (void *)3);
    pthread_cleanup_push(note, (void *)4);
    pthread_cleanup_pop(0);
    pthread_cleanup_push(note, (void *)5);
    pthread_cleanup_pop(1);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &again);
    say("enabled again, was %s", again == PTHREAD_CANCEL_DISABLE ? "disabled" : "enabled");
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return argument;
}

static void states(void)
{
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, disabled, NULL);
    sem_wait(&ready);
    pthread_cancel(thread);
    (void)!write(ends[1], "x", 1);
    pthread_join(thread, &result);
    say("then %s, cleaned %d", result == PTHREAD_CANCELED ? "cancelled" : "NOT CANCELLED", cleaned);
    say("wrong state: %d, wrong type: %d", pthread_setcancelstate(5, NULL), pthread_setcanceltype(5, NULL));
}

/* pthread_exit runs what was pushed, last first, then destructors of keys. */
static pthread_key_t key;

static void *exits(void *argument)
{
    pthread_setspecific(key, (void *)9);
    pthread_cleanup_push(note, (void *)1);
    pthread_cleanup_push(note, (void *)2);
    pthread_exit(argument);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void exiting(void)
{
    pthread_t thread;
    void *result;

    cleaned = 0;
    pthread_key_create(&key, note);
    pthread_create(&thread, NULL, exits, (void *)11);
    pthread_join(thread, &result);
    say("exit: result %ld, cleaned %d", (long)result, cleaned);
    pthread_key_delete(key);
}

/* A handler of the program's runs when the thread is cancelled: afterwards the call it had interrupted must not sleep on. */
static void handler(int number)
{
    (void)number;
    handled = 1;
    while (handled != 2)
        continue;
}

static void in_handler(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    pthread_t thread;
    void *result;

    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, sleep_in_read, NULL);
    sem_wait(&ready);
    pthread_kill(thread, SIGUSR1);
    while (handled != 1)
        continue;
    pthread_cancel(thread);
    handled = 2;
    pthread_join(thread, &result);
    say("in a handler: %s", result == PTHREAD_CANCELED ? "cancelled" : "NOT CANCELLED");
}

/* Detached and cancelled many times over, also when the thread may just be ending. */
static void *short_lived(void *argument)
{
    sem_post(&ready);
    return argument;
}

static void crowd(void)
{
    pthread_t thread;
    void *result;
    int strange = 0;

    for (int i = 0; i < 100; i++) {
        pthread_create(&thread, NULL, i % 2 ? short_lived : sleep_in_pause, (void *)7);
        if (i % 4 < 2)
            sem_wait(&ready);
        strange += pthread_cancel(thread) != 0;
        pthread_join(thread, &result);
        strange += result != PTHREAD_CANCELED && result != (void *)7;
        strange += i % 2 == 0 && result != PTHREAD_CANCELED;
        while (sem_trywait(&ready) == 0)
            continue;
    }
    say("crowd: %d strange", strange);
}

int main(void)
{
    sem_init(&none, 0, 0);
    sem_init(&ready, 0, 0);
    if (pipe(ends) || (mkfifo("cancelfifo", 0600) && errno != EEXIST))
        return 1;
    alone();
    cancel("read", sleep_in_read);
    cancel("sleep", sleep_in_sleep);
    cancel("semaphore", sleep_in_semaphore);
    cancel("pause", sleep_in_pause);
    cancel("condition", sleep_in_condition);
    say_true("the handler had the mutex, and it is free", held && pthread_mutex_trylock(&mutex) == 0);
    pthread_mutex_unlock(&mutex);
    cancel("join", sleep_in_join);
    cancel("open of a fifo", sleep_in_open);
    cancel("creat of a fifo", sleep_in_creat);
    cancel("testcancel", spin_and_test);
    cancel("at once", spin_at_once);
    while (sem_trywait(&ready) == 0)
        continue;
    states();
    exiting();
    in_handler();
    crowd();
    unlink("cancelfifo");
    return 0;
}
