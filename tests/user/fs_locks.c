/*
 * Advisory locks: byte ranges of processes (fcntl), of open files (OFD), and whole files (flock).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/user/say.h"

static int fd;

static int lock(int command, int type, off_t start, off_t length)
{
    struct flock request = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &request);
}

/* What F_GETLK says about a range; the holder is the parent or nobody. */
static void ask(const char *what, int type, off_t start, off_t length)
{
    struct flock request = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    if (fcntl(fd, F_GETLK, &request) < 0)
        say("%s: error %d", what, errno);
    else if (request.l_type == F_UNLCK)
        say("%s: free", what);
    else
        say("%s: %s %ld+%ld, held by the parent: %d", what, request.l_type == F_RDLCK ? "read" : "write",
            (long)request.l_start, (long)request.l_len, request.l_pid == getppid());
}

/* Runs `steps` in a child and waits for it. */
static void in_child(void (*steps)(void))
{
    if (fork() == 0) {
        steps();
        _exit(0);
    }
    wait(NULL);
}

static void look_whole(void)
{
    ask("read 0+100", F_RDLCK, 0, 100);
    ask("write 0+100", F_WRLCK, 0, 100);
    ask("write 100+0", F_WRLCK, 100, 0);
    say_result("read lock", lock(F_SETLK, F_RDLCK, 5, 1));
    say_result("write lock", lock(F_SETLK, F_WRLCK, 5, 1));
    say_result("write lock elsewhere", lock(F_SETLK, F_WRLCK, 200, 1));
}

static void look_split(void)
{
    ask("before", F_WRLCK, 0, 10);
    ask("hole", F_WRLCK, 10, 10);
    ask("behind", F_WRLCK, 20, 0);
    ask("across", F_WRLCK, 15, 10);
}

static void ranges(void)
{
    say_result("read lock", lock(F_SETLK, F_RDLCK, 0, 10));
    in_child(look_whole);
    say_result("write lock over it", lock(F_SETLK, F_WRLCK, 0, 50));
    say_result("unlock the middle", lock(F_SETLK, F_UNLCK, 10, 10));
    in_child(look_split);
    say_result("join", lock(F_SETLK, F_WRLCK, 10, 10));
    in_child(look_split);
    say_result("to the end", lock(F_SETLK, F_WRLCK, 40, 0));
    in_child(look_split);
    say_result("bad type", lock(F_SETLK, 9, 0, 1));
    say_result("bad start", lock(F_SETLK, F_WRLCK, -5, 1));
    say_result("negative length", lock(F_SETLK, F_WRLCK, 5, -2));
    say_result("negative length too far", lock(F_SETLK, F_WRLCK, 5, -6));
    say_result("bad pointer", fcntl(fd, F_SETLK, 8L));
    int reader = open("locked", O_RDONLY);
    struct flock request = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    say_result("write lock of a reader", fcntl(reader, F_SETLK, &request));
    close(reader); /* which gives up every lock of this process on the file */
    in_child(look_split);
}

static void wait_for_lock(void)
{
    say_result("waited", lock(F_SETLKW, F_WRLCK, 0, 0));
    say("the child has it");
}

static void waiting(void)
{
    lock(F_SETLK, F_WRLCK, 0, 0);
    if (fork() == 0) {
        wait_for_lock();
        _exit(0);
    }
    usleep(30000);
    say("the parent gives it up");
    lock(F_SETLK, F_UNLCK, 0, 0);
    wait(NULL);
    say_result("the child's end gave it back", lock(F_SETLK, F_WRLCK, 0, 0));
    lock(F_SETLK, F_UNLCK, 0, 0);
}

static void whole_files(void)
{
    int first = open("locked", O_RDWR), second = open("locked", O_RDWR), copy = dup(first);
    say_result("shared", flock(first, LOCK_SH));
    say_result("shared too", flock(second, LOCK_SH | LOCK_NB));
    say_result("exclusive", flock(second, LOCK_EX | LOCK_NB));
    say_result("unlock", flock(second, LOCK_UN));
    say_result("upgrade", flock(first, LOCK_EX | LOCK_NB));
    say_result("shared", flock(second, LOCK_SH | LOCK_NB));
    close(first);
    say_result("a copy keeps it", flock(second, LOCK_SH | LOCK_NB));
    close(copy);
    say_result("closed", flock(second, LOCK_SH | LOCK_NB));
    say_result("bad operation", flock(second, 77));
    say_result("bad descriptor", flock(900, LOCK_SH));
    close(second);
}

static void of_files(void)
{
    int other = open("locked", O_RDWR);
    struct flock request = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    say_result("OFD lock", fcntl(fd, F_OFD_SETLK, &request));
    say_result("another file of the same process", fcntl(other, F_OFD_SETLK, &request));
    request.l_start = 10;
    say_result("beside it", fcntl(other, F_OFD_SETLK, &request));
    close(other);
    request.l_start = 0;
    request.l_type = F_UNLCK;
    say_result("unlock", fcntl(fd, F_OFD_SETLK, &request));
}

int main(void)
{
    char directory[32];
    snprintf(directory, sizeof directory, "fs_locks.%d", getpid() % 10000);
    if (mkdir(directory, 0755) < 0 || chdir(directory) < 0)
        return 1;
    fd = open("locked", O_RDWR | O_CREAT, 0644);
    ranges();
    waiting();
    whole_files();
    of_files();
    return 0;
}
