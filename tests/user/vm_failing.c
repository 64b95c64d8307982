/*
 * Every kind of memory call, by programs that take ENOMEM for an answer: each piece of work runs in a child, and must end by itself, with the right
 * contents, or for want of memory: ENOMEM (EAGAIN, where Linux says so) as its status, or killed. Without failures all of it is done.
 *
 * Run while allocations fail on purpose (tests/faults.t), it shows that each failure is one of these.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tests/user/say.h"

#define PAGE ((size_t)4096)
enum { PAGES = 64, STATUS_MEMORY = 12, STATUS_WRONG = 99, ROUNDS = 4 };

/* Ends the child for want of memory, or because something else is wrong. */
static void give_up(const char *what)
{
    /* EFAULT and EIO: Linux, too, says so of an argument, or a page of a file, that finds no memory. */
    if (errno == ENOMEM || errno == EAGAIN || errno == EFAULT || errno == EIO)
        _exit(STATUS_MEMORY);
    say("%s: error %d", what, errno);
    _exit(STATUS_WRONG);
}

static void expect(int condition, const char *what)
{
    if (condition)
        return;
    say("wrong: %s", what);
    _exit(STATUS_WRONG);
}

static void must(long result, const char *what)
{
    if (result == -1)
        give_up(what);
}

static unsigned char *map(size_t length, int rights, int flags, int fd)
{
    void *memory = mmap(NULL, length, rights, flags, fd, 0);
    if (memory == MAP_FAILED)
        give_up("mmap");
    return memory;
}

static void fill(volatile unsigned char *memory, unsigned pages, unsigned seed)
{
    for (unsigned i = 0; i < pages; i++)
        memory[i * PAGE + i] = (unsigned char)(i * 7 + seed);
}

static void verify(const volatile unsigned char *memory, unsigned pages, unsigned seed, const char *what)
{
    for (unsigned i = 0; i < pages; i++)
        expect(memory[i * PAGE + i] == (unsigned char)(i * 7 + seed), what);
}

/* Waits for a child of a child: its own end for want of memory is ours. */
static void wait_for(pid_t child)
{
    int status;
    must(child, "fork");
    must(waitpid(child, &status, 0), "waitpid");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        _exit(STATUS_MEMORY);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_WRONG);
}

static void anonymous(void)
{
    unsigned char *memory = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    expect(memory[PAGE] == 0, "new memory is zeros");
    fill(memory, PAGES, 1);
    for (unsigned i = 0; i < PAGES; i += 2)
        must(mprotect(memory + i * PAGE, PAGE, PROT_READ), "mprotect");
    must(munmap(memory + 8 * PAGE, 8 * PAGE), "munmap");
    verify(memory, 8, 1, "protected pages keep their contents");
    must(madvise(memory, 4 * PAGE, MADV_DONTNEED), "madvise");
    expect(memory[0] == 0, "pages given up are zeros");
}

static void moved(void)
{
    unsigned char *memory = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(memory, PAGES, 2);
    unsigned char *larger = mremap(memory, PAGES * PAGE, 3 * PAGES * PAGE, MREMAP_MAYMOVE);
    if (larger == MAP_FAILED)
        give_up("mremap");
    verify(larger, PAGES, 2, "moved pages keep their contents");
    unsigned char *place = map(PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    larger = mremap(larger, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    if (larger == MAP_FAILED)
        give_up("mremap to a place");
    verify(larger, PAGES, 2, "pages moved twice keep their contents");
}

static void shared(void)
{
    unsigned char *memory = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    pid_t child = fork();
    if (child == 0) {
        fill(memory, PAGES, 3);
        _exit(0);
    }
    wait_for(child);
    verify(memory, PAGES, 3, "shared pages show the child's stores");
}

static void chain(void)
{
    unsigned char *memory = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(memory, PAGES, 4);
    for (int depth = 0; depth < 6; depth++) {
        pid_t child = fork();
        if (child != 0) {
            wait_for(child);
            verify(memory, PAGES, 4, "the parent keeps its pages");
            return;
        }
        memory[(size_t)depth * PAGE + 1000] = (unsigned char)depth;
        verify(memory, PAGES, 4, "a forked process has its parent's pages");
    }
    _exit(0);
}

static int file_make(const char *name)
{
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    must(file, "open");
    must(unlink(name), "unlink");
    must(ftruncate(file, PAGES * PAGE), "ftruncate");
    return file;
}

static void files(void)
{
    int file = file_make("vm_failing.file");
    unsigned char *memory = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file);
    unsigned char *copy = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file), byte = 0;
    fill(memory, PAGES, 5);
    verify(copy, PAGES, 5, "both mappings show the file");
    fill(copy, PAGES, 6);
    verify(memory, PAGES, 5, "private stores stay private");
    must(pread(file, &byte, 1, 9 * PAGE + 9), "pread");
    expect(byte == 9 * 7 + 5, "read sees stores through the mapping");
    must(ftruncate(file, 3 * PAGE), "ftruncate");
    must(ftruncate(file, PAGES * PAGE), "ftruncate");
    expect(memory[5 * PAGE] == 0, "cut pages are zeros");
    close(file);
}

static void pipes(void)
{
    static unsigned char bytes[20000], back[20000];
    int ends[2];
    must(pipe(ends), "pipe");
    memset(bytes, 7, sizeof(bytes));
    for (int i = 0; i < 8; i++) {
        ssize_t put = write(ends[1], bytes, sizeof(bytes));
        must(put, "write");
        for (ssize_t got = 0; got < put;) {
            ssize_t piece = read(ends[0], back, sizeof(back));
            must(piece, "read");
            got += piece;
        }
    }
}

static void locked_and_large(void)
{
    unsigned char *memory = map(8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    madvise(memory, 8 << 20, MADV_HUGEPAGE);
    fill(memory, 1024, 8);
    pid_t child = fork();
    if (child == 0) {
        fill(memory + 512 * PAGE, 16, 9);
        _exit(0);
    }
    wait_for(child);
    verify(memory, 1024, 8, "large pages keep their contents");
    must(mprotect(memory + 3 * PAGE, PAGE, PROT_READ), "mprotect");
    must(munmap(memory + 700 * PAGE, PAGE), "munmap");
    verify(memory, 512, 8, "split pages keep their contents");
}

static void other_memory(void)
{
    unsigned char *memory = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    static unsigned char bytes[8 * 4096];
    fill(memory, PAGES, 10);
    struct iovec local = {bytes, sizeof(bytes)}, remote = {memory, sizeof(bytes)};
    must(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), "process_vm_readv");
    int file = memfd_create("vm_failing", 0);
    must(file, "memfd_create");
    must(ftruncate(file, PAGES * PAGE), "ftruncate");
    unsigned char *window = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file);
    fill(window, PAGES, 11);
    verify(window, PAGES, 11, "a memory file keeps its contents");
    must(mlock(memory, 8 * PAGE), "mlock");
}

static void program(void)
{
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            execl("/bin/true", "true", (char *)NULL);
            give_up("execl");
        }
        wait_for(child);
    }
}

static const struct {
    const char *name;
    void (*work)(void);
} works[] = {
    {"anonymous", anonymous},
    {"moved", moved},
    {"shared", shared},
    {"chain", chain},
    {"files", files},
    {"pipes", pipes},
    {"locked and large", locked_and_large},
    {"other memory", other_memory},
    {"program", program},
};

/* One piece of work in a child; what came of it. */
static const char *outcome(void (*work)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return errno == ENOMEM || errno == EAGAIN ? "no memory" : "wrong";
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGBUS ? "killed" : "wrong signal";
    switch (WEXITSTATUS(status)) {
    case 0:
        return "done";
    case STATUS_MEMORY:
    case 127: /* a program that could not be loaded */
        return "no memory";
    default:
        return "wrong";
    }
}

int main(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++)
            say("%s: %s", works[i].name, outcome(works[i].work));
    }
    return 0;
}
