/* dirname: a path without its last part. */
#include <libgen.h>
#include <program.h>
#include <stdio.h>

static const char help[] = "dirname PATH\nWrites a path without its last part.";

int main(int count, char **arguments)
{
    program_help(count, arguments, help);
    if (count != 2)
        program_usage(1, help);
    puts(dirname(arguments[1]));
    return program_end(0);
}
