/*
 * Processes with several threads each, all at work on more memory than there is: every page carries its identity and version and is verified again and
 * again. Beside them a timer's signals, a pipe between parent and children, and a child that is stopped and continued, must go on as if nothing were the
 * matter when the kernel swaps processes out whole.
 *
 * Usage: vm_swapped [PAGES [ROUNDS [PROCESSES]]]: pages of each thread.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/user/say.h"

enum { THREADS = 3, PROCESSES_MAX = 8, PAGE = 4096, WORDS = PAGE / sizeof(uint64_t) };

static size_t pages = 16;
static unsigned rounds = 4, processes = 2;
static volatile sig_atomic_t alarms;

struct worker {
    pthread_t thread;
    uint64_t *memory;
    uint64_t identity, random;
    unsigned wrong;
};

static void alarm_note(int signal)
{
    (void)signal;
    alarms++;
}

static unsigned random_next(struct worker *worker)
{
    worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(worker->random >> 33);
}

static uint64_t word_of(const struct worker *worker, size_t page, uint64_t version)
{
    return worker->identity << 48 | (uint64_t)page << 24 | version;
}

/* A page's first and last word say whose it is, and how often it was written. */
static void page_use(struct worker *worker, size_t page, unsigned *versions)
{
    uint64_t *words = worker->memory + page * WORDS;
    uint64_t expected = versions[page] ? word_of(worker, page, versions[page]) : 0;
    worker->wrong += words[0] != expected || words[WORDS - 1] != expected;
    words[0] = words[WORDS - 1] = word_of(worker, page, ++versions[page]);
}

static void *worker_run(void *argument)
{
    struct worker *worker = argument;
    unsigned *versions = calloc(pages, sizeof *versions);
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < pages; i++)
            page_use(worker, random_next(worker) % pages, versions);
    }
    for (size_t page = 0; page < pages; page++)
        page_use(worker, page, versions);
    free(versions);
    return NULL;
}

/* Returns how many pages were wrong. */
static unsigned process_run(unsigned number)
{
    struct worker workers[THREADS];
    unsigned wrong = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        void *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        workers[i] = (struct worker){.memory = memory, .identity = number * THREADS + i + 1, .random = number + i};
        if (memory == MAP_FAILED || pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        wrong += workers[i].wrong;
    }
    return wrong;
}

/* Ends when it has worked, and the parent has closed its end of `go`. */
static void child_run(unsigned number, int out, int go)
{
    struct itimerval timer = {{0, 5000}, {0, 5000}};
    signal(SIGALRM, alarm_note);
    setitimer(ITIMER_REAL, &timer, NULL);
    unsigned wrong = process_run(number);
    while (alarms < 3)
        pause();
    while (read(go, &(char){0}, 1) != 0)
        continue;
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    _exit(write(out, &wrong, sizeof wrong) != sizeof wrong);
}

/* Whether waitpid says of the child what is expected. */
static int child_did(pid_t child, int options, int (*what)(int status))
{
    int status;
    return waitpid(child, &status, options) == child && what(status);
}

static int has_stopped(int status)
{
    return WIFSTOPPED(status);
}

static int has_continued(int status)
{
    return WIFCONTINUED(status);
}

static int has_ended_well(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int count, char **arguments)
{
    pid_t children[PROCESSES_MAX];
    unsigned wrong, sum = 0, failures = 0;
    int ends[2], go[2];
    if (count > 1)
        pages = strtoul(arguments[1], NULL, 10);
    if (count > 2)
        rounds = (unsigned)strtoul(arguments[2], NULL, 10);
    if (count > 3)
        processes = (unsigned)strtoul(arguments[3], NULL, 10) % (PROCESSES_MAX + 1);
    if (pipe(ends) != 0 || pipe(go) != 0)
        return 1;
    for (unsigned i = 0; i < processes; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            close(go[1]);
            child_run(i, ends[1], go[0]);
        }
    }
    kill(children[0], SIGSTOP);
    failures += !child_did(children[0], WUNTRACED, has_stopped);
    kill(children[0], SIGCONT);
    failures += !child_did(children[0], WCONTINUED, has_continued);
    say("stopped and continued: %s", failures ? "no" : "yes");
    close(go[1]);
    for (unsigned i = 0; i < processes; i++) {
        failures += read(ends[0], &wrong, sizeof wrong) != sizeof wrong;
        sum += wrong;
    }
    for (unsigned i = 0; i < processes; i++)
        failures += !child_did(children[i], 0, has_ended_well);
    say("pages that were wrong: %u; children: %s", sum, failures ? "failed" : "well");
    return sum != 0 || failures != 0;
}
