/*
 * Accesses that are refused: which signal, which si_code, which si_addr.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/user/say.h"

#define PAGE ((size_t)4096)
#define ARENA ((uintptr_t)0x200000000000)

static sigjmp_buf back;
static volatile sig_atomic_t last_signal, last_code;
static volatile uintptr_t last_address;
static char signal_stack[65536];

static void handler(int number, siginfo_t *info, void *context)
{
    (void)context;
    last_signal = number;
    last_code = info->si_code;
    last_address = (uintptr_t)info->si_addr;
    siglongjmp(back, 1);
}

enum access { LOAD, STORE, CALL };
static const char *const access_names[] = {"load", "store", "call"};

static void attempt(const char *what, enum access access, uintptr_t address)
{
    last_signal = 0;
    if (sigsetjmp(back, 1) == 0) {
        volatile unsigned char *byte = (volatile unsigned char *)address;
        switch (access) {
        case LOAD:
            say("%s, load: %d", what, *byte);
            return;
        case STORE:
            *byte = 1;
            break;
        case CALL:
            ((void (*)(void))address)();
            break;
        }
        say("%s, %s: done", what, access_names[access]);
        return;
    }
    long place = last_address >= ARENA && last_address < ARENA + 256 * PAGE ? (long)(last_address - ARENA) : -1;
    say("%s, %s: signal %d code %d at %lx%s", what, access_names[access], (int)last_signal, (int)last_code,
        place >= 0 ? (unsigned long)place : (unsigned long)last_address, place >= 0 ? " of the arena" : "");
}

static void attempt_all(const char *what, uintptr_t address)
{
    attempt(what, LOAD, address);
    attempt(what, STORE, address);
    attempt(what, CALL, address);
}

static void *map_at(unsigned page, unsigned pages, int rights, int flags, int fd, off_t offset)
{
    return mmap((void *)(ARENA + page * PAGE), pages * PAGE, rights, flags | MAP_FIXED, fd, offset);
}

static void rights(void)
{
    const int private = MAP_PRIVATE | MAP_ANONYMOUS;
    unsigned char *code = map_at(0, 1, PROT_READ | PROT_WRITE, private, -1, 0);
    code[0] = 0xc3; /* ret */
    attempt_all("data", ARENA);
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    attempt("made executable", STORE, ARENA);
    mprotect((void *)ARENA, PAGE, PROT_READ | PROT_WRITE);
    ((unsigned char *)ARENA)[0] = 0xc3;
    mprotect((void *)ARENA, PAGE, PROT_READ | PROT_EXEC);
    attempt_all("code", ARENA);
    map_at(1, 1, PROT_READ, private, -1, 0);
    attempt_all("read-only", ARENA + PAGE + 5);
    map_at(2, 1, PROT_NONE, private, -1, 0);
    attempt_all("no rights", ARENA + 2 * PAGE + 17);
    attempt_all("nothing", ARENA + 3 * PAGE + 1);
    map_at(4, 2, PROT_READ | PROT_WRITE, private, -1, 0);
    munmap((void *)(ARENA + 5 * PAGE), PAGE);
    attempt("the part that is left", STORE, ARENA + 5 * PAGE - 1);
    attempt("the part that is gone", STORE, ARENA + 5 * PAGE);
}

static void rights_come_and_go(void)
{
    char *page = map_at(8, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 42;
    mprotect(page, PAGE, PROT_NONE);
    attempt("taken away", LOAD, ARENA + 8 * PAGE);
    mprotect(page, PAGE, PROT_READ);
    attempt("given back to read", LOAD, ARENA + 8 * PAGE);
    attempt("given back to read", STORE, ARENA + 8 * PAGE);
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
    attempt("given back", STORE, ARENA + 8 * PAGE);
    pid_t child = fork();
    if (child == 0) {
        mprotect(page, PAGE, PROT_READ);
        attempt("the child's", STORE, ARENA + 8 * PAGE);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    attempt("the parent's", STORE, ARENA + 8 * PAGE);
}

static void files(void)
{
    unlink("vm_signals.file");
    int file = open("vm_signals.file", O_RDWR | O_CREAT, 0600);
    if (ftruncate(file, PAGE + 100) != 0)
        say("ftruncate: error %d", errno);
    map_at(16, 4, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    map_at(24, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    attempt("file, last bytes", LOAD, ARENA + 18 * PAGE - 1);
    attempt("file, behind its end", LOAD, ARENA + 18 * PAGE);
    attempt("file, behind its end", STORE, ARENA + 19 * PAGE);
    attempt("private, behind its end", STORE, ARENA + 26 * PAGE);
    attempt("private", STORE, ARENA + 25 * PAGE);
    attempt("shared", STORE, ARENA + 17 * PAGE);
    if (ftruncate(file, 10) != 0)
        say("ftruncate: error %d", errno);
    attempt("cut, what is left", STORE, ARENA + 16 * PAGE);
    attempt("cut, what is gone", LOAD, ARENA + 17 * PAGE);
    if (ftruncate(file, 4 * PAGE) != 0)
        say("ftruncate: error %d", errno);
    attempt("extended", LOAD, ARENA + 17 * PAGE);
    attempt("extended", STORE, ARENA + 19 * PAGE);
    int reader = open("vm_signals.file", O_RDONLY);
    map_at(32, 1, PROT_READ, MAP_SHARED, reader, 0);
    attempt("opened to read", STORE, ARENA + 32 * PAGE);
    say_result("mprotect of it", mprotect((void *)(ARENA + 32 * PAGE), PAGE, PROT_READ | PROT_WRITE));
    close(file);
    attempt("closed", STORE, ARENA + 16 * PAGE);
    close(reader);
    unlink("vm_signals.file");
    attempt("removed", STORE, ARENA + 18 * PAGE);
}

static void odd_addresses(void)
{
    attempt_all("null", 0);
    attempt("near null", STORE, 8);
    attempt("kernel", LOAD, 0xffff800000000000);
    attempt("kernel", STORE, 0xffffffff80000000);
    attempt("top", LOAD, 0xffffffffffffffff);
    attempt("not canonical", LOAD, 0x8000000000000000);
    attempt("not canonical", STORE, 0x0000800000000000);
    attempt("last page of user space", LOAD, 0x7ffffffff000);
}

static int depth_of(int depth)
{
    volatile char frame[1024];
    frame[0] = (char)depth;
    return depth < 1 << 30 ? depth_of(depth + 1) + frame[0] : 0;
}

/* A recursion without end, on an alternate signal stack's mercy. */
static void stack_overflow(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {1 << 20, 1 << 20};
        setrlimit(RLIMIT_STACK, &limit);
        last_signal = 0;
        if (sigsetjmp(back, 1) == 0)
            say("%d", depth_of(0));
        say("stack overflow: signal %d code %d", (int)last_signal, (int)last_code);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void death(void)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile int *)ARENA = 1;
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    say("without a handler: killed by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_IGN);
        *(volatile int *)(ARENA + 3 * PAGE) = 1;
        _exit(0);
    }
    waitpid(child, &status, 0);
    say("ignored: killed by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(void)
{
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    rights();
    rights_come_and_go();
    files();
    odd_addresses();
    stack_overflow();
    death();
    return 0;
}
