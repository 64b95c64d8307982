/*
 * Files without a name: O_TMPFILE, with linkat() to give them one, and with O_EXCL, which forbids that.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/user/say.h"

static void show(const char *what, int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        say("  %s: error %d", what, errno);
    else
        say("  %s: mode %o, %lu links, %ld bytes", what, status.st_mode, (unsigned long)status.st_nlink,
            (long)status.st_size);
}

/* Not everybody may use AT_EMPTY_PATH here on every Linux (error ENOENT); others take the way through /proc, as open(2) advises. */
static int give_name(int fd, const char *name, int by_descriptor)
{
    char path[40];
    if (by_descriptor) {
        int result = linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH);
        if (result == 0 || errno != ENOENT)
            return result;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static int open_nameless(const char *what, const char *where, int flags)
{
    int fd = open(where, O_TMPFILE | flags, 0666);
    say_result(what, fd < 0 ? fd : 0);
    return fd;
}

static void use(void)
{
    char text[8] = "", path[40], link[4200];
    int fd = open_nameless("O_RDWR", ".", O_RDWR);
    say_result("write", write(fd, "hello", 5));
    say_result("pread", pread(fd, text, 5, 0));
    say("  %s", text);
    show("nameless", fd);
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    say_true("mapped", map != MAP_FAILED && map[0] == 'h');
    map[0] = 'J';
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, link, sizeof link - 1);
    link[length > 0 ? length : 0] = '\0';
    say_true("/proc says that it is deleted", strstr(link, "/#") != NULL && strstr(link, " (deleted)") != NULL);
    int again = open(path, O_RDONLY);
    say_result("opened again", again < 0 ? again : 0);
    say_result("read there", read(again, text, 5));
    say("  %s", text);
    close(again);
    say_result("flags", fcntl(fd, F_GETFL) & (O_ACCMODE | O_EXCL | O_CREAT));
    say_result("named", give_name(fd, "named", 1));
    show("named", fd);
    say_result("once more", give_name(fd, "again", 0));
    show("twice", fd);
    say_result("over another", give_name(fd, "named", 1));
    say_result("unlink", unlink("again"));
    say_result("unlink", unlink("named"));
    say_result("named after unlink", give_name(fd, "late", 1));
    munmap(map, 4096);
    close(fd);
}

static void stays(void)
{
    char text[8] = "";
    int fd = open_nameless("O_WRONLY", ".", O_WRONLY);
    say_result("write", write(fd, "stays", 5));
    say_result("fsync", fsync(fd));
    say_result("named", give_name(fd, "stays", 0));
    say_result("fsync", fsync(fd));
    close(fd);
    fd = open("stays", O_RDONLY);
    say_result("read", read(fd, text, 5));
    say("  %s", text);
    show("stays", fd);
    close(fd);
    fd = open_nameless("O_EXCL", ".", O_RDWR | O_EXCL);
    say_result("named", give_name(fd, "never", 1));
    say_result("truncate", ftruncate(fd, 100000));
    show("exclusive", fd);
    close(fd);
}

static void errors(void)
{
    int file = open("file", O_RDWR | O_CREAT, 0644);
    close(file);
    open_nameless("O_RDONLY", ".", O_RDONLY);
    open_nameless("O_RDONLY | O_TRUNC", ".", O_RDONLY | O_TRUNC);
    open_nameless("O_CREAT", ".", O_RDWR | O_CREAT);
    open_nameless("in a file", "file", O_RDWR);
    open_nameless("nowhere", "nowhere", O_RDWR);
    open_nameless("in /proc", "/proc", O_RDWR);
    say_result("without O_DIRECTORY", open(".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600));
    (void)!symlink(".", "link");
    close(open_nameless("through a link", "link", O_RDWR));
    open_nameless("O_NOFOLLOW", "link", O_RDWR | O_NOFOLLOW);
    close(open_nameless("O_NOFOLLOW, link/", "link/", O_RDWR | O_NOFOLLOW));
}

/* Many, with contents, gone when they are closed; every third gets a name. */
static void many(void)
{
    char name[16], block[5000];
    int fds[60], failed = 0, named = 0;
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 60; i++) {
        fds[i] = open(".", O_TMPFILE | O_RDWR, 0600);
        failed += fds[i] < 0 || write(fds[i], block, sizeof block) != sizeof block;
    }
    for (int i = 0; i < 60; i += 3) {
        snprintf(name, sizeof name, "many%d", i);
        failed += give_name(fds[i], name, i & 1) != 0;
    }
    for (int i = 59; i >= 0; i--)
        close(fds[i]);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "many%d", i);
        named += unlink(name) == 0;
    }
    say("%d failed, %d had names", failed, named);
}

int main(void)
{
    char directory[32];
    snprintf(directory, sizeof directory, "fs_nameless.%d", getpid() % 10000);
    umask(022);
    if (mkdir(directory, 0755) < 0 || chdir(directory) < 0) {
        say("no directory: error %d", errno);
        return 1;
    }
    use();
    stays();
    errors();
    many();
    return 0;
}
