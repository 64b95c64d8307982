/*
 * Holes in files of a disk: fallocate with PUNCH_HOLE and ZERO_RANGE, and madvise(MADV_REMOVE), held against a model of the file's bytes
 * through read, a shared and a private mapping; and what happens to the blocks that stat counts.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "tests/user/say.h"

enum {
    PAGE = 4096,
    PAGES = 40,
    ROOM = 48 * PAGE,
    DISK_MAGIC = 0xef53,
    HOLE = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
};

static int fd;
static char *shared, *private;
static char model[ROOM], bytes[ROOM];
static long size; /* of the model */

static long blocks(void)
{
    struct stat status;
    fstat(fd, &status);
    return (long)status.st_blocks;
}

/* A file of whole pages and a bit, each byte of which says where it is; the file has been written to its disk. */
static void fill(long length)
{
    size = length;
    memset(model, 0, ROOM);
    for (long i = 0; i < length; i++)
        model[i] = (char)(1 + i / PAGE + i % 7);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, model, (size_t)length, 0) != length || fsync(fd) != 0)
        say("cannot fill: error %d", errno);
}

static int is_on_disk(void)
{
    struct statfs system;
    return fstatfs(fd, &system) == 0 && system.f_type == DISK_MAGIC;
}

/* Whether the shared mapping shows the model. Where files live in memory a look through it fills a hole: there, holes are left in peace. */
static int mapping_is_model(void)
{
    static const char zeros[PAGE];
    for (long at = 0; at < size; at += PAGE) {
        size_t length = (size_t)(size - at < PAGE ? size - at : PAGE);
        if ((is_on_disk() || memcmp(model + at, zeros, length) != 0) && memcmp(shared + at, model + at, length) != 0)
            return 0;
    }
    return 1;
}

static int is_model(void)
{
    struct stat status;
    memset(bytes, 'x', ROOM);
    return fstat(fd, &status) == 0 && status.st_size == size && pread(fd, bytes, ROOM, 0) == size &&
           memcmp(bytes, model, (size_t)size) == 0 && mapping_is_model();
}

static void model_zero(long start, long length)
{
    for (long i = start; i < start + length && i < size; i++)
        model[i] = 0;
}

/* One hole in the file as it is: the call's result, what it did to the blocks, and whether the bytes are right. */
static void hole(const char *what, long start, long length)
{
    long before = blocks(), result = fallocate(fd, HOLE, start, length);
    int error = result < 0 ? errno : 0;
    if (result == 0)
        model_zero(start, length);
    long after = blocks();
    say("%s: %ld error %d, %ld blocks, %s", what, result, error, after - before, is_model() ? "right" : "WRONG");
}

/* How many blocks that takes away depends on how the file system keeps their places. */
static void everything(const char *what, long length)
{
    say_result(what, fallocate(fd, HOLE, 0, length));
    model_zero(0, size);
    long after = blocks(); /* before the model is looked at, which may bring pages */
    say("nothing is left: %ld blocks, %s", after, is_model() ? "right" : "WRONG");
}

static void holes(void)
{
    fill(PAGES * PAGE + 100);
    hole("a page", 2 * PAGE, PAGE);
    hole("the same again", 2 * PAGE, PAGE);
    hole("within the hole", 2 * PAGE + 10, 100);
    hole("within a page", 4 * PAGE + 100, 200);
    hole("across two", 4 * PAGE + 100, PAGE);
    hole("three, and some of those beside them", 6 * PAGE - 1, 3 * PAGE + 2);
    hole("from a hole into another page", 8 * PAGE, PAGE + 8);
    hole("nothing", PAGE, 0);
    hole("less than nothing", PAGE, -1);
    hole("before the start", -PAGE, 2 * PAGE);
    hole("behind the end", (PAGES + 2) * PAGE, PAGE);
    hole("up to the end", (PAGES - 1) * PAGE, PAGE + 100);
    hole("the end, and behind it", PAGES * PAGE, 4 * PAGE);
    fill(PAGES * PAGE);
    hole("across what the inode knows", 10 * PAGE, 6 * PAGE);
    everything("everything", PAGES * PAGE);
    fill(PAGES * PAGE + 1);
    everything("everything, and more", 1L << 40);
}

/* Far apart, so that it needs every level of a tree of blocks; what is between is not there, and passed over. */
static void far_apart(void)
{
    static const long places[] = {0, 100L << 20, 5000L << 20};
    size = 0;
    if (ftruncate(fd, 0) != 0 || ftruncate(fd, 6000L << 20) != 0)
        say_result("ftruncate", -1);
    for (unsigned i = 0; i < 3; i++)
        say_result("write far away", pwrite(fd, "here", 4, places[i]));
    fsync(fd);
    say_result("punch the middle", fallocate(fd, HOLE, 50L << 20, 100L << 20));
    for (unsigned i = 0; i < 3; i++) {
        say_result("read there", pread(fd, bytes, 1, places[i]));
        say("at %ld: %d", places[i], bytes[0]);
    }
    say_result("punch all", fallocate(fd, HOLE, 0, 6000L << 20));
    fsync(fd);
    say("nothing is left: %ld blocks", blocks());
    say_result("cut", ftruncate(fd, 0));
}

/* What is mapped: stores before and after, private copies, removal through a mapping. */
static void mappings(void)
{
    fill(PAGES * PAGE);
    for (int i = 0; i < PAGES; i++)
        shared[i * PAGE] = model[i * PAGE] = 's';
    private[3 * PAGE] = 'p';
    say("before: %d %d", private[2 * PAGE], private[3 * PAGE]);
    hole("what has been stored", PAGE, 4 * PAGE);
    say("private copies stay, the rest goes: %d %d", private[2 * PAGE], private[3 * PAGE]);
    shared[2 * PAGE + 5] = model[2 * PAGE + 5] = 'n';
    say_true("a store fills the hole again", is_model() && private[2 * PAGE + 5] == 'n');
    say_result("msync", msync(shared, PAGES * PAGE, MS_SYNC));
    say_result("remove through the mapping", madvise(shared + 2 * PAGE, 2 * PAGE, MADV_REMOVE));
    model_zero(2 * PAGE, 2 * PAGE);
    say_true("as it should be", is_model());
    say_result("remove through the private one", madvise(private, PAGE, MADV_REMOVE));
    say_result("write over a hole", pwrite(fd, "again", 5, 3 * PAGE));
    memcpy(model + 3 * PAGE, "again", 5);
    say_true("as it should be", is_model());
}

/* Zeroes a range; 1 if the result is what it should be. `grown`: the size then. Other file systems than the disk's may not know it. */
static int zeroed(int mode, long start, long length, long grown)
{
    if (fallocate(fd, FALLOC_FL_ZERO_RANGE | mode, start, length) != 0)
        return errno == EOPNOTSUPP && !is_on_disk();
    model_zero(start, length);
    size = grown;
    return is_model() && blocks() * 512 >= size;
}

static void zeros(void)
{
    fill(PAGES * PAGE + 100);
    say_true("zeros within", zeroed(0, 3 * PAGE + 1, 5 * PAGE, PAGES * PAGE + 100));
    say_true("zeros over the end, which stays", zeroed(FALLOC_FL_KEEP_SIZE, PAGES * PAGE, PAGE, PAGES * PAGE + 100));
    fill(PAGES * PAGE + 100);
    say_true("zeros over the end, which moves", zeroed(0, (PAGES - 1) * PAGE + 9, 3 * PAGE, (PAGES + 2) * PAGE + 9));
}

/* What no file can be as long as takes nothing away. Other file systems than the disk's may have longer ones, or other answers. */
static void too_long(int mode, long offset, long length)
{
    long error = fallocate(fd, mode, offset, length) == 0 ? 0 : errno;
    say_true("further than a file can be", (error == EFBIG || !is_on_disk()) && blocks() * 512 >= size && is_model());
}

static void refused(void)
{
    static const int modes[] = {FALLOC_FL_PUNCH_HOLE, HOLE | 16, 0x80}, ways[] = {HOLE, FALLOC_FL_ZERO_RANGE, 0};
    fill(3 * PAGE);
    for (unsigned i = 0; i < 3; i++) {
        too_long(ways[i], PAGE, 1L << 60);
        too_long(ways[i] | FALLOC_FL_KEEP_SIZE, 1L << 60, 1);
    }
    for (unsigned i = 0; i < 3; i++)
        say_result("a mode there is not", fallocate(fd, modes[i], 0, PAGE));
    int other = open("punched", O_RDONLY), ends[2];
    say_result("a file only read", fallocate(other, HOLE, 0, PAGE));
    close(other);
    say_result("no file", fallocate(other, HOLE, 0, PAGE));
    if (pipe(ends) == 0)
        say_result("a pipe", fallocate(ends[1], HOLE, 0, PAGE));
    other = open("/dev/null", O_RDWR);
    say_result("a device", fallocate(other, HOLE, 0, PAGE));
}

int main(void)
{
    fd = open("punched", O_RDWR | O_CREAT | O_TRUNC, 0600);
    shared = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    private = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    holes();
    far_apart();
    mappings();
    zeros();
    refused();
    unlink("punched");
    return 0;
}
