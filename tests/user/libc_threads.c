/* Threads of the C library: results, mutexes, conditions, own variables, keys, barriers, a heap and streams shared by all. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { THREADS = 4, ROUNDS = 2000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Thread_local int own = 5;
static long counter;
static int turn;

static void *count(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        own++;
    }
    return (void *)((long)argument * 10 + own);
}

static void run(const char *what, void *(*start)(void *))
{
    pthread_t threads[THREADS];
    void *result;
    long sum = 0;

    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, start, (void *)i))
            say("%s: cannot create", what);
    for (int i = 0; i < THREADS; i++) {
        if (pthread_join(threads[i], &result))
            say("%s: cannot join", what);
        sum += (long)result;
    }
    say("%s: %ld", what, sum);
}

/* Each waits for its turn, round and round. */
static void *take_turns(void *argument)
{
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % THREADS != (int)(long)argument)
            pthread_cond_wait(&changed, &mutex);
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static sem_t items, room;
static int ring[8], put_at, take_at;

static void *produce(void *argument)
{
    for (int i = 1; i <= ROUNDS; i++) {
        sem_wait(&room);
        pthread_mutex_lock(&mutex);
        ring[put_at++ % 8] = i;
        pthread_mutex_unlock(&mutex);
        sem_post(&items);
    }
    return argument;
}

static void *consume(void *argument)
{
    long sum = 0;

    for (int i = 0; i < ROUNDS; i++) {
        sem_wait(&items);
        pthread_mutex_lock(&mutex);
        sum += ring[take_at++ % 8];
        pthread_mutex_unlock(&mutex);
        sem_post(&room);
    }
    return argument ? (void *)sum : NULL;
}

static void semaphores(void)
{
    pthread_t threads[4];
    void *first, *second;

    sem_init(&items, 0, 0);
    sem_init(&room, 0, 8);
    pthread_create(&threads[0], NULL, produce, NULL);
    pthread_create(&threads[1], NULL, produce, NULL);
    pthread_create(&threads[2], NULL, consume, &items);
    pthread_create(&threads[3], NULL, consume, &items);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_join(threads[2], &first);
    pthread_join(threads[3], &second);
    say("semaphores: %ld", (long)first + (long)second);
}

static pthread_key_t key;
static int destroyed;

static void destroy(void *value)
{
    __atomic_fetch_add(&destroyed, *(int *)value, __ATOMIC_SEQ_CST);
    free(value);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
    pthread_key_create(&key, destroy);
}

static void *use_key(void *argument)
{
    int *value = malloc(sizeof *value);

    pthread_once(&once, make_key);
    *value = (int)(long)argument + 1;
    pthread_setspecific(key, value);
    return (void *)(long)(pthread_getspecific(key) == value);
}

/* Every block carries a pattern; a heap without a lock would mix them up. */
static void *use_heap(void *argument)
{
    unsigned char *blocks[50] = {NULL}, mark = (unsigned char)((long)argument + 1);
    size_t sizes[50] = {0};
    unsigned seed = mark;
    long wrong = 0;

    for (int i = 0; i < 5000; i++) {
        seed = seed * 1103515245 + 12345;
        unsigned slot = seed >> 16 & 31, size = seed >> 8 & 1023;
        for (size_t j = 0; j < sizes[slot]; j++)
            wrong += blocks[slot][j] != mark;
        blocks[slot] = realloc(blocks[slot], size + 1);
        memset(blocks[slot], mark, size + 1);
        sizes[slot] = size + 1;
    }
    for (int i = 0; i < 50; i++)
        free(blocks[i]);
    return (void *)wrong;
}

static FILE *shared;

static void *use_stream(void *argument)
{
    for (int i = 0; i < 300; i++)
        fprintf(shared, "%c%c%c%d\n", 'a' + (int)(long)argument, 'a' + (int)(long)argument, 'a' + (int)(long)argument,
                i);
    return NULL;
}

static void stream_check(void)
{
    char line[32];
    int lines = 0, mixed = 0;

    rewind(shared);
    while (fgets(line, sizeof line, shared)) {
        lines++;
        mixed += line[0] != line[1] || line[1] != line[2];
    }
    say("a stream: %d lines, mixed %d", lines, mixed);
    fclose(shared);
}

static void kinds(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t other;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&other, &attributes);
    int first = pthread_mutex_lock(&other), second = pthread_mutex_lock(&other);
    int back = pthread_mutex_unlock(&other), again = pthread_mutex_unlock(&other);
    say("recursive: %d %d %d %d", first, second, back, again);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&other, &attributes);
    first = pthread_mutex_lock(&other);
    second = pthread_mutex_lock(&other);
    say("error-checking: %d %d", first, second);
    say("unlock: %d %d", pthread_mutex_unlock(&other), pthread_mutex_unlock(&other));
    struct timespec past = {1, 0};
    pthread_mutex_lock(&mutex);
    say("a wait that is over: %d", pthread_cond_timedwait(&changed, &mutex, &past));
    pthread_mutex_unlock(&mutex);
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    int read_one = pthread_rwlock_rdlock(&lock), read_two = pthread_rwlock_tryrdlock(&lock);
    int write = pthread_rwlock_trywrlock(&lock);
    say("readers %d %d, writer %d", read_one, read_two, write);
}

static pthread_barrier_t barrier;

static void *meet(void *argument)
{
    long serial = 0;

    (void)argument;
    for (int i = 0; i < 100; i++)
        serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    return (void *)serial;
}

static void *detached(void *argument)
{
    sem_post(argument);
    return NULL;
}

static void many(void)
{
    sem_t done;
    pthread_t thread;
    int failed = 0;

    sem_init(&done, 0, 0);
    for (int i = 0; i < 100; i++) {
        failed += pthread_create(&thread, NULL, detached, &done) != 0;
        pthread_detach(thread);
        sem_wait(&done);
    }
    say("a hundred detached, failed %d", failed);
}

static void *exit_all(void *argument)
{
    (void)argument;
    _exit(7);
}

static void ending(void)
{
    pthread_t thread;
    int status;
    pid_t child = fork();

    if (!child) {
        pthread_create(&thread, NULL, exit_all, NULL);
        pthread_join(thread, NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    say("a thread ends the process: %d", WEXITSTATUS(status));
    child = fork();
    if (!child) {
        pthread_create(&thread, NULL, use_heap, NULL);
        pthread_exit(NULL);
    }
    waitpid(child, &status, 0);
    say("the first thread ends first: %d", WEXITSTATUS(status));
}

/* Each handler adds its digit. */
static int handled;

static void prepare_first(void)
{
    handled = handled * 10 + 1;
}

static void prepare_second(void)
{
    handled = handled * 10 + 2;
}

static void parent_first(void)
{
    handled = handled * 10 + 3;
}

static void child_first(void)
{
    handled = handled * 10 + 4;
}

static void child_second(void)
{
    handled = handled * 10 + 5;
}

/* The order of the handlers; and in the child the thread that forked is the last one, whose end is the process's. */
static void forking(void)
{
    int status;

    pthread_atfork(prepare_first, parent_first, child_first);
    pthread_atfork(prepare_second, NULL, child_second);
    pid_t child = fork();
    if (!child)
        _exit(handled == 2145 ? 8 : 1);
    waitpid(child, &status, 0);
    say("around a fork: %d, %d", handled, WEXITSTATUS(status));
    handled = 0;
    fflush(stdout);
    child = fork();
    if (!child)
        pthread_exit(NULL);
    waitpid(child, &status, 0);
    say("the only thread of a child ends: %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

int main(void)
{
    run("counting", count);
    say("counter %ld, own %d", counter, own);
    run("turns", take_turns);
    say("turn %d", turn);
    semaphores();
    run("keys", use_key);
    say("destroyed %d", destroyed);
    run("heap", use_heap);
    shared = fopen("threads.file", "w+");
    run("stream", use_stream);
    stream_check();
    unlink("threads.file");
    kinds();
    pthread_barrier_init(&barrier, NULL, THREADS);
    run("barrier", meet);
    many();
    ending();
    forking();
    return 0;
}
