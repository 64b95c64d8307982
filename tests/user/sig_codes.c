/*
 * What handlers are told about CPU exceptions and about senders: si_code, si_addr, the saved registers, and going on
 * behind the fault. SSE's exceptions are not among them, as QEMU does not raise them.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "tests/user/say.h"

static sigjmp_buf back;
static volatile int got_signal, got_code;
static void *volatile got_address;
static volatile uint64_t got_rip, got_error, got_trap, got_cr2;

static void handler(int number, siginfo_t *info, void *context)
{
    const ucontext_t *where = context;
    got_signal = number;
    got_code = info->si_code;
    got_address = info->si_addr;
    got_rip = (uint64_t)where->uc_mcontext.gregs[REG_RIP];
    got_error = (uint64_t)where->uc_mcontext.gregs[REG_ERR];
    got_trap = (uint64_t)where->uc_mcontext.gregs[REG_TRAPNO];
    got_cr2 = (uint64_t)where->uc_mcontext.gregs[REG_CR2];
    siglongjmp(back, 1);
}

static void catch_all(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

/* Runs `what` and tells how it ended. */
static void attempt(const char *name, void (*what)(void))
{
    got_signal = got_code = 0;
    if (sigsetjmp(back, 1) == 0)
        what();
    say("%s: signal %d code %d", name, got_signal, got_code);
}

static void read_null(void)
{
    *(volatile char *)0;
}

static void write_address(void *address)
{
    *(volatile char *)address = 1;
}

static char *page;

static void write_read_only(void)
{
    write_address(page);
}

static void read_only_data(void)
{
    static const char text[4096] = "constant";
    write_address((void *)(uintptr_t)text);
}

static void read_kernel(void)
{
    *(volatile char *)0xffff888000000000ull;
}

static void read_non_canonical(void)
{
    *(volatile char *)0x0000900000000000ull;
}

static void jump_to(uint64_t address)
{
    ((void (*)(void))(uintptr_t)address)();
}

static void jump_null(void)
{
    jump_to(0);
}

static void jump_non_canonical(void)
{
    jump_to(0x0000900000000000ull);
}

static void jump_data(void)
{
    jump_to((uint64_t)page);
}

static void divide_zero(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cdq; idiv %%ecx" ::: "eax", "ecx", "edx");
}

static void illegal(void)
{
    __asm__ volatile("ud2");
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void single_step(void)
{
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" ::: "cc", "memory");
}

static void privileged(void)
{
    __asm__ volatile("hlt");
}

static void port(void)
{
    __asm__ volatile("outb %%al, $0x80" ::"a"(0));
}

static void float_invalid_x87(void)
{
    uint16_t control = 0x37e;
    __asm__ volatile("fninit; fldcw %0; fldz; fldz; fdivrp; fwait" ::"m"(control));
}

static void past_file(void)
{
    write_address(page + 4096);
}

static void addresses(void)
{
    page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    attempt("write a read-only page", write_read_only);
    say_true("at that page", got_address == page && got_cr2 == (uint64_t)page && got_trap == 14);
    say("error code %llu", (unsigned long long)got_error);
    attempt("execute data", jump_data);
    say_true("at that page", got_address == page && got_rip == (uint64_t)page);
    munmap(page, 4096);
    attempt("write an unmapped page", write_read_only);
    say_true("at that page", got_address == page);
    say("error code %llu", (unsigned long long)got_error);
    munmap(page + 4096, 4096);
}

static void mapped_file(void)
{
    char name[] = "sig_codes_XXXXXX";
    int descriptor = mkstemp(name);
    if (descriptor < 0 || write(descriptor, "x", 1) != 1)
        say("no file: error %d", errno);
    page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
    attempt("write behind the end of a file", past_file);
    say_true("at that page", got_address == page + 4096);
    munmap(page, 8192);
    close(descriptor);
    unlink(name);
}

static volatile int value_pid, value_code, value_int;

static void sender_handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    value_code = info->si_code;
    value_pid = info->si_pid;
    value_int = info->si_int;
}

static void senders(void)
{
    struct sigaction action;
    union sigval value = {.sival_int = 4711};
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = sender_handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, NULL);
    kill(getpid(), SIGUSR1);
    say("kill: code %d, own pid %d", value_code, value_pid == getpid());
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
    say("tgkill: code %d, own pid %d", value_code, value_pid == getpid());
    sigqueue(getpid(), SIGUSR1, value);
    say("sigqueue: code %d, own pid %d, value %d", value_code, value_pid == getpid(), value_int);
    sigaction(SIGCHLD, &action, NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(5);
    while (waitpid(pid, NULL, 0) < 0)
        ;
    say("child: code %d, its pid %d", value_code, value_pid == pid);
}

int main(void)
{
    catch_all();
    attempt("read null", read_null);
    say_true("at address 0", got_address == NULL);
    attempt("write a constant", read_only_data);
    attempt("read kernel memory", read_kernel);
    attempt("read a non-canonical address", read_non_canonical);
    say_true("no address is told", got_address == NULL);
    attempt("jump to null", jump_null);
    say_true("at address 0", got_rip == 0);
    attempt("jump to a non-canonical address", jump_non_canonical);
    attempt("divide by zero", divide_zero);
    say_true("the address is the instruction's", (uint64_t)got_address == got_rip);
    attempt("illegal instruction", illegal);
    say_true("the address is the instruction's", (uint64_t)got_address == got_rip);
    attempt("breakpoint", breakpoint);
    attempt("single step", single_step);
    attempt("halt", privileged);
    attempt("port", port);
    attempt("x87 invalid operation", float_invalid_x87);
    addresses();
    mapped_file();
    senders();
    return 0;
}
