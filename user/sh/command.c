/*
 * A simple command: its words are expanded, and what the first one names is run: a function, a builtin, or a program in a new
 * process (or in this one, when there is nothing left to do for it).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

/* Each level of calls takes a few kilobytes of stack. */
enum { CALLS_DEEPEST = 1000 };

static _Noreturn void exec_failed(const char *name)
{
    int status = errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;

    complain("%s: %s", name, status == STATUS_NOT_FOUND && !strchr(name, '/') ? "not found" : strerror(errno));
    _exit(status);
}

/* A script without #! runs in this very process, as if just started. */
static _Noreturn void script_run(const char *path, char **arguments)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC), count = 0;

    if (descriptor < 0)
        exec_failed(path);
    while (arguments[count])
        count++;
    shell.name = arguments[0];
    parameters_set(arguments + 1, count - 1);
    shell.loop_depth = shell.function_depth = 0;
    shell_exit(source_execute(source_of_descriptor(descriptor), true));
}

static void path_try(const char *path, char **arguments, char **environment)
{
    execve(path, arguments, environment);
    if (errno == ENOEXEC)
        script_run(path, arguments);
}

void program_replace(char **arguments, const char *path)
{
    const char *name = arguments[0], *remembered = path ? NULL : program_remembered(name);
    char **environment = variables_environment();
    int error = ENOENT;

    fflush(stdout);
    errno = ENOENT;
    if (!*name)
        exec_failed(name);
    if (remembered)
        path_try(remembered, arguments, environment);
    path = path ? path : variable_get("PATH");
    if (strchr(name, '/') || !path) {
        path_try(name, arguments, environment);
        exec_failed(name);
    }
    while (path) {
        struct text full = path_next(&path, name);
        path_try(full.data, arguments, environment);
        if (errno != ENOENT && errno != ENOTDIR)
            error = errno;
        free(full.data);
    }
    errno = error;
    exec_failed(name);
}

/* --- simple commands --- */

static char **words_array(const struct word *words)
{
    size_t count = 0, i = 0;

    for (const struct word *word = words; word; word = word->next)
        count++;
    char **array = arena_allocate((count + 1) * sizeof *array);
    for (; words; words = words->next)
        array[i++] = (char *)words->text;
    return array;
}

static int assignments_apply(const struct word *assignments, bool exported, bool temporary)
{
    for (; assignments; assignments = assignments->next) {
        const char *equals = strchr(assignments->text, '=');
        char *name = arena_text(assignments->text, (size_t)(equals - assignments->text));
        char *value = assignment_expand(equals + 1);
        if (shell.failed)
            return 1;
        if (temporary)
            variable_local(name);
        if (variable_set(name, value))
            return script_fail();
        if (exported)
            variable_export(name);
    }
    return 0;
}

static void command_trace(const struct word *assignments, char **arguments)
{
    if (!shell.trace)
        return;
    fputs(variable_get("PS4") ? variable_get("PS4") : "", stderr);
    for (; assignments; assignments = assignments->next)
        fprintf(stderr, "%s%s", assignments->text, assignments->next || *arguments ? " " : "");
    for (; *arguments; arguments++)
        fprintf(stderr, "%s%s", *arguments, arguments[1] ? " " : "");
    fputc('\n', stderr);
}

static int function_call(struct node *body, char **arguments)
{
    char **parameters = shell.parameters;
    int count = shell.parameter_count, given = 0, loops = shell.loop_depth;

    if (shell.function_depth >= CALLS_DEEPEST) {
        shell.failed = true;
        return complain("%s: functions call one another too deeply", arguments[0]);
    }
    while (arguments[given + 1])
        given++;
    shell.parameters = NULL;
    shell.parameter_count = 0;
    parameters_set(arguments + 1, given);
    shell.function_depth++;
    shell.loop_depth = 0;
    int status = node_execute(body, false);
    if (shell.jump == JUMP_RETURN) {
        shell.jump = JUMP_NONE;
        status = shell.status;
    }
    locals_restore(shell.function_depth);
    shell.function_depth--;
    shell.loop_depth = loops;
    parameters_set(NULL, 0);
    free(shell.parameters);
    shell.parameters = parameters;
    shell.parameter_count = count;
    return status;
}

static int program_run(const struct node *node, char **arguments, bool last)
{
    struct job *job = NULL;
    pid_t child = 0;

    if (!last) {
        if (!node->assignments) /* which may be of PATH */
            program_locate(arguments[0]);
        job = job_new(node_text(node));
        child = shell_fork(job, true);
    }
    if (child < 0)
        return STATUS_ERROR;
    if (child)
        return job_wait(job);
    if (redirects_apply(node->redirects, NULL) || assignments_apply(node->assignments, true, false))
        _exit(STATUS_ERROR);
    program_replace(arguments, NULL);
}

int program_spawn(char **arguments, const char *path)
{
    struct job *job = job_new(arguments[0]);
    pid_t child = shell_fork(job, true);

    if (!child)
        program_replace(arguments, path);
    return child < 0 ? STATUS_ERROR : job_wait(job);
}

/* Assignments before a builtin or function last as long as it runs, but stay for the special ones. */
static int internal_run(const struct node *node, char **arguments, builtin_t builtin, struct node *function)
{
    bool special = !function && builtin_special(arguments[0]), permanent = !strcmp(arguments[0], "exec");
    struct saved_descriptor *saved = NULL;
    int status;

    fflush(stdout);
    shell.function_depth++;
    if (redirects_apply(node->redirects, permanent ? NULL : &saved) ||
        assignments_apply(node->assignments, !special || (permanent && arguments[1]), !special)) {
        status = STATUS_ERROR;
        shell.failed |= special && !shell.interactive;
    } else {
        shell.function_depth--;
        status = function ? function_call(function, arguments) : builtin(arguments);
        shell.function_depth++;
    }
    locals_restore(shell.function_depth);
    shell.function_depth--;
    if (fflush(stdout) && !status)
        status = complain("%s: write error: %s", arguments[0], strerror(errno));
    clearerr(stdout);
    redirects_undo(saved);
    return status;
}

/* Only assignments and redirections. */
static int nothing_run(const struct node *node)
{
    struct saved_descriptor *saved = NULL;
    int status = redirects_apply(node->redirects, &saved) || assignments_apply(node->assignments, false, false);

    redirects_undo(saved);
    return status ? STATUS_ERROR : shell.substitution_status;
}

int command_execute(const struct node *node, bool last)
{
    shell.substitution_status = 0;
    char **arguments = words_array(words_expand(node->words));
    if (shell.failed)
        return STATUS_ERROR;
    command_trace(node->assignments, arguments);
    if (!arguments[0])
        return nothing_run(node);
    struct node *function = function_get(arguments[0]);
    builtin_t builtin = function ? NULL : builtin_find(arguments[0]);
    if (function || builtin)
        return internal_run(node, arguments, builtin, function);
    return program_run(node, arguments, last);
}
