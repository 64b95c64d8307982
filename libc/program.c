/* What the small programs have in common: help, usage, the last flush, files and targets one after another. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

unsigned long program_number(const char *text, unsigned long least, unsigned long most)
{
    char *end;

    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end)
        errx(1, "'%s' is not a number", text);
    if (errno || number < least || number > most)
        errx(1, "'%s' is not from %lu to %lu", text, least, most);
    return number;
}

int program_end(int status)
{
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    warn("write error");
    return EXIT_FAILURE;
}

int program_each_file(char **names, void (*visit)(FILE *file, bool last))
{
    static char input[] = "-", *only_input[] = {input, NULL};
    bool several = names[0] && names[1], first = true;
    int result = 0;

    for (char **name = names[0] ? names : only_input; *name; name++) {
        FILE *file = strcmp(*name, "-") ? fopen(*name, "r") : stdin;
        if (!file) {
            warn("cannot open '%s' for reading", *name);
            result = 1;
            continue;
        }
        if (several)
            printf("%s==> %s <==\n", first ? "" : "\n", file == stdin ? "standard input" : *name);
        first = false;
        visit(file, !name[1]);
        if (file != stdin)
            fclose(file);
    }
    return result;
}

/* The path of what will have the other path's last name in the directory, in malloc memory. */
static char *path_within(const char *directory, const char *path)
{
    size_t end = strlen(path), start;
    char *target;

    while (end > 1 && path[end - 1] == '/')
        end--;
    for (start = end; start && path[start - 1] != '/';)
        start--;
    if (asprintf(&target, "%s/%.*s", directory, (int)(end - start), path + start) < 0)
        err(1, NULL);
    return target;
}

int program_each_target(char **paths, int count, const char *to, int (*act)(const char *path, const char *target))
{
    struct stat status;
    bool failed = stat(to, &status), directory = !failed && S_ISDIR(status.st_mode);
    int result = 0;

    if (count > 1 && !directory) {
        errno = failed ? errno : ENOTDIR;
        err(1, "target '%s'", to);
    }
    if (!directory)
        return act(paths[0], to);
    for (int i = 0; i < count; i++) {
        char *target = path_within(to, paths[i]);
        result |= act(paths[i], target);
        free(target);
    }
    return result;
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
