/*
 * The code of the vDSO: runs in user mode, in any program, on whatever stack; position independent, without memory of its own.
 * Names, arguments and results are Linux's (vdso(7)).
 */
#include "kernel/vdso.h"

#include "kernel/abi/time.h"

enum { NS = 1000000000, CALL_CLOCK_GETTIME = 228, CPU_SELECTOR = 0x53 };

/* Behind the image: kernel/vdso/vdso.ld. */
extern const volatile struct vdso_data vdso_data __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int clock, struct linux_timespec *time);
int __vdso_gettimeofday(struct linux_timeval *time, struct linux_timezone *zone);
int64_t __vdso_time(int64_t *time);
int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);

static inline uint64_t monotonic(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    uint64_t tsc = low | (uint64_t)high << 32;
    return (uint64_t)((unsigned __int128)(tsc - vdso_data.tsc_start) * vdso_data.tsc_to_ns >> 32);
}

static inline uint64_t realtime(void)
{
    return monotonic() + vdso_data.realtime_offset;
}

static long clock_gettime_by_call(int clock, struct linux_timespec *time)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(CALL_CLOCK_GETTIME), "D"(clock), "S"(time)
                     : "rcx", "r11", "memory");
    return result;
}

int __vdso_clock_gettime(int clock, struct linux_timespec *time)
{
    uint64_t ns;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        ns = realtime();
        break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        ns = monotonic();
        break;
    default:
        return (int)clock_gettime_by_call(clock, time);
    }
    time->seconds = (int64_t)(ns / NS);
    time->nanoseconds = (int64_t)(ns % NS);
    return 0;
}

int __vdso_gettimeofday(struct linux_timeval *time, struct linux_timezone *zone)
{
    if (time != 0) {
        uint64_t ns = realtime();
        time->seconds = (int64_t)(ns / NS);
        time->microseconds = (int64_t)(ns % NS / 1000);
    }
    if (zone != 0)
        *zone = (struct linux_timezone){0, 0};
    return 0;
}

int64_t __vdso_time(int64_t *time)
{
    int64_t seconds = (int64_t)(realtime() / NS);
    if (time != 0)
        *time = seconds;
    return seconds;
}

/* The limit of a segment that nothing else uses is the CPU's number (kernel/gdt.c). */
int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
    unsigned limit;
    (void)unused;
    __asm__ volatile("lsl %1, %0" : "=r"(limit) : "r"(CPU_SELECTOR));
    if (cpu != 0)
        *cpu = limit;
    if (node != 0)
        *node = 0;
    return 0;
}

int clock_gettime(int clock, struct linux_timespec *time) __attribute__((weak, alias("__vdso_clock_gettime")));
int gettimeofday(struct linux_timeval *time, struct linux_timezone *zone)
    __attribute__((weak, alias("__vdso_gettimeofday")));
int64_t time(int64_t *time) __attribute__((weak, alias("__vdso_time")));
int getcpu(unsigned *cpu, unsigned *node, void *unused) __attribute__((weak, alias("__vdso_getcpu")));
