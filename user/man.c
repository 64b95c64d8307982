/* man: the short help of a program, or a list of all programs. */
#include <dirent.h>
#include <err.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "man [NAME]\nShows the help of a program, as NAME --help does, or the programs there are.";

static const char folder[] = "/bin";

static int is_program(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void programs_list(void)
{
    struct dirent **entries;
    int found = scandir(folder, &entries, is_program, alphasort), column = 0;

    if (found < 0)
        err(1, "%s", folder);
    for (int i = 0; i < found; i++) {
        column += (int)strlen(entries[i]->d_name) + 1;
        if (column > 80) {
            putchar('\n');
            column = (int)strlen(entries[i]->d_name) + 1;
        }
        printf("%s%c", entries[i]->d_name, i + 1 < found ? ' ' : '\n');
    }
}

int main(int count, char **arguments)
{
    char path[300];

    program_help(count, arguments, help);
    if (count > 2)
        program_usage(1, help);
    if (count == 1) {
        programs_list();
        return program_end(0);
    }
    snprintf(path, sizeof path, "%s/%s", folder, arguments[1]);
    if (strchr(arguments[1], '/') || access(path, X_OK))
        errx(1, "there is no program %s (the shell's own commands: help)", arguments[1]);
    execl(path, arguments[1], "--help", (char *)NULL);
    err(1, "%s", path);
}
