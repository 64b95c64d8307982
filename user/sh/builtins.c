/* Commands inside the shell: those that change it, and a few that are asked for so often that a process would be a waste. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <unistd.h>

#include "sh.h"

static int builtin_true(char **arguments)
{
    (void)arguments;
    return 0;
}

static int builtin_false(char **arguments)
{
    (void)arguments;
    return 1;
}

static int builtin_echo(char **arguments)
{
    bool newline = true;
    int i = 1;

    if (arguments[i] && !strcmp(arguments[i], "-n")) {
        newline = false;
        i++;
    }
    for (; arguments[i]; i++)
        printf("%s%s", arguments[i], arguments[i + 1] ? " " : "");
    if (newline)
        putchar('\n');
    return 0;
}

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

static int builtin_cd(char **arguments)
{
    int first = arguments[1] &&
                        (!strcmp(arguments[1], "-P") || !strcmp(arguments[1], "-L") || !strcmp(arguments[1], "--"))
                    ? 2
                    : 1;
    const char *target = arguments[first] ? arguments[first] : variable_get("HOME"), *here = variable_get("PWD");
    bool back = target && !strcmp(target, "-"), physical = first == 2 && !strcmp(arguments[1], "-P");
    char resolved[PATH_MAX];

    if (back)
        target = variable_get("OLDPWD");
    if (!target)
        return complain("cd: %s not set", back ? "OLDPWD" : "HOME");
    char *path = physical ? (char *)target : path_logical(here ? here : "/", target);
    if (chdir(path))
        return complain("cd: can't cd to %s", target);
    if (physical && getcwd(resolved, sizeof resolved))
        path = resolved;
    variable_set("OLDPWD", here ? here : "");
    variable_set("PWD", path);
    if (back)
        puts(path);
    return 0;
}

static int builtin_pwd(char **arguments)
{
    const char *logical = variable_get("PWD");
    char path[PATH_MAX];
    struct stat here, there;

    if (!arguments[1] || strcmp(arguments[1], "-P"))
        if (logical && *logical == '/' && !stat(logical, &there) && !stat(".", &here) && here.st_ino == there.st_ino &&
            here.st_dev == there.st_dev) {
            puts(logical);
            return 0;
        }
    if (!getcwd(path, sizeof path))
        return complain("pwd: %s", strerror(errno));
    puts(path);
    return 0;
}

static int builtin_exit(char **arguments)
{
    shell.status = arguments[1] ? atoi(arguments[1]) & 255 : shell.status;
    shell.jump = JUMP_EXIT;
    return shell.status;
}

static int builtin_return(char **arguments)
{
    shell.status = arguments[1] ? atoi(arguments[1]) & 255 : shell.status;
    shell.jump = JUMP_RETURN;
    return shell.status;
}

static int jump_out(char **arguments, enum jump jump)
{
    int levels = arguments[1] ? atoi(arguments[1]) : 1;

    if (levels < 1)
        return complain("%s: %s: bad number", arguments[0], arguments[1]);
    if (!shell.loop_depth)
        return 0;
    shell.jump = jump;
    shell.jump_levels = levels < shell.loop_depth ? levels : shell.loop_depth;
    return shell.status = 0;
}

static int builtin_break(char **arguments)
{
    return jump_out(arguments, JUMP_BREAK);
}

static int builtin_continue(char **arguments)
{
    return jump_out(arguments, JUMP_CONTINUE);
}

static int builtin_shift(char **arguments)
{
    int count = arguments[1] ? atoi(arguments[1]) : 1;

    if (count < 0 || count > shell.parameter_count) {
        complain("shift: can't shift that many");
        return script_fail();
    }
    parameters_set(shell.parameters + count, shell.parameter_count - count);
    return 0;
}

static int builtin_eval(char **arguments)
{
    struct text text = {0};

    for (int i = 1; arguments[i]; i++) {
        text_append(&text, arguments[i], strlen(arguments[i]));
        text_add(&text, arguments[i + 1] ? ' ' : '\n');
    }
    shell.forgiving = false;
    return text.length ? text_execute(text_finish(&text), false) : 0;
}

/* Redirections have been made for good already. */
static int builtin_exec(char **arguments)
{
    if (!arguments[1])
        return 0;
    program_replace(arguments + 1);
}

static char *script_find(const char *name)
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

static int builtin_dot(char **arguments)
{
    if (!arguments[1])
        return complain(".: usage: . FILE");
    char *path = script_find(arguments[1]);
    if (access(path, R_OK)) {
        complain(".: %s: %s", arguments[1], strerror(errno));
        return script_fail();
    }
    shell.forgiving = false; /* of the commands in it */
    int status = file_execute(path);
    if (shell.jump == JUMP_RETURN)
        shell.jump = JUMP_NONE;
    return status;
}

/* --- variables --- */

/* "name" or "name=value" for export, readonly, local. */
static int declare(char **arguments, void (*mark)(const char *), bool before)
{
    int status = 0;

    for (int i = 1; arguments[i]; i++) {
        const char *equals = strchrnul(arguments[i], '=');
        char *name = arena_text(arguments[i], (size_t)(equals - arguments[i]));
        if (!name_valid(name, strlen(name))) {
            status = complain("%s: %s: bad variable name", arguments[0], name);
            continue;
        }
        if (before)
            mark(name);
        if (*equals && variable_set(name, equals + 1))
            status = script_fail();
        if (!before)
            mark(name);
    }
    return status;
}

static int builtin_export(char **arguments)
{
    if (!arguments[1] || !strcmp(arguments[1], "-p")) {
        variables_print("export ");
        return 0;
    }
    return declare(arguments, variable_export, false);
}

static int builtin_readonly(char **arguments)
{
    if (!arguments[1] || !strcmp(arguments[1], "-p")) {
        variables_print("readonly ");
        return 0;
    }
    return declare(arguments, variable_readonly, false);
}

static int builtin_local(char **arguments)
{
    if (!shell.function_depth)
        return complain("local: not in a function");
    return declare(arguments, variable_local, true);
}

static int builtin_unset(char **arguments)
{
    bool function = arguments[1] && !strcmp(arguments[1], "-f");
    int status = 0;

    for (int i = arguments[1] && arguments[1][0] == '-' ? 2 : 1; arguments[i]; i++)
        if (function)
            function_unset(arguments[i]);
        else if (variable_unset(arguments[i]))
            status = script_fail();
    return status;
}

static bool option_switch(const char *name, char letter, bool on)
{
    for (const struct shell_option *option = shell_options; option->letter; option++)
        if (name ? !strcmp(option->name, name) : option->letter == letter) {
            *option->flag = on;
            return true;
        }
    return false;
}

static void options_print(bool as_commands)
{
    for (const struct shell_option *option = shell_options; option->letter; option++)
        if (as_commands)
            printf("set %co %s\n", *option->flag ? '-' : '+', option->name);
        else
            printf("%-16s%s\n", option->name, *option->flag ? "on" : "off");
}

/* One argument of options; returns how many arguments it took, 0 for an error. */
static int option_group(char **arguments, int i)
{
    bool on = arguments[i][0] == '-';

    for (const char *letter = arguments[i] + 1; *letter; letter++) {
        if (*letter == 'o' && arguments[i + 1])
            return option_switch(arguments[i + 1], 0, on) ? 2 : 0;
        if (*letter == 'o')
            options_print(!on);
        else if (!option_switch(NULL, *letter, on))
            return 0;
    }
    return 1;
}

int builtin_set(char **arguments)
{
    int i = 1, taken, count = 0;

    if (!arguments[1]) {
        variables_print("");
        return 0;
    }
    while (arguments[i] && (arguments[i][0] == '-' || arguments[i][0] == '+') && arguments[i][1]) {
        if (!strcmp(arguments[i], "--"))
            break;
        taken = option_group(arguments, i);
        if (!taken)
            return complain("set: %s: bad option", arguments[i]) + 1;
        i += taken;
    }
    if (!arguments[i])
        return 0;
    i += !strcmp(arguments[i], "--");
    while (arguments[i + count])
        count++;
    parameters_set(arguments + i, count);
    return 0;
}

/* --- asking --- */

static const char *command_kind(const char *name, const char **path)
{
    *path = NULL;
    if (function_get(name))
        return "a shell function";
    if (builtin_find(name))
        return builtin_special(name) ? "a special shell builtin" : "a shell builtin";
    *path = script_find(name);
    return (strchr(*path, '/') && !access(*path, X_OK)) ? *path : NULL;
}

static int builtin_type(char **arguments)
{
    int status = 0;

    for (int i = 1; arguments[i]; i++) {
        const char *path, *kind = command_kind(arguments[i], &path);
        if (kind) {
            printf("%s is %s\n", arguments[i], kind);
        } else {
            printf("%s: not found\n", arguments[i]);
            status = 127;
        }
    }
    return status;
}

/* A special builtin's error does not end the script then. */
static int builtin_command(char **arguments)
{
    if (arguments[1] && !strcmp(arguments[1], "-v")) {
        const char *path, *kind = arguments[2] ? command_kind(arguments[2], &path) : NULL;
        if (kind)
            puts(path ? path : arguments[2]);
        return kind ? 0 : 127;
    }
    if (arguments[1] && !strcmp(arguments[1], "-p"))
        arguments++;
    if (!arguments[1])
        return 0;
    builtin_t builtin = builtin_find(arguments[1]);
    if (!builtin)
        return program_spawn(arguments + 1);
    shell.forgiving = true;
    int status = builtin(arguments + 1);
    shell.forgiving = false;
    return status;
}

static int builtin_help(char **arguments);

static const struct builtin {
    const char *name;
    builtin_t run;
    bool special;
} builtins[] = {
    {":", builtin_true, true},
    {".", builtin_dot, true},
    {"[", builtin_test, false},
    {"alias", builtin_alias, false},
    {"bg", builtin_background, false},
    {"break", builtin_break, true},
    {"cd", builtin_cd, false},
    {"command", builtin_command, false},
    {"continue", builtin_continue, true},
    {"echo", builtin_echo, false},
    {"eval", builtin_eval, true},
    {"exec", builtin_exec, true},
    {"exit", builtin_exit, true},
    {"export", builtin_export, true},
    {"false", builtin_false, false},
    {"fg", builtin_foreground, false},
    {"getopts", builtin_getopts, false},
    {"help", builtin_help, false},
    {"jobs", builtin_jobs, false},
    {"kill", builtin_kill, false},
    {"local", builtin_local, false},
    {"printf", builtin_printf, false},
    {"pwd", builtin_pwd, false},
    {"read", builtin_read, false},
    {"readonly", builtin_readonly, true},
    {"return", builtin_return, true},
    {"set", builtin_set, true},
    {"shift", builtin_shift, true},
    {"test", builtin_test, false},
    {"times", builtin_times, true},
    {"trap", builtin_trap, true},
    {"true", builtin_true, false},
    {"type", builtin_type, false},
    {"ulimit", builtin_ulimit, false},
    {"umask", builtin_umask, false},
    {"unalias", builtin_unalias, false},
    {"unset", builtin_unset, true},
    {"wait", builtin_wait, false},
};

static int builtin_help(char **arguments)
{
    (void)arguments;
    puts("Commands of the shell itself:");
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
        printf("%s%s", builtins[i].name, (i + 1) % 12 && i + 1 < sizeof builtins / sizeof builtins[0] ? " " : "\n");
    puts("Programs: ls /bin. Each answers --help.");
    return 0;
}

static const struct builtin *builtin_entry(const char *name)
{
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
        if (!strcmp(builtins[i].name, name))
            return &builtins[i];
    return NULL;
}

const char *builtin_name(size_t index)
{
    return index < sizeof builtins / sizeof builtins[0] ? builtins[index].name : NULL;
}

builtin_t builtin_find(const char *name)
{
    const struct builtin *builtin = builtin_entry(name);

    return builtin ? builtin->run : NULL;
}

bool builtin_special(const char *name)
{
    const struct builtin *builtin = builtin_entry(name);

    return builtin && builtin->special;
}
