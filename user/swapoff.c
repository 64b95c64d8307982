/* swapoff: brings everything back from partitions and files that are swapped to, and ends that; as util-linux's. */
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <swap_header.h>
#include <sys/swap.h>
#include <unistd.h>

/* How it ends. */
enum {
    DONE = 0,
    NO_MEMORY = 2,
    FAILED = 4,
    SYSTEM_ERROR = 8,
    USAGE = 16,
    NONE_ENDED = 32,
    SOME_ENDED = 64,
    NOT_FOUND = 255
};

static const char help[] =
    "swapoff [-v] [-L LABEL] [-U UUID] [FILE...]\n   or: swapoff -a\n"
    "Brings everything back into memory and ends swapping there: files, also given as LABEL=... or UUID=...;\n"
    "-a: everywhere; -v: says what it does.\n"
    "Exit status: 0, 2 no memory, 4 swapoff(2) failed, 8 another error, 16 usage, 255 not found; -a: 32 none, 64 some.";

static bool verbose;

static int area_end(const char *path)
{
    if (verbose) {
        printf("swapoff %s\n", path);
        fflush(stdout);
    }
    if (!swapoff(path))
        return DONE;
    int result = errno == ENOMEM ? NO_MEMORY : errno == EPERM ? USAGE : FAILED;
    if (result == USAGE)
        errx(USAGE, "Not superuser.");
    warn("%s: swapoff failed", path);
    return result;
}

static int spec_end(const char *spec)
{
    char found[SWAP_PATH_SIZE];
    const char *path = swap_resolve(spec, found);

    if (path)
        return area_end(path);
    warnx("cannot find the device for %s", spec);
    return NOT_FOUND;
}

static int by_header_end(const char *label, const char *uuid)
{
    char found[1][SWAP_PATH_SIZE];

    if (swap_find(label, uuid, found, 1))
        return area_end(found[0]);
    warnx("cannot find the device for %s", label ? label : uuid);
    return NOT_FOUND;
}

/* Every area: the list is read first, for it changes. */
static int all_end(void)
{
    static struct swap_entry areas[SWAPS_MAX];
    int count = 0, ended = 0;
    FILE *swaps = swaps_open();

    if (!swaps)
        err(SYSTEM_ERROR, "/proc/swaps");
    while (count < SWAPS_MAX && swaps_read(swaps, &areas[count]))
        count++;
    fclose(swaps);
    for (int i = 0; i < count; i++)
        ended += area_end(areas[i].name) == DONE;
    return ended == count ? DONE : ended == 0 ? NONE_ENDED : SOME_ENDED;
}

int main(int count, char **arguments)
{
    int letter, result = DONE;
    bool all = false, named = false;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "aL:U:v")) != -1) {
        if (letter == '?')
            program_usage(USAGE, help);
        all |= letter == 'a';
        verbose |= letter == 'v';
        if (letter == 'L' || letter == 'U') {
            result |= by_header_end(letter == 'L' ? optarg : NULL, letter == 'U' ? optarg : NULL);
            named = true;
        }
    }
    if (!all && !named && !arguments[optind])
        program_usage(USAGE, help);
    for (; arguments[optind]; optind++)
        result |= spec_end(arguments[optind]);
    if (all)
        result |= all_end();
    return program_end(result);
}
