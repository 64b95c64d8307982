/*
 * Scripts: the first line "#! INTERPRETER [ARGUMENT]" in all its shapes. The interpreter is this program itself under the
 * name i in a folder of its own, which says with what arguments it was started.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/user/say.h"

enum { LINE_MAX_READ = 256, DEPTH_MAX = 8 };

/* An argument, with what cannot be seen as octal numbers, and only the two ends of a long one. */
static void argument_show(const char *argument)
{
    char text[256], *to = text;
    size_t length = strlen(argument);
    for (size_t i = 0; i < length; i++) {
        if (i == 20 && length > 40)
            i = length - 20;
        if (argument[i] < ' ')
            to += sprintf(to, "\\%03o", argument[i]);
        else
            *to++ = argument[i];
    }
    *to = '\0';
    say("  %zu [%s]", length, text);
}

static int interpreter(char **arguments)
{
    for (; *arguments != NULL; arguments++)
        argument_show(*arguments);
    say("  started as %s", (const char *)getauxval(AT_EXECFN));
    return 0;
}

static void file_make(const char *name, const char *contents, size_t length, mode_t mode)
{
    unlink(name);
    int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (descriptor < 0 || write(descriptor, contents, length) != (ssize_t)length)
        say("%s: error %d", name, errno);
    fchmod(descriptor, mode);
    close(descriptor);
}

/* Starts a file in a child, relative to a descriptor unless that is -1; says what came of it. */
static void start(const char *what, int at, const char *path, int flags)
{
    char *const arguments[] = {"zero", "one", NULL}, *const environment[] = {NULL};
    int status;
    say("%s", what);
    pid_t pid = fork();
    if (pid == 0) {
        if (at < 0)
            execve(path, arguments, environment);
        else
            syscall(SYS_execveat, at, path, arguments, environment, flags);
        say("  error %d", errno);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (status != 0)
        say("  ended with %#x", status);
}

static void script(const char *what, const char *text, size_t length)
{
    file_make("script", text, length, 0755);
    start(what, -1, "./script", 0);
}

/* The lines as they are written here, escapes and all. */
#define SCRIPT(text) script(#text, text, sizeof(text) - 1)

static void words(void)
{
    SCRIPT("#!./i\n");
    SCRIPT("#!./i");
    SCRIPT("#! ./i\nmore\n");
    SCRIPT("#! \t ./i \t\n");
    SCRIPT("#!./i one\n");
    SCRIPT("#!./i one");
    SCRIPT("#!./i\tone two  three \t \n");
    SCRIPT("#!./i -x 'one two' # not a remark\n");
    SCRIPT("#!i\n");
    SCRIPT("#!././i x\n");
    SCRIPT("#!./i\r\n");
    SCRIPT("#!./i \r\n");
    SCRIPT("#!./i one\r\n");
    SCRIPT("#!./i\0one\n");
    SCRIPT("#!./i\0");
    SCRIPT("#!./i ");
    SCRIPT("#!./i \0one\n");
    SCRIPT("#!./i one\0two\n");
    SCRIPT("#!./i\v\n");
    SCRIPT("#!");
    SCRIPT("#!\n");
    SCRIPT("#! \t \n");
    SCRIPT("#! \t ");
    SCRIPT("#!\n./i\n");
    SCRIPT("#!\r\n");
    SCRIPT("#!\0./i\n");
    SCRIPT("# !./i\n");
    SCRIPT(" #!./i\n");
    SCRIPT("#\n!./i\n");
    SCRIPT("#");
    SCRIPT("\xef\xbb\xbf#!./i\n");
}

/* Interpreters that are none. */
static void interpreters(void)
{
    mkdir("folder", 0755);
    symlink("self", "self");
    file_make("plain", "text", 4, 0644);
    file_make("empty", "", 0, 0755);
    file_make("text", "text", 4, 0755);
    SCRIPT("#!./nowhere\n");
    SCRIPT("#!nowhere/i\n");
    SCRIPT("#!./plain\n");
    SCRIPT("#!./plain/i\n");
    SCRIPT("#!./folder\n");
    SCRIPT("#!./folder/\n");
    SCRIPT("#!./i/\n");
    SCRIPT("#!.\n");
    SCRIPT("#!./self\n");
    SCRIPT("#!./empty\n");
    SCRIPT("#!./text\n");
    SCRIPT("#!/dev/null\n");
    SCRIPT("#!./script\n");
    file_make("script", "#!./i\n", 6, 0644);
    start("a script that may not be executed", -1, "./script", 0);
}

/* Another way to write ./i, of so many bytes. */
static void path_make(char *to, size_t length)
{
    size_t at = length % 2 == 0 ? 3 : 0;
    memcpy(to, ".//", at);
    for (; at + 1 < length; at += 2)
        memcpy(to + at, "./", 2);
    to[at] = 'i';
}

/* A line of `length` bytes and an end if `newline`, whose interpreter takes `path` bytes; the rest is an argument. */
static void line_try(size_t length, size_t path, int newline)
{
    char line[2 * LINE_MAX_READ + 2], what[100];
    memset(line, 'x', sizeof(line));
    memcpy(line, "#!", 2);
    path_make(line + 2, path);
    if (path + 2 < length)
        line[path + 2] = ' ';
    line[length] = '\n';
    snprintf(what, sizeof(what), "a line of %zu bytes, its end is %s, an interpreter of %zu", length,
             newline ? "there" : "missing", path);
    script(what, line, length + (size_t)newline);
}

static void lengths(void)
{
    for (size_t path = LINE_MAX_READ - 5; path <= LINE_MAX_READ + 1; path++) {
        line_try(path + 2, path, 1);
        line_try(path + 2, path, 0);
        line_try(path + 10, path, 1);
    }
    for (size_t length = LINE_MAX_READ - 3; length <= LINE_MAX_READ + 3; length++) {
        line_try(length, 3, 1);
        line_try(length, 3, 0);
    }
    line_try(2 * LINE_MAX_READ, 20, 1);
    char blanks[LINE_MAX_READ + 10];
    memset(blanks, ' ', sizeof(blanks));
    memcpy(blanks, "#!", 2);
    memcpy(blanks + LINE_MAX_READ - 4, "./i\n", 4);
    script("blanks before it, just within", blanks, sizeof(blanks));
    memcpy(blanks + LINE_MAX_READ - 4, " ./i\n", 5);
    script("blanks before it, the newline just outside", blanks, sizeof(blanks));
    memset(blanks + 2, ' ', sizeof(blanks) - 2);
    script("only blanks", blanks, sizeof(blanks));
    memcpy(blanks + 2, "./i", 3);
    script("only blanks behind it", blanks, sizeof(blanks));
}

/* Scripts whose interpreter is a script, the last one's being `last`. */
static void nested(unsigned depth, const char *last)
{
    char name[16], text[64];
    for (unsigned i = 1; i <= depth; i++) {
        int length = i == depth ? snprintf(text, sizeof(text), "#!%s of-%u\n", last, i)
                                : snprintf(text, sizeof(text), "#!./s%u of-%u\n", i + 1, i);
        snprintf(name, sizeof(name), "s%u", i);
        file_make(name, text, (size_t)length, 0755);
    }
    snprintf(text, sizeof(text), "%u scripts, the last for %s", depth, last);
    start(text, -1, "./s1", 0);
    for (unsigned i = 1; i <= depth; i++) {
        snprintf(name, sizeof(name), "s%u", i);
        unlink(name);
    }
}

/* By a descriptor the script has no name of its own, and its interpreter is looked for in the current folder all the same. */
static void by_descriptor(void)
{
    file_make("script", "#!./i\n", 6, 0755);
    file_make("folder/script", "#!./i x\n", 8, 0755);
    symlink("script", "link");
    int folder = open("folder", O_RDONLY | O_DIRECTORY), descriptor = open("script", O_RDONLY);
    say_result("moved", dup2(folder, 40));
    say_result("moved", dup2(descriptor, 41));
    close(folder);
    close(descriptor);
    start("by a descriptor", 41, "", AT_EMPTY_PATH);
    start("in a folder", 40, "script", 0);
    start("in a folder, round about", 40, "../folder/./script", 0);
    start("by a link", 40, "../link", 0);
    start("not by a link", 40, "../link", AT_SYMLINK_NOFOLLOW);
    start("no link", 40, "script", AT_SYMLINK_NOFOLLOW);
    start("a folder", 40, "", AT_EMPTY_PATH);
    fcntl(41, F_SETFD, FD_CLOEXEC);
    start("by a descriptor that will be closed", 41, "", AT_EMPTY_PATH);
    fcntl(40, F_SETFD, FD_CLOEXEC);
    start("in a folder that will be closed", 40, "script", 0);
    unlink("link");
    unlink("folder/script");
    close(40);
    close(41);
}

int main(int count, char **arguments)
{
    char self[4096];
    if (count > 1)
        return interpreter(arguments);
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char folder[] = "proc_script_XXXXXX";
    if (length < 0 || mkdtemp(folder) == NULL || chdir(folder) < 0)
        return 1;
    self[length] = '\0';
    say_result("the interpreter", symlink(self, "i"));
    words();
    interpreters();
    lengths();
    for (unsigned depth = 1; depth <= DEPTH_MAX; depth++) {
        nested(depth, "./i");
        nested(depth, "./nowhere");
        nested(depth, "./text");
    }
    by_descriptor();
    const char *const made[] = {"script", "i", "plain", "empty", "text", "self"};
    for (unsigned i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        unlink(made[i]);
    rmdir("folder");
    if (chdir("..") < 0)
        return 1;
    return rmdir(folder) != 0;
}
