/*
 * Aliases: a word that stands for a command and is the name of one is replaced by its text before the command is parsed (POSIX XCU 2.3.1). Within
 * $(...) that happens when its commands are run. In one command at most so many replacements happen, so that an alias may use itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

struct alias {
    struct alias *next;
    char *name, *text;
};

static struct alias *aliases; /* by name */

/* Where the alias is, or would stand. */
static struct alias **alias_place(const char *name)
{
    struct alias **at = &aliases;

    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    return at;
}

static struct alias *alias_find(const char *name)
{
    struct alias *alias = *alias_place(name);

    return alias && !strcmp(alias->name, name) ? alias : NULL;
}

const char *alias_get(const char *name)
{
    const struct alias *alias = alias_find(name);

    return alias ? alias->text : NULL;
}

static void alias_set(const char *name, const char *text)
{
    struct alias *alias = alias_find(name);

    if (!alias) {
        struct alias **place = alias_place(name);
        alias = memory_get(sizeof *alias);
        *alias = (struct alias){.next = *place, .name = memory_text(name)};
        *place = alias;
    }
    free(alias->text);
    alias->text = memory_text(text);
}

static void alias_unset(struct alias *alias)
{
    *alias_place(alias->name) = alias->next;
    free(alias->name);
    free(alias->text);
    free(alias);
}

/* As a command would have it: name='text', each ' of the text as '"'"'. */
static void alias_print(const struct alias *alias)
{
    printf("%s='", alias->name);
    for (const char *at = alias->text; *at; at++)
        fputs(*at == '\'' ? "'\"'\"'" : (char[]){*at, 0}, stdout);
    puts("'");
}

int builtin_alias(char **arguments)
{
    int status = 0;

    for (const struct alias *alias = aliases; alias && !arguments[1]; alias = alias->next)
        alias_print(alias);
    for (int i = 1; arguments[i]; i++) {
        const char *equals = strchr(arguments[i] + (*arguments[i] != 0), '=');
        if (equals)
            alias_set(arena_text(arguments[i], (size_t)(equals - arguments[i])), equals + 1);
        else if (alias_find(arguments[i]))
            alias_print(alias_find(arguments[i]));
        else
            status = complain("alias: %s not found", arguments[i]);
    }
    return status;
}

int builtin_unalias(char **arguments)
{
    int status = 0;

    if (arguments[1] && !strcmp(arguments[1], "-a"))
        while (aliases)
            alias_unset(aliases);
    else
        for (int i = 1; arguments[i]; i++)
            if (alias_find(arguments[i]))
                alias_unset(alias_find(arguments[i]));
            else
                status = complain("unalias: %s not found", arguments[i]);
    return status;
}
