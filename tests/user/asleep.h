/*
 * For tests in which one process must wait until another sleeps: a call that blocks says nothing before it does.
 */
#ifndef TESTS_USER_ASLEEP_H
#define TESTS_USER_ASLEEP_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The state letter of the process in /proc/PID/stat (proc(5)): behind its name, which ends with the last parenthesis. 'X' when it is gone. */
static inline char process_state(pid_t pid)
{
    char path[64], line[512];

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    int file = open(path, O_RDONLY);
    if (file < 0)
        return 'X';
    ssize_t length = read(file, line, sizeof(line) - 1);
    close(file);
    line[length > 0 ? length : 0] = '\0';
    const char *name_end = strrchr(line, ')');
    return name_end != NULL && name_end[1] == ' ' ? name_end[2] : 'X';
}

/* Returns when the process sleeps, or has ended. */
static inline void asleep_await(pid_t pid)
{
    for (char state = 0; state != 'S' && state != 'Z' && state != 'X'; state = process_state(pid))
        usleep(1000);
}

#endif
