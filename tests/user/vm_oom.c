/*
 * /proc/PID/oom_score_adj and oom_score: what can be written, what a child gets, who may take it back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/user/say.h"

static int file_read(const char *path)
{
    char text[32] = "";
    int file = open(path, O_RDONLY);
    if (file < 0 || read(file, text, sizeof(text) - 1) <= 0)
        say("%s: error %d", path, errno);
    close(file);
    return atoi(text);
}

static int adjustment(void)
{
    return file_read("/proc/self/oom_score_adj");
}

/* Writes the adjustment; 0 or errno. */
static int adjust(const char *text)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY);
    int error = file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) ? errno : 0;
    close(file);
    return error;
}

static void attempt(const char *text)
{
    int error = adjust(text), length = (int)strcspn(text, "\n");
    say("\"%.*s\": error %d, %d", length, text, error, adjustment());
}

static void wait_for_child(pid_t child)
{
    int status;
    waitpid(child, &status, 0);
}

static void child_inherits(void)
{
    pid_t child = fork();
    if (child == 0) {
        say("a child has %d", adjustment());
        attempt("900");
        _exit(0);
    }
    wait_for_child(child);
    say("its parent has %d", adjustment());
}

/* A user may raise it, and lower it no further than root has. */
static void as_a_user(void)
{
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(1000) != 0)
            say("setuid: error %d", errno);
        prctl(PR_SET_DUMPABLE, 1);
        attempt("950");
        attempt("-1");
        attempt("950");
        _exit(0);
    }
    wait_for_child(child);
}

static void scores(void)
{
    int before = file_read("/proc/self/oom_score");
    adjust("1000");
    int after = file_read("/proc/self/oom_score");
    say_true("the score of 1000 is beyond 1300", after >= 1300);
    say_true("and higher than that of 600", before < after && before >= 1000);
    say_true("a score cannot be written", open("/proc/self/oom_score", O_WRONLY) < 0 || geteuid() == 0);
}

static void old_attempt(const char *text)
{
    int file = open("/proc/self/oom_adj", O_WRONLY);
    int error = file < 0 || write(file, text, strlen(text)) < 0 ? errno : 0;
    close(file);
    say("the old %s: error %d, %d", text, error, adjustment());
}

/* oom_adj has the same wish in the old numbers. Who is not root cannot lower it there at all. */
static void old_numbers(void)
{
    static const char *const wishes[] = {"0", "58", "59", "500", "999", "1000"};
    static const char *const old[] = {"0", "1", "14", "15", "16", "-18", "x"};
    for (unsigned i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        adjust(wishes[i]);
        say("%s is %d in the old numbers", wishes[i], file_read("/proc/self/oom_adj"));
    }
    adjust("0");
    for (unsigned i = 0; i < sizeof(old) / sizeof(old[0]); i++)
        old_attempt(old[i]);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(1000) != 0)
            say("setuid: error %d", errno);
        prctl(PR_SET_DUMPABLE, 1);
        old_attempt("3");
        _exit(0);
    }
    wait_for_child(child);
}

int main(void)
{
    static const char *const texts[] = {"1000", "600\n", " 600 ", "+600", "1001", "-1001",
                                        "",     "\n",    "x",     "600x", "6 0",  "4294967296"};
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        attempt(texts[i]);
    child_inherits();
    as_a_user();
    scores();
    old_numbers();
    return 0;
}
