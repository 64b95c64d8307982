/* The exec family: everything ends in execve. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int execv(const char *path, char *const arguments[])
{
    return execve(path, arguments, environ);
}

/* A file the kernel does not know how to run is a shell script without #!. */
static void script_exec(const char *path, char *const arguments[], char *const environment[])
{
    size_t count = 0;

    while (arguments[count])
        count++;
    char **shell = alloca((count + 3) * sizeof *shell);
    shell[0] = "sh";
    shell[1] = (char *)path;
    for (size_t i = 1; i <= count; i++)
        shell[i + 1] = arguments[i];
    if (!count)
        shell[2] = NULL;
    execve("/bin/sh", shell, environment);
}

/* Goes through PATH; remembers that something was found but not allowed. */
int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    const char *path = getenv("PATH");
    char full[PATH_MAX];
    bool denied = false;

    if (!*file || strchr(file, '/')) {
        execve(file, arguments, environment);
        if (errno == ENOEXEC)
            script_exec(file, arguments, environment);
        return -1;
    }
    for (const char *at = path ? path : "/bin:/usr/bin", *end; at; at = *end ? end + 1 : NULL) {
        end = strchrnul(at, ':');
        size_t length = (size_t)(end - at);
        if (length + strlen(file) + 2 > sizeof full)
            continue;
        memcpy(full, at, length);
        full[length] = '/';
        strcpy(full + length + (length > 0), file);
        execve(full, arguments, environment);
        if (errno == ENOEXEC)
            script_exec(full, arguments, environment);
        if (errno == EACCES)
            denied = true;
        else if (errno != ENOENT && errno != ENOTDIR)
            return -1;
    }
    errno = denied ? EACCES : ENOENT;
    return -1;
}

int execvp(const char *file, char *const arguments[])
{
    return execvpe(file, arguments, environ);
}

static size_t list_count(va_list list)
{
    va_list copy;
    size_t count = 1;

    va_copy(copy, list);
    while (va_arg(copy, char *))
        count++;
    va_end(copy);
    return count;
}

/* What runs a program with an array of arguments. */
typedef int execute(const char *path, char *const arguments[], char *const environment[]);

/* The same for the first argument and a list of others that ends with NULL, behind which the environment may be. */
static int list_execute(execute *run, const char *path, const char *first, va_list list, bool has_environment)
{
    size_t count = list_count(list);
    char **arguments = alloca((count + 1) * sizeof *arguments);

    arguments[0] = (char *)first;
    for (size_t i = 1; i <= count; i++)
        arguments[i] = va_arg(list, char *);
    return run(path, arguments, has_environment ? va_arg(list, char **) : environ);
}

int execl(const char *path, const char *argument, ...)
{
    va_list list;

    va_start(list, argument);
    int result = list_execute(execve, path, argument, list, false);
    va_end(list);
    return result;
}

int execlp(const char *file, const char *argument, ...)
{
    va_list list;

    va_start(list, argument);
    int result = list_execute(execvpe, file, argument, list, false);
    va_end(list);
    return result;
}

int execle(const char *path, const char *argument, ...)
{
    va_list list;

    va_start(list, argument);
    int result = list_execute(execve, path, argument, list, true);
    va_end(list);
    return result;
}

int fexecve(int descriptor, char *const arguments[], char *const environment[])
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return execve(path, arguments, environment);
}
