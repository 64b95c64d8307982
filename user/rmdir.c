/* rmdir: removes empty directories. */
#include <err.h>
#include <program.h>
#include <unistd.h>

static const char help[] = "rmdir DIRECTORY...\nRemoves empty directories.";

int main(int count, char **arguments)
{
    int result = 0;

    program_help(count, arguments, help);
    if (count < 2)
        program_usage(1, help);
    for (int i = 1; i < count; i++)
        if (rmdir(arguments[i])) {
            warn("failed to remove '%s'", arguments[i]);
            result = 1;
        }
    return result;
}
