/* pwd: the working directory. */
#include <err.h>
#include <limits.h>
#include <program.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    char path[PATH_MAX];

    program_help(count, arguments, "pwd\nWrites the path of the working directory.");
    if (!getcwd(path, sizeof path))
        err(1, NULL);
    puts(path);
    return program_end(0);
}
