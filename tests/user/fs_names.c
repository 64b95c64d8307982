/*
 * Names: what mkdir, rmdir, unlink, rename, link, symlink, readlink and mknod answer to right and wrong arguments.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/user/say.h"

static char long_name[300];
static char long_path[5000];

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, path, strlen(path)) < 0)
        say("touch %s: error %d", path, errno);
    close(fd);
}

static void show(const char *path)
{
    struct stat status;
    char contents[64];
    if (lstat(path, &status) < 0) {
        say("  %s: error %d", path, errno);
        return;
    }
    int fd = S_ISREG(status.st_mode) ? open(path, O_RDONLY) : -1;
    ssize_t length = fd >= 0 ? read(fd, contents, sizeof contents - 1) : 0;
    contents[length > 0 ? length : 0] = '\0';
    if (fd >= 0)
        close(fd);
    say("  %s: %o, %lu links, \"%s\"", path, status.st_mode,
        S_ISDIR(status.st_mode) ? 0UL : (unsigned long)status.st_nlink, contents);
}

static void make(void)
{
    say_result("mkdir d", mkdir("d", 0755));
    say_result("mkdir d again", mkdir("d", 0755));
    say_result("mkdir d/", mkdir("d/", 0755));
    say_result("mkdir e/", mkdir("e/", 0750));
    say_result("mkdir .", mkdir(".", 0755));
    say_result("mkdir ..", mkdir("..", 0755));
    say_result("mkdir /", mkdir("/", 0755));
    say_result("mkdir empty", mkdir("", 0755));
    say_result("mkdir x/y", mkdir("x/y", 0755));
    touch("f");
    say_result("mkdir f", mkdir("f", 0755));
    say_result("mkdir f/g", mkdir("f/g", 0755));
    say_result("mkdir long", mkdir(long_name, 0755));
    say_result("mkdir longer", mkdir(long_path, 0755));
    say_result("mkdir d//./s", mkdir("d//./s", 0755));
    say_result("mkdir d/s/../t", mkdir("d/s/../t", 0755));
    say_result("mknod fifo", mknod("fifo", S_IFIFO | 0640, 0));
    say_result("mknod file", mknod("node", S_IFREG | 0600, 0));
    say_result("mknod directory", mknod("node2", S_IFDIR | 0600, 0));
    say_result("mknod again", mknod("node", S_IFREG | 0600, 0));
    show("d");
    show("e");
    show("d/t");
    show("fifo");
    show("node");
}

static void links(void)
{
    char text[100];
    memset(text, '?', sizeof text);
    say_result("symlink", symlink("f", "s"));
    say_result("symlink again", symlink("f", "s"));
    say_result("symlink empty", symlink("", "s2"));
    say_result("symlink nowhere", symlink("nowhere", "dangling"));
    say_result("symlink to itself", symlink("loop", "loop"));
    say_result("symlink to directory", symlink("d", "sd"));
    say_result("readlink", readlink("s", text, sizeof text));
    say("%.3s", text);
    say_result("readlink short", readlink("dangling", text, 3));
    say("%.3s", text);
    say_result("readlink of a file", readlink("f", text, sizeof text));
    say_result("readlink of size 0", syscall(SYS_readlink, "s", text, 0));
    say_result("open through s", open("s", O_RDONLY) >= 0 ? 0 : -1);
    say_result("open dangling", open("dangling", O_RDONLY));
    say_result("open loop", open("loop", O_RDONLY));
    say_result("open loop/x", open("loop/x", O_RDONLY));
    say_result("open s/", open("s/", O_RDONLY));
    say_result("mkdir sd/u", mkdir("sd/u", 0700));
    say_result("mkdir sd", mkdir("sd", 0700));
    say_result("mkdir dangling", mkdir("dangling", 0700));
    say_result("link", link("f", "h"));
    say_result("link again", link("f", "h"));
    say_result("link of a directory", link("d", "hd"));
    say_result("link of nothing", link("nowhere", "h2"));
    say_result("link of a symlink", link("s", "hs"));
    say_result("linkat, following", linkat(AT_FDCWD, "s", AT_FDCWD, "hf", AT_SYMLINK_FOLLOW));
    say_result("linkat, bad flag", linkat(AT_FDCWD, "s", AT_FDCWD, "hg", 1));
    show("f");
    show("h");
    show("hs");
    show("hf");
}

static void removal(void)
{
    say_result("rmdir f", rmdir("f"));
    say_result("rmdir nowhere", rmdir("nowhere"));
    say_result("rmdir d", rmdir("d"));
    say_result("rmdir d/.", rmdir("d/."));
    say_result("rmdir d/..", rmdir("d/.."));
    say_result("rmdir sd", rmdir("sd"));
    say_result("rmdir sd/", rmdir("sd/"));
    say_result("rmdir /", rmdir("/"));
    say_result("rmdir d/u/", rmdir("d/u/"));
    say_result("unlink d", unlink("d"));
    say_result("unlink f/", unlink("f/"));
    say_result("unlink nowhere", unlink("nowhere"));
    say_result("unlink hf", unlink("hf"));
    say_result("unlink hf again", unlink("hf"));
    say_result("unlink sd/", unlink("sd/"));
    say_result("unlinkat, bad flag", unlinkat(AT_FDCWD, "h", 1));
    say_result("unlinkat of a directory", unlinkat(AT_FDCWD, "e", 0));
    say_result("unlinkat, AT_REMOVEDIR", unlinkat(AT_FDCWD, "e", AT_REMOVEDIR));
    say_result("unlink long", unlink(long_name));
    show("f");
}

static void renaming(void)
{
    touch("a");
    touch("b");
    mkdir("p", 0755);
    mkdir("q", 0755);
    mkdir("p/in", 0755);
    say_result("rename a c", rename("a", "c"));
    say_result("rename a c again", rename("a", "c"));
    say_result("rename c b", rename("c", "b"));
    show("b");
    say_result("rename b b", rename("b", "b"));
    say_result("rename b p", rename("b", "p"));
    say_result("rename p b", rename("p", "b"));
    say_result("rename p q", rename("p", "q"));
    say_result("rename q q/in/x", rename("q", "q/in/x"));
    say_result("rename q/in q", rename("q/in", "q"));
    say_result("rename b b/", rename("b", "b/"));
    say_result("rename b new/", rename("b", "new/"));
    say_result("rename q new/", rename("q", "new/"));
    say_result("rename new q/", rename("new/", "q/"));
    say_result("rename . x", rename(".", "x"));
    say_result("rename q ..", rename("q", ".."));
    say_result("rename b q/in/b", rename("b", "q/in/b"));
    show("q/in/b");
    say_result("rename back", rename("q/in/b", "b"));
    mkdir("full", 0755);
    touch("full/x");
    say_result("rename q full", rename("q", "full"));
    link("b", "same");
    say_result("rename of two names of one file", rename("b", "same"));
    show("b");
    say_result("RENAME_NOREPLACE", syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "same", 1));
    say_result("RENAME_NOREPLACE, free", syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "free", 1));
    say_result("renameat2, bad flag", syscall(SYS_renameat2, AT_FDCWD, "free", AT_FDCWD, "b", 64));
    show("free");
    say_result("rename of a symlink", rename("s", "s3"));
    show("s3");
}

/* A file without a name lives on; so does a directory, but nothing can be made in it. */
static void nameless(void)
{
    char text[8] = "";
    touch("gone");
    int fd = open("gone", O_RDWR);
    struct stat status;
    say_result("unlink open file", unlink("gone"));
    say_result("write to it", pwrite(fd, "alive", 5, 0));
    say_result("read from it", pread(fd, text, 5, 0));
    fstat(fd, &status);
    say("%s, %lu links", text, (unsigned long)status.st_nlink);
    close(fd);
    mkdir("dead", 0755);
    int directory = open("dead", O_RDONLY | O_DIRECTORY);
    say_result("rmdir open directory", rmdir("dead"));
    say_result("create in it", openat(directory, "x", O_CREAT | O_WRONLY, 0644));
    say_result("mkdirat in it", mkdirat(directory, "x", 0755));
    say_result("look in it", openat(directory, "x", O_RDONLY));
    close(directory);
    mkdir("dead", 0755);
    say_result("chdir", chdir("dead"));
    say_result("rmdir own directory", rmdir("../dead"));
    say_true("getcwd fails", getcwd(text, sizeof text) == NULL);
    say("error %d", errno);
    say_result("create here", open("x", O_CREAT | O_WRONLY, 0644));
    say_result("chdir ..", chdir(".."));
}

int main(void)
{
    char directory[32];
    memset(long_name, 'n', sizeof long_name - 1);
    for (unsigned i = 0; i < sizeof long_path - 1; i++)
        long_path[i] = "ab/"[i % 3];
    snprintf(directory, sizeof directory, "fs_names.%d", getpid() % 10000);
    umask(022);
    if (mkdir(directory, 0755) < 0 || chdir(directory) < 0) {
        say("no directory: error %d", errno);
        return 1;
    }
    make();
    links();
    removal();
    renaming();
    nameless();
    return 0;
}
