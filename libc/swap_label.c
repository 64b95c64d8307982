/* Swap partitions by their label: how the system finds its own at start-up, whatever kind of disk it is on. */
#include <fcntl.h>
#include <program.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

enum { HEADER_SIZE = 4096, LABEL = 1052, LABEL_SIZE = 16, MAGIC = 4086 };

/* Whether the partition has a swap header with that label. */
static int is_labelled(const char *path, const char *label)
{
    char header[HEADER_SIZE];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? pread(file, header, sizeof header, 0) : -1;

    if (file >= 0)
        close(file);
    return length == HEADER_SIZE && !memcmp(header + MAGIC, "SWAPSPACE2", 10) &&
           !strncmp(header + LABEL, label, LABEL_SIZE);
}

int swapon_label(const char *label)
{
    char line[128], name[32], path[64];
    FILE *partitions = fopen("/proc/partitions", "re");
    int count = 0;

    while (partitions && fgets(line, sizeof line, partitions)) {
        if (sscanf(line, "%*u %*u %*u %31s", name) != 1)
            continue;
        snprintf(path, sizeof path, "/dev/%s", name);
        count += is_labelled(path, label) && !swapon(path, 0);
    }
    if (partitions)
        fclose(partitions);
    return count;
}
