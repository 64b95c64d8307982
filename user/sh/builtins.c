/* Commands inside the shell: those that change it, and a few that are asked for so often that a process would be a waste. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* exit and return, with a status. */
static int status_out(char **arguments, enum jump jump)
{
    if (arguments[1] && (!*arguments[1] || arguments[1][strspn(arguments[1], "0123456789")])) {
        complain("%s: %s: no number", arguments[0], arguments[1]);
        return script_fail();
    }
    shell.status = arguments[1] ? atoi(arguments[1]) & 255 : shell.status;
    shell.jump = jump;
    return shell.status;
}

static int builtin_exit(char **arguments)
{
    return status_out(arguments, JUMP_EXIT);
}

static int builtin_return(char **arguments)
{
    return status_out(arguments, JUMP_RETURN);
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
    program_replace(arguments + 1, NULL);
}

static int builtin_dot(char **arguments)
{
    if (!arguments[1])
        return complain(".: usage: . FILE");
    const char *path = path_find(arguments[1], variable_get("PATH"), R_OK);
    if (!path)
        path = arguments[1];
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
            complain("%s: %s: bad variable name", arguments[0], name);
            status = script_fail();
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

    for (int i = arguments[1] && arguments[1][0] == '-' ? 2 : 1; arguments[i]; i++) {
        bool valid = function || name_valid(arguments[i], strlen(arguments[i]));
        if (!valid)
            complain("unset: %s: bad variable name", arguments[i]);
        if (function)
            function_unset(arguments[i]);
        else if (!valid || variable_unset(arguments[i]))
            status = script_fail();
    }
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
        if (!taken) {
            complain("set: %s: bad option", arguments[i]);
            return script_fail();
        }
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
    {"fc", builtin_fc, false},
    {"fg", builtin_foreground, false},
    {"getopts", builtin_getopts, false},
    {"hash", builtin_hash, false},
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
