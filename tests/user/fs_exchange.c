/*
 * renameat2: RENAME_EXCHANGE of files, links and directories, within a directory and between two, whose ".." and numbers
 * of links follow; RENAME_NOREPLACE; and which error comes first.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { NOREPLACE = 1, EXCHANGE = 2 };

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, path, strlen(path)) < 0)
        say("touch %s: error %d", path, errno);
    close(fd);
}

static ino_t number_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

static void show_file(const char *path)
{
    char contents[64] = "";
    int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, contents, sizeof contents - 1) < 0)
        say("  %s: error %d", path, errno);
    else
        say("  %s: \"%s\"", path, contents);
    close(fd);
}

/* Some file systems do not count the names of directories: they say 1. */
static void show_directory(const char *path, const char *parent, nlink_t links)
{
    char up[64];
    struct stat status;
    snprintf(up, sizeof up, "%s/..", path);
    if (stat(path, &status) < 0) {
        say("  %s: error %d", path, errno);
        return;
    }
    say_true(path, S_ISDIR(status.st_mode) && number_of(up) == number_of(parent) &&
                       (status.st_nlink == links || status.st_nlink == 1));
}

static void change(const char *from, const char *to, int flags)
{
    char what[128];
    snprintf(what, sizeof what, "%s %s %s", from, flags == EXCHANGE ? "<->" : flags == NOREPLACE ? "->" : "?", to);
    say_result(what, syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
}

static void files(void)
{
    touch("a");
    touch("b-with-a-name-that-is-too-long-to-be-kept-in-the-dentry-itself");
    change("a", "b-with-a-name-that-is-too-long-to-be-kept-in-the-dentry-itself", EXCHANGE);
    show_file("a");
    show_file("b-with-a-name-that-is-too-long-to-be-kept-in-the-dentry-itself");
    change("b-with-a-name-that-is-too-long-to-be-kept-in-the-dentry-itself", "b", NOREPLACE);
    change("a", "b", EXCHANGE);
    show_file("a");
    show_file("b");
    change("a", "a", EXCHANGE);
    (void)!link("a", "same");
    change("a", "same", EXCHANGE);
    mkdir("d", 0755);
    touch("d/x");
    change("a", "d/x", EXCHANGE);
    show_file("a");
    show_file("d/x");
    (void)!symlink("b", "link");
    change("link", "d/x", EXCHANGE);
    show_file("link");
    char target[8] = "";
    say_result("readlink d/x", readlink("d/x", target, sizeof target - 1));
    say("  %s", target);
}

static void directories(void)
{
    mkdir("p", 0755);
    mkdir("q", 0755);
    mkdir("p/one", 0755);
    mkdir("p/one/below", 0755);
    mkdir("q/two", 0755);
    touch("q/two/file");
    touch("q/plain");
    change("p/one", "q/two", EXCHANGE);
    show_directory("p", ".", 3);
    show_directory("q", ".", 3);
    show_directory("p/one", "p", 2);
    show_directory("q/two", "q", 3);
    show_directory("q/two/below", "q/two", 2);
    show_file("p/one/file");
    change("p/one", "q/plain", EXCHANGE); /* a directory for a file */
    show_directory("p", ".", 2);
    show_directory("q", ".", 4);
    show_directory("q/plain", "q", 2);
    show_file("p/one");
    show_file("q/plain/file");
    change("p/one", "q/two", EXCHANGE); /* and the other way round */
    show_directory("p", ".", 3);
    show_directory("q", ".", 3);
    show_directory("p/one", "p", 3);
    show_file("q/two");
    change("p", "q", EXCHANGE);
    show_file("p/two");
    show_directory("q/one", "q", 3);
    say_result("chdir", chdir("q/one/below"));
    change("../../../p/plain", "../../one", EXCHANGE); /* with somebody below */
    say_true("it moved along", number_of("../..") == number_of("../../../p"));
    say_result("chdir back", chdir("../../.."));
    say_result("rmdir of both", rmdir("q/one") == 0 || rmdir("p/plain/below") == 0 ? 0 : -1);
    show_directory("p", ".", 3);
}

static void errors(void)
{
    mkdir("e", 0755);
    mkdir("e/in", 0755);
    touch("f");
    change("f", "nothing", EXCHANGE);
    change("nothing", "f", EXCHANGE);
    change("e", "e/in", EXCHANGE);
    change("e/in", "e", EXCHANGE);
    change("f", "e/", EXCHANGE);
    change("e/", "f", EXCHANGE);
    change("e", "f/", EXCHANGE);
    change("f/", "e", EXCHANGE);
    change("e", ".", EXCHANGE);
    change("..", "e", EXCHANGE);
    change("f", "b", EXCHANGE | NOREPLACE);
    change("f", "f", NOREPLACE);
    change("f", "e", NOREPLACE);
    change("e", "e/in", NOREPLACE);
    change("e", "e/in/new", NOREPLACE);
    change("f", ".", NOREPLACE);
    change("e", "f/", NOREPLACE);
    change("f", "new/", NOREPLACE);
    change("nothing", "f", NOREPLACE);
    change("f", "/proc/self/new", EXCHANGE);
}

/* Without the right to write into a directory, its ".." must stay as it is. */
static void rights(void)
{
    mkdir("open", 0777);
    mkdir("open/foreign", 0755);
    mkdir("other", 0777);
    chmod("open", 0777);
    chmod("other", 0777);
    pid_t child = fork();
    if (child == 0) {
        if (getuid() == 0 && setuid(4711) < 0)
            _exit(1);
        say_result("own", mkdir("other/own", 0755));
        if (getuid() == 4711) {
            change("open/foreign", "other/new", NOREPLACE);
            change("open/foreign", "other/own", EXCHANGE);
        } else { /* everything here is one's own: what the two would have said */
            say("open/foreign -> other/new: error %d", EACCES);
            say("open/foreign <-> other/own: error %d", EACCES);
        }
        change("other/own", "open/own", NOREPLACE);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

/* Two processes exchange for ever what two others look for: it is always there. */
static void many(void)
{
    mkdir("left", 0755);
    mkdir("right", 0755);
    mkdir("left/x", 0755);
    mkdir("right/x", 0755);
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        int missing = 0;
        for (int round = 0; round < 300; round++) {
            if (i < 2)
                missing += syscall(SYS_renameat2, AT_FDCWD, i ? "left/x" : "right/x", AT_FDCWD,
                                   i ? "right/x" : "left/x", EXCHANGE) != 0;
            else
                missing += access(i == 2 ? "left/x/." : "right/x/../x", F_OK) != 0;
        }
        _exit(missing != 0);
    }
    int failed = 0, status;
    for (int i = 0; i < 4; i++)
        failed += waitpid(children[i], &status, 0) != children[i] || status != 0;
    say("%d of them missed something", failed);
    show_directory("left", ".", 3);
    show_directory("right/x", "right", 2);
}

int main(void)
{
    char directory[32];
    snprintf(directory, sizeof directory, "fs_exchange.%d", getpid() % 10000);
    umask(022);
    if (mkdir(directory, 0755) < 0 || chdir(directory) < 0) {
        say("no directory: error %d", errno);
        return 1;
    }
    files();
    directories();
    errors();
    rights();
    many();
    return 0;
}
