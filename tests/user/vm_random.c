/*
 * Random memory calls, stores, loads, file reads and writes, truncations and forks, from a seed; the results and everything that is read go into a digest.
 * What is printed must be the same on every kernel: vm_random [first seed [seeds [steps [trace]]]]. With `trace` every step is printed.
 *
 * The arena is a stretch of fixed addresses, small enough that everything meets everything; for every fifth seed it is so large that 2 MB mappings fit.
 * There are two files: one of fixed size, one that is cut and extended. That one is in memory: what mappings store behind the end of a file, and when it
 * is gone, is defined only there. On a disk, writing the page clears it, whenever that is.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tests/user/random.h"
#include "tests/user/say.h"

#define PAGE ((size_t)4096)
#define ARENA ((uintptr_t)0x200000000000)
enum {
    ARENA_SMALL = 300,
    ARENA_LARGE = 1600,
    LARGE_SEED = 5,
    FILE_PAGES = 64,
    LARGE_PAGES = 512,
    DEPTH_MAX = 3,
    ADVICE_COLLAPSE = 25
};

static uint64_t digest;
static unsigned arena_pages;
static int files[2]; /* of fixed size; changing */
static int depth, trace;
static sigjmp_buf back;

static void note(uint64_t value)
{
    digest = (digest ^ value) * 0x100000001b3u;
    digest ^= digest >> 29;
}

/* A call's result: addresses relative to the arena. */
static void note_result(long result)
{
    if (result == -1)
        note((uint64_t)errno);
    else if ((uintptr_t)result >= ARENA)
        note((uintptr_t)result - ARENA + 1000);
    else
        note((uint64_t)result + 500);
}

static void handler(int number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    (void)context;
    if (address < ARENA || address >= ARENA + arena_pages * PAGE)
        _exit(98);
    if (trace)
        say("signal %d code %d page %ld", number, info->si_code, (long)((address - ARENA) / PAGE));
    note((uint64_t)number * 16 + (uint64_t)info->si_code);
    siglongjmp(back, 1);
}

static uintptr_t random_page(unsigned pages)
{
    return ARENA + random_below(arena_pages - pages + 1) * PAGE;
}

static int random_rights(void)
{
    static const int rights[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ,
                                 PROT_NONE};
    return rights[random_below(5)];
}

static void step_map(void)
{
    unsigned pages = 1 + random_below(random_below(8) == 0 ? arena_pages * 2 / 3 : 12);
    uintptr_t at = random_page(pages);
    int rights = random_rights(), flags = MAP_FIXED, file = -1;
    off_t offset = 0;
    switch (random_below(6)) {
    case 0:
        flags |= MAP_SHARED | MAP_ANONYMOUS;
        break;
    case 1:
        flags |= MAP_SHARED;
        file = files[1];
        offset = random_below(FILE_PAGES) * (off_t)PAGE;
        break;
    case 2:
        flags |= MAP_PRIVATE;
        file = files[random_below(2)];
        offset = random_below(FILE_PAGES) * (off_t)PAGE;
        break;
    default:
        flags |= MAP_PRIVATE | MAP_ANONYMOUS | (random_below(8) == 0 ? MAP_POPULATE : 0);
        break;
    }
    note_result((long)mmap((void *)at, pages * PAGE, rights, flags, file, offset));
}

static void step_range(void)
{
    unsigned pages = 1 + random_below(random_below(6) == 0 ? arena_pages / 3 : 8);
    void *at = (void *)random_page(pages);
    switch (random_below(8)) {
    case 0:
    case 1:
        note_result(munmap(at, pages * PAGE));
        break;
    case 2:
    case 3:
    case 4:
        note_result(mprotect(at, pages * PAGE, random_rights()));
        break;
    case 5:
        note_result(madvise(at, pages * PAGE, MADV_DONTNEED));
        break;
    case 6:
        note_result(msync(at, pages * PAGE, random_below(2) ? MS_SYNC : MS_ASYNC));
        break;
    default:
        note_result(madvise(at, pages * PAGE, random_below(2) ? MADV_RANDOM : MADV_NORMAL));
        break;
    }
}

/* Advice that leaves the contents alone, or says what a child gets of them; and what else is done to a range. */
static void step_advise(void)
{
    static const int advices[] = {MADV_HUGEPAGE,   MADV_NOHUGEPAGE, MADV_COLD,       MADV_PAGEOUT,
                                  MADV_DONTFORK,   MADV_DOFORK,     MADV_DOFORK,     MADV_WIPEONFORK,
                                  MADV_KEEPONFORK, MADV_KEEPONFORK, MADV_SEQUENTIAL, MADV_NORMAL};
    unsigned pages = 1 + random_below(random_below(6) == 0 ? arena_pages / 3 : 8);
    void *at = (void *)random_page(pages);
    if (random_below(4) != 0) {
        note_result(madvise(at, pages * PAGE, advices[random_below(sizeof(advices) / sizeof(advices[0]))]));
        return;
    }
    note_result(mlock(at, PAGE));
    note_result(munlock(at, pages * PAGE));
}

/* 2 MB of small pages that become large: whether they do is the kernel's business, what is in them is not. */
static void step_large(void)
{
    char *at = (char *)ARENA + random_below(arena_pages / LARGE_PAGES) * LARGE_PAGES * PAGE;
    note_result(
        (long)mmap(at, LARGE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    note_result(madvise(at, LARGE_PAGES * PAGE, MADV_NOHUGEPAGE));
    for (unsigned i = 0; i < LARGE_PAGES; i += 1 + random_below(4))
        *(volatile uint32_t *)(at + i * PAGE) = random_below(1000000);
    note_result(madvise(at, LARGE_PAGES * PAGE, MADV_HUGEPAGE));
    if (random_below(2))
        madvise(at, LARGE_PAGES * PAGE, ADVICE_COLLAPSE);
}

/* From or to the process's own memory, as another process would. */
static void step_process(void)
{
    char bytes[3000];
    size_t length = 1 + random_below(sizeof(bytes));
    struct iovec local = {bytes, length}, remote = {(void *)(random_page(2) + random_below(PAGE)), length};
    ssize_t done = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    note_result(done);
    for (ssize_t i = 0; i < done; i++)
        note((uint64_t)bytes[i]);
    remote.iov_base = (void *)(random_page(2) + random_below(PAGE));
    local.iov_len = done > 0 ? (size_t)done : 1;
    memset(bytes, 0x55, done > 0 ? 0 : 1);
    note_result(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
}

static void step_remap(void)
{
    unsigned old_pages = 1 + random_below(6), pages = 1 + random_below(10);
    void *from = (void *)random_page(old_pages), *to = (void *)random_page(pages);
    int area_is_one = msync(from, old_pages * PAGE, MS_ASYNC) == 0;
    if (area_is_one) /* whether several areas may be moved at once depends on Linux's version: move one page */
        note_result((long)mremap(from, PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
}

static void step_store(void)
{
    volatile uint32_t *word = (volatile uint32_t *)(random_page(1) + random_below(PAGE / 4) * 4);
    uint32_t value = random_below(1000000);
    if (sigsetjmp(back, 1) == 0) {
        *word = value;
        note(1);
    }
}

static void step_load(void)
{
    volatile uint32_t *word = (volatile uint32_t *)(random_page(1) + random_below(16) * 4);
    if (sigsetjmp(back, 1) == 0)
        note(*word);
}

/* Stores to the first word of several neighbouring pages: so that pages are shared, copied and split in runs. */
static void step_sweep(void)
{
    unsigned pages = 1 + random_below(60);
    uintptr_t at = random_page(pages);
    uint32_t value = random_below(1000000);
    for (volatile unsigned i = 0; i < pages; i++) {
        if (sigsetjmp(back, 1) == 0)
            *(volatile uint32_t *)(at + i * PAGE) = value + i;
    }
}

/*
 * From or to a file, with a buffer anywhere in the arena, which may map the same file. A write does not extend the file: whether one that fails has
 * done so depends on the file system.
 */
static void step_file(void)
{
    size_t length = 1 + random_below(random_below(4) == 0 ? 6 * PAGE : 300);
    uintptr_t at = random_page(7) + random_below(PAGE);
    int file = random_below(4) != 0; /* mostly the changing one */
    off_t offset = random_below(FILE_PAGES * PAGE);
    if (random_below(2))
        note_result(pread(files[file], (void *)at, length, offset));
    else if (file == 1 && offset + (off_t)length <= lseek(files[1], 0, SEEK_END))
        note_result(pwrite(files[file], (void *)at, length, offset));
}

static void step_truncate(void)
{
    off_t length = random_below(FILE_PAGES * PAGE);
    note_result(ftruncate(files[1], length));
}

static void steps(unsigned count);

static void step_fork(void)
{
    uint64_t *result = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned count = random_below(60);
    pid_t child = depth < DEPTH_MAX ? fork() : -1;
    if (child == 0) {
        depth++;
        steps(count);
        *result = digest;
        _exit(0);
    }
    int status = 0;
    if (child > 0 && waitpid(child, &status, 0) == child)
        note((uint64_t)status);
    note(*result);
    munmap(result, PAGE);
}

static void steps(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned kind = random_below(100);
        if (kind < 12)
            step_map();
        else if (kind < 22)
            step_range();
        else if (kind == 22 && arena_pages > LARGE_PAGES)
            step_large();
        else if (kind < 24)
            step_advise();
        else if (kind < 27)
            step_remap();
        else if (kind < 50)
            step_store();
        else if (kind < 74)
            step_load();
        else if (kind < 75)
            step_process();
        else if (kind < 85)
            step_sweep();
        else if (kind < 96)
            step_file();
        else if (kind < 98)
            step_truncate();
        else
            step_fork();
        if (trace)
            say("%d.%u kind %u: %016llx", depth, i, kind, (unsigned long long)digest);
    }
}

/* Everything there is at the end. */
static void note_all(void)
{
    char buffer[512];
    for (volatile unsigned page = 0; page < arena_pages; page++) {
        volatile uint32_t *words = (volatile uint32_t *)(ARENA + page * PAGE);
        if (sigsetjmp(back, 1) == 0) {
            for (unsigned i = 0; i < PAGE / 4; i += 7)
                note(words[i]);
        }
    }
    for (int i = 0; i < 2; i++) {
        ssize_t length;
        for (off_t at = 0; (length = pread(files[i], buffer, sizeof(buffer), at)) > 0; at += length) {
            for (ssize_t j = 0; j < length; j++)
                note((uint64_t)buffer[j]);
        }
    }
}

static int file_on_disk(void)
{
    int file = open("vm_random.fixed", O_RDWR | O_CREAT | O_EXCL, 0600);
    unlink("vm_random.fixed");
    return file;
}

static void file_fill(int file)
{
    uint32_t words[PAGE / 4];
    for (unsigned page = 0; page < FILE_PAGES; page++) {
        for (unsigned i = 0; i < PAGE / 4; i++)
            words[i] = page * 10000 + i;
        if (write(file, words, PAGE) != (ssize_t)PAGE)
            say("write: error %d", errno);
    }
}

static void seed_run(unsigned seed, unsigned count)
{
    arena_pages = seed % LARGE_SEED == 0 ? ARENA_LARGE : ARENA_SMALL;
    random_state = seed * 1000003u + 7;
    digest = 0xcbf29ce484222325u;
    files[0] = file_on_disk();
    files[1] = memfd_create("vm_random.changing", 0);
    file_fill(files[0]);
    file_fill(files[1]);
    munmap((void *)ARENA, ARENA_LARGE * PAGE);
    steps(count);
    note_all();
    close(files[0]);
    close(files[1]);
    say("seed %u: %016llx", seed, (unsigned long long)digest);
}

int main(int argc, char **argv)
{
    unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 1, seeds = argc > 2 ? (unsigned)atoi(argv[2]) : 20;
    unsigned count = argc > 3 ? (unsigned)atoi(argv[3]) : 2000;
    trace = argc > 4;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    for (unsigned i = 0; i < seeds; i++)
        seed_run(first + i, count);
    return 0;
}
