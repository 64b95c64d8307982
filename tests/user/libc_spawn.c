/* posix_spawn: file actions, attributes, errors; and the paths that glob finds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/user/say.h"

extern char **environ;

/* Runs a shell command; what it came to. */
static void run(const char *what, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                char *command)
{
    char *arguments[] = {"sh", "-c", command, NULL};
    pid_t child = -1;
    int status = 0, error = posix_spawnp(&child, "sh", actions, attributes, arguments, environ);
    if (!error)
        waitpid(child, &status, 0);
    say("%s: error %d, status %d", what, error, status);
}

static void spawning(void)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t set;
    char text[32] = "";
    char *arguments[] = {"none", NULL};
    pid_t child;

    run("plain", NULL, NULL, "exit 7");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "spawned", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 5);
    posix_spawn_file_actions_addclose(&actions, 0);
    run("actions", &actions, NULL, "echo to five >&5");
    int fd = open("spawned", O_RDONLY);
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    say("it wrote %zd: %.7s", length, text);
    posix_spawn_file_actions_addopen(&actions, 1, "no/such/file", O_RDONLY, 0);
    run("an action that fails", &actions, NULL, "exit 1");
    posix_spawn_file_actions_destroy(&actions);
    say("no such program: %d", posix_spawn(&child, "./no-such-program", NULL, NULL, arguments, environ));
    say("a wrong descriptor: %d", posix_spawn_file_actions_addclose(&actions, -1));
    signal(SIGUSR1, SIG_IGN);
    posix_spawnattr_init(&attributes);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    posix_spawnattr_setsigdefault(&attributes, &set);
    run("ignored signal", NULL, NULL, "kill -USR1 $$; exit 3");
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    run("default signal", NULL, &attributes, "kill -USR1 $$; exit 3");
    posix_spawnattr_destroy(&attributes);
    unlink("spawned");
}

/* A thread that is to be cancelled: the child that shares its memory must not be, and not the waiting for it. */
static void *spawn_cancelled(void *argument)
{
    posix_spawn_file_actions_t actions;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 5, "/dev/null", O_WRONLY, 0);
    pthread_cancel(pthread_self());
    char *arguments[] = {"sh", "-c", "echo >&5 && exit 4", NULL}, *none[] = {"none", NULL};
    pid_t child, other;
    int status = 0, error = posix_spawnp(&child, "sh", &actions, NULL, arguments, environ),
        failed = posix_spawn(&other, "./no-such-program", &actions, NULL, none, environ);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    waitpid(child, &status, 0);
    say("cancelled: error %d, status %d; error %d", error, status, failed);
    posix_spawn_file_actions_destroy(&actions);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    return argument;
}

static void cancelled(void)
{
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, spawn_cancelled, NULL);
    pthread_join(thread, &result);
    say_true("and then the thread is", result == PTHREAD_CANCELED);
}

static volatile pid_t parent;
static volatile sig_atomic_t handled, elsewhere;

static void handler(int number)
{
    (void)number;
    if (getpid() == parent)
        handled++;
    else
        elsewhere++;
}

/* Sends the group a signal while the child is between two of its actions, in a fifo. */
static void signal_between(void)
{
    signal(SIGUSR2, SIG_IGN);
    close(open("first", O_WRONLY));
    kill(0, SIGUSR2);
    close(open("second", O_WRONLY));
    _exit(0);
}

/* No handler runs in the child; the signal takes its default action there when the program is executed. */
static void signalled(void)
{
    posix_spawn_file_actions_t actions;
    sigset_t mask;

    setpgid(0, 0);
    parent = getpid();
    signal(SIGUSR2, handler);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 5, "first", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 6, "second", O_RDONLY, 0);
    pid_t helper = fork();
    if (!helper)
        signal_between();
    run("signalled", &actions, NULL, "exit 1");
    waitpid(helper, NULL, 0);
    say("handled: %d, in the child %d", handled, elsewhere);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    say_true("no signal is blocked", !sigismember(&mask, SIGUSR2) && !sigismember(&mask, SIGINT));
    posix_spawn_file_actions_destroy(&actions);
    _exit(0);
}

static void between(void)
{
    if (mkfifo("first", 0600) || mkfifo("second", 0600))
        say("no fifo");
    pid_t child = fork();
    if (!child)
        signalled();
    waitpid(child, NULL, 0);
    unlink("first");
    unlink("second");
}

static void globbing(void)
{
    glob_t found;
    (void)!mkdir("globbed", 0700);
    for (const char *name = "cab"; *name; name++) {
        char path[] = "globbed/?.x";
        path[8] = *name;
        close(open(path, O_WRONLY | O_CREAT, 0600));
    }
    int error = glob("globbed/[a-b].*", 0, NULL, &found);
    say("glob: %d, %zu", error, found.gl_pathc);
    for (size_t i = 0; i < found.gl_pathc; i++)
        say("%s", found.gl_pathv[i]);
    globfree(&found);
    say("nothing: %d", glob("globbed/*.y", 0, NULL, &found) == GLOB_NOMATCH);
    error = glob("globbed/*.y", GLOB_NOCHECK, NULL, &found);
    say("as it is: %d %s", error, found.gl_pathv[0]);
    globfree(&found);
    error = glob("glob*d", GLOB_MARK, NULL, &found);
    say("marked: %d %s", error, found.gl_pathv[0]);
    globfree(&found);
    unlink("globbed/a.x");
    unlink("globbed/b.x");
    unlink("globbed/c.x");
    rmdir("globbed");
}

int main(void)
{
    spawning();
    cancelled();
    between();
    globbing();
    return 0;
}
