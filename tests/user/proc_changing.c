/*
 * Arguments that change while exec reads them: a neighbour ends a string in its middle and takes that end away again, in memory both share. What the new
 * program finds in them is open; but the kernel must not count one number of strings and copy another.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { PAGE = 4096, FIRST = 2, STRINGS = 32, EXECS = 40 };

/* Cuts a string of nearly a page in its middle and mends it again, until this process is killed. */
static void change(volatile char *text)
{
    for (;;) {
        text[PAGE / 2] = '\0';
        text[PAGE / 2] = 'A';
    }
}

/* The program that is started: it ends well. */
static int started(int argc, char **argv)
{
    return argc == FIRST + STRINGS && argv[argc] == NULL ? 0 : 1;
}

/* Starts this program anew with the string, many times over, as its arguments; whether that process ended. */
static int start(char *text)
{
    char *argv[FIRST + STRINGS + 1] = {"proc_changing", "started"};
    char *envp[] = {NULL};
    for (unsigned i = 0; i < STRINGS; i++)
        argv[FIRST + i] = text;
    pid_t child = fork();
    if (child == 0) {
        execve("/proc/self/exe", argv, envp);
        _exit(2);
    }
    return child > 0 && waitpid(child, NULL, 0) == child;
}

int main(int argc, char **argv)
{
    int ended = 0;
    if (argc > 1 && strcmp(argv[1], "started") == 0)
        return started(argc, argv);
    char *text = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (text == MAP_FAILED)
        return 1;
    memset(text, 'A', PAGE - 1);
    pid_t neighbour = fork();
    if (neighbour == 0)
        change(text);
    for (unsigned i = 0; i < EXECS; i++)
        ended += start(text);
    say("%d programs were started and ended", ended);
    say_true("the neighbour was at it all along",
             kill(neighbour, SIGKILL) == 0 && waitpid(neighbour, NULL, 0) == neighbour);
    return 0;
}
