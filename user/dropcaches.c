/* dropcaches: gives up what is cached of files and names, as far as it is not in use. */
#include <err.h>
#include <fcntl.h>
#include <program.h>
#include <unistd.h>

static const char help[] = "dropcaches [-pn]\nWrites what is dirty, then gives up cached file pages (-p), cached names "
                           "and inodes (-n), or both.";

int main(int count, char **arguments)
{
    int pages = 0, names = 0, letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "pn")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        pages |= letter == 'p';
        names |= letter == 'n';
    }
    if (optind < count)
        program_usage(1, help);
    char what = (char)('0' + (pages || !names) + 2 * (names || !pages));
    sync();
    int file = open("/proc/sys/vm/drop_caches", O_WRONLY);
    if (file < 0 || write(file, &what, 1) != 1)
        err(1, "/proc/sys/vm/drop_caches");
    return 0;
}
