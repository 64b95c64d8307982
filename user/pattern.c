/*
 * pattern: touches memory in a well-known order, to see how the machine bears it: `pattern loop 40` with 32 MB of memory, and clockview beside it.
 *
 * Each page carries its number, which is checked whenever it is touched, so that a page lost or mixed up ends the program with status 1. The random numbers
 * are the same in every run. The program is static and asks for nothing but what Linux has, too.
 */
#include <err.h>
#include <fcntl.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "pattern KIND SIZE [PASSES]\n"
    "Touches so many MB (or KB: 600K) of memory, page by page, PASSES times (8), checks every page and prints the "
    "page\n"
    "faults it took. KIND:\n"
    "  sequential   from the first page to the last, each pass (a loop)\n"
    "  random       any page\n"
    "  80-20        four of five times one of a fifth of the pages\n"
    "  phases       one half of the pages after the other, near each other, in each pass\n"
    "  scan         a working set of a quarter in random order; each page of the rest once in PASSES, as a scan beside "
    "it\n"
    "  file         the same, and what is scanned is a file of that size, made in the current folder\n"
    "  processes    four processes, each with a common and a private quarter, one after the other as compilers in a "
    "build\n"
    "Exit status: 0, or 1 after an error or when a page is not itself.";

#define PAGE 4096ul

enum { REST_PERCENT = 20 };

static unsigned long pages;
static unsigned passes;
static unsigned long long seed = 1;

/* Knuth's linear congruential generator, its upper bits. */
static unsigned long random_below(unsigned long limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned long)(seed >> 33) % limit;
}

/* The page's number must be there, or nothing yet; then it is there, and every other touch changes the page. */
static void touch(char *memory, unsigned long page)
{
    volatile unsigned long *words = (volatile unsigned long *)(memory + page * PAGE);
    if (words[0] != 0 && (words[0] != page + 1 || words[PAGE / sizeof *words - 1] != page + 1))
        errx(1, "page %lu is not itself: %lx %lx", page, words[0], words[PAGE / sizeof *words - 1]);
    if (words[0] == 0) {
        words[0] = page + 1;
        words[PAGE / sizeof *words - 1] = page + 1;
    } else if (random_below(2) == 0) {
        words[1]++;
    }
}

static void sequential(char *memory)
{
    for (unsigned long page = 0; page < pages; page++)
        touch(memory, page);
}

static void at_random(char *memory)
{
    for (unsigned long i = 0; i < pages; i++)
        touch(memory, random_below(pages));
}

static void eighty_twenty(char *memory)
{
    unsigned long hot = pages / 5;
    for (unsigned long i = 0; i < pages; i++)
        touch(memory, random_below(100) < REST_PERCENT ? hot + random_below(pages - hot) : random_below(hot));
}

static void phases(char *memory)
{
    for (unsigned phase = 0; phase < 2; phase++) {
        for (unsigned long i = 0; i < 2 * pages; i++)
            touch(memory, (phase * pages / 2 + random_below(pages / 4) + random_below(pages / 4)) % pages);
    }
}

/* One slice of the scan in each pass; three touches of the working set for each page of it. */
static void scan_beside(char *set, char *scanned, unsigned long first, unsigned long count)
{
    unsigned long length = pages / 4;
    volatile char sum = 0;
    for (unsigned long page = first; page < first + count; page++) {
        for (unsigned i = 0; i < 3; i++)
            touch(set, random_below(length));
        if (scanned == set)
            touch(set, page);
        else
            sum = (char)(sum + scanned[page * PAGE]);
    }
}

static char *memory_map(int file)
{
    char *memory = mmap(NULL, pages * PAGE, PROT_READ | (file < 0 ? PROT_WRITE : 0),
                        file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        err(1, "mmap");
    madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
    return memory;
}

static void scan(char *memory, unsigned pass)
{
    unsigned long first = pages / 4, slice = (pages - first) / passes;
    scan_beside(memory, memory, first + pass * slice, slice);
}

/* A file with so many pages, written now. */
static char *file_map(void)
{
    static char block[PAGE];
    const char *name = "pattern.file";
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0)
        err(1, "%s", name);
    unlink(name);
    for (unsigned long page = 0; page < pages; page++) {
        if (write(file, block, PAGE) != (ssize_t)PAGE)
            err(1, "%s", name);
    }
    fsync(file);
    return memory_map(file);
}

static void file_scan(char *memory)
{
    static char *file;
    if (!file)
        file = file_map();
    scan_beside(memory, file, 0, pages);
}

/* One of the processes of a build: its own quarter is fresh, the common one is the parent's. */
static void compiler(char *memory)
{
    unsigned long quarter = pages / 4;
    char *own = mmap(NULL, quarter * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED)
        err(1, "mmap");
    madvise(own, quarter * PAGE, MADV_NOHUGEPAGE);
    for (unsigned long i = 0; i < pages; i++) {
        unsigned long grown = i / 4 + 1;
        touch(own, random_below(4) == 0 ? random_below(grown) : grown - 1);
        (void)*(volatile char *)(memory + random_below(random_below(4) == 0 ? quarter : quarter / 4) * PAGE);
    }
    _exit(0);
}

static void processes(char *memory)
{
    for (unsigned i = 0; i < 4; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            seed += i;
            compiler(memory);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            errx(1, "a process failed");
    }
}

/* One pass of the pattern; false if there is none of that name. */
static int pass_run(const char *kind, char *memory, unsigned pass)
{
    static const struct {
        const char *name;
        void (*run)(char *memory);
    } kinds[] = {
        {"sequential", sequential}, {"random", at_random}, {"80-20", eighty_twenty},
        {"phases", phases},         {"file", file_scan},   {"processes", processes},
    };
    if (!strcmp(kind, "scan")) {
        scan(memory, pass);
        return 1;
    }
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!strcmp(kinds[i].name, kind)) {
            kinds[i].run(memory);
            return 1;
        }
    }
    return 0;
}

static void result_print(const char *kind)
{
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    printf("%s: %lu pages, %u passes, %ld minor faults, %ld major faults\n", kind, pages, passes,
           own.ru_minflt + children.ru_minflt, own.ru_majflt + children.ru_majflt);
}

/* Bytes: a number of MB, or of KB with a K behind it. */
static unsigned long size_parse(const char *text)
{
    char *end;
    unsigned long size = strtoul(text, &end, 10);
    return size << (*end == 'K' || *end == 'k' ? 10 : 20);
}

int main(int count, char **arguments)
{
    program_help(count, arguments, help);
    if (count < 3)
        program_usage(1, help);
    pages = size_parse(arguments[2]) / PAGE;
    passes = count > 3 ? (unsigned)strtoul(arguments[3], NULL, 10) : 8;
    if (pages == 0 || passes == 0)
        errx(1, "that is no number");
    char *memory = memory_map(-1);
    if (!strcmp(arguments[1], "processes"))
        sequential(memory);
    for (unsigned pass = 0; pass < passes; pass++) {
        if (!pass_run(arguments[1], memory, pass))
            errx(1, "there is no pattern %s", arguments[1]);
    }
    result_print(arguments[1]);
    return 0;
}
