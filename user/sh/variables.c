/* Variables, functions and positional parameters. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

enum { BUCKETS = 64 };

struct variable {
    struct variable *next;
    char *name, *value; /* value NULL: named by export or local, but not set */
    bool exported, readonly;
};

struct function {
    struct function *next;
    char *name;
    struct node *body;
};

/* What a function's `local` has hidden. */
struct local {
    struct local *next;
    int depth;
    char *name, *value;
    bool exported;
};

static struct variable *variables[BUCKETS];
static struct function *functions;
static struct local *locals;

static unsigned name_hash(const char *name)
{
    unsigned hash = 0;

    while (*name)
        hash = hash * 31 + (unsigned char)*name++;
    return hash % BUCKETS;
}

static struct variable *variable_find(const char *name)
{
    struct variable *variable = variables[name_hash(name)];

    while (variable && strcmp(variable->name, name))
        variable = variable->next;
    return variable;
}

static struct variable *variable_make(const char *name)
{
    struct variable *variable = variable_find(name);

    if (variable)
        return variable;
    unsigned bucket = name_hash(name);
    variable = memory_get(sizeof *variable);
    *variable = (struct variable){.next = variables[bucket], .name = memory_text(name)};
    return variables[bucket] = variable;
}

bool name_valid(const char *name, size_t length)
{
    if (!length || isdigit((unsigned char)*name))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    return true;
}

const char *variable_get(const char *name)
{
    struct variable *variable = variable_find(name);

    return variable ? variable->value : NULL;
}

int variable_set(const char *name, const char *value)
{
    struct variable *variable = variable_make(name);

    if (variable->readonly)
        return complain("%s: is read only", name);
    char *copy = memory_text(value);
    free(variable->value);
    variable->value = copy;
    variable->exported |= shell.export_all;
    return 0;
}

int variable_unset(const char *name)
{
    struct variable *variable = variable_find(name);

    if (!variable)
        return 0;
    if (variable->readonly)
        return complain("unset: %s: is read only", name);
    free(variable->value);
    variable->value = NULL;
    variable->exported = false;
    return 0;
}

void variable_export(const char *name)
{
    variable_make(name)->exported = true;
}

void variable_readonly(const char *name)
{
    variable_make(name)->readonly = true;
}

void variable_local(const char *name)
{
    struct variable *variable = variable_make(name);
    struct local *local = memory_get(sizeof *local);

    *local = (struct local){
        .next = locals,
        .depth = shell.function_depth,
        .name = memory_text(name),
        .value = variable->value ? memory_text(variable->value) : NULL,
        .exported = variable->exported,
    };
    locals = local;
}

void locals_restore(int depth)
{
    while (locals && locals->depth >= depth) {
        struct local *local = locals;
        struct variable *variable = variable_make(local->name);
        free(variable->value);
        variable->value = local->value;
        variable->exported = local->exported;
        locals = local->next;
        free(local->name);
        free(local);
    }
}

char **variables_environment(void)
{
    size_t count = 0;

    for (int i = 0; i < BUCKETS; i++)
        for (struct variable *variable = variables[i]; variable; variable = variable->next)
            count += variable->exported && variable->value;
    char **environment = memory_get((count + 1) * sizeof *environment);
    count = 0;
    for (int i = 0; i < BUCKETS; i++)
        for (struct variable *variable = variables[i]; variable; variable = variable->next)
            if (variable->exported && variable->value) {
                environment[count] = memory_get(strlen(variable->name) + strlen(variable->value) + 2);
                sprintf(environment[count++], "%s=%s", variable->name, variable->value);
            }
    environment[count] = NULL;
    return environment;
}

static int variable_compare(const void *left, const void *right)
{
    return strcmp((*(struct variable *const *)left)->name, (*(struct variable *const *)right)->name);
}

static void quoted_print(const char *value)
{
    putchar('\'');
    for (; *value; value++)
        if (*value == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*value);
    putchar('\'');
}

void variables_print(const char *prefix)
{
    struct variable **sorted = NULL;
    size_t count = 0;

    for (int i = 0; i < BUCKETS; i++)
        for (struct variable *variable = variables[i]; variable; variable = variable->next) {
            sorted = reallocarray(sorted, count + 1, sizeof *sorted);
            sorted[count++] = variable;
        }
    qsort(sorted, count, sizeof *sorted, variable_compare);
    for (size_t i = 0; i < count; i++) {
        struct variable *variable = sorted[i];
        if (*prefix == 'e' ? !variable->exported : *prefix == 'r' ? !variable->readonly : !variable->value)
            continue;
        printf("%s%s", prefix, variable->name);
        if (variable->value) {
            putchar('=');
            quoted_print(variable->value);
        }
        putchar('\n');
    }
    free(sorted);
}

static struct function *function_find(const char *name)
{
    struct function *function = functions;

    while (function && strcmp(function->name, name))
        function = function->next;
    return function;
}

struct node *function_get(const char *name)
{
    struct function *function = function_find(name);

    return function ? function->body : NULL;
}

void function_set(const char *name, const struct node *body)
{
    struct function *function = function_find(name);

    if (!function) {
        function = memory_get(sizeof *function);
        *function = (struct function){.next = functions, .name = memory_text(name)};
        functions = function;
    }
    function->body = node_copy(body);
}

void function_unset(const char *name)
{
    struct function *function = function_find(name);

    if (function)
        function->body = NULL;
}

void parameters_set(char **arguments, int count)
{
    char **copy = memory_get(((size_t)count + 1) * sizeof *copy);

    for (int i = 0; i < count; i++)
        copy[i] = memory_text(arguments[i]);
    copy[count] = NULL;
    for (int i = 0; i < shell.parameter_count; i++)
        free(shell.parameters[i]);
    free(shell.parameters);
    shell.parameters = copy;
    shell.parameter_count = count;
}

void variables_init(void)
{
    char number[16], directory[4096];

    for (char **at = environ; at && *at; at++) {
        const char *equals = strchr(*at, '=');
        if (!equals || !name_valid(*at, (size_t)(equals - *at)))
            continue;
        char *name = arena_text(*at, (size_t)(equals - *at));
        variable_set(name, equals + 1);
        variable_export(name);
    }
    variable_set("IFS", " \t\n");
    variable_set("OPTIND", "1");
    variable_set("PS1", getuid() ? "$ " : "# ");
    variable_set("PS2", "> ");
    variable_set("PS4", "+ ");
    snprintf(number, sizeof number, "%d", getppid());
    variable_set("PPID", number);
    if (!variable_get("PATH"))
        variable_set("PATH", "/bin:/usr/bin:/sbin:/usr/sbin");
    if (getcwd(directory, sizeof directory))
        variable_set("PWD", directory);
}
