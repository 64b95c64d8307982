/* uname: the system's name. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char help[] =
    "uname [-asnrvm]\nWrites the system's name; -n host, -r release, -v version, -m machine, -a all.";

int main(int count, char **arguments)
{
    static const char order[] = "snrvm";
    bool wanted[sizeof order] = {0}, any = false;
    struct utsname system;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "asnrvm")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        for (size_t i = 0; order[i]; i++)
            wanted[i] |= letter == 'a' || letter == order[i];
        any = true;
    }
    wanted[0] |= !any;
    if (uname(&system))
        err(1, NULL);
    const char *values[] = {system.sysname, system.nodename, system.release, system.version, system.machine};
    const char *space = "";
    for (size_t i = 0; order[i]; i++)
        if (wanted[i]) {
            printf("%s%s", space, values[i]);
            space = " ";
        }
    putchar('\n');
    return program_end(0);
}
