/* Streams to and from commands, and commands without one. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libc/stdio_file.h"

static _Noreturn void shell_exec(const char *command)
{
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

FILE *popen(const char *command, const char *mode)
{
    bool reads = *mode == 'r';
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return NULL;
    FILE *file = fdopen(ends[!reads], mode);
    pid_t child = file ? fork() : -1;
    if (!child) {
        dup2(ends[reads], reads ? STDOUT_FILENO : STDIN_FILENO);
        shell_exec(command);
    }
    close(ends[reads]);
    if (child > 0) {
        file->child = child;
        return file;
    }
    if (file)
        fclose(file);
    else
        close(ends[!reads]);
    return NULL;
}

int pclose(FILE *file)
{
    pid_t child = file->child;
    int status;

    fclose(file);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

/* Not cancelled meanwhile: what it changes must be restored, and its child waited for. */
int system(const char *command)
{
    struct sigaction ignore = {.sa_function.handler = SIG_IGN}, interrupt, quit;
    sigset_t block, old;
    int status = -1, cancel;

    if (!command)
        return 1;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    sigemptyset(&block);
    sigaddset(&block, SIGCHLD);
    sigprocmask(SIG_BLOCK, &block, &old);
    pid_t child = fork();
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (!child)
        shell_exec(command);
    pthread_setcancelstate(cancel, NULL);
    return status;
}
