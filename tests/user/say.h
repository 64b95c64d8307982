/*
 * Lines of output for tests that fork: written at once, so that no buffer is copied into a child.
 */
#ifndef TESTS_USER_SAY_H
#define TESTS_USER_SAY_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One line, formatted as by printf; the newline is added. */
static inline __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    if (length > (int)sizeof(line) - 2)
        length = sizeof(line) - 2;
    line[length] = '\n';
    if (write(1, line, (size_t)length + 1) < 0)
        _exit(99);
}

/* A call's result, with errno's number when it failed. */
static inline void say_result(const char *what, long result)
{
    if (result < 0)
        say("%s: error %d", what, errno);
    else
        say("%s: %ld", what, result);
}

/* Whether something is as it should be. */
static inline void say_true(const char *what, int truth)
{
    say("%s: %s", what, truth ? "yes" : "NO");
}

#endif
