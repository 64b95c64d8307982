/* Help, usage and the last flush of the small programs. */
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void program_help(int count, char **arguments, const char *text)
{
    if (count != 2 || strcmp(arguments[1], "--help"))
        return;
    printf("usage: %s\n", text);
    if (!strstr(text, "Exit status"))
        puts("Exit status: 0, or 1 after an error.");
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

void program_by_shell(const char *command, int count, char **arguments)
{
    static char shell[] = "sh", option[] = "-c";
    char script[64];
    char **words = calloc((size_t)count + 4, sizeof *words);

    snprintf(script, sizeof script, "%s \"$@\"", command);
    if (!words)
        err(2, NULL);
    words[0] = shell;
    words[1] = option;
    words[2] = script;
    for (int i = 0; i < count; i++)
        words[3 + i] = arguments[i];
    execv("/bin/sh", words);
    err(2, "/bin/sh");
}
