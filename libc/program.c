/* Help, usage and the last flush of the small programs. */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void program_help(int count, char **arguments, const char *text)
{
    if (count != 2 || strcmp(arguments[1], "--help"))
        return;
    printf("usage: %s\n", text);
    exit(program_end(EXIT_SUCCESS));
}

void program_usage(int status, const char *text)
{
    fprintf(stderr, "usage: %.*s\n", (int)strcspn(text, "\n"), text);
    exit(status);
}

int program_end(int status)
{
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    warn("write error");
    return EXIT_FAILURE;
}
