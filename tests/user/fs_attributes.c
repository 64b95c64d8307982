/*
 * Attributes: stat, statx, access, chmod, chown, times, umask, and directories as getdents shows them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/user/say.h"

static void touch(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (fd < 0)
        say("touch %s: error %d", path, errno);
    close(fd);
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    return lstat(path, &status) < 0 ? 0 : status.st_mode;
}

static void modes(void)
{
    say("umask %o", umask(077));
    touch("private", 0666);
    say("%o", mode_of("private"));
    mkdir("private.d", 0777);
    say("%o", mode_of("private.d"));
    say("umask %o", umask(022));
    say("umask %o", umask(07777));
    say("umask %o", umask(022));
    say_result("chmod", chmod("private", 04751));
    say("%o", mode_of("private"));
    say_result("chmod, type bits", chmod("private", 0170644));
    say("%o", mode_of("private"));
    say_result("chmod of nothing", chmod("nowhere", 0644));
    symlink("private", "link");
    say_result("chmod of a link", chmod("link", 0600));
    say("%o, link %o", mode_of("private"), mode_of("link"));
    int fd = open("private", O_RDONLY);
    say_result("fchmod", fchmod(fd, 0640));
    say_result("fchmod of nothing", fchmod(900, 0640));
    say_result("fchmodat", fchmodat(AT_FDCWD, "private", 0604, 0));
    say("%o", mode_of("private"));
    say_result("chown to oneself", chown("private", getuid(), getgid()));
    say_result("chown, no change", chown("private", (uid_t)-1, (gid_t)-1));
    say_result("lchown of a link", lchown("link", (uid_t)-1, (gid_t)-1));
    say_result("fchown", fchown(fd, getuid(), (gid_t)-1));
    say_result("fchownat, empty path", fchownat(fd, "", (uid_t)-1, (gid_t)-1, AT_EMPTY_PATH));
    say_result("fchownat, bad flag", fchownat(AT_FDCWD, "private", (uid_t)-1, (gid_t)-1, 2));
    close(fd);
}

static void rights(void)
{
    touch("plain", 0644);
    touch("program", 0755);
    say_result("access F", access("plain", F_OK));
    say_result("access R W", access("plain", R_OK | W_OK));
    say_result("access X", access("plain", X_OK));
    say_result("access X of a program", access("program", X_OK));
    say_result("access X of a directory", access(".", X_OK));
    say_result("access of nothing", access("nowhere", F_OK));
    say_result("access through a file", access("plain/x", F_OK));
    say_result("bad mode", access("plain", 8));
    say_result("faccessat", faccessat(AT_FDCWD, "plain", R_OK, AT_EACCESS));
    say_result("faccessat2, bad flag", syscall(SYS_faccessat2, AT_FDCWD, "plain", R_OK, 4));
    say_result("bad descriptor", faccessat(900, "plain", R_OK, 0));
    say_result("bad descriptor, absolute path", faccessat(900, "/", R_OK, 0));
    int fd = open("plain", O_RDONLY);
    say_result("descriptor of a file", faccessat(fd, "x", R_OK, 0));
    close(fd);
}

static void times(void)
{
    struct timespec set[2] = {{1000000000, 123456789}, {1500000000, 987654321}};
    struct timeval old[2] = {{1, 2}, {3, 4}};
    struct stat status;
    touch("timed", 0644);
    say_result("utimensat", utimensat(AT_FDCWD, "timed", set, 0));
    stat("timed", &status);
    say("%ld.%09ld %ld.%09ld", (long)status.st_atim.tv_sec, (long)status.st_atim.tv_nsec, (long)status.st_mtim.tv_sec,
        (long)status.st_mtim.tv_nsec);
    set[0].tv_nsec = UTIME_OMIT;
    set[1].tv_sec = 7;
    set[1].tv_nsec = 8;
    say_result("omit one", utimensat(AT_FDCWD, "timed", set, 0));
    stat("timed", &status);
    say("%ld %ld", (long)status.st_atim.tv_sec, (long)status.st_mtim.tv_sec);
    set[1].tv_nsec = UTIME_NOW;
    say_result("now", utimensat(AT_FDCWD, "timed", set, 0));
    stat("timed", &status);
    say_true("later than 2020", status.st_mtim.tv_sec > 1577836800);
    set[1].tv_nsec = 1000000000;
    say_result("bad nanoseconds", utimensat(AT_FDCWD, "timed", set, 0));
    say_result("bad flag", utimensat(AT_FDCWD, "timed", NULL, 1));
    int fd = open("timed", O_RDONLY);
    set[0] = set[1] = (struct timespec){5, 6};
    say_result("futimens", futimens(fd, set));
    fstat(fd, &status);
    say("%ld.%09ld", (long)status.st_mtim.tv_sec, (long)status.st_mtim.tv_nsec);
    say_result("utimes", syscall(SYS_utimes, "timed", old));
    fstat(fd, &status);
    say("%ld.%09ld %ld.%09ld", (long)status.st_atim.tv_sec, (long)status.st_atim.tv_nsec, (long)status.st_mtim.tv_sec,
        (long)status.st_mtim.tv_nsec);
    say_result("utime", syscall(SYS_utime, "timed", (long[]){77, 88}));
    fstat(fd, &status);
    say("%ld %ld", (long)status.st_atim.tv_sec, (long)status.st_mtim.tv_sec);
    close(fd);
    fd = open("timed", O_WRONLY);
    if (write(fd, "x", 1) == 1 && fstat(fd, &status) == 0)
        say_true("a write sets the time", status.st_mtim.tv_sec > 1577836800);
    close(fd);
}

static void statuses(void)
{
    struct stat status;
    struct {
        uint32_t mask, block_size;
        uint64_t attributes;
        uint32_t links, uid, gid;
        uint16_t mode, padding;
        uint64_t inode, size, rest[28];
    } extended;
    int fd = open("sized", O_RDWR | O_CREAT | O_TRUNC, 0604);
    if (write(fd, "12345", 5) != 5)
        say("write: error %d", errno);
    say_result("fstat", fstat(fd, &status));
    say("%o, %lu links, size %ld, block size %ld", status.st_mode, (unsigned long)status.st_nlink, (long)status.st_size,
        (long)status.st_blksize);
    say_true("own", status.st_uid == getuid() && status.st_gid == getgid());
    ino_t number = status.st_ino;
    say_result("stat", stat("sized", &status));
    say_true("the same inode", status.st_ino == number);
    say_result("fstatat, empty path", fstatat(fd, "", &status, AT_EMPTY_PATH));
    say_true("the same inode", status.st_ino == number);
    say_result("empty path without the flag", fstatat(fd, "", &status, 0));
    say_result("bad flag", fstatat(fd, "", &status, 1));
    say_result("bad pointer", syscall(SYS_fstat, fd, 8L));
    say_result("bad path", syscall(SYS_stat, 8L, &status));
    say_result("statx", syscall(SYS_statx, AT_FDCWD, "sized", 0, 0xfff, &extended));
    say("%o, %u links, size %lu", extended.mode, extended.links, (unsigned long)extended.size);
    say_true("the same inode", extended.inode == number);
    say_result("statx, bad mask", syscall(SYS_statx, AT_FDCWD, "sized", 0, 0x80000000U, &extended));
    say_result("null", stat("/dev/null", &status));
    say("%o %u %u", status.st_mode, major(status.st_rdev), minor(status.st_rdev));
    say_result("getxattr", syscall(SYS_getxattr, "sized", "user.none", NULL, 0));
    say_result("listxattr of nothing", syscall(SYS_listxattr, "nowhere", NULL, 0));
    close(fd);
    struct statfs space;
    say_result("statfs of nothing", statfs("nowhere", &space));
    say_result("statfs", statfs(".", &space));
    say_true("names of 255", space.f_namelen == 255);
}

enum { ENTRIES = 1500 };

/* All names are seen once each, though half of them go meanwhile. */
static void directories(void)
{
    static unsigned char seen[ENTRIES];
    char name[32];
    int again = 0, missed = 0, strange = 0, dots = 0;
    mkdir("many", 0755);
    if (chdir("many") < 0)
        return;
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(name, sizeof name, "file-%d", i);
        touch(name, 0644);
    }
    DIR *directory = opendir(".");
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        int number = -1;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            dots++;
            continue;
        }
        if (strncmp(entry->d_name, "file-", 5) == 0)
            number = atoi(entry->d_name + 5);
        if (number < 0 || number >= ENTRIES) {
            strange++;
            continue;
        }
        again += seen[number]++ != 0;
        if (number % 2 == 0)
            unlink(entry->d_name);
    }
    closedir(directory);
    for (int i = 0; i < ENTRIES; i++)
        missed += seen[i] == 0;
    say("%d dots, %d seen again, %d missed, %d strange", dots, again, missed, strange);
    say_result("not empty", rmdir("../many"));
    for (int i = 1; i < ENTRIES; i += 2) {
        snprintf(name, sizeof name, "file-%d", i);
        if (unlink(name) < 0)
            say("%s: error %d", name, errno);
    }
    say_result("back", chdir(".."));
    say_result("empty", rmdir("many"));
}

static void entries(void)
{
    char bytes[64];
    int fd = open(".", O_RDONLY | O_DIRECTORY), file = open("plain", O_RDONLY);
    say_result("getdents64 of a file", syscall(SYS_getdents64, file, bytes, sizeof bytes));
    say_result("of nothing", syscall(SYS_getdents64, 900, bytes, sizeof bytes));
    say_result("too small", syscall(SYS_getdents64, fd, bytes, 10));
    say_result("bad pointer", syscall(SYS_getdents64, fd, 8L, 4096));
    long count = 0, got;
    static char all[65536];
    lseek(fd, 0, SEEK_SET);
    while ((got = syscall(SYS_getdents64, fd, all, sizeof all)) > 0) {
        for (long at = 0; at < got; at += *(unsigned short *)(void *)(all + at + 16))
            count++;
    }
    say("%ld entries", count);
    lseek(fd, 0, SEEK_SET);
    long again = 0;
    while ((got = syscall(SYS_getdents, fd, all, 100)) > 0) {
        for (long at = 0; at < got; at += *(unsigned short *)(void *)(all + at + 16))
            again++;
    }
    say("%ld entries in small pieces", again);
    close(fd);
    close(file);
}

int main(void)
{
    char directory[32];
    snprintf(directory, sizeof directory, "fs_attributes.%d", getpid() % 10000);
    umask(022);
    if (mkdir(directory, 0755) < 0 || chdir(directory) < 0)
        return 1;
    modes();
    rights();
    times();
    statuses();
    directories();
    entries();
    return 0;
}
