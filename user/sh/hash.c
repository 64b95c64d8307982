/*
 * Where programs were found in PATH, so that they are searched for once. What is remembered holds for one value of PATH and is
 * forgotten with it; a program that is not there any more is searched for again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

struct found {
    struct found *next;
    char *name, *path;
};

static struct found *all;
static char *for_path; /* the PATH that was searched */

/* What *at leads to; then it leads to the next. */
static void forget(struct found **at)
{
    struct found *found = *at;

    *at = found->next;
    free(found->name);
    free(found->path);
    free(found);
}

static void forget_all(void)
{
    while (all)
        forget(&all);
}

const char *program_remembered(const char *name)
{
    const char *path = variable_get("PATH");

    if (!for_path || !path || strcmp(for_path, path))
        return NULL;
    for (const struct found *found = all; found; found = found->next)
        if (!strcmp(found->name, name))
            return found->path;
    return NULL;
}

/* As program_remembered(); what cannot be run any more is forgotten. */
static const char *remembered_usable(const char *name)
{
    const char *remembered = program_remembered(name);
    struct found **at = &all;

    if (!remembered || !access(remembered, X_OK))
        return remembered;
    while ((*at)->path != remembered)
        at = &(*at)->next;
    forget(at);
    return NULL;
}

const char *program_locate(const char *name)
{
    const char *remembered = remembered_usable(name), *path = variable_get("PATH");

    if (remembered || strchr(name, '/') || !path)
        return remembered;
    const char *place = path_find(name, path, X_OK);
    if (!place || *place != '/')
        return place;
    if (!for_path || strcmp(for_path, path)) {
        forget_all();
        free(for_path);
        for_path = memory_text(path);
    }
    struct found *found = memory_get(sizeof *found);
    *found = (struct found){all, memory_text(name), memory_text(place)};
    all = found;
    return place;
}

static void all_print(void)
{
    const char *path = variable_get("PATH");

    if (path && for_path && !strcmp(for_path, path))
        for (const struct found *found = all; found; found = found->next)
            puts(found->path);
}

int builtin_hash(char **arguments)
{
    int i = 1, status = 0;

    if (arguments[i] && !strcmp(arguments[i], "-r")) {
        forget_all();
        i++;
    } else if (!arguments[i]) {
        all_print();
    }
    for (; arguments[i]; i++)
        if (!function_get(arguments[i]) && !builtin_find(arguments[i]) && !program_locate(arguments[i]))
            status = complain("hash: %s: not found", arguments[i]);
    return status;
}
