/* printf: as a program, for those who do not ask the shell: it asks the shell. */
#include <err.h>
#include <program.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    static char script[] = "printf \"$@\"", shell[] = "printf", option[] = "-c";
    char **words = calloc((size_t)count + 5, sizeof *words);

    program_help(count, arguments,
                 "printf FORMAT [ARGUMENT...]\nWrites the arguments as the format says, which is used again while some "
                 "are left.");
    if (!words)
        err(2, NULL);
    words[0] = shell;
    words[1] = option;
    words[2] = script;
    words[3] = shell;
    for (int i = 1; i < count; i++)
        words[3 + i] = arguments[i];
    execv("/bin/sh", words);
    err(2, "/bin/sh");
}
