/*
 * execve: arguments, environment, the auxiliary vector, scripts, errors, and what a process keeps. The program executes
 * itself; its first argument says what to do then.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/user/say.h"

extern char **environ;

static char self[4096];

/* Runs a program in a child; says how it ended. */
static void run(const char *what, const char *path, char *const arguments[], char *const environment[])
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execve(path, arguments, environment);
        say("%s: error %d", what, errno);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        say("%s: signal %d", what, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        say("%s: exit code %d", what, WEXITSTATUS(status));
}

static void run_self(const char *what, char *order)
{
    run(what, self, (char *[]){"self", order, NULL}, (char *[]){NULL});
}

static void file_make(const char *name, const char *contents, size_t length, mode_t mode)
{
    int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (descriptor < 0 || write(descriptor, contents, length) != (ssize_t)length)
        say("%s: error %d", name, errno);
    fchmod(descriptor, mode);
    close(descriptor);
}

/* --- what the executed program does --- */

static void show_arguments(int argc, char **argv)
{
    say("%d arguments", argc);
    for (int i = 0; i < argc; i++)
        say("  [%s]", argv[i][0] == '/' ? "own path" : argv[i]);
    for (int i = 0; environ[i] != NULL; i++)
        say("  %s", environ[i]);
}

static void show_auxiliary(void)
{
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    const Elf64_Phdr *headers = (const Elf64_Phdr *)getauxval(AT_PHDR);
    int sum = 0, loads = 0;
    say("page size %lu, clock ticks %lu, base %lu, secure %lu, header size %lu", getauxval(AT_PAGESZ),
        getauxval(AT_CLKTCK), getauxval(AT_BASE), getauxval(AT_SECURE), getauxval(AT_PHENT));
    say("user %d %d group %d %d", getauxval(AT_UID) == getuid(), getauxval(AT_EUID) == geteuid(),
        getauxval(AT_GID) == getgid(), getauxval(AT_EGID) == getegid());
    for (int i = 0; i < 16; i++)
        sum += random[i];
    say_true("random bytes", sum != 0);
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
        loads += headers[i].p_type == PT_LOAD;
    say_true("program headers with segments to load", loads > 0);
    say("platform %s", (const char *)getauxval(AT_PLATFORM));
    say_true("a path", strcmp((const char *)getauxval(AT_EXECFN), self) == 0);
    say_true("an entry", getauxval(AT_ENTRY) != 0);
}

static void show_state(void)
{
    struct sigaction action;
    sigset_t set;
    stack_t stack;
    sigaction(SIGUSR1, NULL, &action);
    say_true("a handler is gone", action.sa_handler == SIG_DFL);
    sigaction(SIGUSR2, NULL, &action);
    say_true("what was ignored is ignored", action.sa_handler == SIG_IGN);
    sigprocmask(SIG_SETMASK, NULL, &set);
    say_true("the mask is kept", sigismember(&set, SIGTERM));
    sigpending(&set);
    say_true("a pending signal is kept", sigismember(&set, SIGTERM));
    sigaltstack(NULL, &stack);
    say_true("the alternate stack is gone", stack.ss_flags == SS_DISABLE);
    say_true("descriptor 10 is open", fcntl(10, F_GETFD) == 0);
    say_true("descriptor 11 was closed", fcntl(11, F_GETFD) < 0);
    say("umask %o", umask(0));
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    say("limit %ld", (long)limit.rlim_cur);
}

static int ordered(int argc, char **argv)
{
    strcpy(self, (const char *)getauxval(AT_EXECFN));
    if (strcmp(argv[1], "arguments") == 0)
        show_arguments(argc, argv);
    else if (strcmp(argv[1], "auxiliary") == 0)
        show_auxiliary();
    else if (strcmp(argv[1], "state") == 0)
        show_state();
    else if (strcmp(argv[1], "pause") == 0)
        pause();
    else if (strcmp(argv[1], "count") == 0)
        say("%d arguments, the last has %zu bytes", argc, strlen(argv[argc - 1]));
    else
        show_arguments(argc, argv);
    return 0;
}

/* --- the tests --- */

static void arguments(void)
{
    run("arguments", self, (char *[]){"a", "arguments", "", "two words", NULL},
        (char *[]){"A=1", "EMPTY=", "no equals", NULL});
    run_self("auxiliary vector", "auxiliary");
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execve(self, (char *[]){"a", "arguments", NULL}, NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
}

static void sizes(void)
{
    static char large[131072];
    static char *many[70000];
    memset(large, 'x', sizeof(large) - 2);
    run("the longest argument", self, (char *[]){"a", "count", large, NULL}, (char *[]){NULL});
    large[sizeof(large) - 2] = 'x';
    run("one byte less than the limit", self, (char *[]){"a", "count", large, NULL}, (char *[]){NULL});
    static char larger[131073];
    memset(larger, 'x', sizeof(larger) - 1);
    run("one too long", self, (char *[]){"a", "count", larger, NULL}, (char *[]){NULL});
    many[0] = "a";
    many[1] = "count";
    for (int i = 2; i < 69999; i++)
        many[i] = "argument";
    run("many", self, many, (char *[]){NULL});
    for (int i = 2; i < 40; i++)
        many[i] = large;
    many[40] = NULL;
    run("too many", self, many, (char *[]){NULL});
}

static void scripts(void)
{
    char line[4300];
    int length = snprintf(line, sizeof(line), "#!%s\nrest\n", self);
    file_make("script", line, (size_t)length, 0755);
    run("script", "./script", (char *[]){"zero", "one", NULL}, (char *[]){"E=1", NULL});
    length = snprintf(line, sizeof(line), "#!  %s  an argument \t\n", self);
    file_make("script", line, (size_t)length, 0755);
    run("script with an argument", "./script", (char *[]){"zero", "one", NULL}, (char *[]){NULL});
    length = snprintf(line, sizeof(line), "#!%s", self);
    file_make("script", line, (size_t)length, 0755);
    run("script of one line without an end", "./script", (char *[]){"zero", "one", NULL}, (char *[]){NULL});
    file_make("script2", "#!./script two", 14, 0755);
    run("script of a script", "./script2", (char *[]){"zero", "one", NULL}, (char *[]){NULL});
    file_make("loop", "#!./loop\n", 9, 0755);
    run("script of itself", "./loop", (char *[]){"zero", NULL}, (char *[]){NULL});
    file_make("script", "#!\n", 3, 0755);
    run("no interpreter", "./script", (char *[]){"zero", NULL}, (char *[]){NULL});
    file_make("script", "#!/nowhere\n", 11, 0755);
    run("an interpreter that does not exist", "./script", (char *[]){"zero", NULL}, (char *[]){NULL});
    memset(line, 'x', 400);
    line[0] = '#';
    line[1] = '!';
    line[400] = '\n';
    file_make("script", line, 401, 0755);
    run("too long a line", "./script", (char *[]){"zero", NULL}, (char *[]){NULL});
    unlink("script");
    unlink("script2");
    unlink("loop");
}

static void errors(void)
{
    char *const none[] = {"x", NULL};
    file_make("file", "not a program\n", 14, 0755);
    run("no format", "./file", none, none);
    run("a file as a folder", "./file/x", none, none);
    chmod("file", 0644);
    run("not executable", "./file", none, none);
    file_make("file", "", 0, 0755);
    run("empty", "./file", none, none);
    file_make("file", "\177ELF\2\1\1", 7, 0755);
    run("a header cut short", "./file", none, none);
    run("a folder", "/", none, none);
    run("nothing", "./nothing", none, none);
    run("an empty path", "", none, none);
    say_result("symlink", symlink("link", "link"));
    run("a link to itself", "./link", none, none);
    run("a device", "/dev/null", none, none);
    unlink("link");
    unlink("file");
    say_result("bad path", syscall(SYS_execve, 8, none, none));
    say_result("bad arguments", syscall(SYS_execve, self, 8, none));
    say_result("bad environment", syscall(SYS_execve, self, none, 8));
    char *const wild[] = {"x", (char *)8, NULL};
    say_result("a bad argument", syscall(SYS_execve, self, wild, none));
}

/* A program that may be executed, and not read, by its owner: copied while that is still this process. */
static void unreadable(void)
{
    static char bytes[1 << 22];
    int status, from = open(self, O_RDONLY), to = open("closed", O_WRONLY | O_CREAT | O_TRUNC, 0700);
    ssize_t length;
    while ((length = read(from, bytes, sizeof(bytes))) > 0)
        say_true("copied", write(to, bytes, (size_t)length) == length);
    say_true("owned", getuid() != 0 || fchown(to, 1000, 1000) == 0);
    fchmod(to, 0100);
    close(from);
    close(to);
    chmod(".", 0711);
    pid_t pid = fork();
    if (pid == 0) {
        say_true("an ordinary user", getuid() != 0 || (setgid(1000) == 0 && setuid(1000) == 0));
        say_result("to read it", open("closed", O_RDONLY));
        execl("./closed", "closed", "count", "it runs", NULL);
        say("to run it: error %d", errno);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    chmod("closed", 0600);
    run("only readable", "./closed", (char *[]){"x", NULL}, (char *[]){NULL});
    unlink("closed");
}

static void note(int number)
{
    (void)number;
}

static void state_kept(void)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    sigset_t set;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGUSR1, note);
        signal(SIGUSR2, SIG_IGN);
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigprocmask(SIG_SETMASK, &set, NULL);
        raise(SIGTERM);
        sigaltstack(&alternate, NULL);
        dup2(1, 10);
        dup2(1, 11);
        fcntl(11, F_SETFD, FD_CLOEXEC);
        umask(027);
        struct rlimit limit = {0, 0};
        setrlimit(RLIMIT_CORE, &limit);
        execve(self, (char *[]){"self", "state", NULL}, (char *[]){NULL});
        _exit(97);
    }
    waitpid(pid, &status, 0);
    say("end %#x", status);
}

static void by_descriptor(void)
{
    int descriptor = open(self, O_RDONLY), status;
    pid_t pid = fork();
    if (pid == 0) {
        syscall(SYS_execveat, descriptor, "", (char *[]){"x", "count", "four", NULL}, (char *[]){NULL}, AT_EMPTY_PATH);
        _exit(96);
    }
    waitpid(pid, &status, 0);
    say("by descriptor %#x", status);
    say_result("bad descriptor", syscall(SYS_execveat, 77, "", (char *[]){"x", NULL}, (char *[]){NULL}, AT_EMPTY_PATH));
    say_result("bad flags", syscall(SYS_execveat, 77, "", (char *[]){"x", NULL}, (char *[]){NULL}, 1));
}

/* A file cannot be written and run at the same time. */
static void busy(void)
{
    char *const none[] = {"x", "count", NULL};
    char block[65536];
    int from = open(self, O_RDONLY), to = open("copy", O_WRONLY | O_CREAT, 0755);
    for (ssize_t count; (count = read(from, block, sizeof(block))) > 0;)
        if (write(to, block, (size_t)count) != count)
            say("copy: error %d", errno);
    close(from);
    run("open for writing", "./copy", none, none);
    close(to);
    run("closed", "./copy", none, none);
    int ends[2];
    char byte;
    if (pipe2(ends, O_CLOEXEC) < 0)
        _exit(98);
    pid_t pid = fork();
    if (pid == 0) {
        execve("./copy", (char *[]){"x", "pause", NULL}, none);
        _exit(94);
    }
    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0)
        ; /* ends when exec closes the writing end */
    close(ends[0]);
    say_result("open to write it while it runs", open("copy", O_WRONLY));
    say_result("cut it", open("copy", O_RDONLY | O_TRUNC));
    say_true("open to read it", (to = open("copy", O_RDONLY)) >= 0);
    close(to);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    say_true("then it can be written", (to = open("copy", O_WRONLY)) >= 0);
    close(to);
    unlink("copy");
}

static void vfork_and_exec(void)
{
    int status;
    static char *const arguments[] = {"x", "count", "vfork", NULL};
    pid_t pid = vfork();
    if (pid == 0) {
        execve(self, arguments, environ);
        _exit(95);
    }
    waitpid(pid, &status, 0);
    say("vfork and exec %#x", status);
    /* A parent that waits for its vfork can be killed. */
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        if (vfork() == 0)
            for (;;)
                pause();
        _exit(0);
    }
    usleep(50000);
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    say("a parent in vfork is killed: %#x", status);
    kill(-pid, SIGKILL);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return ordered(argc, argv);
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length < 0) {
        say_result("own path", length);
        return 1;
    }
    char folder[] = "proc_exec_XXXXXX";
    if (mkdtemp(folder) == NULL || chdir(folder) < 0)
        say("folder: error %d", errno);
    arguments();
    sizes();
    scripts();
    errors();
    unreadable();
    state_kept();
    by_descriptor();
    vfork_and_exec();
    busy();
    if (chdir("..") < 0)
        say("back: error %d", errno);
    rmdir(folder);
    return 0;
}
