/* clear: an empty screen. */
#include <program.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    program_help(count, arguments, "clear\nClears the terminal.");
    fputs("\x1b[H\x1b[2J", stdout);
    return program_end(0);
}
