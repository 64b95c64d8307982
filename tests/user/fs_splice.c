/*
 * splice, tee and vmsplice, and sendfile and copy_file_range beside them: what moves, what stays, and what is refused.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>

#include "tests/user/asleep.h"
#include "tests/user/say.h"

#ifndef TIOCGPTN
#define TIOCGPTN 0x80045430
#define TIOCSPTLCK 0x40045431
#endif

enum { LARGE = 200000, PIPE = 65536, PAGE = 4096 };

static char bytes[LARGE], other[LARGE];
static volatile int signals;

static void count_signal(int signal)
{
    (void)signal;
    signals++;
}

static int file_of(const char *name, const char *text, size_t length)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (length > 0)
        say_result("write", write(fd, text, length));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void pipe_says(const char *what, int fd)
{
    char text[64] = "";
    int available = -1;
    ioctl(fd, FIONREAD, &available);
    ssize_t count = available > 0 ? read(fd, text, sizeof text - 1) : 0;
    say("%s: %d there, %zd read: %s", what, available, count, text);
}

static void file_says(const char *what, int fd)
{
    char text[64] = "";
    ssize_t count = pread(fd, text, sizeof text - 1, 0);
    say("%s: %zd bytes, at %ld: %s", what, count, (long)lseek(fd, 0, SEEK_CUR), text);
}

static void from_a_file(void)
{
    int ends[2], fd = file_of("from", "the quick brown fox", 19);
    off_t offset = 4;
    say_result("pipe", pipe(ends));
    say_result("splice 9", splice(fd, NULL, ends[1], NULL, 9, 0));
    say("at %ld", (long)lseek(fd, 0, SEEK_CUR));
    say_result("splice from an offset", splice(fd, &offset, ends[1], NULL, 5, SPLICE_F_MOVE | SPLICE_F_MORE));
    say("offset %ld, at %ld", (long)offset, (long)lseek(fd, 0, SEEK_CUR));
    pipe_says("pipe", ends[0]);
    say_result("splice more than there is", splice(fd, NULL, ends[1], NULL, 1000, 0));
    say_result("splice at the end", splice(fd, NULL, ends[1], NULL, 1000, 0));
    pipe_says("pipe", ends[0]);
    offset = 100;
    say_result("behind the end", splice(fd, &offset, ends[1], NULL, 5, 0));
    say_result("nothing", splice(fd, NULL, ends[1], NULL, 0, 0));
    say_result("nothing of nothing, badly", splice(-1, NULL, -1, NULL, 0, 64));
    int zero = open("/dev/zero", O_RDONLY);
    long zeros = splice(zero, NULL, ends[1], NULL, 3, 0);
    if (zeros < 0 && errno == EINVAL) /* as before Linux 6.7 */
        zeros = write(ends[1], "\0\0", 3);
    say_result("zeros", zeros);
    say_result("read", read(ends[0], bytes, 10));
    say("%d%d%d", bytes[0], bytes[1], bytes[2]);
    close(zero);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

static void to_a_file(void)
{
    int ends[2], fd = file_of("to", "0123456789", 10);
    off_t offset = 6;
    say_result("pipe", pipe(ends));
    say_result("write", write(ends[1], "abcdefghij", 10));
    say_result("splice 3", splice(ends[0], NULL, fd, NULL, 3, 0));
    file_says("file", fd);
    say_result("splice to an offset", splice(ends[0], NULL, fd, &offset, 5, 0));
    say("offset %ld", (long)offset);
    file_says("file", fd);
    say_result("splice more than there is", splice(ends[0], NULL, fd, NULL, 1000, 0));
    file_says("file", fd);
    say_result("of an empty pipe", splice(ends[0], NULL, fd, NULL, 10, SPLICE_F_NONBLOCK));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    say_result("of an empty pipe", splice(ends[0], NULL, fd, NULL, 10, 0));
    say_result("write", write(ends[1], "kept", 4));
    int null = open("/dev/null", O_WRONLY);
    say_result("to nowhere", splice(ends[0], NULL, null, NULL, 1, 0));
    pipe_says("pipe", ends[0]);
    close(ends[1]);
    say_result("at the end", splice(ends[0], NULL, fd, NULL, 10, 0));
    close(null);
    close(ends[0]);
    close(fd);
}

static void between_pipes(void)
{
    int one[2], two[2];
    say_result("pipe", pipe(one) | pipe(two));
    say_result("write", write(one[1], "abcdefghij", 10));
    say_result("tee", tee(one[0], two[1], 100, 0));
    pipe_says("two", two[0]);
    say_result("tee 4", tee(one[0], two[1], 4, 0));
    say_result("splice 6", splice(one[0], NULL, two[1], NULL, 6, 0));
    pipe_says("two", two[0]);
    pipe_says("one", one[0]);
    say_result("tee, empty", tee(one[0], two[1], 10, SPLICE_F_NONBLOCK));
    say_result("splice, empty", splice(one[0], NULL, two[1], NULL, 10, SPLICE_F_NONBLOCK));
    memset(bytes, 'f', PIPE);
    say_result("fill", write(two[1], bytes, PIPE));
    say_result("write", write(one[1], "left", 4));
    say_result("tee, full", tee(one[0], two[1], 10, SPLICE_F_NONBLOCK));
    fcntl(two[1], F_SETFL, O_NONBLOCK);
    say_result("splice, full", splice(one[0], NULL, two[1], NULL, 10, 0));
    close(two[0]);
    signals = 0;
    say_result("splice, nobody reads", splice(one[0], NULL, two[1], NULL, 10, 0));
    say_result("tee, nobody reads", tee(one[0], two[1], 10, 0));
    say("signals: %d", signals);
    pipe_says("one", one[0]);
    close(one[1]);
    close(two[1]);
    say_result("pipe", pipe(two));
    say_result("tee, end", tee(one[0], two[1], 10, 0));
    say_result("splice, end", splice(one[0], NULL, two[1], NULL, 10, 0));
    close(one[0]);
    close(two[0]);
    close(two[1]);
}

static void memory(void)
{
    int ends[2];
    struct iovec parts[3] = {{"one ", 4}, {NULL, 0}, {"two", 3}};
    char first[6] = "", second[40] = "";
    struct iovec into[2] = {{first, 5}, {second, 39}};
    say_result("pipe", pipe(ends));
    say_result("vmsplice", vmsplice(ends[1], parts, 3, SPLICE_F_GIFT));
    say_result("vmsplice from it", vmsplice(ends[0], into, 2, 0));
    say("%s, %s", first, second);
    say_result("from an empty one", vmsplice(ends[0], into, 2, SPLICE_F_NONBLOCK));
    say_result("no parts", vmsplice(ends[1], parts, 0, 0));
    say_result("too many parts", vmsplice(ends[1], parts, 1025, 0));
    say_result("a flag there is not", vmsplice(ends[1], parts, 1, 64));
    int null = open("/dev/null", O_WRONLY);
    say_result("no pipe", vmsplice(null, parts, 1, 0));
    close(null);
    say_result("no file", vmsplice(-1, parts, 1, 0));
    memset(bytes, 'v', PIPE);
    say_result("fill", write(ends[1], bytes, PIPE));
    say_result("into a full one", vmsplice(ends[1], parts, 1, SPLICE_F_NONBLOCK));
    close(ends[0]);
    signals = 0;
    say_result("nobody reads", vmsplice(ends[1], parts, 1, 0));
    say("signals: %d", signals);
    close(ends[1]);
}

static void refused(void)
{
    int ends[2], fd = file_of("from", "text", 4), folder = open(".", O_RDONLY);
    int append = open("from", O_WRONLY | O_APPEND), only = open("from", O_RDONLY);
    off_t offset = 0, negative = -1;
    say_result("pipe", pipe(ends));
    say_result("write", write(ends[1], "abc", 3));
    say_result("no pipe", splice(fd, NULL, only, NULL, 3, 0));
    say_result("neither is one", splice(fd, NULL, fd, NULL, 3, 0));
    say_result("the same pipe", splice(ends[0], NULL, ends[1], NULL, 3, 0));
    say_result("tee to the same", tee(ends[0], ends[1], 3, 0));
    say_result("tee to a file", tee(ends[0], fd, 3, 0));
    say_result("tee to a file only read", tee(ends[0], only, 3, 0));
    say_result("an offset of a pipe", splice(ends[0], &offset, fd, NULL, 3, 0));
    say_result("an offset of the other", splice(fd, NULL, ends[1], &offset, 3, 0));
    say_result("less than nothing", splice(fd, &negative, ends[1], NULL, 3, 0));
    say_result("less than nothing", splice(ends[0], NULL, fd, &negative, 3, 0));
    say_result("appending", splice(ends[0], NULL, append, NULL, 3, 0));
    say_result("read only", splice(ends[0], NULL, only, NULL, 3, 0));
    say_result("the wrong ends", splice(ends[1], NULL, fd, NULL, 3, 0));
    say_result("the wrong ends", splice(fd, NULL, ends[0], NULL, 3, 0));
    say_result("a folder", splice(folder, NULL, ends[1], NULL, 3, 0));
    say_result("a flag there is not", splice(fd, NULL, ends[1], NULL, 3, 64));
    say_result("a flag there is not", tee(ends[0], ends[1], 3, 64));
    say_result("no file", splice(-1, NULL, ends[1], NULL, 3, 0));
    say_result("no file", splice(fd, NULL, -1, NULL, 3, 0));
    say_result("no file", tee(ends[0], -1, 3, 0));
    pipe_says("it is all still there", ends[0]);
    close(ends[0]);
    signals = 0;
    say_result("nobody reads", splice(fd, NULL, ends[1], NULL, 3, 0));
    say("signals: %d, at %ld", signals, (long)lseek(fd, 0, SEEK_CUR));
    close(ends[1]);
    close(append);
    close(only);
    close(folder);
    close(fd);
}

/* sendfile and copy_file_range, as far as other tests have not asked. */
static void relatives(void)
{
    int ends[2], fd = file_of("from", "some text", 9), to = file_of("to", "", 0);
    int append = open("to", O_WRONLY | O_APPEND), folder = open(".", O_RDONLY);
    off_t offset = 5;
    say_result("pipe", pipe(ends));
    say_result("sendfile to a pipe", sendfile(ends[1], fd, &offset, 100));
    say("offset %ld", (long)offset);
    pipe_says("pipe", ends[0]);
    say_result("write", write(ends[1], "abc", 3));
    say_result("sendfile from a pipe", sendfile(to, ends[0], NULL, 3));
    say_result("with an offset", sendfile(to, ends[0], &offset, 3));
    say_result("sendfile from a folder", sendfile(ends[1], folder, NULL, 3));
    say_result("with an offset", sendfile(ends[1], folder, &offset, 3));
    say_result("copy from a pipe", copy_file_range(ends[0], NULL, to, NULL, 3, 0));
    say_result("copy to a pipe", copy_file_range(fd, NULL, ends[1], NULL, 3, 0));
    say_result("sendfile, appending", sendfile(append, fd, NULL, 3));
    pipe_says("pipe", ends[0]);
    file_says("file", to);
    close(append);
    close(folder);
    close(fd);
    close(to);
    close(ends[0]);
    close(ends[1]);
}

/* A file through two pipes, a process between each, into another file, with a copy on the way: cat by splice. */
static void chain(void)
{
    int one[2], two[2], fd, moved = 1, status;
    for (int i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    fd = file_of("large", bytes, LARGE);
    int to = file_of("result", "", 0);
    say_result("pipe", pipe(one) | pipe(two));
    pid_t first = fork();
    if (first == 0) {
        while ((moved = (int)splice(fd, NULL, one[1], NULL, LARGE, 0)) > 0)
            continue;
        _exit(moved != 0);
    }
    close(one[1]);
    pid_t second = fork();
    if (second == 0) {
        while ((moved = (int)splice(one[0], NULL, two[1], NULL, 30000, 0)) > 0)
            continue;
        _exit(moved != 0);
    }
    close(one[0]);
    close(two[1]);
    long total = 0;
    while ((moved = (int)splice(two[0], NULL, to, NULL, LARGE, 0)) > 0)
        total += moved;
    say("%ld moved, %d at the end", total, moved);
    waitpid(first, &status, 0);
    say("first: %d", status);
    waitpid(second, &status, 0);
    say("second: %d", status);
    say_result("read", pread(to, other, LARGE, 0));
    say_true("the same", memcmp(bytes, other, LARGE) == 0);
    close(two[0]);
    close(fd);
    close(to);
}

/* Two who take from one pipe, by splice and by read, and one who fills it by vmsplice: each byte arrives once. */
static void crowd(void)
{
    int ends[2], counts[2], status;
    long sum = 0, found = 0;
    say_result("pipe", pipe(ends) | pipe(counts));
    for (int child = 0; child < 2; child++) {
        if (fork() != 0)
            continue;
        close(ends[1]);
        int to = open(child == 0 ? "part" : "/dev/null", O_RDWR | O_CREAT | O_TRUNC, 0600);
        long mine = 0;
        ssize_t moved;
        while ((moved = child == 0 ? splice(ends[0], NULL, to, NULL, 3000, 0) : read(ends[0], other, 2000)) > 0) {
            for (ssize_t i = 0; child == 1 && i < moved; i++)
                mine += (unsigned char)other[i];
        }
        while (child == 0 && (moved = pread(to, other, LARGE, 0)) > 0 && mine == 0) {
            for (ssize_t i = 0; i < moved; i++)
                mine += (unsigned char)other[i];
        }
        _exit(write(counts[1], &mine, sizeof mine) != sizeof mine);
    }
    close(ends[0]);
    for (int i = 0; i < LARGE; i++)
        sum += (unsigned char)bytes[i];
    for (size_t done = 0; done < LARGE;) {
        struct iovec part = {bytes + done, LARGE - done < 5000 ? LARGE - done : 5000};
        ssize_t moved = vmsplice(ends[1], &part, 1, 0);
        if (moved <= 0)
            break;
        done += (size_t)moved;
    }
    /* What has been given is read before it changes: Linux has the pages themselves in the pipe. */
    close(ends[1]);
    for (int child = 0; child < 2; child++) {
        long part = 0;
        wait(&status);
        say("child: %d", status);
        say_result("count", read(counts[0], &part, sizeof part));
        found += part;
    }
    say_true("each byte has arrived once", found == sum);
    close(counts[0]);
    close(counts[1]);
}

/* Returns when the process waits for something, and does not run all the time. On Linux a tee waits for a splice as for a lock: 'D'. */
static void waiting_await(pid_t pid)
{
    for (char state = 'R'; state == 'R'; state = process_state(pid))
        usleep(1000);
}

static void say_end(const char *what, pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    say("%s: status %d", what, status);
}

/* A splice to a terminal that takes nothing for now has the pipe's bytes; who wants them, too, waits, and can be killed. */
static void lent(int master, int slave)
{
    int one[2], two[2];
    say_result("pipe", pipe(one) | pipe(two));
    say_result("write", write(one[1], "held", 4));
    say_result("TCOOFF", tcflow(slave, TCOOFF));
    pid_t first = fork();
    if (first == 0)
        _exit(splice(one[0], NULL, slave, NULL, 4, 0) != 4);
    asleep_await(first);
    pid_t second = fork();
    if (second == 0)
        _exit(tee(one[0], two[1], 4, 0) > 0);
    waiting_await(second);
    kill(second, SIGKILL);
    say_result("TCOON", tcflow(slave, TCOON));
    say_end("splice", first);
    say_end("tee", second);
    say_result("read", read(master, bytes, PAGE));
    for (int i = 0; i < 2; i++) {
        close(one[i]);
        close(two[i]);
    }
}

/* From a stream a splice takes what there is, however much that is, and does not wait for more. */
static void stream(int master, int slave)
{
    int ends[2];
    long total = 0, moved = 1;
    memset(bytes, 's', PAGE);
    say_result("pipe", pipe(ends));
    say_result("write a page", write(slave, bytes, PAGE));
    while (total < PAGE && moved > 0) {
        moved = splice(master, NULL, ends[1], NULL, PIPE, 0);
        total += moved;
    }
    say("moved: %ld", total);
    close(ends[0]);
    close(ends[1]);
}

static void terminal(void)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, number = 0;
    char name[32];
    struct termios modes;
    ioctl(master, TIOCSPTLCK, &zero);
    ioctl(master, TIOCGPTN, &number);
    snprintf(name, sizeof name, "/dev/pts/%d", number);
    int slave = open(name, O_RDWR | O_NOCTTY);
    tcgetattr(slave, &modes);
    modes.c_oflag &= ~(tcflag_t)OPOST;
    tcsetattr(slave, TCSANOW, &modes);
    lent(master, slave);
    stream(master, slave);
    close(slave);
    close(master);
}

int main(void)
{
    struct sigaction action = {.sa_handler = count_signal};
    sigaction(SIGPIPE, &action, NULL);
    from_a_file();
    to_a_file();
    between_pipes();
    memory();
    refused();
    relatives();
    chain();
    crowd();
    terminal();
    return 0;
}
