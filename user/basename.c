/* basename: the last part of a path. */
#include <libgen.h>
#include <program.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "basename PATH [SUFFIX]\nWrites the last part of a path, without the suffix.";

int main(int count, char **arguments)
{
    program_help(count, arguments, help);
    if (count < 2 || count > 3)
        program_usage(1, help);
    char *name = *arguments[1] ? basename(arguments[1]) : arguments[1];
    size_t length = strlen(name), suffix = count == 3 ? strlen(arguments[2]) : 0;
    if (suffix && length > suffix && !strcmp(name + length - suffix, arguments[2]))
        name[length - suffix] = 0;
    puts(name);
    return program_end(0);
}
