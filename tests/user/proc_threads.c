/*
 * Threads from the system calls up: clone with its flags, thread-local storage, what is shared and what is not, exit of
 * one and of all, exec in a process of many threads, robust mutexes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

enum {
    STACK = 65536,
    THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
    FUTEX_WAIT_ = 0,
    FUTEX_WAKE_ = 1,
    FUTEX_REQUEUE_ = 3,
    FUTEX_CMP_REQUEUE_ = 4,
    FUTEX_WAKE_OP_ = 5,
    FUTEX_WAIT_BITSET_ = 9,
    FUTEX_WAKE_BITSET_ = 10,
};

/*
 * clone() with a function for the child. The child must not touch errno or anything else of the C library's that
 * belongs to a thread, as it has its parent's: it uses raw calls.
 */
static long start(unsigned long flags, void *stack, void (*function)(void *), void *argument, int *parent_tid,
                  int *child_tid)
{
    long result;
    uint64_t *top = (uint64_t *)((char *)stack + STACK) - 4;
    top[0] = (uint64_t)function;
    top[1] = (uint64_t)argument;
    register long r10 __asm__("r10") = (long)child_tid;
    register long r8 __asm__("r8") = 0;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "pop %%rax\n\t"
                     "pop %%rdi\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "call *%%rax\n\t"
                     "xor %%edi, %%edi\n\t"
                     "mov $60, %%eax\n\t"
                     "syscall\n\t"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(top), "d"(parent_tid), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

static long raw(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

static void *stack_make(void)
{
    return mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
}

/* Waits until a thread has ended, by the word that CLONE_CHILD_CLEARTID clears. */
static void join(volatile int *tid)
{
    int value;
    while ((value = *tid) != 0)
        raw(SYS_futex, (long)tid, FUTEX_WAIT_, value, 0);
}

static volatile int shared, tids[8], parent_tid;

static void set_shared(void *argument)
{
    shared = (int)(intptr_t)argument;
    tids[7] = (int)raw(SYS_gettid, 0, 0, 0, 0);
    tids[6] = (int)raw(SYS_getpid, 0, 0, 0, 0);
}

static void one_thread(void)
{
    void *stack = stack_make();
    unsigned long flags = THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    tids[0] = -1;
    long tid = start(flags, stack, set_shared, (void *)42, (int *)&parent_tid, (int *)&tids[0]);
    join(&tids[0]);
    say("a thread set %d; its number: to the parent %d, its own %d, the process's %d", shared, parent_tid == tid,
        tids[7] == tid, tids[6] == getpid());
    munmap(stack, STACK);
}

static volatile int turns[4], word;

static void count_in_turn(void *argument)
{
    int me = (int)(intptr_t)argument;
    for (int i = 0; i < 200; i++) {
        int value;
        while ((value = __atomic_load_n(&word, __ATOMIC_SEQ_CST)) % 4 != me)
            raw(SYS_futex, (long)&word, FUTEX_WAIT_, value, 0);
        turns[me]++;
        __atomic_store_n(&word, value + 1, __ATOMIC_SEQ_CST);
        raw(SYS_futex, (long)&word, FUTEX_WAKE_, 100, 0);
    }
}

static void four_threads(void)
{
    void *stacks[4];
    for (int i = 0; i < 4; i++) {
        stacks[i] = stack_make();
        tids[i] = -1;
        start(THREAD_FLAGS | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID, stacks[i], count_in_turn, (void *)(intptr_t)i,
              NULL, (int *)&tids[i]);
    }
    for (int i = 0; i < 4; i++) {
        join(&tids[i]);
        munmap(stacks[i], STACK);
    }
    say("turns %d %d %d %d, word %d", turns[0], turns[1], turns[2], turns[3], word);
}

static volatile int gate, arrived, woken;

static void wait_at_gate(void *argument)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    raw(SYS_futex, (long)&gate, argument != NULL ? FUTEX_WAIT_BITSET_ : FUTEX_WAIT_, 0, 0);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
}

static void pause_little(void)
{
    struct timespec time = {0, 20000000};
    nanosleep(&time, NULL);
}

/*
 * Moves `count` threads from the gate to another word; afterwards it is certain that all of them sleep. It begins when all
 * have arrived: one that is still starting may be woken late for what it waited for on the way (Linux's wake queues), and
 * goes back to the gate then.
 */
static void gather(int count, int *lobby)
{
    while (arrived < count)
        sched_yield();
    for (int moved = 0; moved < count; sched_yield())
        moved += (int)syscall(SYS_futex, &gate, FUTEX_CMP_REQUEUE_, 0, 10, lobby, 0);
}

static void futex_errors(void)
{
    struct timespec past = {0, 1}, wrong = {0, -1};
    static int value = 5;
    say_result("another value", syscall(SYS_futex, &value, FUTEX_WAIT_, 4, NULL, NULL, 0));
    say_result("timed out", syscall(SYS_futex, &value, FUTEX_WAIT_, 5, &past, NULL, 0));
    say_result("timed out long ago", syscall(SYS_futex, &value, FUTEX_WAIT_BITSET_, 5, &past, NULL, -1));
    say_result("wrong time", syscall(SYS_futex, &value, FUTEX_WAIT_, 5, &wrong, NULL, 0));
    say_result("nobody to wake", syscall(SYS_futex, &value, FUTEX_WAKE_, 1, NULL, NULL, 0));
    say_result("no bits", syscall(SYS_futex, &value, FUTEX_WAKE_BITSET_, 1, NULL, NULL, 0));
    say_result("not aligned", syscall(SYS_futex, (char *)&value + 1, FUTEX_WAKE_, 1, NULL, NULL, 0));
    say_result("no memory", syscall(SYS_futex, 4096, FUTEX_WAIT_, 0, NULL, NULL, 0));
    say_result("another value to requeue", syscall(SYS_futex, &value, FUTEX_CMP_REQUEUE_, 1, 1, &gate, 4));
    say_result("no operation", syscall(SYS_futex, &value, 99, 1, NULL, NULL, 0));
}

static void requeue(void)
{
    static int lobby, second;
    void *stacks[4];
    woken = arrived = 0;
    for (int i = 0; i < 4; i++) {
        stacks[i] = stack_make();
        tids[i] = -1;
        start(THREAD_FLAGS | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID, stacks[i], wait_at_gate, NULL, NULL,
              (int *)&tids[i]);
    }
    gather(4, &lobby);
    say_result("one woken, two moved", syscall(SYS_futex, &lobby, FUTEX_CMP_REQUEUE_, 1, 2, &second, 0));
    while (woken == 0)
        sched_yield();
    pause_little();
    say("awake: %d", woken);
    say_result("at the first word", syscall(SYS_futex, &lobby, FUTEX_WAKE_, 10, NULL, NULL, 0));
    say_result("at the second", syscall(SYS_futex, &second, FUTEX_WAKE_, 10, NULL, NULL, 0));
    for (int i = 0; i < 4; i++) {
        join(&tids[i]);
        munmap(stacks[i], STACK);
    }
    say("awake: %d", woken);
    second = 7; /* add 3 to it; wake there too if it was greater than 5 */
    say_result("wake and change",
               syscall(SYS_futex, &gate, FUTEX_WAKE_OP_, 1, 1, &second, 1 << 28 | 4 << 24 | 3 << 12 | 5));
    say("changed to %d", second);
}

static void end_all(void *argument)
{
    pause_little();
    raw(SYS_exit_group, (long)argument, 0, 0, 0);
}

/* When the first thread, whose number is there, has ended. */
static void end_one(void *argument)
{
    join(&tids[0]);
    raw(SYS_exit, (long)argument, 0, 0, 0);
}

static void sleep_long(void *argument)
{
    struct timespec time = {100, 0};
    raw(SYS_nanosleep, (long)&time, 0, 0, 0);
    (void)argument;
}

static char *own_path;

static void execute(void *argument)
{
    static char *const arguments[] = {"self", "executed", NULL}, *const environment[] = {NULL};
    pause_little();
    raw(SYS_execve, (long)own_path, (long)arguments, (long)environment, 0);
    (void)argument;
}

static void kill_self(void *argument)
{
    pause_little();
    *(volatile char *)argument = 1;
}

/* A process with a sleeping thread and one that does `what`; its first thread sleeps or ends. */
static void process_of_threads(const char *name, void (*what)(void *), void *argument, int first_ends)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        start(THREAD_FLAGS, stack_make(), sleep_long, NULL, NULL, NULL);
        start(THREAD_FLAGS, stack_make(), what, argument, NULL, NULL);
        if (first_ends)
            raw(SYS_exit, 9, 0, 0, 0);
        sleep_long(NULL);
    }
    waitpid(pid, &status, 0);
    say("%s: status %#x", name, status & ~0x80); /* whether there is a core depends on limits */
}

static void ends(void)
{
    process_of_threads("exit_group by another thread", end_all, (void *)3, 0);
    process_of_threads("after the first has ended", end_all, (void *)4, 1);
    process_of_threads("a fault in a thread", kill_self, NULL, 0);
    process_of_threads("exec by another thread", execute, NULL, 0);
    process_of_threads("exec after the first has ended", execute, NULL, 1);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        tids[0] = (int)raw(SYS_set_tid_address, (long)&tids[0], 0, 0, 0);
        start(THREAD_FLAGS, stack_make(), end_one, (void *)5, NULL, NULL);
        raw(SYS_exit, 6, 0, 0, 0);
    }
    waitpid(pid, &status, 0);
    say("the last thread ends with 5, the first had ended with 6: status %#x", status);
}

static void shared_things(void)
{
    static volatile int value;
    int status, descriptor = open("/dev/null", O_RDONLY);
    long pid = start(CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, stack_make(), set_shared, (void *)77, NULL, NULL);
    waitpid((pid_t)pid, &status, 0);
    say("a process that shares the memory set %d, in process %d", shared, tids[6] == pid);
    pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        value = 1;
        close(descriptor);
        _exit(0);
    }
    waitpid((pid_t)pid, &status, 0);
    say("one that shares only descriptors closed one: %d, and wrote nothing here: %d", fcntl(descriptor, F_GETFD),
        value);
    pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    say_result("a child without a signal is not waited for as usual", waitpid((pid_t)pid, &status, 0));
    say_true("but with __WCLONE", waitpid((pid_t)pid, &status, (int)__WCLONE) == pid);
}

static void wrong_flags(void)
{
    say_result("threads without handlers", syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0));
    say_result("handlers without memory", syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
    say_result("a small structure", syscall(SYS_clone3, &(long){0}, 8));
    say_result("no structure", syscall(SYS_clone3, 8, 64));
    uint64_t arguments[11] = {0};
    arguments[4] = 65;
    say_result("a wrong signal", syscall(SYS_clone3, arguments, sizeof(arguments)));
    arguments[4] = SIGCHLD;
    arguments[5] = 4096;
    say_result("a stack without a size", syscall(SYS_clone3, arguments, sizeof(arguments)));
    arguments[5] = 0;
    long pid = syscall(SYS_clone3, arguments, sizeof(arguments));
    if (pid == 0)
        _exit(11);
    int status;
    waitpid((pid_t)pid, &status, 0);
    say("clone3: status %#x", status);
}

static struct {
    void *next;
    long offset;
    void *pending;
} head;
static struct {
    void *next;
    int word;
} entry;

static void abandon(void *argument)
{
    (void)argument;
    head.next = &entry;
    head.offset = (char *)&entry.word - (char *)&entry;
    entry.next = &head;
    entry.word = (int)raw(SYS_gettid, 0, 0, 0, 0) | (int)0x80000000u;
    raw(SYS_set_robust_list, (long)&head, sizeof(head), 0, 0);
}

static void robust(void)
{
    tids[0] = -1;
    start(THREAD_FLAGS | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID, stack_make(), abandon, NULL, NULL, (int *)&tids[0]);
    join(&tids[0]);
    say("a robust mutex was abandoned: %#x", entry.word & (int)0xc0000000u);
}

int main(int argc, char **argv)
{
    char path[4096] = "";
    if (argc > 1) {
        say("%s, one thread: %d", argv[1], syscall(SYS_gettid) == getpid());
        return 21;
    }
    if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
        say("own path: error %d", errno);
    own_path = path;
    one_thread();
    four_threads();
    futex_errors();
    requeue();
    ends();
    shared_things();
    wrong_flags();
    robust();
    return 0;
}
