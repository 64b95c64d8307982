/* dmesg: the kernel's log. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A record of /dev/kmsg is "priority,sequence,microseconds,flags;text"; anything else is shown as it is. */
static void record_print(char *record)
{
    unsigned long microseconds;
    char *text = strchr(record, ';');

    if (text && sscanf(record, "%*u,%*u,%lu", &microseconds) == 1) {
        text[1 + strcspn(text + 1, "\n")] = 0;
        printf("[%5lu.%.6lu] %s\n", microseconds / 1000000, microseconds % 1000000, text + 1);
    } else {
        fputs(record, stdout);
    }
}

int main(int count, char **arguments)
{
    static char record[8192];
    ssize_t length;

    program_help(count, arguments, "dmesg\nShows the kernel's log.");
    int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    if (log < 0)
        err(1, "/dev/kmsg");
    while ((length = read(log, record, sizeof record - 1)) > 0 || (length < 0 && errno == EPIPE)) {
        if (length < 0)
            continue; /* the oldest records were overwritten meanwhile */
        record[length] = 0;
        record_print(record);
    }
    return program_end(0);
}
