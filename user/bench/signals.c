/*
 * Signals: to oneself, and the fault that a handler catches and mends.
 */
#include "bench.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static char *guarded;

static void count_signal(int signal)
{
    (void)signal;
    caught++;
}

static void open_page(int signal)
{
    (void)signal;
    caught++;
    mprotect(guarded, PAGE, PROT_READ | PROT_WRITE);
}

static void install(int signal, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    bench_check(sigaction(signal, &action, NULL) == 0, "sigaction");
}

static void signal_to_self(void)
{
    enum { TIMES = 500 };
    install(SIGUSR1, count_signal);
    pid_t self = getpid();
    caught = 0;
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++)
        kill(self, SIGUSR1);
    bench_report("signal to self, handled", start, TIMES);
    bench_check(caught == TIMES, "signal");
}

static void fault_handled(void)
{
    enum { TIMES = 300 };
    install(SIGSEGV, open_page);
    guarded = bench_map(PAGE);
    guarded[0] = 1;
    caught = 0;
    uint64_t start = bench_now();
    for (int i = 0; i < TIMES; i++) {
        mprotect(guarded, PAGE, PROT_READ);
        *(volatile char *)guarded = 2;
    }
    bench_report("SIGSEGV handled, with two mprotect", start, TIMES);
    bench_check(caught == TIMES, "SIGSEGV");
    munmap(guarded, PAGE);
}

void bench_signals(void)
{
    signal_to_self();
    fault_handled();
}
