/* cd and pwd: the shell's own idea of where it is, which keeps the links that led there. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sh.h"

/* The logical path: . and .. are taken out of what the user said, links are kept. */
static char *path_logical(const char *from, const char *target)
{
    struct text path = {0};

    if (*target != '/')
        text_append(&path, from, strlen(from));
    for (const char *at = target; *at;) {
        size_t length = strcspn(at, "/");
        if (length == 2 && !strncmp(at, "..", 2)) {
            while (path.length && path.data[--path.length] != '/')
                ;
        } else if (length && !(length == 1 && *at == '.')) {
            if (!path.length || path.data[path.length - 1] != '/')
                text_add(&path, '/');
            text_append(&path, at, length);
        }
        at += length + strspn(at + length, "/");
    }
    if (!path.length)
        text_add(&path, '/');
    return text_finish(&path);
}

/*
 * PWD, if it is a path of the current directory; otherwise the path without links, in `own`; PWD again if there is none, because the
 * directory was deleted; NULL without all these.
 */
static const char *here_path(char own[PATH_MAX])
{
    const char *logical = variable_get("PWD");
    struct stat here, there;

    if (logical && *logical == '/' && !stat(logical, &there) && !stat(".", &here) && here.st_ino == there.st_ino &&
        here.st_dev == there.st_dev)
        return logical;
    if (getcwd(own, PATH_MAX))
        return own;
    return logical && *logical == '/' ? logical : NULL;
}

/* The target in the first folder of CDPATH that has it, or the target itself. *named: the user should hear where that is. */
static const char *target_find(const char *target, bool *named)
{
    const char *folders = variable_get("CDPATH");
    size_t first = strcspn(target, "/");
    struct stat status;

    if (!first || (first == 1 && *target == '.') || (first == 2 && !strncmp(target, "..", 2)))
        return target;
    while (folders) {
        bool elsewhere = *folders && *folders != ':';
        struct text path = path_next(&folders, target);
        char *found = text_finish(&path);
        if (!stat(found, &status) && S_ISDIR(status.st_mode)) {
            *named = elsewhere;
            return found;
        }
    }
    return target;
}

/* Takes cd's options; returns where the one before its target stands, or NULL after a complaint. */
static char **options_take(char **arguments, bool *physical)
{
    while (arguments[1] && arguments[1][0] == '-' && arguments[1][1]) {
        const char *letter = *++arguments + 1;
        if (!strcmp(letter, "-"))
            break;
        for (; *letter == 'P' || *letter == 'L'; letter++)
            *physical = *letter == 'P';
        if (*letter) {
            complain("cd: %s: bad option", *arguments);
            return NULL;
        }
    }
    return arguments;
}

int builtin_cd(char **arguments)
{
    bool physical = false, named = false;
    char own[PATH_MAX], resolved[PATH_MAX];

    arguments = options_take(arguments, &physical);
    if (!arguments)
        return STATUS_ERROR;
    const char *target = arguments[1] ? arguments[1] : variable_get("HOME"), *here = here_path(own);
    bool back = target && !strcmp(target, "-");
    if (back)
        target = variable_get("OLDPWD");
    if (!target)
        return complain("cd: %s not set", back ? "OLDPWD" : "HOME");
    target = target_find(target, &named);
    const char *path = physical ? target : path_logical(here ? here : "/", target);
    if (chdir(path))
        return complain("cd: can't cd to %s", target);
    if (physical && getcwd(resolved, sizeof resolved))
        path = resolved;
    variable_set("OLDPWD", here ? here : "");
    variable_set("PWD", path);
    if (back || named)
        puts(path);
    return 0;
}

int builtin_pwd(char **arguments)
{
    char own[PATH_MAX];
    bool physical = arguments[1] && !strcmp(arguments[1], "-P");
    const char *path = physical ? getcwd(own, sizeof own) : here_path(own);

    if (!path)
        return complain("pwd: %s", strerror(errno));
    puts(path);
    return 0;
}
