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

int main(void)
{
    static const char *const texts[] = {"1000", "600\n", " 600 ", "+600", "1001", "-1001",
                                        "",     "\n",    "x",     "600x", "6 0",  "4294967296"};
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        attempt(texts[i]);
    child_inherits();
    as_a_user();
    scores();
    return 0;
}
