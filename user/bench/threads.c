/*
 * Threads of one address space: making and joining them, and page faults of several at the same time, which share its areas and
 * its page table. With as many CPUs the time of one fault falls, for as long as the threads do not wait for each other.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { THREADS_MAX = 4, PAGES = 1024 };

static pthread_barrier_t begin;

static void *nothing(void *argument)
{
    return argument;
}

static void create_and_join(void)
{
    enum { TIMES = 100 };
    pthread_t thread;
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++) {
        bench_check(pthread_create(&thread, NULL, nothing, NULL) == 0, "pthread_create");
        pthread_join(thread, NULL);
    }
    bench_report("thread create, join", start, TIMES);
}

/* One thread's part: pages of its own in the memory all of them share. */
static void *touch(void *memory)
{
    pthread_barrier_wait(&begin);
    for (unsigned i = 0; i < PAGES; i++)
        *(volatile char *)((char *)memory + i * PAGE) = 1;
    return NULL;
}

static void faults_together(unsigned count)
{
    char name[64];
    pthread_t threads[THREADS_MAX];
    char *memory = bench_map(count * PAGES * PAGE);
    pthread_barrier_init(&begin, NULL, count + 1);
    for (unsigned i = 0; i < count; i++)
        bench_check(pthread_create(&threads[i], NULL, touch, memory + i * PAGES * PAGE) == 0, "pthread_create");
    uint64_t start = bench_now();
    pthread_barrier_wait(&begin);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    snprintf(name, sizeof(name), "first writes by %u thread%s at a time", count, count > 1 ? "s" : "");
    bench_report(name, start, (unsigned long)count * PAGES);
    munmap(memory, count * PAGES * PAGE);
}

static unsigned cpus_allowed(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

void bench_threads(void)
{
    unsigned cpus = cpus_allowed();
    create_and_join();
    for (unsigned count = 1; count <= THREADS_MAX && count <= cpus; count *= 2)
        faults_together(count);
}
