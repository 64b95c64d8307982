/* A machine for host tests; see machine.h. */
#include "tests/host/support/machine.h"

#include <asm/prctl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "mm/frame.h"

struct cpu cpus[CPUS_MAX];
struct cpu_features cpu_features;
static struct thread thread;
static uint64_t seed_now = 1;
static unsigned checks;

static bool panic_expected;
static jmp_buf panic_return;
static char panic_message[512];

void random_seed(uint64_t seed)
{
    seed_now = seed * 2654435761 + 1;
}

/* Splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
uint64_t random_next(void)
{
    uint64_t z = seed_now += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint64_t random_below(uint64_t limit)
{
    return random_next() % limit;
}

void check_done(const char *name)
{
    printf("ok %u - %s\n", ++checks, name);
    fflush(stdout);
}

void require(bool condition, const char *what)
{
    if (condition)
        return;
    printf("not ok %u - %s (random state %#lx)\n", checks + 1, what, (unsigned long)seed_now);
    exit(1);
}

bool panics_with(void (*function)(void), const char *text)
{
    panic_expected = true;
    panic_message[0] = '\0';
    if (setjmp(panic_return) == 0)
        function();
    panic_expected = false;
    cpus[0].interrupts_nest = 0;
    return strstr(panic_message, text) != NULL;
}

void panic_advise(const char *format, ...)
{
    (void)format;
}

void panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(panic_message, sizeof(panic_message), format, arguments);
    va_end(arguments);
    if (panic_expected)
        longjmp(panic_return, 1);
    printf("not ok %u - panic: %s (random state %#lx)\n", checks + 1, panic_message, (unsigned long)seed_now);
    fflush(stdout);
    abort();
}

void assertion_failed(const char *condition, const char *file, int line, const char *function)
{
    panic("%s:%d: %s: assertion failed: %s", file, line, function, condition);
}

void log_write(enum log_level level, const char *format, ...)
{
    (void)level, (void)format;
}

const char *option_text(const char *name, const char *otherwise)
{
    (void)name;
    return otherwise;
}

uint64_t option_number(const char *name, uint64_t otherwise)
{
    (void)name;
    return otherwise;
}

bool option_is_on(const char *name, bool otherwise)
{
    (void)name;
    return otherwise;
}

void interrupts_push_off(void)
{
    cpus[0].interrupts_nest++;
}

void interrupts_pop(void)
{
    assert(cpus[0].interrupts_nest > 0);
    cpus[0].interrupts_nest--;
}

bool machine_is_locked(void)
{
    return cpus[0].interrupts_nest != 0;
}

void spin_init(struct spinlock *lock, enum lock_rank rank)
{
    *lock = (struct spinlock){.rank = (uint8_t)rank};
}

void spin_lock(struct spinlock *lock)
{
    interrupts_push_off();
    if (lock->cpu != 0)
        panic("lock of rank %d taken twice", lock->rank);
    for (unsigned i = 0; i < thread.held_count; i++) {
        if (thread.held_rank[i] >= lock->rank)
            panic("lock of rank %d taken under one of rank %d", lock->rank, thread.held_rank[i]);
    }
    lock->cpu = 1;
    thread.held_rank[thread.held_count++] = lock->rank;
}

void spin_unlock(struct spinlock *lock)
{
    if (lock->cpu == 0)
        panic("lock of rank %d released, but not held", lock->rank);
    lock->cpu = 0;
    thread.held_count--;
    interrupts_pop();
}

bool spin_is_held(const struct spinlock *lock)
{
    return lock->cpu != 0;
}

void mutex_init(struct mutex *mutex, enum lock_rank rank)
{
    memset(mutex, 0, sizeof(*mutex));
    mutex->rank = (uint8_t)rank;
    list_init(&mutex->waiters);
}

void mutex_lock(struct mutex *mutex)
{
    might_sleep();
    if (mutex->owner != NULL)
        panic("mutex of rank %d taken twice", mutex->rank);
    mutex->owner = &thread;
}

void mutex_unlock(struct mutex *mutex)
{
    assert(mutex->owner == &thread);
    mutex->owner = NULL;
}

bool mutex_is_held(const struct mutex *mutex)
{
    return mutex->owner == &thread;
}

void might_sleep_surely(void)
{
    if (cpus[0].interrupts_nest != 0)
        panic("sleeping with a spin lock held");
}

unsigned cpus_online(void)
{
    return 1;
}

/* The kernel finds its per-CPU data through GS, which the host's libc leaves alone. */
static void set_gs(struct cpu *cpu)
{
    cpu->self = cpu;
    cpu->current = &thread;
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)cpu) != 0) {
        printf("1..0 # SKIP cannot set GS\n");
        exit(0);
    }
}

void machine_start(uint64_t frames)
{
    set_gs(&cpus[0]);
    cpu_features.xsave_mask = __builtin_cpu_supports("avx") ? 7 : 3; /* x87, SSE and perhaps AVX */
    void *memory = mmap((void *)DIRECT_MAP_BASE, frames * PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory != (void *)DIRECT_MAP_BASE) {
        printf("1..0 # SKIP no memory at %#llx\n", DIRECT_MAP_BASE);
        exit(0);
    }
    page_array = calloc(frames, sizeof(struct page));
    frame_limit = frames;
    for (uint64_t i = 0; i < frames; i++) {
        spin_init(&page_array[i].lock, RANK_PAGE);
        page_array[i].state = PAGE_WIRED;
        page_array[i].order = PAGE_ORDER_INSIDE;
    }
    frames_start(frames - 1);
    frames_add(1, frames - 1);
}
