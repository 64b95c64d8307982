/* umount: detaches file systems. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <unistd.h>

static const char help[] =
    "umount [-fl] DIRECTORY...\nDetaches file systems; -f: by force, -l: when nobody uses them any more.";

int main(int count, char **arguments)
{
    int letter, flags = 0, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "fl")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        flags |= letter == 'f' ? MNT_FORCE : MNT_DETACH;
    }
    if (!arguments[optind])
        program_usage(1, help);
    for (; arguments[optind]; optind++)
        if (umount2(arguments[optind], flags)) {
            warn("%s", arguments[optind]);
            result = 32;
        }
    return result;
}
