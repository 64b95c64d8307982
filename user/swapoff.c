/* swapoff: brings everything back from partitions and files that are swapped to. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

enum { AREAS_MAX = 32, PATH_LENGTH = 256 };

static const char help[] =
    "swapoff FILE...\n   or: swapoff -a\nBrings everything back into memory and ends swapping there; -a: "
    "everywhere.";

/* The areas in use: /proc/swaps, without its title. */
static int areas_find(char paths[AREAS_MAX][PATH_LENGTH])
{
    char line[512];
    int found = -1;
    FILE *file = fopen("/proc/swaps", "r");

    if (!file)
        err(1, "/proc/swaps");
    while (found < AREAS_MAX && fgets(line, sizeof line, file)) {
        if (found >= 0 && sscanf(line, "%255s", paths[found]) != 1)
            break;
        found++;
    }
    fclose(file);
    return found;
}

int main(int count, char **arguments)
{
    static char paths[AREAS_MAX][PATH_LENGTH];
    int letter, result = 0, areas = 0;
    bool all = false;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "a")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        all = true;
    }
    if (!all && !arguments[optind])
        program_usage(1, help);
    if (all)
        areas = areas_find(paths);
    for (int i = 0; i < (all ? areas : count - optind); i++) {
        const char *path = all ? paths[i] : arguments[optind + i];
        if (swapoff(path)) {
            warn("%s", path);
            result = 255;
        }
    }
    return result;
}
