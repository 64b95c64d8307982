/*
 * The queue of ready threads: turns and shares of simulated threads that always want to run, and what affinity forbids.
 *
 * Links: kernel/ready.c
 */
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/ready.h"
#include "kernel/thread.h"
#include "tests/host/support/tap.h"

enum { THREADS = 4, TICKS = 40000 };

static struct thread threads[THREADS];
static struct cpu processors[2] = {{.id = 0}, {.id = 1}};
static unsigned ran[THREADS];

static void thread_set(unsigned which, int nice, uint64_t allowed)
{
    memset(&threads[which], 0, sizeof(threads[which]));
    threads[which].share = ready_share(nice);
    threads[which].allowed_cpus = allowed;
    ready_push_back(&threads[which]);
}

static void empty(void)
{
    for (unsigned i = 0; i < 2; i++)
        while (ready_take(&processors[i]) != NULL)
            ;
    memset(ran, 0, sizeof(ran));
}

/* Lets CPU 0 run whatever is there, slice by slice. */
static void run(unsigned ticks)
{
    for (unsigned done = 0; done < ticks;) {
        struct thread *thread = ready_take(&processors[0]);
        if (thread == NULL)
            return;
        done += thread->slice;
        ran[thread - threads] += thread->slice;
        thread->slice = 0;
        ready_push_back(thread);
    }
}

static bool about(unsigned value, unsigned expected)
{
    return value + expected / 20 + 2 >= expected && value <= expected + expected / 20 + 2;
}

static void equals(void)
{
    for (unsigned i = 0; i < THREADS; i++)
        thread_set(i, 0, 1);
    run(TICKS);
    check(ran[0] == ran[1] && ran[1] == ran[2] && ran[2] == ran[3] && ran[0] == TICKS / THREADS, "equals share alike");
    empty();
}

static void shares(void)
{
    thread_set(0, 0, 1);
    thread_set(1, 5, 1);
    thread_set(2, 10, 1);
    run(TICKS);
    unsigned sum = ready_share(0) + ready_share(5) + ready_share(10);
    check(about(ran[0], TICKS * ready_share(0) / sum) && about(ran[1], TICKS * ready_share(5) / sum) &&
              about(ran[2], TICKS * ready_share(10) / sum),
          "nice 0, 5 and 10 get their shares");
    empty();
    thread_set(0, 0, 1);
    thread_set(1, -5, 1);
    run(TICKS);
    check(about(ran[1], ran[0] * ready_share(-5) / SHARE_ONE), "nice -5 gets three times as much");
    empty();
}

static void only_nice(void)
{
    thread_set(0, 19, 1);
    check(ready_take(&processors[0]) == &threads[0] && threads[0].slice == 1, "alone, nice 19 runs at once");
    empty();
    thread_set(0, 10, 1);
    thread_set(1, 19, 1);
    run(TICKS);
    check(about(ran[1], ran[0] * ready_share(19) / ready_share(10)), "nice 10 and 19, nobody else: their shares");
    empty();
}

static void affinity(void)
{
    thread_set(0, 0, 2);
    thread_set(1, 0, 1);
    check(ready_has_for(&processors[0]) && ready_has_for(&processors[1]), "both CPUs have one");
    check(ready_take(&processors[0]) == &threads[1], "CPU 0 takes the one it may run");
    check(!ready_has_for(&processors[0]) && ready_take(&processors[0]) == NULL, "and no other");
    check(ready_count() == 1 && ready_take(&processors[1]) == &threads[0], "CPU 1 takes that");
    check(ready_count() == 0, "then there is none");
}

static void front(void)
{
    thread_set(0, 0, 1);
    thread_set(1, 0, 1);
    struct thread *first = ready_take(&processors[0]);
    ready_push_front(first);
    check(ready_take(&processors[0]) == first, "the front is served first");
    empty();
}

int main(void)
{
    check(ready_share(0) == SHARE_ONE && ready_share(19) < ready_share(18) && ready_share(NICE_MIN) > 80000,
          "shares fall with the nice value");
    equals();
    shares();
    only_nice();
    affinity();
    front();
    printf("1..%u\n", checks);
    return failures != 0;
}
