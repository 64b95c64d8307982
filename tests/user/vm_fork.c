/*
 * fork and memory (L34): the lecture's two programs, and what else parent and child may or may not see of one another.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/user/say.h"

#define PAGE ((size_t)4096)
enum { CHAIN = 100, PAGES = 64 };

static int global_value;

static void wait_for(pid_t child)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        say("the child failed: status %x", status);
}

/* The first program of the lecture: a child's store is not seen by the parent. */
static void private_store(void)
{
    int local_value = 1;
    global_value = 1;
    pid_t child = fork();
    if (child == 0) {
        global_value = 2;
        local_value = 2;
        say("private, child: %d %d", global_value, local_value);
        _exit(0);
    }
    wait_for(child);
    say("private, parent: %d %d", global_value, local_value);
}

/* The second: a loop of the parent ends because the child's store goes to a shared mapping. */
static void shared_store(void)
{
    volatile int *flag = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        *flag = 1;
        _exit(0);
    }
    while (*flag == 0)
        ;
    say("shared: the parent's loop has ended");
    wait_for(child);
    munmap((void *)flag, PAGE);
}

/* Every process of a chain of forks changes one page and sees all changes made before its birth, none made later. */
static void chain_member(volatile int *pages, int *results, int depth)
{
    pages[depth * 1024] = depth + 1;
    if (depth + 1 < CHAIN) {
        pid_t child = fork();
        if (child == 0) {
            chain_member(pages, results, depth + 1);
            _exit(0);
        }
        wait_for(child);
    }
    int right = 0;
    for (int i = 0; i < CHAIN; i++)
        right += pages[i * 1024] == (i <= depth ? i + 1 : 0);
    results[depth] = right;
}

static void chain_of_forks(void)
{
    int *pages = mmap(NULL, CHAIN * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int *results = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    chain_member(pages, results, 0);
    int right = 0;
    for (int i = 0; i < CHAIN; i++)
        right += results[i];
    say("chain: %d of %d pages right", right, CHAIN * CHAIN);
    munmap(pages, CHAIN * PAGE);
    munmap(results, PAGE);
}

/* Both sides write in turn, in step by two pipes' worth of shared counter. */
static void many_children(void)
{
    unsigned char *memory = malloc(PAGES * PAGE);
    unsigned char *seen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[8];
    memset(memory, 'p', PAGES * PAGE);
    for (int i = 0; i < 8; i++) {
        memory[i * PAGE] = (unsigned char)('0' + i);
        children[i] = fork();
        if (children[i] == 0) {
            memory[i * PAGE] = 'c';
            memset(memory + 32 * PAGE, 'a' + i, 16 * PAGE);
            int right = memory[32 * PAGE + 5] == 'a' + i && memory[(i + 1) * PAGE] == 'p';
            for (int j = 0; j < i; j++)
                right &= memory[j * PAGE] == '0' + j;
            seen[i] = (unsigned char)right;
            _exit(0);
        }
    }
    for (int i = 0; i < 8; i++)
        wait_for(children[i]);
    int right = 0;
    for (int i = 0; i < 8; i++)
        right += seen[i] && memory[i * PAGE] == '0' + i;
    say("children: %d of 8 right, parent's page '%c'", right, memory[32 * PAGE + 5]);
    free(memory);
    munmap(seen, PAGE);
}

static void advice(void)
{
    char *gone = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *wiped = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    gone[0] = wiped[0] = 'x';
    say_result("MADV_DONTFORK", madvise(gone, PAGE, MADV_DONTFORK));
    say_result("MADV_WIPEONFORK", madvise(wiped, PAGE, MADV_WIPEONFORK));
    pid_t child = fork();
    if (child == 0) {
        say("wiped: %d", wiped[0]);
        say_result("not there: msync", msync(gone, PAGE, MS_ASYNC));
        say_result("the rest is there: msync", msync(gone + PAGE, PAGE, MS_ASYNC));
        _exit(0);
    }
    wait_for(child);
    say("parent: %c %c", gone[0], wiped[0]);
    munmap(gone, 2 * PAGE);
    munmap(wiped, 2 * PAGE);
}

/* A child that shares the parent's memory until it is gone. */
static void vfork_child(void)
{
    static volatile int value;
    pid_t child = vfork();
    if (child == 0) {
        value = 7;
        _exit(0);
    }
    wait_for(child);
    say("vfork: %d", value);
}

int main(void)
{
    private_store();
    shared_store();
    chain_of_forks();
    many_children();
    advice();
    vfork_child();
    return 0;
}
