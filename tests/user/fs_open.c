/*
 * open and descriptors: flags, access modes, dup, fcntl, close_range, and what each descriptor may do.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "tests/user/say.h"

/* Opens, says what came of it, and with which flags. */
static void try_open(const char *what, const char *path, int flags)
{
    int fd = open(path, flags, 0640);
    if (fd < 0) {
        say("%s: error %d", what, errno);
        return;
    }
    struct stat status;
    fstat(fd, &status);
    say("%s: flags %o, size %ld, cloexec %d", what, fcntl(fd, F_GETFL),
        S_ISDIR(status.st_mode) ? 0L : (long)status.st_size, fcntl(fd, F_GETFD));
    close(fd);
}

static void flags(void)
{
    int fd = open("file", O_CREAT | O_WRONLY, 0644);
    if (write(fd, "0123456789", 10) != 10)
        say("write: error %d", errno);
    close(fd);
    mkdir("directory", 0755);
    symlink("file", "link");
    symlink("missing", "dangling");
    try_open("read", "file", O_RDONLY);
    try_open("write", "file", O_WRONLY);
    try_open("both", "file", O_RDWR);
    try_open("append", "file", O_WRONLY | O_APPEND);
    try_open("nonblock", "file", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    try_open("sync", "file", O_WRONLY | O_SYNC);
    try_open("dsync", "file", O_WRONLY | O_DSYNC);
    try_open("exclusive, there", "file", O_CREAT | O_EXCL | O_WRONLY);
    try_open("exclusive, link", "dangling", O_CREAT | O_EXCL | O_WRONLY);
    try_open("exclusive, new", "new", O_CREAT | O_EXCL | O_RDWR);
    try_open("create through link", "dangling", O_CREAT | O_WRONLY);
    try_open("created", "missing", O_RDONLY);
    try_open("nofollow", "link", O_RDONLY | O_NOFOLLOW);
    try_open("path of link", "link", O_PATH | O_NOFOLLOW);
    try_open("path", "file", O_PATH);
    try_open("directory", "directory", O_RDONLY);
    try_open("directory to write", "directory", O_WRONLY);
    try_open("directory, both", "directory", O_RDWR);
    try_open("directory, create", "directory", O_RDONLY | O_CREAT);
    try_open("O_DIRECTORY", "directory", O_RDONLY | O_DIRECTORY);
    try_open("O_DIRECTORY of a file", "file", O_RDONLY | O_DIRECTORY);
    try_open("slash", "directory/", O_RDONLY);
    try_open("file and slash", "file/", O_RDONLY);
    try_open("create and slash", "fresh/", O_RDONLY | O_CREAT);
    try_open("file as directory", "file/x", O_RDONLY);
    try_open("missing directory", "nowhere/x", O_RDONLY | O_CREAT);
    try_open("empty", "", O_RDONLY);
    try_open("truncate", "file", O_WRONLY | O_TRUNC);
    try_open("null", "/dev/null", O_RDWR);
    try_open("null, truncated", "/dev/null", O_RDWR | O_TRUNC | O_CREAT);
}

static void rights(void)
{
    char byte = 'x';
    struct iovec part = {&byte, 1};
    int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY), path = open("file", O_PATH),
        directory = open("directory", O_RDONLY);
    say_result("write to reader", write(reader, &byte, 1));
    say_result("writev to reader", writev(reader, &part, 1));
    say_result("pwrite to reader", pwrite(reader, &byte, 1, 0));
    say_result("ftruncate of reader", ftruncate(reader, 0));
    say_result("read from writer", read(writer, &byte, 1));
    say_result("pread from writer", pread(writer, &byte, 1, 0));
    say_result("read from path", read(path, &byte, 1));
    say_result("lseek of path", lseek(path, 0, SEEK_SET));
    say_result("ioctl of path", syscall(SYS_ioctl, path, 0x5401, 0));
    say_result("fchmod of path", fchmod(path, 0600));
    say_result("read from directory", read(directory, &byte, 1));
    say_result("write to directory", write(directory, &byte, 1));
    say_result("read from -1", read(-1, &byte, 1));
    say_result("read from 1000", read(1000, &byte, 1));
    say_result("close -1", close(-1));
    say_result("close 1000", close(1000));
    say_result("negative length", syscall(SYS_read, reader, &byte, -1L));
    say_result("negative offset", pread(reader, &byte, 1, -1));
    say_result("readv of -1 parts", syscall(SYS_readv, reader, &part, -1));
    say_result("readv of 0 parts", readv(reader, &part, 0));
    say_result("readv of 2000 parts", syscall(SYS_readv, reader, &part, 2000));
    say_result("fchdir of a file", fchdir(reader));
    say_result("isatty", syscall(SYS_ioctl, reader, 0x5401, &byte));
    close(reader);
    close(writer);
    close(path);
    close(directory);
}

static void duplicates(void)
{
    int fd = open("file", O_RDWR | O_TRUNC);
    int copy = dup(fd);
    say_true("dup is the next", copy == fd + 1);
    say_result("write", write(fd, "abc", 3));
    say_result("offset of the copy", lseek(copy, 0, SEEK_CUR));
    say_result("dup2 to 50", dup2(fd, 50));
    say_result("dup2 to itself", dup2(fd, fd) - fd);
    say_result("dup2 of nothing", dup2(900, 51));
    say_result("dup2 of nothing to itself", dup2(900, 900));
    say_result("dup2 to -1", dup2(fd, -1));
    say_result("dup2 to 1000000000", dup2(fd, 1000000000));
    say_result("dup3 to itself", dup3(fd, fd, 0));
    say_result("dup3, bad flag", dup3(fd, 52, O_APPEND));
    say_result("dup3", dup3(fd, 52, O_CLOEXEC));
    say_result("its flag", fcntl(52, F_GETFD));
    say_result("F_DUPFD from 60", fcntl(fd, F_DUPFD, 60));
    say_result("F_DUPFD from 60 again", fcntl(fd, F_DUPFD, 60));
    say_result("F_DUPFD_CLOEXEC", fcntl(fd, F_DUPFD_CLOEXEC, 60));
    say_result("its flag", fcntl(62, F_GETFD));
    say_result("F_DUPFD from -1", fcntl(fd, F_DUPFD, -1));
    say_result("F_DUPFD from 1 << 30", fcntl(fd, F_DUPFD, 1 << 30));
    say_result("F_SETFD", fcntl(fd, F_SETFD, FD_CLOEXEC));
    say_result("F_GETFD", fcntl(fd, F_GETFD));
    say_result("F_GETFD of the copy", fcntl(copy, F_GETFD));
    say_result("F_SETFL", fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY));
    say("F_GETFL: %o, copy %o", fcntl(fd, F_GETFL), fcntl(copy, F_GETFL));
    say_result("unknown command", fcntl(fd, 777, 0));
    say_result("command on nothing", fcntl(900, F_GETFL));
    lseek(fd, 0, SEEK_SET);
    say_result("append", write(fd, "def", 3));
    say_result("offset", lseek(fd, 0, SEEK_CUR));
    say_result("close_range", syscall(SYS_close_range, 50, 62, 0));
    say_result("closed", fcntl(52, F_GETFD));
    say_result("close_range backwards", syscall(SYS_close_range, 62, 50, 0));
    say_result("close_range, bad flag", syscall(SYS_close_range, 50, 62, 64));
    close(fd);
    close(copy);
}

static void many(void)
{
    int highest = -1, count = 0;
    for (int i = 0; i < 500; i++) {
        int fd = open("file", O_RDONLY);
        if (fd < 0)
            break;
        highest = fd;
        count++;
    }
    say("%d opened, %d above the first", count, highest);
    close(100);
    say_result("the hole is used", open("file", O_RDONLY));
    say_result("close_range of all", syscall(SYS_close_range, 3, ~0U, 0));
    say_result("the first again", open("file", O_RDONLY));
}

static void seeking(void)
{
    int fd = open("file", O_RDWR | O_TRUNC), ends[2];
    say_result("SEEK_SET", lseek(fd, 100, SEEK_SET));
    say_result("SEEK_CUR", lseek(fd, -50, SEEK_CUR));
    say_result("SEEK_CUR below 0", lseek(fd, -51, SEEK_CUR));
    say_result("write there", write(fd, "x", 1));
    say_result("SEEK_END", lseek(fd, 5, SEEK_END));
    say_result("SEEK_END below 0", lseek(fd, -52, SEEK_END));
    say_result("bad whence", lseek(fd, 0, 9));
    say_result("still there", lseek(fd, 0, SEEK_CUR));
    say_result("past everything", lseek(fd, 0x7fffffffffffffffL, SEEK_SET) < 0 ? -1 : 0);
    say_result("overflow", lseek(fd, 0x7fffffffffffffffL, SEEK_END));
    say_result("SEEK_HOLE behind the end", lseek(fd, 60, SEEK_HOLE));
    if (pipe(ends) == 0)
        say_result("of a pipe", lseek(ends[0], 0, SEEK_CUR));
    say_result("pread of a pipe", pread(ends[0], ends, 1, 0));
    close(fd);
}

int main(void)
{
    char directory[32];
    snprintf(directory, sizeof directory, "fs_open.%d", getpid() % 10000);
    umask(022);
    syscall(SYS_close_range, 3, ~0U, 0);
    if (mkdir(directory, 0755) < 0 || chdir(directory) < 0)
        return 1;
    flags();
    rights();
    duplicates();
    seeking();
    syscall(SYS_close_range, 3, ~0U, 0);
    many();
    return 0;
}
