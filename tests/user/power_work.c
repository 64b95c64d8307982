/*
 * Work for a disk whose power may go at any moment, and a record of what it was promised: power_work FOLDER RECORD SEED STEPS.
 *
 * Before a file changes, and after fsync, or another call that promises as much, has acknowledged the change, a line about it goes to RECORD (a file or a disk of its
 * own) and is made stable, too; tests/powercut.pl holds every image that a power cut could have left against these lines.
 *
 *     create N V SIZE    file N is to appear, whole, by renaming, as version V
 *     append N V SIZE    it is to grow, or (cut) to shrink, to SIZE
 *     remove N           it is to go
 *     done N V SIZE      that is stable (size 0 after remove)
 *
 * Byte i of version V of file N is known, so a file says by itself whether it is whole. Beside that there is unrecorded work:
 * folders, links, files removed while open, holes. Without arguments: a short run in /tmp, whose last state is printed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/user/random.h"

enum { RENAME_EXCHANGE_NAMES = 2, FILES = 24, LINE = 64, SIZE_MAX_KB = 96, PIECE = 4096 };

static struct {
    unsigned version, size; /* size 0: not there */
} files[FILES];

static int record_fd, record_lines;
static unsigned versions;

static void record(const char *what, unsigned n, unsigned version, unsigned size)
{
    char line[LINE + 1];
    snprintf(line, sizeof line, "%s %u %u %u", what, n, version, size);
    size_t length = strlen(line);
    memset(line + length, ' ', LINE - length);
    line[LINE - 1] = '\n';
    must(pwrite(record_fd, line, LINE, (off_t)record_lines * LINE) == LINE, "record");
    record_lines++;
    must(fsync(record_fd) == 0, "fsync of the record");
}

/* The bytes of a version: lines of 16 that say where they are. */
static void fill(char *to, unsigned n, unsigned version, unsigned offset, unsigned length)
{
    for (unsigned i = 0; i < length; i += 16) {
        char line[17];
        snprintf(line, sizeof line, "%02u %04u %06x\n", n, version % 10000, offset + i);
        memset(to + i, '.', 16);
        memcpy(to + i, line, strlen(line));
    }
}

static void write_range(int fd, unsigned n, unsigned version, unsigned from, unsigned to)
{
    char piece[PIECE];
    for (unsigned at = from; at < to; at += PIECE) {
        unsigned length = to - at < PIECE ? to - at : PIECE;
        fill(piece, n, version, at, length);
        must(pwrite(fd, piece, length, (off_t)at) == (ssize_t)length, "write");
    }
}

static void sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY);
    must(fd >= 0 && fsync(fd) == 0, "fsync of a folder");
    close(fd);
}

static unsigned random_size(void)
{
    return 16 * (1 + random_below(random_below(4) == 0 ? SIZE_MAX_KB * 64 : 640));
}

static void file_name(char *name, unsigned n)
{
    snprintf(name, 32, "dir%u/file%02u", n % 3, n);
}

static void file_create(unsigned n)
{
    char name[32];
    unsigned version = ++versions, size = random_size();
    file_name(name, n);
    record("create", n, version, size);
    int fd = open("new", O_RDWR | O_CREAT | O_TRUNC, 0644);
    must(fd >= 0, "open");
    write_range(fd, n, version, 0, size);
    must(fsync(fd) == 0, "fsync");
    close(fd);
    must(rename("new", name) == 0, "rename");
    sync_folder(".");
    files[n].version = version;
    files[n].size = size;
    record("done", n, version, size);
}

/* The file grows through a mapping, and msync says that it is stable. */
static void grow_mapped(int fd, unsigned n, unsigned version, unsigned from, unsigned to)
{
    must(ftruncate(fd, (off_t)to) == 0, "ftruncate");
    char *map = mmap(NULL, to, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(map != MAP_FAILED, "mmap");
    fill(map + from, n, version, from, to - from);
    must(msync(map, to, MS_SYNC) == 0, "msync");
    munmap(map, to);
}

/* The file grows, and is stable afterwards: by one of the ways to have that promised. */
static void file_grow(const char *name, unsigned n, unsigned from, unsigned to)
{
    static const int flags[] = {0, 0, O_SYNC, O_DSYNC, 0};
    unsigned way = random_below(5);
    int fd = open(name, O_RDWR | flags[way]);
    must(fd >= 0, "open");
    if (way == 4)
        grow_mapped(fd, n, files[n].version, from, to);
    else
        write_range(fd, n, files[n].version, from, to);
    if (way < 2)
        must((way == 0 ? fsync(fd) : fdatasync(fd)) == 0, "fsync");
    close(fd);
}

static void file_cut(const char *name, unsigned size)
{
    int fd = open(name, O_RDWR);
    must(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "ftruncate");
    must((random_below(2) ? fsync(fd) : fdatasync(fd)) == 0, "fsync");
    close(fd);
}

static void file_resize(unsigned n)
{
    char name[32];
    unsigned size = random_size(), version = files[n].version;
    file_name(name, n);
    record(size > files[n].size ? "append" : "cut", n, version, size);
    if (size > files[n].size)
        file_grow(name, n, files[n].size, size);
    else
        file_cut(name, size);
    files[n].size = size;
    record("done", n, version, size);
}

static void file_remove(unsigned n)
{
    char name[32];
    file_name(name, n);
    record("remove", n, files[n].version, 0);
    must(unlink(name) == 0, "unlink");
    sync_folder(".");
    files[n].size = 0;
    record("done", n, files[n].version, 0);
}

/* A file that never had a name until it is given one, perhaps. */
static int nameless(unsigned step)
{
    char path[40];
    unsigned size = random_size();
    int fd = open(".", O_TMPFILE | O_RDWR, 0644);
    if (fd < 0) /* not every file system of a host can */
        return fd;
    write_range(fd, 98, step, 0, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (step & 1)
        (void)!linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
    else
        (void)!unlink("named");
    return fd;
}

/* A file that stays, with holes that come and are filled again. */
static void holes(unsigned step)
{
    unsigned size = random_size(), start = random_below(size), length = 1 + random_below(size);
    int fd = open("holes", O_RDWR | O_CREAT, 0644);
    must(fd >= 0, "open");
    write_range(fd, 97, step, 0, size);
    if (step & 1)
        fsync(fd);
    (void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, length);
    close(fd);
}

/*
 * What nobody was promised: folders, links, names exchanged, holes, files that are removed while they are open or have had
 * no name, all not synced.
 */
static void unrecorded(unsigned step)
{
    char name[32], other[48];
    static int held = -1;
    snprintf(name, sizeof name, "scratch%u", random_below(8));
    snprintf(other, sizeof other, "%s/link", name);
    switch (random_below(7)) {
    case 0:
        (void)!mkdir(name, 0755);
        (void)!symlink("a target that is long enough not to fit into the inode's sixty bytes of pointers", other);
        break;
    case 1:
        (void)!unlink(other);
        (void)!rmdir(name);
        break;
    case 2:
        if (held >= 0)
            close(held);
        held = open("held", O_RDWR | O_CREAT, 0644);
        write_range(held, 99, step, 0, random_size());
        unlink("held");
        break;
    case 3:
        if (held >= 0)
            close(held);
        held = nameless(step);
        break;
    case 4:
        (void)!mkdir(name, 0755);
        (void)!syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, step & 1 ? "scratch1" : "dir2/scratch",
                       RENAME_EXCHANGE_NAMES);
        (void)!rename("scratch2", "dir2/scratch");
        break;
    case 5:
        holes(step);
        break;
    default:
        (void)!mkdir(name, 0755);
        held = held >= 0 ? held : open("held", O_RDWR | O_CREAT, 0644);
        (void)!chmod("dir0", 0755);
        (void)!link("dir1/file01", "linked");
        (void)!unlink("linked");
    }
}

static void work(unsigned steps)
{
    (void)!mkdir("dir0", 0755);
    (void)!mkdir("dir1", 0755);
    (void)!mkdir("dir2", 0755);
    for (unsigned step = 0; step < steps; step++) {
        unsigned n = random_below(FILES), what = random_below(8);
        if (what < 2)
            unrecorded(step);
        else if (files[n].size == 0 || what == 2)
            file_create(n);
        else if (what == 3)
            file_remove(n);
        else
            file_resize(n);
    }
}

int main(int argc, char **argv)
{
    const char *folder = argc > 4 ? argv[1] : "power_work";
    const char *record_name = argc > 4 ? argv[2] : "power_work.record";
    (void)!mkdir(folder, 0755);
    record_fd = open(record_name, O_RDWR | (argc > 4 ? 0 : O_CREAT | O_TRUNC), 0644);
    must(record_fd >= 0 && chdir(folder) == 0, "where to work");
    random_state = argc > 4 ? strtoul(argv[3], NULL, 10) : 1;
    work(argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 60);
    for (unsigned n = 0; n < FILES; n++) {
        if (files[n].size > 0)
            printf("file %u version %u size %u\n", n, files[n].version, files[n].size);
    }
    printf("%d lines recorded\n", record_lines);
    return 0;
}
