/* echo: its arguments. */
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    bool newline = true;
    int i = 1;

    program_help(count, arguments,
                 "echo [-n] [TEXT...]\nWrites its arguments with a space between them; -n: and no newline.");
    if (count > 1 && !strcmp(arguments[1], "-n")) {
        newline = false;
        i++;
    }
    for (; i < count; i++)
        printf("%s%s", arguments[i], i + 1 < count ? " " : "");
    if (newline)
        putchar('\n');
    return program_end(0);
}
