/* yes: the same line for ever. */
#include <program.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    program_help(count, arguments,
                 "yes [TEXT...]\nWrites its arguments, or y, line after line until nobody reads them.");
    do {
        for (int i = 1; i < count; i++)
            printf("%s%s", arguments[i], i + 1 < count ? " " : "");
        if (count < 2)
            putchar('y');
    } while (putchar('\n') != EOF);
    return program_end(1);
}
