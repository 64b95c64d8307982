/* What a name stands for as a command: type, command -v and -V; and `command`, which passes functions over. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sh.h"

static bool file_usable(const char *path, int access_mode)
{
    struct stat status;

    return !access(path, access_mode) && !stat(path, &status) && S_ISREG(status.st_mode);
}

struct text path_next(const char **path, const char *name)
{
    struct text full = {0};
    const char *end = strchrnul(*path, ':');

    text_append(&full, *path, (size_t)(end - *path));
    if (full.length)
        text_add(&full, '/');
    text_append(&full, name, strlen(name));
    *path = *end ? end + 1 : NULL;
    return full;
}

const char *path_find(const char *name, const char *path, int access_mode)
{
    if (strchr(name, '/'))
        return name;
    while (path) {
        struct text full = path_next(&path, name);
        char *result = text_finish(&full);
        if (file_usable(result, access_mode))
            return result;
    }
    return NULL;
}

/* What the name is, or NULL for nothing; *path is that of a program in `folders`, otherwise NULL. */
static const char *command_kind(const char *name, const char *folders, const char **path)
{
    *path = NULL;
    if (keyword_valid(name))
        return "a shell keyword";
    if (function_get(name))
        return "a shell function";
    if (builtin_find(name))
        return builtin_special(name) ? "a special shell builtin" : "a shell builtin";
    *path = path_find(name, folders, X_OK);
    return *path && file_usable(*path, X_OK) ? *path : NULL;
}

/* A line about the name; 127 if it is nothing. */
static int name_describe(const char *name, const char *folders)
{
    const char *path, *kind = command_kind(name, folders, &path), *alias = alias_get(name);

    if (alias)
        printf("%s is an alias for %s\n", name, alias);
    else if (kind)
        printf("%s is %s\n", name, kind);
    else
        printf("%s: not found\n", name);
    return alias || kind ? 0 : STATUS_NOT_FOUND;
}

/* What would be written to run it. */
static int name_print(const char *name, const char *folders)
{
    const char *path, *kind = command_kind(name, folders, &path), *alias = alias_get(name);

    if (alias)
        printf("alias %s='%s'\n", name, alias);
    else if (kind)
        puts(path ? path : name);
    return alias || kind ? 0 : STATUS_NOT_FOUND;
}

int builtin_type(char **arguments)
{
    int status = 0;

    for (int i = 1; arguments[i]; i++)
        status |= name_describe(arguments[i], variable_get("PATH"));
    return status;
}

/* The folders in which all of POSIX's utilities are, whatever PATH says. */
static const char *path_standard(void)
{
    static char path[128];

    return confstr(_CS_PATH, path, sizeof path) ? path : NULL;
}

/* A special builtin's error does not end the script then. */
int builtin_command(char **arguments)
{
    bool print = false, describe = false;
    const char *folders = variable_get("PATH");
    int status = 0;

    while (arguments[1] && arguments[1][0] == '-' && arguments[1][1]) {
        const char *letter = *++arguments + 1;
        if (!strcmp(letter, "-"))
            break;
        for (; *letter && strchr("pvV", *letter); letter++) {
            folders = *letter == 'p' ? path_standard() : folders;
            print |= *letter == 'v';
            describe |= *letter == 'V';
        }
        if (*letter)
            return complain("command: %s: bad option", *arguments) + 1;
    }
    for (int i = 1; arguments[i] && (print || describe); i++)
        status |= describe ? name_describe(arguments[i], folders) : name_print(arguments[i], folders);
    if (!arguments[1] || print || describe)
        return status;
    builtin_t builtin = builtin_find(arguments[1]);
    if (!builtin)
        return program_spawn(arguments + 1, folders);
    shell.forgiving = true;
    status = builtin(arguments + 1);
    shell.forgiving = false;
    return status;
}
