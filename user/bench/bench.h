/*
 * bench: what the kernel's services cost, one number for each.
 *
 * Under QEMU's `-icount shift=0` a nanosecond of the guest's clock is one instruction, so the figures are instructions per operation
 * and repeat exactly. The program is static and asks for nothing but Linux's system calls: the same file runs on Linux, which is the
 * peer that `make bench PEER=linux` prints beside it.
 */
#ifndef USER_BENCH_BENCH_H
#define USER_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define PAGE 4096ul

/* Nanoseconds of the monotonic clock. */
uint64_t bench_now(void);

/* Prints `name` and the cost of one of `times` operations that took from `start` until now. */
void bench_report(const char *name, uint64_t start, unsigned long times);

/* Ends the program with a message when a call that cannot fail has failed. */
void bench_check(int succeeded, const char *what);

/* `length` bytes of fresh private anonymous memory in 4 KB pages, not touched. */
char *bench_map(size_t length);

/* A file of `length` bytes below /tmp, opened for reading and writing, its name already removed. */
int bench_file(size_t length);

/* The suites, in files of their names. */
void bench_calls(void);
void bench_faults(void);
void bench_areas(void);
void bench_processes(const char *program);
void bench_threads(void);
void bench_signals(void);
void bench_pipes(void);
void bench_files(void);
void bench_heap(void);
void bench_paging(void);
void bench_disk(void);

#endif
