/*
 * The errors of all memory calls: every combination of a few addresses, lengths, rights and flags, against an arena of known areas.
 *
 *     page  0-3   private, read and write, touched      page 12     a file, private, read-only
 *     page  4-5   read-only                             page 13     a file, shared, opened read-only
 *     page  6     no rights                             page 14-15  a file of one page, shared: the second is behind its end
 *     page  7-8   nothing                               page 16-    nothing
 *     page  9-11  shared anonymous
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tests/user/say.h"

#define PAGE ((size_t)4096)
#define ARENA ((uintptr_t)0x200000000000)
#define ARENA_PAGES 64
#define HUGE_LENGTH ((size_t)1 << 47)

static int file_rw, file_ro, directory, pipes[2];
static unsigned lines;

static void map_fixed(unsigned page, unsigned pages, int rights, int flags, int fd)
{
    void *at = (void *)(ARENA + page * PAGE);
    if (mmap(at, pages * PAGE, rights, flags | MAP_FIXED, fd, 0) != at)
        say("the arena cannot be made: page %u error %d", page, errno);
}

static void arena_make(void)
{
    munmap((void *)ARENA, ARENA_PAGES * PAGE);
    map_fixed(0, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    map_fixed(4, 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    map_fixed(6, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    map_fixed(9, 3, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    map_fixed(12, 1, PROT_READ, MAP_PRIVATE, file_ro);
    map_fixed(13, 1, PROT_READ, MAP_SHARED, file_ro);
    map_fixed(14, 2, PROT_READ | PROT_WRITE, MAP_SHARED, file_rw);
    for (unsigned i = 0; i < 4; i++)
        *(volatile char *)(ARENA + i * PAGE) = 1;
}

/* A result: an address of the arena as a page number, other addresses as such, errors by number. */
static void result_say(const char *what, long result)
{
    lines++;
    if (result == -1)
        say("%s: error %d", what, errno);
    else if ((uintptr_t)result >= ARENA && (uintptr_t)result < ARENA + ARENA_PAGES * PAGE)
        say("%s: page %ld", what, (long)(((uintptr_t)result - ARENA) / PAGE));
    else if ((uintptr_t)result > 0xffff)
        say("%s: an address", what);
    else
        say("%s: %ld", what, result);
}

static void try_mmap_flags(void)
{
    static const struct {
        const char *name;
        int flags;
    } kinds[] = {
        {"none", 0},
        {"private", MAP_PRIVATE},
        {"shared", MAP_SHARED},
        {"validate", MAP_SHARED_VALIDATE},
        {"private anon", MAP_PRIVATE | MAP_ANONYMOUS},
        {"shared anon", MAP_SHARED | MAP_ANONYMOUS},
        {"validate anon", MAP_SHARED_VALIDATE | MAP_ANONYMOUS},
        {"anon", MAP_ANONYMOUS},
        {"private grows", MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN},
        {"shared grows", MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN},
        {"file grows", MAP_PRIVATE | MAP_GROWSDOWN},
        {"stack noreserve", MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE},
        {"denywrite", MAP_PRIVATE | MAP_DENYWRITE},
        {"validate unknown", MAP_SHARED_VALIDATE | 0x800000},
        {"shared unknown", MAP_SHARED | 0x800000},
        {"huge file", MAP_PRIVATE | MAP_HUGETLB},
        {"locked", MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED},
        {"locked shared file", MAP_SHARED | MAP_LOCKED},
        {"populate", MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE},
        {"populate file", MAP_PRIVATE | MAP_POPULATE},
        {"populate shared, no wait", MAP_SHARED | MAP_POPULATE | MAP_NONBLOCK},
    };
    static const int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
    const struct {
        const char *name;
        int fd;
    } files[] = {{"rw", file_rw}, {"ro", file_ro}, {"dir", directory}, {"pipe", pipes[0]}, {"bad", 99}, {"-1", -1}};
    for (unsigned kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        for (unsigned right = 0; right < sizeof(rights) / sizeof(rights[0]); right++) {
            for (unsigned file = 0; file < sizeof(files) / sizeof(files[0]); file++) {
                char what[100];
                snprintf(what, sizeof(what), "mmap %s rights %d file %s", kinds[kind].name, rights[right],
                         files[file].name);
                long result = syscall(SYS_mmap, 0L, PAGE, rights[right], kinds[kind].flags, files[file].fd, 0L);
                result_say(what, result);
                if (result != -1)
                    munmap((void *)result, PAGE);
            }
        }
    }
}

static void try_mmap_places(void)
{
    static const struct {
        const char *name;
        uintptr_t address;
    } places[] = {
        {"page 7", ARENA + 7 * PAGE},
        {"page 0", ARENA},
        {"page 7 + 1", ARENA + 7 * PAGE + 1},
        {"user end", 0x7ffffffff000},
        {"kernel", 0xffff800000000000},
        {"top", 0xfffffffffffff000},
        {"hole", 0x900000000000},
    };
    static const size_t lengths[] = {0, 1, PAGE, 2 * PAGE, 3 * PAGE, HUGE_LENGTH, SIZE_MAX, SIZE_MAX - PAGE + 1};
    static const struct {
        const char *name;
        int flags;
    } how[] = {{"hint", 0}, {"fixed", MAP_FIXED}, {"noreplace", MAP_FIXED_NOREPLACE}};
    for (unsigned place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
        for (unsigned length = 0; length < sizeof(lengths) / sizeof(lengths[0]); length++) {
            for (unsigned i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
                char what[100];
                arena_make();
                snprintf(what, sizeof(what), "mmap %s at %s length %zx", how[i].name, places[place].name,
                         lengths[length]);
                long result = syscall(SYS_mmap, places[place].address, lengths[length], PROT_READ,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | how[i].flags, -1, 0L);
                result_say(what, result);
                if (result != -1)
                    munmap((void *)result, lengths[length]);
            }
        }
    }
}

static void try_mmap_offsets(void)
{
    static const long offsets[] = {0, 1, PAGE, PAGE + 512, -1, -(long)PAGE, (long)1 << 40, 0x7ffffffffffff000};
    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        char what[100];
        snprintf(what, sizeof(what), "mmap offset %lx", offsets[i]);
        long result = syscall(SYS_mmap, 0L, 2 * PAGE, PROT_READ, MAP_PRIVATE, file_ro, offsets[i]);
        result_say(what, result);
        if (result != -1)
            munmap((void *)result, 2 * PAGE);
    }
}

/* Ranges that the calls below are tried on. */
static const struct {
    const char *name;
    uintptr_t start;
    size_t length;
} ranges[] = {
    {"rw", ARENA, 4 * PAGE},
    {"rw middle", ARENA + PAGE, PAGE},
    {"rw one byte", ARENA, 1},
    {"rw to ro", ARENA + 3 * PAGE, 2 * PAGE},
    {"ro", ARENA + 4 * PAGE, 2 * PAGE},
    {"none", ARENA + 6 * PAGE, PAGE},
    {"none to hole", ARENA + 6 * PAGE, 2 * PAGE},
    {"hole", ARENA + 7 * PAGE, PAGE},
    {"hole to shared", ARENA + 8 * PAGE, 2 * PAGE},
    {"over the hole", ARENA + 5 * PAGE, 5 * PAGE},
    {"shared", ARENA + 9 * PAGE, 3 * PAGE},
    {"file private", ARENA + 12 * PAGE, PAGE},
    {"file shared ro", ARENA + 13 * PAGE, PAGE},
    {"file shared rw", ARENA + 14 * PAGE, PAGE},
    {"nothing long", ARENA + 20 * PAGE, 10 * PAGE},
    {"unaligned", ARENA + 1, PAGE},
    {"empty", ARENA, 0},
    {"empty unaligned", ARENA + 5, 0},
    {"empty hole", ARENA + 7 * PAGE, 0},
    {"overflow", ARENA, SIZE_MAX - PAGE},
    {"all", ARENA, SIZE_MAX},
    {"kernel", 0xffff800000000000, PAGE},
    {"user end", 0x7ffffffff000, PAGE},
    {"null", 0, PAGE},
};
#define RANGES (sizeof(ranges) / sizeof(ranges[0]))

static void try_range(const char *call, long number, unsigned range, long third)
{
    char what[100];
    arena_make();
    snprintf(what, sizeof(what), "%s(%s, %lx)", call, ranges[range].name, (unsigned long)third);
    result_say(what, syscall(number, ranges[range].start, ranges[range].length, third));
}

static void try_ranges(void)
{
    static const long protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, 0x40, 0x03000000, 0x01000003};
    static const int advices[] = {MADV_NORMAL,
                                  MADV_RANDOM,
                                  MADV_SEQUENTIAL,
                                  MADV_WILLNEED,
                                  MADV_DONTNEED,
                                  MADV_FREE,
                                  MADV_HUGEPAGE,
                                  MADV_NOHUGEPAGE,
                                  MADV_COLD,
                                  MADV_PAGEOUT,
                                  MADV_DONTFORK,
                                  MADV_DOFORK,
                                  MADV_WIPEONFORK,
                                  MADV_KEEPONFORK,
                                  MADV_DONTDUMP,
                                  MADV_DODUMP,
                                  7,
                                  1000,
                                  -1};
    static const long syncs[] = {MS_SYNC, MS_ASYNC, MS_ASYNC | MS_SYNC, MS_INVALIDATE | MS_SYNC, 8, 0};
    for (unsigned range = 0; range < RANGES; range++) {
        if (ranges[range].length != SIZE_MAX)
            try_range("munmap", SYS_munmap, range, 0);
        for (unsigned i = 0; i < sizeof(protections) / sizeof(protections[0]); i++)
            try_range("mprotect", SYS_mprotect, range, protections[i]);
        for (unsigned i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
            try_range("madvise", SYS_madvise, range, advices[i]);
        for (unsigned i = 0; i < sizeof(syncs) / sizeof(syncs[0]); i++)
            try_range("msync", SYS_msync, range, syncs[i]);
        try_range("mlock", SYS_mlock, range, 0);
        try_range("munlock", SYS_munlock, range, 0);
        try_range("mlock2", SYS_mlock2, range, 1);
        try_range("mlock2", SYS_mlock2, range, 2);
    }
}

static void try_mincore(void)
{
    static unsigned char vector[64];
    for (unsigned range = 0; range < RANGES; range++) {
        try_range("mincore null", SYS_mincore, range, 0);
        char what[100];
        arena_make();
        snprintf(what, sizeof(what), "mincore(%s)", ranges[range].name);
        result_say(what, syscall(SYS_mincore, ranges[range].start, ranges[range].length, vector));
    }
}

static void try_mremap(void)
{
    static const size_t lengths[] = {0, 1, PAGE, 2 * PAGE, 8 * PAGE};
    static const struct {
        const char *name;
        long flags;
        uintptr_t target;
    } how[] = {
        {"stay", 0, 0},
        {"move", MREMAP_MAYMOVE, 0},
        {"fixed only", MREMAP_FIXED, ARENA + 40 * PAGE},
        {"fixed", MREMAP_MAYMOVE | MREMAP_FIXED, ARENA + 40 * PAGE},
        {"fixed unaligned", MREMAP_MAYMOVE | MREMAP_FIXED, ARENA + 40 * PAGE + 1},
        {"fixed overlap", MREMAP_MAYMOVE | MREMAP_FIXED, ARENA + 2 * PAGE},
        {"fixed kernel", MREMAP_MAYMOVE | MREMAP_FIXED, 0xffff800000000000},
        {"unknown", 8, 0},
        {"leave only", MREMAP_DONTUNMAP, 0},
        {"leave", MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0},
        {"leave, fixed", MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, ARENA + 40 * PAGE},
    };
    /* Left out is what has changed between versions of Linux: which error comes first, and moves of several areas. */
    static const unsigned sources[] = {0, 1, 4, 5, 10, 13, 15};
    for (unsigned i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        unsigned range = sources[i];
        for (unsigned length = 0; length < sizeof(lengths) / sizeof(lengths[0]); length++) {
            for (unsigned j = 0; j < sizeof(how) / sizeof(how[0]); j++) {
                char what[100];
                arena_make();
                snprintf(what, sizeof(what), "mremap %s (%s, %zx)", how[j].name, ranges[range].name, lengths[length]);
                long result = syscall(SYS_mremap, ranges[range].start, ranges[range].length, lengths[length],
                                      how[j].flags, how[j].target);
                result_say(what, result);
                if (result != -1 && ((uintptr_t)result < ARENA || (uintptr_t)result >= ARENA + ARENA_PAGES * PAGE))
                    munmap((void *)result, lengths[length]);
            }
        }
    }
}

/* Whether large pages can be had is the machine's business: an aligned mapping and ENOMEM are the same to the table, and for 1 GB the lack of that size. */
static void try_huge(void)
{
    static const struct {
        const char *name;
        int flags;
        size_t size;
    } kinds[] = {
        {"huge", MAP_HUGETLB, (size_t)2 << 20},
        {"2 MB", MAP_HUGETLB | 21 << MAP_HUGE_SHIFT, (size_t)2 << 20},
        {"1 GB", MAP_HUGETLB | 30 << MAP_HUGE_SHIFT, (size_t)1 << 30},
        {"8 KB", MAP_HUGETLB | 13 << MAP_HUGE_SHIFT, 0},
        {"size without huge", 21 << MAP_HUGE_SHIFT, PAGE},
    };
    static const int sharing[] = {MAP_PRIVATE, MAP_SHARED, 0};
    for (unsigned kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        for (unsigned i = 0; i < 3; i++) {
            char what[100];
            size_t size = kinds[kind].size;
            long result = syscall(SYS_mmap, 0L, PAGE, PROT_READ | PROT_WRITE,
                                  sharing[i] | MAP_ANONYMOUS | kinds[kind].flags, -1, 0L);
            snprintf(what, sizeof(what), "mmap %s, sharing %d", kinds[kind].name, sharing[i]);
            int lacking = result == -1 && (errno == ENOMEM || (size == (size_t)1 << 30 && errno == EINVAL));
            if (size > PAGE && sharing[i] != 0 && (lacking || (uintptr_t)result % size == 0)) {
                lines++;
                say("%s: aligned, or not to be had", what);
            } else {
                result_say(what, result);
            }
            if (result != -1)
                munmap((void *)result, size);
        }
    }
}

static void try_clone(void)
{
    static const struct {
        const char *name;
        unsigned long flags;
    } kinds[] = {
        {"handlers without memory", CLONE_SIGHAND},
        {"thread without handlers", CLONE_THREAD | CLONE_VM},
        {"thread without memory", CLONE_THREAD | CLONE_SIGHAND},
        {"file system and mounts", CLONE_FS | 0x00020000 /* CLONE_NEWNS */},
    };
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        char what[100];
        snprintf(what, sizeof(what), "clone %s", kinds[i].name);
        result_say(what, syscall(SYS_clone, kinds[i].flags | SIGCHLD, 0L, 0L, 0L, 0L));
    }
}

static void try_rusage(void)
{
    static struct rusage usage;
    static const int whom[] = {RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD, 2, -2};
    for (unsigned i = 0; i < sizeof(whom) / sizeof(whom[0]); i++) {
        char what[100];
        snprintf(what, sizeof(what), "getrusage(%d)", whom[i]);
        result_say(what, syscall(SYS_getrusage, (long)whom[i], &usage));
        result_say(what, syscall(SYS_getrusage, (long)whom[i], 8L));
    }
}

static void try_memfd(void)
{
    static char name[300];
    static const size_t lengths[] = {0, 1, 249, 250};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char what[100];
        memset(name, 'n', lengths[i]);
        name[lengths[i]] = '\0';
        snprintf(what, sizeof(what), "memfd_create(name of %zu)", lengths[i]);
        long result = syscall(SYS_memfd_create, name, 0L);
        result_say(what, result);
        if (result != -1)
            close((int)result);
    }
    result_say("memfd_create(null)", syscall(SYS_memfd_create, 0L, 0L));
    result_say("memfd_create flags", syscall(SYS_memfd_create, "x", 0x100L));
}

/* The break where it is, and where it cannot go: the answer is the break, never an error. */
static void try_brk(void)
{
    static const unsigned long ends[] = {0, 1, PAGE, 0x7ffffffff000, 0x800000000000, 0xffff800000000000, ~0ul};
    long now = syscall(SYS_brk, 0L);
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char what[100];
        snprintf(what, sizeof(what), "brk(%lx) is the break", ends[i]);
        result_say(what, syscall(SYS_brk, ends[i]) == now);
    }
    result_say("brk up", syscall(SYS_brk, now + 3 * (long)PAGE + 1) == now + 3 * (long)PAGE + 1);
    result_say("brk down", syscall(SYS_brk, now) == now);
}

static void try_process_vm(void)
{
    static char bytes[16];
    const struct iovec good = {bytes, 16}, bad = {(void *)(ARENA + 7 * PAGE), 8},
                       read_only = {(void *)(ARENA + 4 * PAGE), 8};
    const struct iovec negative = {bytes, (size_t)-5}, kernel = {(void *)0xffff800000000000, 8};
    const struct {
        const char *name;
        const struct iovec *local, *remote;
    } pairs[] = {
        {"good", &good, &good},
        {"bad remote", &good, &bad},
        {"bad local", &bad, &good},
        {"read-only remote", &good, &read_only},
        {"read-only local", &read_only, &good},
        {"negative local", &negative, &good},
        {"negative remote", &good, &negative},
        {"kernel remote", &good, &kernel},
    };
    arena_make();
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char what[100];
        snprintf(what, sizeof(what), "process_vm_readv %s", pairs[i].name);
        result_say(what, syscall(SYS_process_vm_readv, (long)getpid(), pairs[i].local, 1L, pairs[i].remote, 1L, 0L));
        snprintf(what, sizeof(what), "process_vm_writev %s", pairs[i].name);
        result_say(what, syscall(SYS_process_vm_writev, (long)getpid(), pairs[i].local, 1L, pairs[i].remote, 1L, 0L));
    }
    result_say("process_vm_readv nobody", syscall(SYS_process_vm_readv, -7L, &good, 1L, &good, 1L, 0L));
    result_say("process_vm_writev nobody", syscall(SYS_process_vm_writev, -7L, &good, 1L, &good, 1L, 0L));
}

static void try_others(void)
{
    result_say("mlockall 0", syscall(SYS_mlockall, 0L));
    result_say("mlockall 8", syscall(SYS_mlockall, 8L));
    result_say("mlockall onfault", syscall(SYS_mlockall, 4L));
    result_say("munlockall", syscall(SYS_munlockall));
    result_say("process_vm_readv flags", syscall(SYS_process_vm_readv, (long)getpid(), 0L, 0L, 0L, 0L, 1L));
    result_say("process_vm_readv too many", syscall(SYS_process_vm_readv, (long)getpid(), 0L, 1025L, 0L, 0L, 0L));
    result_say("process_vm_readv nothing", syscall(SYS_process_vm_readv, (long)getpid(), 0L, 0L, 0L, 0L, 0L));
    result_say("process_vm_readv bad vector", syscall(SYS_process_vm_readv, (long)getpid(), 8L, 2L, 0L, 0L, 0L));
}

/* Flags are 32 bits, and are looked at before the right to swap. */
static void try_swapon(void)
{
    say_result("swapon with bits behind the flags", syscall(SYS_swapon, "nothing", 1L << 32));
    if (fork() == 0) {
        say_true("an ordinary user", getuid() != 0 || setuid(1000) == 0);
        say_result("swapon of unknown flags", syscall(SYS_swapon, "vm_errno.file", 1L << 19));
        say_result("swapon", syscall(SYS_swapon, "vm_errno.file", 0L));
        say_result("swapoff", syscall(SYS_swapoff, "vm_errno.file"));
        _exit(0);
    }
    wait(NULL);
}

int main(void)
{
    unlink("vm_errno.file");
    file_rw = open("vm_errno.file", O_RDWR | O_CREAT, 0600);
    if (write(file_rw, "one page at most", 16) != 16)
        say("write: error %d", errno);
    file_ro = open("vm_errno.file", O_RDONLY);
    directory = open(".", O_RDONLY);
    if (pipe(pipes) < 0)
        say("pipe: error %d", errno);
    try_mmap_flags();
    try_mmap_places();
    try_mmap_offsets();
    try_ranges();
    try_mincore();
    try_mremap();
    try_others();
    try_huge();
    try_clone();
    try_rusage();
    try_memfd();
    try_brk();
    try_process_vm();
    try_swapon();
    unlink("vm_errno.file");
    say("%u combinations", lines);
    return lines < 300;
}
