/*
 * Paths that lead nowhere, to the wrong kind of file or too far, and descriptors opened by O_PATH: what may be done with
 * those, and what may not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#include "tests/user/say.h"

/* What the names below mean. */
static void names_make(void)
{
    int fd = open("file", O_CREAT | O_WRONLY, 0644);
    say_result("write", write(fd, "0123456789", 10));
    close(fd);
    mkdir("directory", 0755);
    mkfifo("fifo", 0644);
    say_result("socket", mknod("socket", S_IFSOCK | 0644, 0));
    say_result("symlink", symlink("file", "to-file"));
    say_result("symlink", symlink("directory", "to-directory"));
    say_result("symlink", symlink("directory/", "to-directory-slash"));
    say_result("symlink", symlink("nowhere", "to-nowhere"));
    say_result("symlink", symlink("loop", "loop"));
    say_result("symlink", symlink("loop-b", "loop-a"));
    say_result("symlink", symlink("loop-a", "loop-b"));
}

/* A row of links of which each leads to the next, the last to the file. */
static void chain_make(unsigned length)
{
    char from[16], to[16];
    for (unsigned i = 1; i <= length; i++) {
        snprintf(from, sizeof(from), "chain-%u", i);
        snprintf(to, sizeof(to), "chain-%u", i - 1);
        if (symlink(i == 1 ? "file" : to, from) < 0)
            say("%s: error %d", from, errno);
    }
}

static const struct {
    const char *name;
    int flags;
} ways[] = {
    {"read", O_RDONLY},
    {"write", O_WRONLY},
    {"both", O_RDWR | O_NONBLOCK},
    {"neither", O_ACCMODE},
    {"create", O_WRONLY | O_CREAT},
    {"exclusive", O_WRONLY | O_CREAT | O_EXCL},
    {"directory", O_RDONLY | O_DIRECTORY},
    {"no link", O_RDONLY | O_NOFOLLOW},
    {"directory, no link", O_RDONLY | O_DIRECTORY | O_NOFOLLOW},
    {"create, no link", O_WRONLY | O_CREAT | O_NOFOLLOW},
    {"path", O_PATH},
    {"path, no link", O_PATH | O_NOFOLLOW},
    {"path, directory", O_PATH | O_DIRECTORY},
    {"path, directory, no link", O_PATH | O_DIRECTORY | O_NOFOLLOW},
    {"path and what it ignores", O_PATH | O_RDWR | O_TRUNC | O_CREAT | O_EXCL | O_APPEND},
};

/* How a path opens in each way: the flags it has then, or the error. What a create makes is taken away again. */
static void ways_try(const char *path)
{
    char line[500] = "";
    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct stat before;
        size_t used = strlen(line);
        int missing = stat(path, &before) < 0;
        int fd = open(path, ways[i].flags | (strstr(path, "fifo") ? O_NONBLOCK : 0), 0600);
        if (fd < 0)
            snprintf(line + used, sizeof(line) - used, " %d", -errno);
        else
            snprintf(line + used, sizeof(line) - used, " o%o", fcntl(fd, F_GETFL) & ~0100000);
        if (fd >= 0 && missing && (ways[i].flags & (O_CREAT | O_PATH)) == O_CREAT)
            unlink(strcmp(path, "to-nowhere") == 0 ? "nowhere" : path);
        close(fd);
    }
    if (strlen(path) > 60)
        say("%.20s... of %zu:%s", path, strlen(path), line);
    else
        say("%s:%s", path, line);
}

static void ways_each(void)
{
    static const char *const paths[] = {
        "file",
        "file/",
        "file/.",
        "file/..",
        "file/x",
        "./file",
        "directory",
        "directory/",
        "directory//",
        "directory/.",
        "directory/..",
        "directory/../file",
        "directory/x",
        "directory/x/",
        "directory/x/y",
        ".",
        "..",
        "/",
        "//",
        "",
        "nowhere",
        "nowhere/",
        "nowhere/x",
        "nowhere/.",
        "nowhere/..",
        "to-file",
        "to-file/",
        "to-file/x",
        "to-directory",
        "to-directory/",
        "to-directory/.",
        "to-directory/x",
        "to-directory-slash",
        "to-directory-slash/x",
        "to-nowhere",
        "to-nowhere/",
        "to-nowhere/x",
        "loop",
        "loop/",
        "loop/x",
        "loop-a",
        "fifo",
        "fifo/",
        "socket",
        "socket/x",
        "/dev/null",
        "/dev/null/",
        "/dev/null/x",
        "chain-1",
        "chain-39",
        "chain-40",
        "chain-41",
    };

    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ways_try(paths[i]);
}

/* Names and paths of the greatest length, and one more. */
static void lengths(void)
{
    static char path[5000];
    for (size_t length = 254; length <= 257; length++) {
        memset(path, 'n', length);
        path[length] = '\0';
        ways_try(path);
        memcpy(path + length, "/x", 3);
        ways_try(path);
    }
    for (size_t length = 4093; length <= 4098; length++) {
        for (size_t i = 0; i < length; i++)
            path[i] = i % 2 == 0 ? '.' : '/';
        memcpy(path + length - 4, "file", 5);
        if (length % 2 == 1)
            path[length - 5] = '/';
        ways_try(path);
    }
    memset(path, '/', 4090);
    path[0] = '.';
    strcpy(path + 4090, "x");
    ways_try(path);
}

/* Between two mounts, that is what is wrong, whatever else is, except that the new name is taken. */
static void between_mounts(void)
{
    say_result("link to a taken name", link("/proc/version", "file"));
    say_result("link a directory", link("/proc", "linked"));
    say_result("link", link("/proc/version", "linked"));
    say_result("rename a root", rename("/proc/.", "renamed"));
    say_result("rename to a root", rename("fifo", "/proc/."));
    say_result("rename what is not there", rename("nowhere", "/proc/x"));
}

/* Other calls with the same paths. What links and renames say of the root depends on where it is mounted. */
static void calls(void)
{
    static const char *const paths[] = {
        "file/", "file/x", "directory/", "nowhere/",    "nowhere/x",    "to-file/", "to-nowhere", "to-nowhere/",
        "loop",  "loop/",  ".",          "directory/.", "directory/..", "",         "/",          "to-directory/"};
    struct stat status;
    char text[100];
    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const char *path = paths[i];
        int is_root = strcmp(path, "/") == 0;
        say("[%s]", path);
        say_result("  stat", stat(path, &status));
        say_result("  lstat", lstat(path, &status));
        say_result("  access", access(path, F_OK));
        say_result("  readlink", readlink(path, text, sizeof(text)));
        say_result("  mkdir", mkdir(path, 0700));
        say_result("  mkfifo", mkfifo(path, 0600));
        say_result("  symlink", symlink("target", path));
        say_result("  link", is_root ? -1 : link(path, "linked"));
        say_result("  link to", link("file", path));
        say_result("  unlink", unlink(path));
        say_result("  rmdir", strcmp(path, "directory/") == 0 ? -1 : rmdir(path));
        say_result("  rename", is_root ? -1 : rename(path, "renamed"));
        say_result("  rename to", is_root ? -1 : rename("fifo", path));
        say_result("  truncate", truncate(path, 10));
        say_result("  chmod", is_root ? 0 : chmod(path, 0755));
        unlink("linked");
        rename("renamed", path);
    }
}

/* --- O_PATH --- */

static void refused(int fd)
{
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct stat status;
    int file = open("file", O_RDWR), epoll = epoll_create1(0);
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    struct epoll_event event = {.events = EPOLLIN};
    struct timeval now = {0, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    say_result("  read", read(fd, &byte, 1));
    say_result("  write", write(fd, &byte, 1));
    say_result("  readv", readv(fd, &part, 1));
    say_result("  pread", pread(fd, &byte, 1, 0));
    say_result("  pwrite", pwrite(fd, &byte, 1, 0));
    say_result("  lseek", lseek(fd, 0, SEEK_CUR));
    say_result("  ftruncate", ftruncate(fd, 0));
    say_result("  fallocate", fallocate(fd, 0, 0, 1));
    say_result("  fsync", fsync(fd));
    say_result("  fdatasync", fdatasync(fd));
    say_result("  syncfs", syncfs(fd));
    say_result("  fchmod", fchmod(fd, 0600));
    say_result("  fchown", fchown(fd, (uid_t)-1, (gid_t)-1));
    say_result("  futimens", syscall(SYS_utimensat, fd, NULL, NULL, 0));
    say_result("  flock", flock(fd, LOCK_SH | LOCK_NB));
    say_result("  ioctl", syscall(SYS_ioctl, fd, 0x541b, &byte));
    say_result("  getdents64", syscall(SYS_getdents64, fd, &status, sizeof(status)));
    say_result("  mmap", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0);
    say_result("  fadvise", syscall(SYS_fadvise64, fd, 0, 0, 0));
    say_result("  readahead", syscall(SYS_readahead, fd, 0, 1));
    say_result("  sendfile from", sendfile(file, fd, NULL, 1));
    say_result("  sendfile to", sendfile(fd, file, NULL, 1));
    say_result("  copy_file_range", copy_file_range(fd, NULL, file, NULL, 1, 0));
    say_result("  fgetxattr", syscall(SYS_fgetxattr, fd, "user.x", &byte, 1));
    say_result("  flistxattr", syscall(SYS_flistxattr, fd, &byte, 1));
    say_result("  poll", poll(&polled, 1, 0));
    say("  of which %#x", polled.revents);
    fd_set to_write = set, special = set;
    say_result("  select", select(fd + 1, &set, NULL, NULL, &now));
    say_result("  select of all kinds", select(fd + 1, &set, &to_write, &special, &now));
    say_result("  epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    close(epoll);
    close(file);
}

static void allowed(int fd)
{
    struct stat status;
    struct statfs space;
    char text[100], link[40];
    say_result("  fstat", fstat(fd, &status));
    say("  type %o", status.st_mode & S_IFMT);
    say_result("  fstatfs", fstatfs(fd, &space));
    say_result("  fstatat", fstatat(fd, "", &status, AT_EMPTY_PATH));
    say_result("  faccessat", syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH));
    say_result("  fchownat", fchownat(fd, "", (uid_t)-1, (gid_t)-1, AT_EMPTY_PATH));
    say_result("  readlinkat", readlinkat(fd, "", text, sizeof(text)));
    say_result("  fchdir", fchdir(fd) < 0 ? -1 : chdir(".."));
    say_result("  openat", openat(fd, ".", O_RDONLY | O_DIRECTORY) < 0 ? -1 : 0);
    say_result("  F_GETFD", fcntl(fd, F_GETFD));
    say("  F_GETFL %o", fcntl(fd, F_GETFL));
    int copy = dup(fd);
    say_true("  dup", copy > fd);
    close(copy);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    copy = open(link, O_RDONLY | O_NONBLOCK);
    say_result("  opened anew", copy < 0 ? -1 : 0);
    close(copy);
    say_result("  stat through /proc", stat(link, &status));
    say("  type %o", status.st_mode & S_IFMT);
}

static void path_only(const char *path, int flags)
{
    int fd = open(path, O_PATH | flags);
    say("path of %s", path);
    refused(fd);
    allowed(fd);
    close(fd);
}

int main(void)
{
    char directory[] = "fs_paths_XXXXXX";
    umask(022);
    syscall(SYS_close_range, 3, ~0u, 0);
    if (mkdtemp(directory) == NULL || chdir(directory) < 0)
        return 1;
    names_make();
    chain_make(42);
    ways_each();
    lengths();
    path_only("file", 0);
    path_only("directory", 0);
    path_only("to-file", O_NOFOLLOW);
    path_only("fifo", 0);
    path_only("socket", 0);
    path_only("/dev/null", 0);
    between_mounts();
    calls();
    return 0;
}
