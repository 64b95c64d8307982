/*
 * Files on a disk: what a page, a file or a name costs when it has to come from there or go there.
 *
 * The disk /dev/vdb is mounted on /disk, or /tmp/disk. "Without read-ahead" is POSIX_FADV_RANDOM and MADV_RANDOM, which mean that to both kernels. Before each
 * cold row everything is written and all caches are dropped. The raw device is read with O_DIRECT in large pieces, one after the other.
 */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_PAGES = 8192,
    PIECE = 64 * 1024,
    RAW_PIECE = 1 << 20,
    RANDOM_READS = 1000,
    FOLDERS = 20,
    FOLDER_FILES = 50
};

static char *buffer; /* RAW_PIECE bytes, aligned */

static void caches_drop(void)
{
    sync();
    int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    bench_check(fd >= 0 && write(fd, "3\n", 2) == 2, "/proc/sys/vm/drop_caches");
    close(fd);
}

static void raw_device(void)
{
    int fd = open("/dev/vdb", O_RDONLY | O_DIRECT);
    bench_check(fd >= 0, "/dev/vdb");
    caches_drop();
    uint64_t start = bench_now();
    for (unsigned long done = 0; done < FILE_PAGES * PAGE; done += RAW_PIECE)
        bench_check(pread(fd, buffer, RAW_PIECE, (off_t)done) == RAW_PIECE, "/dev/vdb");
    bench_report("raw device, 1 MB reads, per 4 KB", start, FILE_PAGES);
    close(fd);
}

static void write_and_sync(void)
{
    int fd = open("large", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bench_check(fd >= 0, "large");
    memset(buffer, 'd', PIECE);
    uint64_t start = bench_now();
    for (unsigned long done = 0; done < FILE_PAGES * PAGE; done += PIECE)
        bench_check(write(fd, buffer, PIECE) == PIECE, "large");
    bench_check(fsync(fd) == 0, "fsync");
    bench_report("sequential write + fsync, per 4 KB", start, FILE_PAGES);
    close(fd);
}

/* The large file, cold. */
static int large_open(int ahead)
{
    caches_drop();
    int fd = open("large", O_RDONLY);
    bench_check(fd >= 0 && posix_fadvise(fd, 0, 0, ahead ? POSIX_FADV_NORMAL : POSIX_FADV_RANDOM) == 0, "large");
    return fd;
}

static void cold_read(int ahead, const char *name)
{
    int fd = large_open(ahead);
    uint64_t start = bench_now();
    for (unsigned long done = 0; done < FILE_PAGES * PAGE; done += PIECE)
        bench_check(read(fd, buffer, PIECE) == PIECE, "large");
    bench_report(name, start, FILE_PAGES);
    close(fd);
}

static void cold_map(int ahead, const char *name)
{
    int fd = large_open(ahead);
    uint64_t start = bench_now();
    const volatile char *map = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
    bench_check(map != MAP_FAILED, "mmap");
    madvise((void *)map, FILE_PAGES * PAGE, ahead ? MADV_NORMAL : MADV_RANDOM);
    for (unsigned long i = 0; i < FILE_PAGES; i++)
        bench_check(map[i * PAGE] == 'd', "large");
    bench_report(name, start, FILE_PAGES);
    munmap((void *)map, FILE_PAGES * PAGE);
    close(fd);
}

static void cold_random(int ahead, const char *name)
{
    uint32_t random = 1;
    int fd = large_open(ahead);
    uint64_t start = bench_now();
    for (int i = 0; i < RANDOM_READS; i++) {
        random = random * 1664525u + 1013904223u;
        bench_check(pread(fd, buffer, PAGE, (off_t)((random >> 8) % FILE_PAGES * PAGE)) == PAGE, "large");
    }
    bench_report(name, start, RANDOM_READS);
    close(fd);
}

static void small_file(char *name, size_t size, int folder, int file)
{
    snprintf(name, size, "folder%d/file%d", folder, file);
}

static void small_create(void)
{
    char name[64];
    uint64_t start = bench_now();
    for (int i = 0; i < FOLDERS * FOLDER_FILES; i++) {
        if (i % FOLDER_FILES == 0) {
            snprintf(name, sizeof(name), "folder%d", i / FOLDER_FILES);
            bench_check(mkdir(name, 0700) == 0, name);
        }
        small_file(name, sizeof(name), i / FOLDER_FILES, i % FOLDER_FILES);
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        bench_check(fd >= 0 && write(fd, buffer, 1000) == 1000, name);
        close(fd);
    }
    bench_report("small file, create and write", start, FOLDERS * FOLDER_FILES);
}

static void small_remove(void)
{
    char name[64];
    uint64_t start = bench_now();
    for (int i = 0; i < FOLDERS * FOLDER_FILES; i++) {
        small_file(name, sizeof(name), i / FOLDER_FILES, i % FOLDER_FILES);
        bench_check(unlink(name) == 0, name);
    }
    bench_report("small file, delete", start, FOLDERS * FOLDER_FILES);
    for (int i = 0; i < FOLDERS; i++) {
        snprintf(name, sizeof(name), "folder%d", i);
        bench_check(rmdir(name) == 0, name);
    }
}

static unsigned long folder_walk(const char *path)
{
    unsigned long count = 0;
    char name[512];
    struct dirent *entry;
    struct stat status;
    DIR *folder = opendir(path);
    bench_check(folder != NULL, path);
    while ((entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, "f", 1) != 0)
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        bench_check(lstat(name, &status) == 0, name);
        count += 1 + (S_ISDIR(status.st_mode) ? folder_walk(name) : 0);
    }
    closedir(folder);
    return count;
}

static void metadata_walk(void)
{
    caches_drop();
    uint64_t start = bench_now();
    unsigned long count = folder_walk(".");
    bench_report("metadata walk, cold, per name", start, count);
}

void bench_disk(void)
{
    if (chdir("/disk") != 0)
        bench_check(chdir("/tmp/disk") == 0, "/disk, /tmp/disk");
    buffer = bench_map(RAW_PIECE);
    memset(buffer, 'd', RAW_PIECE);
    write_and_sync();
    raw_device();
    cold_read(1, "sequential read, cold, per 4 KB");
    cold_read(0, "  without read-ahead");
    cold_map(1, "sequential through mmap, cold, per 4 KB");
    cold_map(0, "  mmap without read-ahead");
    cold_random(1, "random 4 KB read, cold");
    cold_random(0, "  random without read-ahead");
    small_create();
    metadata_walk();
    small_remove();
    unlink("large");
}
