/*
 * Holes in memory files and shared memory while they are mapped: fallocate(PUNCH_HOLE) and madvise(MADV_REMOVE). A memory file of eight pages
 * holds its letters a to h, mapped shared twice and private once; after each call the pages are shown as every view has them:
 *
 *     file, by read()   shared mapping   a child's shared mapping   private mapping, whose pages 1 and 2 were written (A to H)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { PAGES = 8 };
#define PAGE ((long)4096)

static int file;
static char *shared, *private;

/* One letter for each page: its byte if all are the same, - for zeros, ? for mixed ones. */
static void pages_describe(char *text, const char *bytes)
{
    for (int page = 0; page < PAGES; page++) {
        const char *at = bytes + page * PAGE;
        text[page] = at[0] == 0 ? '-' : at[0];
        for (int i = 1; i < PAGE; i++)
            text[page] = at[i] != at[0] ? '?' : text[page];
    }
    text[PAGES] = '\0';
}

static void file_fill(void)
{
    char page[PAGE];
    for (int i = 0; i < PAGES; i++) {
        memset(page, 'a' + i, sizeof(page));
        if (pwrite(file, page, sizeof(page), i * PAGE) != PAGE)
            say("write: error %d", errno);
    }
    munmap(private, PAGES * PAGE);
    private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    memset(private + PAGE, 'B', PAGE);
    memset(private + 2 * PAGE, 'C', PAGE);
    for (int i = 0; i < PAGES; i++)
        (void)*(volatile char *)(shared + i * PAGE), (void)*(volatile char *)(private + i * PAGE);
}

/* What the call has left, seen from everywhere. */
static void views_say(const char *what, int result)
{
    static char bytes[PAGES * PAGE];
    char text[4][PAGES + 1];
    int error = errno;
    memset(bytes, 0, sizeof(bytes));
    if (pread(file, bytes, sizeof(bytes), 0) != PAGES * PAGE)
        say("read: error %d", errno);
    pages_describe(text[0], bytes);
    pages_describe(text[1], shared);
    pages_describe(text[3], private);
    int ends[2];
    if (pipe(ends) != 0)
        say("pipe: error %d", errno);
    if (fork() == 0) {
        pages_describe(text[2], shared);
        _exit(write(ends[1], text[2], sizeof(text[2])) != sizeof(text[2]));
    }
    wait(NULL);
    if (read(ends[0], text[2], sizeof(text[2])) != sizeof(text[2]))
        say("pipe: error %d", errno);
    close(ends[0]);
    close(ends[1]);
    say("%s: %d error %d: %s %s %s %s", what, result, result < 0 ? error : 0, text[0], text[1], text[2], text[3]);
}

static void punches(void)
{
    static const struct {
        const char *name;
        long start, length;
    } holes[] = {
        {"a page", PAGE, PAGE},
        {"two pages", 2 * PAGE, 2 * PAGE},
        {"within a page", PAGE + 100, 200},
        {"across two", PAGE + 100, PAGE},
        {"from within to within", 100, 3 * PAGE + 100},
        {"the last, and behind it", 7 * PAGE, 5 * PAGE},
        {"behind the end", 9 * PAGE, PAGE},
        {"everything", 0, PAGES * PAGE},
        {"nothing", 0, 0},
        {"a negative offset", -PAGE, 2 * PAGE},
    };
    for (unsigned i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
        file_fill();
        int result = fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, holes[i].start, holes[i].length);
        int error = errno;
        struct stat status;
        fstat(file, &status); /* before a look through a mapping fills the hole again */
        say("size %ld, %ld blocks", (long)status.st_size, (long)status.st_blocks);
        errno = error;
        views_say(holes[i].name, result);
    }
}

static void removals(void)
{
    file_fill();
    views_say("remove a page", madvise(shared + PAGE, PAGE, MADV_REMOVE));
    shared[PAGE] = 'x';
    views_say("written again", 0);
    file_fill();
    views_say("remove half a page", madvise(shared + PAGE, PAGE / 2, MADV_REMOVE));
    views_say("remove, not a page's start", madvise(shared + 1, PAGE, MADV_REMOVE));
    views_say("remove all", madvise(shared, PAGES * PAGE, MADV_REMOVE));
    file_fill();
    views_say("remove from the private mapping", madvise(private, PAGE, MADV_REMOVE));
    mprotect(shared, PAGES * PAGE, PROT_READ);
    views_say("remove, mapped to be read only", madvise(shared, PAGE, MADV_REMOVE));
    mlock(shared, PAGE);
    views_say("remove what is locked", madvise(shared, 2 * PAGE, MADV_REMOVE));
    munlock(shared, PAGE);
    mprotect(shared, PAGES * PAGE, PROT_READ | PROT_WRITE);
    char *part = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 4 * PAGE);
    file_fill();
    views_say("remove through a mapping of its end", madvise(part + PAGE, 2 * PAGE, MADV_REMOVE));
    munmap(part, 4 * PAGE);
}

/* Memory without a file. */
static void anonymous(void)
{
    char *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(memory, 'm', 4 * PAGE);
    pid_t child = fork();
    if (child == 0)
        _exit(madvise(memory + PAGE, 2 * PAGE, MADV_REMOVE) != 0);
    int status;
    waitpid(child, &status, 0);
    say("a child's hole in shared memory: %d, %d %d %d %d", status, memory[0], memory[PAGE], memory[2 * PAGE],
        memory[3 * PAGE]);
    say_result("remove from private memory", madvise(own, PAGE, MADV_REMOVE));
    say_result("remove where there is nothing", madvise(memory, 100 * PAGE, MADV_REMOVE) < 0 ? errno == ENOMEM : 0);
    munmap(memory, 4 * PAGE);
    munmap(own, PAGE);
}

/* A file that is open for reading only, mapped shared. */
static void descriptors(void)
{
    char name[64];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
    int only = open(name, O_RDONLY);
    char *view = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, only, 0);
    say_result("remove from what may not be written", madvise(view, PAGE, MADV_REMOVE));
    say_result("punch through a descriptor that only reads",
               fallocate(only, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
    munmap(view, PAGE);
    close(only);
}

int main(void)
{
    file = (int)syscall(SYS_memfd_create, "holes", 0);
    if (ftruncate(file, PAGES * PAGE) != 0)
        say("ftruncate: error %d", errno);
    shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    punches();
    removals();
    anonymous();
    descriptors();
    return 0;
}
