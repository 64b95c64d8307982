/* swapon: lets the kernel swap to partitions and files. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/swap.h>
#include <unistd.h>

static const char help[] =
    "swapon [-p PRIORITY] FILE...\n   or: swapon -a | -s\nSwaps to partitions and files that mkswap has "
    "prepared; -p: 0 to 32767, the highest is filled first;\n-a: to the system's own partition; "
    "-s: shows what is in use.";

static int areas_show(void)
{
    char line[512];
    FILE *file = fopen("/proc/swaps", "r");

    if (!file)
        err(1, "/proc/swaps");
    while (fgets(line, sizeof line, file))
        fputs(line, stdout);
    fclose(file);
    return program_end(0);
}

int main(int count, char **arguments)
{
    int letter, flags = 0, result = 0;
    bool all = false;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "asp:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        if (letter == 's')
            return areas_show();
        if (letter == 'p')
            flags = SWAP_FLAG_PREFER | (atoi(optarg) & SWAP_FLAG_PRIO_MASK);
        all |= letter == 'a';
    }
    if (all)
        return swapon_label("clockhand-swap") ? 0 : 255;
    if (!arguments[optind])
        program_usage(1, help);
    for (; arguments[optind]; optind++)
        if (swapon(arguments[optind], flags)) {
            warn("%s", arguments[optind]);
            result = 255;
        }
    return result;
}
