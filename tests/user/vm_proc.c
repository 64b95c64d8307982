/*
 * What /proc says of a process's memory, in Linux's formats: maps, smaps and pagemap, about an arena of known areas. What differs from machine to machine
 * (frames, inode numbers, fields of newer kernels) is left out.
 *
 *     page  0-3   private, two pages written            page 12     no rights
 *     page  4-5   read-only, untouched                  page 16-19  shared, one page written
 *     page  8-11  a file, shared, one page written      page 20-21  locked
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/user/say.h"

#define PAGE ((size_t)4096)
#define ARENA ((uintptr_t)0x200000000000)
enum { ARENA_PAGES = 64 };

static char *map_at(unsigned page, unsigned pages, int rights, int flags, int fd)
{
    char *at = mmap((void *)(ARENA + page * PAGE), pages * PAGE, rights, flags | MAP_FIXED, fd, 0);
    if (at == MAP_FAILED)
        say("mmap: error %d", errno);
    madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
    return at;
}

static void arena_make(void)
{
    const int both = PROT_READ | PROT_WRITE;
    unlink("vm_proc.file");
    int file = open("vm_proc.file", O_RDWR | O_CREAT, 0600);
    if (ftruncate(file, 4 * PAGE) != 0)
        say("ftruncate: error %d", errno);
    char *private = map_at(0, 4, both, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    private[0] = private[2 * PAGE] = 1;
    map_at(4, 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    char *of_file = map_at(8, 4, both, MAP_SHARED, file);
    of_file[PAGE] = 1;
    map_at(12, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    char *shared = map_at(16, 4, both, MAP_SHARED | MAP_ANONYMOUS, -1);
    shared[3 * PAGE] = 1;
    say_result("mlock", mlock(map_at(20, 2, both, MAP_PRIVATE | MAP_ANONYMOUS, -1), 2 * PAGE));
    close(file);
}

/* A header line of an area: its name without the folders. Returns whether it belongs to the arena. */
static int header_say(const char *line)
{
    unsigned long start, end, offset;
    char rights[8] = "", name[200] = "";
    if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %199[^\n]", &start, &end, rights, &offset, name) < 4)
        return 0;
    if (start < ARENA || start >= ARENA + ARENA_PAGES * PAGE)
        return 0;
    const char *slash = strrchr(name, '/');
    say("page %lu to %lu %s offset %lx %s", (start - ARENA) / PAGE, (end - ARENA) / PAGE, rights, offset,
        slash != NULL ? slash + 1 : name);
    return 1;
}

static void maps(void)
{
    char line[512];
    int heaps = 0, stacks = 0, vdsos = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof(line), file) != NULL) {
        (void)header_say(line);
        heaps += strstr(line, "[heap]\n") != NULL;
        stacks += strstr(line, "[stack]\n") != NULL;
        vdsos += strstr(line, "[vdso]\n") != NULL;
    }
    fclose(file);
    say("heaps %d stacks %d vdsos %d", heaps, stacks, vdsos);
}

static int is_wanted(const char *line)
{
    static const char *const names[] = {
        "Size:",         "KernelPageSize:", "MMUPageSize:",   "Rss:",           "Pss:",
        "Shared_Clean:", "Shared_Dirty:",   "Private_Clean:", "Private_Dirty:", "Anonymous:",
        "LazyFree:",     "AnonHugePages:",  "Swap:",          "Locked:"};
    int wanted = 0;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        wanted |= strncmp(line, names[i], strlen(names[i])) == 0;
    return wanted;
}

static void flags_say(const char *line)
{
    static const char *const names[] = {" rd", " wr", " ex", " sh", " mr", " mw", " me", " lo", " nh"};
    char text[64] = "";
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strstr(line, names[i]) != NULL)
            strcat(text, names[i]);
    }
    say("VmFlags:%s", text);
}

static void smaps(void)
{
    char line[512];
    int ours = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] < 'A' || line[0] > 'Z')
            ours = header_say(line);
        else if (ours && is_wanted(line))
            say("%.*s", (int)strcspn(line, "\n"), line);
        else if (ours && strncmp(line, "VmFlags:", 8) == 0)
            flags_say(line);
    }
    fclose(file);
}

/* A word for each page: in memory, on swap, of a file or shared. */
static void pagemap(void)
{
    uint64_t words[ARENA_PAGES];
    char text[ARENA_PAGES + 1] = "";
    int file = open("/proc/self/pagemap", O_RDONLY);
    say_result("pagemap", pread(file, words, sizeof(words), (off_t)(ARENA / PAGE * 8)));
    for (unsigned i = 0; i < ARENA_PAGES; i++)
        text[i] = (words[i] >> 63) == 0 ? (words[i] >> 62 & 1) != 0 ? 's' : '.' : (words[i] >> 61 & 1) != 0 ? 'F' : 'P';
    say("%s", text);
    say_result("pagemap, not whole words", pread(file, words, 7, (off_t)(ARENA / PAGE * 8)));
    close(file);
}

/* The word of the arena's first page, read from an open pagemap; 0 without one. */
static uint64_t word_read(int file)
{
    uint64_t word = 0;
    return pread(file, &word, sizeof(word), (off_t)(ARENA / PAGE * 8)) == sizeof(word) ? word : 0;
}

/* What a file of pagemap shows is for whom it was opened, and who may open it is decided then. */
static void pagemap_rights(void)
{
    const uint64_t present = (uint64_t)1 << 63, place = ((uint64_t)1 << 55) - 1;
    int opened = open("/proc/self/pagemap", O_RDONLY);
    uint64_t before = word_read(opened);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(1000) != 0)
            say("setuid: error %d", errno);
        prctl(PR_SET_DUMPABLE, 1);
        say_true("a user reads what the opener would", ((word_read(opened) ^ before) & (present | place)) == 0);
        (void)*(volatile char *)ARENA;
        int own = open("/proc/self/pagemap", O_RDONLY);
        uint64_t word = word_read(own);
        say_true("a user sees pages but no frames", (word & (present | place)) == present);
        struct stat first = {0};
        stat("/proc/1", &first);
        say_true("of others, a user opens none", open("/proc/1/pagemap", O_RDONLY) < 0 || first.st_uid == geteuid());
        _exit(0);
    }
    waitpid(child, NULL, 0);
    close(opened);
}

/* An open pagemap shows the memory there was when it was opened: nothing any more behind an exec, and behind the end. */
static void pagemap_ended(const char *program)
{
    int executed[2], opened[2];
    uint64_t word;
    char byte;
    if (pipe2(executed, O_CLOEXEC) != 0 || pipe2(opened, O_CLOEXEC) != 0)
        say("pipe2: error %d", errno);
    pid_t child = fork();
    if (child == 0) {
        close(executed[0]);
        close(opened[1]);
        (void)!read(opened[0], &byte, 1);
        execl(program, program, "waits", NULL);
        _exit(1);
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)child);
    int file = open(path, O_RDONLY);
    say_result("another's memory is shown", pread(file, &word, sizeof(word), 0));
    close(executed[1]);
    close(opened[1]);
    (void)!read(executed[0], &byte, 1);
    say_result("another program's is not shown", pread(file, &word, sizeof(word), 0));
    int second = open(path, O_RDONLY);
    say_result("unless opened again", pread(second, &word, sizeof(word), 0));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    say_result("nor that of one that is gone", pread(second, &word, sizeof(word), 0));
    close(file);
    close(second);
    close(executed[0]);
    close(opened[0]);
}

int main(int count, char **arguments)
{
    if (count > 1)
        pause();
    if (sbrk((intptr_t)PAGE) == (void *)-1)
        say("sbrk: error %d", errno);
    arena_make();
    maps();
    smaps();
    pagemap();
    munmap((void *)(ARENA + 2 * PAGE), PAGE);
    say_result("mprotect", mprotect((void *)(ARENA + 17 * PAGE), PAGE, PROT_READ));
    say_result("munlock", munlock((void *)(ARENA + 20 * PAGE), PAGE));
    maps();
    pagemap();
    pagemap_rights();
    pagemap_ended(arguments[0]);
    unlink("vm_proc.file");
    return 0;
}
