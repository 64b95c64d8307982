/*
 * File contents: holes, truncation, vectors, copies in the kernel, mappings beside reads and writes; and a seeded
 * random sequence of all of them against a model in memory.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { MODEL_MAX = 300000, STEPS = 3000, SEEDS = 4 };

static unsigned char model[MODEL_MAX], buffer[MODEL_MAX];
static size_t model_size;

static uint64_t state;

static uint32_t random_next(void)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state >> 33);
}

static uint32_t digest(const unsigned char *bytes, size_t length)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}

static off_t size_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) < 0 ? -1 : status.st_size;
}

static void holes(void)
{
    char text[16];
    int fd = open("holes", O_RDWR | O_CREAT | O_TRUNC, 0644);
    say_result("write behind a hole", pwrite(fd, "end", 3, 10000));
    say("size %ld", (long)size_of(fd));
    memset(text, 'x', sizeof text);
    say_result("read the hole", pread(fd, text, 8, 5000));
    say_true("zeros", memcmp(text, "\0\0\0\0\0\0\0\0", 8) == 0);
    say_result("read across the end", pread(fd, text, 16, 9998));
    say_result("read at the end", pread(fd, text, 16, 10003));
    say_result("read behind it", pread(fd, text, 16, 20000));
    say_result("truncate", ftruncate(fd, 10001));
    say_result("extend", ftruncate(fd, 10010));
    say_result("read", pread(fd, text, 10, 10000));
    say_true("one byte, then zeros", memcmp(text, "e\0\0\0\0\0\0\0\0\0", 10) == 0);
    say_result("truncate to -1", ftruncate(fd, -1));
    say_result("truncate of a path", truncate("holes", 5));
    say_result("truncate of nothing", truncate("nowhere", 5));
    say_result("truncate of a directory", truncate(".", 5));
    say("size %ld", (long)size_of(fd));
    say_result("fallocate", fallocate(fd, 0, 100, 900));
    say("size %ld", (long)size_of(fd));
    say_result("fallocate, keeping the size", fallocate(fd, 1, 5000, 900));
    say("size %ld", (long)size_of(fd));
    say_result("fallocate of nothing", fallocate(fd, 0, 0, 0));
    say_result("fallocate at -1", fallocate(fd, 0, -1, 5));
    say_result("write of nothing", pwrite(fd, "", 0, 1 << 20));
    say("size %ld", (long)size_of(fd));
    close(fd);
}

static void vectors(void)
{
    char a[4] = "", b[8] = "", c[2] = "";
    struct iovec out[] = {{"one", 3}, {"", 0}, {"second", 6}, {"!", 1}};
    struct iovec in[] = {{a, 3}, {b, 7}, {c, 1}};
    int fd = open("vectors", O_RDWR | O_CREAT | O_TRUNC, 0644);
    say_result("writev", writev(fd, out, 4));
    say_result("pwritev", pwritev(fd, out, 2, 4));
    say_result("preadv", preadv(fd, in, 3, 0));
    say("%s %s %d", a, b, c[0]);
    say_result("preadv at -1", preadv(fd, in, 3, -1));
    say_result("preadv2 at -1", syscall(SYS_preadv2, fd, in, 3, -1L, -1L, 0));
    lseek(fd, 2, SEEK_SET);
    say_result("readv", readv(fd, in, 2));
    say("%s %s", a, b);
    close(fd);
}

static void copies(void)
{
    char text[64];
    int from = open("vectors", O_RDONLY), to = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0644), ends[2];
    off_t offset = 2;
    say_result("sendfile", sendfile(to, from, &offset, 100));
    say("offset %ld, %ld", (long)offset, (long)lseek(from, 0, SEEK_CUR));
    say_result("sendfile from the own offset", sendfile(to, from, NULL, 4));
    say("offset %ld, %ld", (long)lseek(from, 0, SEEK_CUR), (long)lseek(to, 0, SEEK_CUR));
    say_result("copy_file_range", syscall(SYS_copy_file_range, from, NULL, to, NULL, 100, 0));
    say_result("copy_file_range, bad flag", syscall(SYS_copy_file_range, from, NULL, to, NULL, 100, 1));
    say_result("sendfile to a reader", sendfile(from, to, NULL, 4));
    if (pipe(ends) == 0) {
        offset = 0;
        say_result("sendfile to a pipe", sendfile(ends[1], from, &offset, 5));
        say_result("read", read(ends[0], text, sizeof text));
        say_result("sendfile from a pipe at an offset", sendfile(to, ends[0], &offset, 5));
    }
    ssize_t length = pread(to, text, sizeof text, 0);
    say("%.*s", (int)length, text);
    close(from);
    close(to);
}

/* A store through a mapping is in the next read, a write in the next load. */
static void mappings(void)
{
    char text[8] = "";
    int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (ftruncate(fd, 8192) < 0)
        say("ftruncate: error %d", errno);
    char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    memcpy(shared + 4094, "store", 5);
    say_result("read", pread(fd, text, 5, 4094));
    say("%s", text);
    say_result("write", pwrite(fd, "WRITE", 5, 4094));
    say("%.5s %.5s", shared + 4094, private + 4094);
    memcpy(private + 4094, "mine ", 5);
    say("%.5s %.5s", shared + 4094, private + 4094);
    say_result("write from the mapping itself", pwrite(fd, shared + 94, 4000, 4096));
    say("%.5s", shared + 8096 - 5);
    say_result("read into the mapping", pread(fd, shared, 100, 4094));
    say_result("msync", msync(shared, 8192, MS_SYNC));
    if (fork() == 0) {
        memcpy(shared + 100, "child", 5);
        _exit(0);
    }
    wait(NULL);
    say_result("read", pread(fd, text, 5, 100));
    say("%s, digest %x", text, digest((unsigned char *)shared, 8192));
    munmap(shared, 8192);
    munmap(private, 8192);
    close(fd);
}

static void model_write(int fd, size_t offset, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buffer[i] = (unsigned char)random_next();
    if (pwrite(fd, buffer, length, (off_t)offset) != (ssize_t)length)
        say("write failed: error %d", errno);
    if (offset > model_size)
        memset(model + model_size, 0, offset - model_size);
    memcpy(model + offset, buffer, length);
    if (offset + length > model_size)
        model_size = offset + length;
}

static void model_read(int fd, size_t offset, size_t length)
{
    size_t expected = offset >= model_size ? 0 : model_size - offset < length ? model_size - offset : length;
    ssize_t count = pread(fd, buffer, length, (off_t)offset);
    if (count != (ssize_t)expected || memcmp(buffer, model + offset, expected) != 0)
        say("read at %lu: %ld of %lu, or other bytes", (unsigned long)offset, (long)count, (unsigned long)expected);
}

static void model_truncate(int fd, size_t size)
{
    if (ftruncate(fd, (off_t)size) < 0)
        say("truncate failed: error %d", errno);
    if (size > model_size)
        memset(model + model_size, 0, size - model_size);
    model_size = size;
}

/* Loads and stores through a mapping of what there is. */
static void model_map(int fd, size_t offset, size_t length)
{
    if (offset >= model_size)
        return;
    length = model_size - offset < length ? model_size - offset : length;
    unsigned char *map = mmap(NULL, model_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        say("mmap failed: error %d", errno);
        return;
    }
    if (memcmp(map + offset, model + offset, length) != 0)
        say("mapped bytes at %lu differ", (unsigned long)offset);
    for (size_t i = 0; i < length; i += 7)
        map[offset + i] = model[offset + i] = (unsigned char)random_next();
    munmap(map, model_size);
}

static void exercise(unsigned seed)
{
    int fd = open("random", O_RDWR | O_CREAT | O_TRUNC, 0644);
    state = seed;
    model_size = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        size_t offset = random_next() % (MODEL_MAX / 2),
               length = random_next() % (random_next() % 8 == 0 ? MODEL_MAX / 2 : 5000);
        switch (random_next() % 8) {
        case 0:
            model_truncate(fd, offset);
            break;
        case 1:
        case 2:
            model_map(fd, offset, length);
            break;
        case 3:
        case 4:
            model_write(fd, offset, length);
            break;
        default:
            model_read(fd, offset, length);
        }
    }
    model_read(fd, 0, MODEL_MAX);
    say("seed %u: %lu bytes, digest %x", seed, (unsigned long)model_size, digest(model, model_size));
    close(fd);
}

/* Four processes append lines; none is lost or mixed. */
static void appending(void)
{
    enum { WRITERS = 4, LINES = 200, LENGTH = 37 };
    unlink("appended");
    for (int writer = 0; writer < WRITERS; writer++) {
        if (fork() == 0) {
            char line[LENGTH];
            int fd = open("appended", O_WRONLY | O_CREAT | O_APPEND, 0644);
            memset(line, 'a' + writer, sizeof line);
            for (int i = 0; i < LINES; i++) {
                if (write(fd, line, sizeof line) != LENGTH)
                    say("append: error %d", errno);
            }
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        continue;
    int fd = open("appended", O_RDONLY), counts[WRITERS] = {0}, mixed = 0;
    char line[LENGTH];
    while (read(fd, line, sizeof line) == LENGTH) {
        for (int i = 1; i < LENGTH; i++)
            mixed += line[i] != line[0];
        if (line[0] >= 'a' && line[0] < 'a' + WRITERS)
            counts[line[0] - 'a']++;
    }
    say("appended: %d %d %d %d lines, %d mixed", counts[0], counts[1], counts[2], counts[3], mixed);
    close(fd);
}

/* A file without a name at all. */
static void memory(void)
{
    char text[8] = "";
    int fd = memfd_create("some name", 1);
    say_true("memfd", fd >= 0);
    say_result("its flag", fcntl(fd, F_GETFD));
    say_result("ftruncate", ftruncate(fd, 100000));
    say_result("pwrite", pwrite(fd, "bytes", 5, 99995));
    char *map = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    say("%.5s", map + 99995);
    map[99995] = 'B';
    say_result("pread", pread(fd, text, 5, 99995));
    say("%s", text);
    say_result("bad flag", memfd_create("x", 0x1000));
    close(fd);
    say("%.5s", map + 99995);
}

static int memory_file;

static void say_blocks(const char *what)
{
    struct stat status;
    fstat(memory_file, &status);
    say("%s: %ld blocks", what, (long)status.st_blocks);
}

/* Which pages a file that lives in memory has: those that were written or mapped, not those that were read. */
static void memory_holes(void)
{
    enum { PAGE = 4096, PAGES = 32 };
    char text[8] = "";
    memory_file = memfd_create("holes", 0);
    say_result("ftruncate", ftruncate(memory_file, PAGES * PAGE));
    say_blocks("nothing but a size");
    say_result("pread", pread(memory_file, text, sizeof text, 3 * PAGE));
    say_blocks("read");
    volatile char *shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file, 0);
    volatile char *private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, memory_file, 0);
    say("page 3: %d", shared[3 * PAGE]);
    say_blocks("read where it is mapped");
    shared[5 * PAGE] = 'x';
    say_result("pwrite", pwrite(memory_file, "y", 1, 7 * PAGE));
    say("page 9: %d", private[9 * PAGE]);
    private[10 * PAGE] = 'z';
    say_blocks("written, and privately mapped");
    say_result("ftruncate", ftruncate(memory_file, 7 * PAGE + 1));
    say_blocks("cut");
    say_result("ftruncate", ftruncate(memory_file, PAGES * PAGE));
    say("pages 7 and 10: %c %d", shared[7 * PAGE], private[10 * PAGE]);
    say_result("ftruncate", ftruncate(memory_file, 0));
    say_blocks("cut to nothing");
    close(memory_file);
}

int main(void)
{
    char directory[32];
    snprintf(directory, sizeof directory, "fs_data.%d", getpid() % 10000);
    umask(022);
    if (mkdir(directory, 0755) < 0 || chdir(directory) < 0)
        return 1;
    holes();
    vectors();
    copies();
    mappings();
    appending();
    memory();
    memory_holes();
    for (unsigned seed = 1; seed <= SEEDS; seed++)
        exercise(seed);
    return 0;
}
