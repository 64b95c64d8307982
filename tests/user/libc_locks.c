/* Locks of threads and processes: with a limit in time, shared, robust, named; attributes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/asleep.h"
#include "tests/user/say.h"

static struct timespec past(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec--;
    return now;
}

static struct timespec soon(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    now.tv_nsec += 20000000;
    if (now.tv_nsec >= 1000000000) {
        now.tv_nsec -= 1000000000;
        now.tv_sec++;
    }
    return now;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

/* Whether a call that returned 0 or an error has waited until then: 100 more if not. */
static int waited(int result, clockid_t clock, const struct timespec *until)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return result +
           (now.tv_sec < until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec < until->tv_nsec) ? 100 : 0);
}

static void *try_locks(void *argument)
{
    struct timespec late = soon(CLOCK_REALTIME), before = past(),
                    wrong = {.tv_sec = late.tv_sec, .tv_nsec = 2000000000};
    (void)argument;
    int timed = pthread_mutex_timedlock(&mutex, &late);
    say("mutex: timed %d", waited(timed, CLOCK_REALTIME, &late));
    say("mutex: try %d, past %d, wrong %d", pthread_mutex_trylock(&mutex), pthread_mutex_timedlock(&mutex, &before),
        pthread_mutex_timedlock(&mutex, &wrong));
    late = soon(CLOCK_REALTIME);
    timed = pthread_rwlock_timedwrlock(&lock, &late);
    say("write lock: try %d, timed %d", pthread_rwlock_trywrlock(&lock), waited(timed, CLOCK_REALTIME, &late));
    say("read lock beside a reader: try %d", pthread_rwlock_tryrdlock(&lock));
    pthread_rwlock_unlock(&lock);
    return NULL;
}

static void *try_read(void *argument)
{
    struct timespec late = soon(CLOCK_REALTIME);
    (void)argument;
    int timed = pthread_rwlock_timedrdlock(&lock, &late);
    say("read lock beside a writer: try %d, timed %d", pthread_rwlock_tryrdlock(&lock),
        waited(timed, CLOCK_REALTIME, &late));
    return NULL;
}

static void in_thread(void *(*start)(void *))
{
    pthread_t thread;
    pthread_create(&thread, NULL, start, NULL);
    pthread_join(thread, NULL);
}

static void timed(void)
{
    struct timespec late, steady;
    pthread_condattr_t attributes;
    pthread_cond_t other;
    clockid_t clock = 99;
    sem_t semaphore;

    pthread_mutex_lock(&mutex);
    pthread_rwlock_rdlock(&lock);
    in_thread(try_locks);
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_wrlock(&lock);
    in_thread(try_read);
    pthread_rwlock_unlock(&lock);
    late = soon(CLOCK_REALTIME);
    int result = pthread_cond_timedwait(&condition, &mutex, &late);
    say("condition: %d", waited(result, CLOCK_REALTIME, &late));
    pthread_condattr_init(&attributes);
    say("clock: %d, wrong %d", pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC),
        pthread_condattr_setclock(&attributes, 77));
    pthread_condattr_getclock(&attributes, &clock);
    pthread_cond_init(&other, &attributes);
    steady = soon(CLOCK_MONOTONIC);
    result = pthread_cond_timedwait(&other, &mutex, &steady);
    say("by the other clock %d: %d", clock == CLOCK_MONOTONIC, waited(result, CLOCK_MONOTONIC, &steady));
    pthread_cond_destroy(&other);
    pthread_mutex_unlock(&mutex);
    sem_init(&semaphore, 0, 1);
    late = soon(CLOCK_REALTIME);
    int first = sem_timedwait(&semaphore, &late), second = sem_timedwait(&semaphore, &late), error = errno;
    say("semaphore: %d, then %d, error %d", first, waited(second, CLOCK_REALTIME, &late), error);
    sem_destroy(&semaphore);
}

/* What processes have in common. */
static struct {
    pthread_mutex_t mutex, normal, recursive, private;
    pthread_cond_t changed;
    pthread_barrier_t barrier;
    sem_t semaphore;
    int turn;
    atomic_int locking;
} * common;

static void common_init(void)
{
    pthread_mutexattr_t attributes;
    pthread_condattr_t condition_attributes;
    pthread_barrierattr_t barrier_attributes;
    int shared, robust;

    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&common->normal, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&common->recursive, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_getpshared(&attributes, &shared);
    pthread_mutexattr_getrobust(&attributes, &robust);
    say("attributes: %d %d", shared == PTHREAD_PROCESS_SHARED, robust == PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&common->mutex, &attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_PRIVATE);
    pthread_mutex_init(&common->private, &attributes);
    pthread_condattr_init(&condition_attributes);
    pthread_condattr_setpshared(&condition_attributes, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&common->changed, &condition_attributes);
    pthread_barrierattr_init(&barrier_attributes);
    pthread_barrierattr_setpshared(&barrier_attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&common->barrier, &barrier_attributes, 2);
    sem_init(&common->semaphore, 1, 0);
}

static void take_turns(int own)
{
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&common->normal);
        while (common->turn % 2 != own)
            pthread_cond_wait(&common->changed, &common->normal);
        common->turn++;
        pthread_cond_broadcast(&common->changed);
        pthread_mutex_unlock(&common->normal);
    }
}

static void shared(void)
{
    pid_t child = fork();
    if (child == 0) {
        take_turns(1);
        pthread_barrier_wait(&common->barrier);
        sem_post(&common->semaphore);
        _exit(0);
    }
    take_turns(0);
    pthread_barrier_wait(&common->barrier);
    sem_wait(&common->semaphore);
    waitpid(child, NULL, 0);
    say("between processes: %d turns", common->turn);
}

/* A child has its parent's memory at the same addresses, but not its mutex. */
static void of_the_parent(void)
{
    pthread_mutex_lock(&common->recursive);
    pid_t child = fork();
    if (child == 0) {
        say("in a child: try %d", pthread_mutex_trylock(&common->recursive));
        say("unlock %d", pthread_mutex_unlock(&common->recursive));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    say("in the parent: try %d", pthread_mutex_trylock(&common->recursive));
    for (int i = 0; i < 3; i++)
        say("unlock %d", pthread_mutex_unlock(&common->recursive));
}

/* A child ends with the mutex: how says it. */
static int lock_after_death(int signal)
{
    int status, error;
    pid_t child = fork();
    if (child == 0) {
        if (pthread_mutex_lock(&common->mutex))
            _exit(1);
        sem_post(&common->semaphore);
        if (signal == 0)
            _exit(0);
        while (1)
            pause();
    }
    sem_wait(&common->semaphore);
    if (signal)
        kill(child, signal);
    error = pthread_mutex_lock(&common->mutex); /* sleeps until it ends, or comes behind that */
    waitpid(child, &status, 0);
    return error;
}

/* A robust mutex need not be shared for the kernel to wake who sleeps there when its owner ends. Else, the alarm ends it. */
static void robust_private(void)
{
    atomic_store(&common->locking, 0);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(&common->private);
        sem_post(&common->semaphore);
        while (!atomic_load(&common->locking))
            sched_yield();
        asleep_await(getppid());
        _exit(0);
    }
    sem_wait(&common->semaphore);
    alarm(60);
    atomic_store(&common->locking, 1);
    int error = pthread_mutex_lock(&common->private);
    alarm(0);
    waitpid(child, NULL, 0);
    say("private: %s", strerror(error));
}

static void *die_with(void *argument)
{
    pthread_mutex_lock(argument);
    return NULL;
}

static void *lock_once(void *argument)
{
    sem_post(&common->semaphore);
    int error = pthread_mutex_lock(argument);
    return (void *)(long)(error ? error : pthread_mutex_unlock(argument));
}

/* Each of them is woken by the one before. The pause is for them to fall asleep in; whoever has not, does not matter. */
static void robust_crowd(void)
{
    enum { WAITERS = 3 };
    static const struct timespec pause = {.tv_nsec = 20000000};
    pthread_t threads[WAITERS];
    long strange = 0;
    void *result;

    pthread_mutex_lock(&common->mutex);
    for (int i = 0; i < WAITERS; i++)
        strange += pthread_create(&threads[i], NULL, lock_once, &common->mutex) != 0;
    for (int i = 0; i < WAITERS; i++)
        sem_wait(&common->semaphore);
    nanosleep(&pause, NULL);
    pthread_mutex_unlock(&common->mutex);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], &result);
        strange += (long)result;
    }
    say("three waiters: %ld strange", strange);
}

/* Whoever returns first may destroy and reuse it; here, with bytes that must stay. */
static pthread_barrier_t *meeting;

static void *meet(void *argument)
{
    pthread_barrier_wait(meeting);
    return argument;
}

static pthread_cond_t *arrival;
static int waiting, arrived;

static void *await(void *argument)
{
    pthread_mutex_lock(&mutex);
    waiting = 1;
    while (!arrived)
        pthread_cond_wait(arrival, &mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

/* With the mutex, when the thread sleeps in await() or is about to, having given the mutex up. */
static void await_waiter(void)
{
    pthread_mutex_lock(&mutex);
    while (!waiting) {
        pthread_mutex_unlock(&mutex);
        sched_yield();
        pthread_mutex_lock(&mutex);
    }
}

static int changed(const unsigned char *bytes, size_t length)
{
    int count = 0;
    for (size_t i = 0; i < length; i++)
        count += bytes[i] != 0xa5;
    return count;
}

static void destroyed(void)
{
    static pthread_barrier_t barrier;
    static pthread_cond_t signal;
    pthread_t thread;
    int strange = 0;

    meeting = &barrier;
    arrival = &signal;
    for (int i = 0; i < 100; i++) {
        pthread_barrier_init(&barrier, NULL, 2);
        pthread_create(&thread, NULL, meet, NULL);
        pthread_barrier_wait(&barrier);
        strange += pthread_barrier_destroy(&barrier) != 0;
        memset(&barrier, 0xa5, sizeof barrier);
        pthread_join(thread, NULL);
        strange += changed((unsigned char *)&barrier, sizeof barrier);
        waiting = arrived = 0;
        pthread_cond_init(&signal, NULL);
        pthread_create(&thread, NULL, await, NULL);
        await_waiter();
        arrived = 1;
        pthread_cond_broadcast(&signal);
        pthread_mutex_unlock(&mutex);
        strange += pthread_cond_destroy(&signal) != 0;
        memset(&signal, 0xa5, sizeof signal);
        pthread_join(thread, NULL);
        strange += changed((unsigned char *)&signal, sizeof signal);
    }
    say("destroyed at once: %d strange", strange);
}

static void robust(void)
{
    pthread_t thread;

    robust_private();
    say("after exit: %s", strerror(lock_after_death(0)));
    say("consistent: %d", pthread_mutex_consistent(&common->mutex));
    pthread_mutex_unlock(&common->mutex);
    say("after kill: %s", strerror(lock_after_death(SIGKILL)));
    say("consistent: %d, again %d", pthread_mutex_consistent(&common->mutex), pthread_mutex_consistent(&common->mutex));
    pthread_mutex_unlock(&common->mutex);
    pthread_create(&thread, NULL, die_with, &common->mutex);
    pthread_join(thread, NULL);
    say("after a thread: %s", strerror(pthread_mutex_trylock(&common->mutex)));
    say("given up: %d", pthread_mutex_unlock(&common->mutex));
    say("then: %s", strerror(pthread_mutex_lock(&common->mutex)));
    say("one that is not robust: %d", pthread_mutex_consistent(&common->normal));
}

static unsigned rights_of_new(void)
{
    char name[64], path[80];
    struct stat status = {0};
    snprintf(name, sizeof name, "/libc_rights.%d", getpid());
    snprintf(path, sizeof path, "/dev/shm/sem.%s", name + 1);
    mode_t old = umask(022);
    sem_close(sem_open(name, O_CREAT, 0666, 1));
    umask(old);
    stat(path, &status);
    sem_unlink(name);
    return status.st_mode & 0777;
}

static void named(void)
{
    char name[64];
    int value = 0, status;
    snprintf(name, sizeof name, "/libc_locks.%d", getpid());
    sem_t *semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 2), *again = sem_open(name, 0);
    say("rights under 022: %o", rights_of_new());
    say("named: %d, the same again %d", semaphore != SEM_FAILED, again == semaphore);
    errno = 0;
    int failed = sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED;
    say("exclusive: %d, error %d", failed, errno);
    sem_close(again);
    sem_wait(semaphore);
    pid_t child = fork();
    if (child == 0) {
        sem_t *own = sem_open(name, O_CREAT, 0600, 100);
        for (int i = 0; i < 3; i++)
            sem_post(own);
        _exit(own == SEM_FAILED);
    }
    waitpid(child, &status, 0);
    sem_getvalue(semaphore, &value);
    say("from another process: %d, value %d", status, value);
    say("unlink: %d", sem_unlink(name));
    errno = 0;
    say("gone: %d", sem_unlink(name));
    say("error %d", errno);
    failed = sem_open(name, 0) == SEM_FAILED;
    say("open: %d, error %d", failed, errno);
    failed = sem_open("/a/b", O_CREAT, 0600, 1) == SEM_FAILED;
    say("a wrong name: %d, error %d", failed, errno);
    sem_post(semaphore);
    say("close: %d", sem_close(semaphore));
}

static void *where(void *argument)
{
    char here;
    char **range = argument;
    return (void *)(long)(&here >= range[0] && &here < range[1]);
}

static void attributes(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    size_t size;
    int value;
    void *stack, *result;

    pthread_attr_init(&attr);
    say("stack size: %d, too small %d", pthread_attr_setstacksize(&attr, 1 << 20),
        pthread_attr_setstacksize(&attr, 100));
    pthread_attr_getstacksize(&attr, &size);
    say("it is %zu", size);
    pthread_attr_setguardsize(&attr, 8192);
    pthread_attr_getguardsize(&attr, &size);
    pthread_attr_getdetachstate(&attr, &value);
    say("guard %zu, detached %d, wrong %d", size, value, pthread_attr_setdetachstate(&attr, 7));
    pthread_attr_getinheritsched(&attr, &value);
    say("scheduling: policy %d %d, scope %d", pthread_attr_setschedpolicy(&attr, SCHED_OTHER),
        pthread_attr_setschedpolicy(&attr, 55), pthread_attr_setscope(&attr, PTHREAD_SCOPE_SYSTEM));
    static char own[1 << 18] __attribute__((aligned(4096)));
    char *range[2] = {own, own + sizeof own};
    say("own stack: %d", pthread_attr_setstack(&attr, own, sizeof own));
    pthread_attr_getstack(&attr, &stack, &size);
    say("there %d, %zu", stack == own, size);
    pthread_create(&thread, &attr, where, range);
    pthread_join(thread, &result);
    say("the thread runs on it: %ld", (long)result);
    pthread_attr_destroy(&attr);
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstack(&attr, &stack, &size);
    say("this one's: %d", (char *)&attr > (char *)stack && (char *)&attr < (char *)stack + size);
}

int main(void)
{
    timed();
    common_init();
    shared();
    of_the_parent();
    robust_crowd();
    destroyed();
    robust();
    named();
    attributes();
    return 0;
}
