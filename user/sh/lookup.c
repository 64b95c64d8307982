/* What a name stands for as a command: type, command -v and -V, hash; and `command`, which passes functions over. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

char *path_find(const char *name)
{
    const char *path = variable_get("PATH");

    for (const char *end; path && !strchr(name, '/'); path = *end ? end + 1 : NULL) {
        struct text full = {0};
        end = strchrnul(path, ':');
        text_append(&full, path, (size_t)(end - path));
        text_add(&full, '/');
        text_append(&full, name, strlen(name));
        char *result = text_finish(&full);
        if (!access(result, R_OK))
            return result;
    }
    return (char *)name;
}

/* What the name is, or NULL for nothing; *path is that of a program, otherwise NULL. */
static const char *command_kind(const char *name, const char **path)
{
    *path = NULL;
    if (keyword_valid(name))
        return "a shell keyword";
    if (function_get(name))
        return "a shell function";
    if (builtin_find(name))
        return builtin_special(name) ? "a special shell builtin" : "a shell builtin";
    *path = path_find(name);
    return (strchr(*path, '/') && !access(*path, X_OK)) ? *path : NULL;
}

/* A line about the name; 127 if it is nothing. */
static int name_describe(const char *name)
{
    const char *path, *kind = command_kind(name, &path), *alias = alias_get(name);

    if (alias)
        printf("%s is an alias for %s\n", name, alias);
    else if (kind)
        printf("%s is %s\n", name, kind);
    else
        printf("%s: not found\n", name);
    return alias || kind ? 0 : STATUS_NOT_FOUND;
}

/* What would be written to run it. */
static int name_print(const char *name)
{
    const char *path, *kind = command_kind(name, &path), *alias = alias_get(name);

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
        status |= name_describe(arguments[i]);
    return status;
}

/* Where programs are is not remembered here: the kernel's cache of names knows it. So this only says whether they are there. */
int builtin_hash(char **arguments)
{
    const char *path;
    int i = 1, status = 0;

    if (arguments[i] && !strcmp(arguments[i], "-r"))
        i++;
    for (; arguments[i]; i++)
        if (!command_kind(arguments[i], &path))
            status = complain("hash: %s: not found", arguments[i]);
    return status;
}

/* A special builtin's error does not end the script then. */
int builtin_command(char **arguments)
{
    int status = 0;

    if (arguments[1] && (!strcmp(arguments[1], "-v") || !strcmp(arguments[1], "-V"))) {
        for (int i = 2; arguments[i]; i++)
            status |= arguments[1][1] == 'v' ? name_print(arguments[i]) : name_describe(arguments[i]);
        return status;
    }
    if (arguments[1] && !strcmp(arguments[1], "-p"))
        arguments++;
    if (arguments[1] && !strcmp(arguments[1], "--"))
        arguments++;
    if (!arguments[1])
        return 0;
    builtin_t builtin = builtin_find(arguments[1]);
    if (!builtin)
        return program_spawn(arguments + 1);
    shell.forgiving = true;
    status = builtin(arguments + 1);
    shell.forgiving = false;
    return status;
}
