/*
 * What a program sees of swap that fails: swap_errors [PAGES [STEP...]], with one line for each step.
 *
 *     PAGES pages (64) are filled and paged out; then the steps, `touch` if there are none:
 *     press=N      uses N other pages, so that none of the first need stay in memory
 *     touch        reads every page; SIGBUS says which are lost
 *     store        a child, which inherits them, writes to those that were lost
 *     give         a pipe is given each of those: write(2) says EFAULT
 *     sync         sync(2)
 *     cut=PATH     truncate(2) to nothing, and open(2) with O_TRUNC
 *     off=PATH     swapoff(2)
 *     until=PATH   reads them again and again until there is such a file
 *     stay         sleeps until it is killed
 *     hold         takes all memory in a child, in calls that hold what this process, which is to be killed first, waits for then
 *
 * Nothing is lost on a machine whose disks do not fail, with or without swap.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/user/say.h"

enum { PAGE = 4096, WORDS = PAGE / 8, MUCH = 128 << 20 };

static volatile uint64_t *memory;
static size_t pages;
static char *lost; /* for each page */
static sigjmp_buf caught;
static volatile uintptr_t caught_at;

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    caught_at = info->si_code == BUS_ADRERR ? (uintptr_t)info->si_addr : 0;
    siglongjmp(caught, 1);
}

static volatile uint64_t *map(size_t count)
{
    void *start = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        say("no memory for %zu pages", count);
        exit(1);
    }
    madvise(start, count * PAGE, MADV_NOHUGEPAGE);
    for (size_t page = 0; page < count; page++)
        ((volatile uint64_t *)start)[page * WORDS] = page + 1;
    return start;
}

static void step_press(size_t count)
{
    munmap((void *)map(count), count * PAGE);
}

/* Reads the page, or writes to it what is there anyway. False if that was a SIGBUS at the right place. */
static int page_use(size_t page, int store)
{
    if (sigsetjmp(caught, 1) != 0) {
        if (caught_at != (uintptr_t)&memory[page * WORDS])
            say("page %zu: SIGBUS at another place", page);
        return 0;
    }
    if (store)
        memory[page * WORDS] = page + 1;
    if (memory[page * WORDS] != page + 1)
        say("page %zu is not itself", page);
    return 1;
}

static void step_touch(void)
{
    size_t count = 0;
    for (size_t page = 0; page < pages; page++) {
        lost[page] = !page_use(page, 0);
        count += lost[page] != 0;
    }
    say("lost %zu of %zu pages", count, pages);
}

static void step_until(const char *path)
{
    say("touches");
    while (access(path, F_OK) != 0) {
        for (size_t page = 0; page < pages; page++)
            (void)page_use(page, 0);
    }
    step_touch();
}

static void step_store(void)
{
    pid_t child = fork();
    if (child == 0) {
        for (size_t page = 0; page < pages; page++) {
            if (lost[page] && page_use(page, 1))
                say("page %zu could be written", page);
        }
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    say("the child: %d", status);
}

static void step_give(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        exit(1);
    for (size_t page = 0; page < pages; page++) {
        if (lost[page] && (write(ends[1], (const void *)&memory[page * WORDS], PAGE) != -1 || errno != EFAULT))
            say("page %zu could be given", page);
    }
    say("given none");
    close(ends[0]);
    close(ends[1]);
}

static void step_off(const char *path)
{
    int error = swapoff(path) == 0 ? 0 : errno;
    say("swapoff: %s", error == 0 ? "done" : error == EIO ? "EIO" : error == ENOMEM ? "ENOMEM" : "another error");
}

static void step_cut(const char *path)
{
    say("truncate: %s", truncate(path, 0) == 0 ? "done" : strerror(errno));
    say("open: %s", open(path, O_RDONLY | O_TRUNC) >= 0 ? "done" : strerror(errno));
}

static void step_stay(void)
{
    say("stays");
    for (;;)
        pause();
}

/* More than there is of memory, read into by calls that hold the offset of the file meanwhile. */
static void take_all(int file)
{
    char *start = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    madvise(start, MUCH, MADV_NOHUGEPAGE);
    for (size_t at = 0; start != MAP_FAILED && at < MUCH; at += PAGE) {
        if (lseek(file, 0, SEEK_SET) != 0 || read(file, start + at, PAGE) != PAGE)
            break;
    }
    say("there was memory enough");
    _exit(1);
}

static void adjust_score(const char *text)
{
    int score = open("/proc/self/oom_score_adj", O_WRONLY);
    if (write(score, text, strlen(text)) != (ssize_t)strlen(text))
        say("oom_score_adj: error %d", errno);
    close(score);
}

static void step_hold(void)
{
    int file = open("/proc/self/exe", O_RDONLY);
    pid_t child = fork();
    if (child == 0) {
        adjust_score("-500"); /* after this process, before all others */
        take_all(file);
    }
    adjust_score("1000");
    while (lseek(file, 0, SEEK_CUR) >= 0)
        continue;
}

static void step_run(const char *step)
{
    if (!strncmp(step, "press=", 6))
        step_press(strtoul(step + 6, NULL, 10));
    else if (!strncmp(step, "off=", 4))
        step_off(step + 4);
    else if (!strncmp(step, "cut=", 4))
        step_cut(step + 4);
    else if (!strcmp(step, "sync"))
        sync();
    else if (!strncmp(step, "until=", 6))
        step_until(step + 6);
    else if (!strcmp(step, "store"))
        step_store();
    else if (!strcmp(step, "give"))
        step_give();
    else if (!strcmp(step, "hold"))
        step_hold();
    else if (!strcmp(step, "stay"))
        step_stay();
    else
        step_touch();
}

int main(int count, char **arguments)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    pages = count > 1 ? strtoul(arguments[1], NULL, 10) : 64;
    lost = calloc(pages, 1);
    memory = map(pages);
    madvise((void *)memory, pages * PAGE, MADV_PAGEOUT);
    if (count <= 2)
        step_touch();
    for (int i = 2; i < count; i++)
        step_run(arguments[i]);
    return 0;
}
