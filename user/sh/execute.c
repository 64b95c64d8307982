/* Running the tree.  Every function returns the exit status; `last` is explained in sh.h. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

pid_t shell_fork(struct job *job, bool foreground)
{
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        complain("cannot fork: %s", strerror(errno));
    if (child > 0 && job)
        job_process_add(job, child);
    if (child)
        return child;
    job_child_begin(job, foreground);
    jobs_forget();
    traps_forget();
    shell.interactive = false;
    return 0;
}

static _Noreturn void child_run(const struct node *node)
{
    shell_exit(node_execute(node, true));
}

/* One end of a pipe becomes a standard descriptor. */
static void end_install(int end, int descriptor)
{
    if (end < 0 || end == descriptor)
        return;
    dup2(end, descriptor);
    close(end);
}

static int pipe_execute(const struct node *node)
{
    struct job *job = job_new(node_text(node));
    int input = -1, ends[2];

    for (;; node = node->right) {
        bool more = node->kind == NODE_PIPE;
        if (more && pipe(ends))
            return complain("cannot make a pipe: %s", strerror(errno));
        pid_t child = shell_fork(job, true);
        if (!child) {
            if (more)
                close(ends[0]);
            end_install(input, STDIN_FILENO);
            end_install(more ? ends[1] : -1, STDOUT_FILENO);
            child_run(more ? node->left : node);
        }
        if (input >= 0)
            close(input);
        if (more)
            close(ends[1]);
        input = more ? ends[0] : -1;
        if (!more || child < 0)
            return child < 0 ? STATUS_ERROR : job_wait(job);
    }
}

static int background_execute(const struct node *node)
{
    struct job *job = job_new(node_text(node->left));
    bool controlled = shell.monitor;
    pid_t child = shell_fork(job, false);

    if (!child) {
        if (!controlled) {
            int nothing = open("/dev/null", O_RDONLY);
            end_install(nothing, STDIN_FILENO);
            signal(SIGINT, SIG_IGN);
            signal(SIGQUIT, SIG_IGN);
        }
        child_run(node->left);
    }
    if (child > 0)
        job_background(job);
    return child < 0 ? STATUS_ERROR : 0;
}

static int subshell_execute(const struct node *node, bool last)
{
    struct job *job = last ? NULL : job_new(node_text(node));
    pid_t child = last ? 0 : shell_fork(job, true);

    if (child < 0)
        return STATUS_ERROR;
    if (child)
        return job_wait(job);
    if (last) {
        jobs_forget();
        traps_forget();
    }
    if (redirects_apply(node->redirects, NULL))
        shell_exit(STATUS_ERROR);
    child_run(node->left);
}

/* The parent sees the end of the output only when every writer is gone. */
char *command_output(const char *text)
{
    struct text output = {0};
    char block[4096];
    int ends[2];
    ssize_t length;

    if (pipe(ends)) {
        complain("cannot make a pipe: %s", strerror(errno));
        return arena_text("", 0);
    }
    bool monitor = shell.monitor;
    struct job *job = job_new(text);
    shell.monitor = false;
    pid_t child = shell_fork(job, false);
    if (!child) {
        close(ends[0]);
        end_install(ends[1], STDOUT_FILENO);
        shell_exit(text_execute(text, true));
    }
    close(ends[1]);
    while ((length = read(ends[0], block, sizeof block)) > 0 || (length < 0 && errno == EINTR))
        if (length > 0)
            text_append(&output, block, (size_t)length);
    close(ends[0]);
    shell.substitution_status = child < 0 ? STATUS_ERROR : job_wait(job);
    shell.status = shell.substitution_status;
    shell.monitor = monitor;
    while (output.length && output.data[output.length - 1] == '\n')
        output.length--;
    return text_finish(&output);
}

/* --- loops and choices --- */

static int condition_execute(const struct node *node)
{
    shell.tested++;
    int status = node_execute(node, false);
    shell.tested--;
    return status;
}

/* After the body: true when the loop is over. */
static bool loop_ends(void)
{
    if (shell.jump != JUMP_BREAK && shell.jump != JUMP_CONTINUE)
        return shell.jump || shell.failed;
    if (--shell.jump_levels > 0)
        return true;
    bool over = shell.jump == JUMP_BREAK;
    shell.jump = JUMP_NONE;
    return over;
}

static int while_execute(const struct node *node)
{
    int status = 0;

    shell.loop_depth++;
    for (;;) {
        struct arena_mark mark = arena_mark();
        bool holds = (condition_execute(node->left) == 0) == (node->kind == NODE_WHILE);
        if (shell.jump || shell.failed) {
            if (loop_ends())
                break;
            continue;
        }
        if (!holds)
            break;
        status = node_execute(node->right, false);
        arena_release(mark);
        if (loop_ends())
            break;
    }
    shell.loop_depth--;
    return status;
}

static int for_execute(const struct node *node)
{
    const struct word *words = NULL, **end = &words;
    int status = 0;

    if (node->has_words)
        words = words_expand(node->words);
    for (int i = 0; !node->has_words && i < shell.parameter_count; i++) {
        struct word *word = arena_allocate(sizeof *word);
        word->text = arena_text(shell.parameters[i], strlen(shell.parameters[i]));
        *end = word;
        end = (const struct word **)&word->next;
    }
    shell.loop_depth++;
    for (; words && !shell.failed; words = words->next) {
        struct arena_mark mark = arena_mark();
        if (variable_set(node->name, words->text)) {
            status = script_fail();
            break;
        }
        status = node_execute(node->left, false);
        arena_release(mark);
        if (loop_ends())
            break;
    }
    shell.loop_depth--;
    return status;
}

static int case_execute(const struct node *node)
{
    char *subject = word_expand(node->words->text);

    for (const struct case_item *item = node->items; item && !shell.failed; item = item->next)
        for (const struct word *pattern = item->patterns; pattern; pattern = pattern->next)
            if (!fnmatch(word_expand_pattern(pattern->text), subject, 0))
                return item->body ? node_execute(item->body, false) : 0;
    return 0;
}

static int if_execute(const struct node *node, bool last)
{
    bool holds = condition_execute(node->left) == 0;

    if (shell.jump || shell.failed)
        return shell.status;
    if (holds)
        return node_execute(node->right, last);
    return node->other ? node_execute(node->other, last) : 0;
}

/* left && right, left || right */
static int and_or_execute(const struct node *node, bool last)
{
    int status = condition_execute(node->left);

    if (shell.jump || shell.failed || (status == 0) != (node->kind == NODE_AND))
        return status;
    return node_execute(node->right, last);
}

static int sequence_execute(const struct node *node, bool last)
{
    int status = 0;

    for (; node && node->kind == NODE_SEQUENCE; node = node->right) {
        struct arena_mark mark = arena_mark();
        status = node_execute(node->left, last && !node->right);
        arena_release(mark);
        if (shell.jump || shell.failed)
            return status;
    }
    return node ? node_execute(node, last) : status;
}

static int kind_execute(const struct node *node, bool last)
{
    switch (node->kind) {
    case NODE_COMMAND:
        return command_execute(node, last);
    case NODE_PIPE:
        return pipe_execute(node);
    case NODE_AND:
    case NODE_OR:
        return and_or_execute(node, last);
    case NODE_SEQUENCE:
        return sequence_execute(node, last);
    case NODE_BACKGROUND:
        return background_execute(node);
    case NODE_NOT:
        return !condition_execute(node->left);
    case NODE_SUBSHELL:
        return subshell_execute(node, last);
    case NODE_GROUP:
        return node_execute(node->left, last);
    case NODE_IF:
        return if_execute(node, last);
    case NODE_WHILE:
    case NODE_UNTIL:
        return while_execute(node);
    case NODE_FOR:
        return for_execute(node);
    case NODE_CASE:
        return case_execute(node);
    default:
        function_set(node->name, node->left);
        return 0;
    }
}

/* `set -e` looks at what is no condition and no part of one. */
static void error_check(const struct node *node, int status)
{
    bool simple = node->kind == NODE_COMMAND || node->kind == NODE_PIPE || node->kind == NODE_SUBSHELL;

    if (status && simple && shell.exit_on_error && !shell.tested && !shell.jump) {
        shell.jump = JUMP_EXIT;
        shell.status = status;
    }
}

int node_execute(const struct node *node, bool last)
{
    struct saved_descriptor *saved = NULL;
    bool own = node && (node->kind == NODE_COMMAND || node->kind == NODE_SUBSHELL);
    int status;

    if (!node || shell.no_exec)
        return 0;
    if (last && (shell.exit_on_error || traps_pending()))
        last = false;
    if (!own && node->redirects) {
        fflush(stdout);
        if (redirects_apply(node->redirects, &saved)) {
            redirects_undo(saved);
            return shell.status = STATUS_ERROR;
        }
        last = false;
    }
    status = kind_execute(node, last);
    if (saved) {
        fflush(stdout);
        redirects_undo(saved);
    }
    if (!shell.jump)
        shell.status = status;
    error_check(node, status);
    traps_run();
    return shell.status;
}

/* --- whole texts --- */

/* A failed expansion ends a script, and one line of a terminal. */
static bool source_goes_on(bool terminal)
{
    if (shell.failed) {
        shell.status = STATUS_ERROR;
        if (!terminal)
            shell.jump = JUMP_EXIT;
        shell.failed = false;
    }
    if (terminal && (shell.jump == JUMP_BREAK || shell.jump == JUMP_CONTINUE))
        shell.jump = JUMP_NONE;
    return !shell.jump;
}

int source_execute(struct source *source, bool last)
{
    bool ended = false, failed = false, any = false;

    while (!ended && source_goes_on(shell.interactive)) {
        struct arena_mark mark = arena_mark();
        struct node *node = parse_command(source, &ended, &failed);
        any |= node || failed;
        if (node)
            node_execute(node, last && source_is_over(source));
        arena_release(mark);
        if (failed) {
            shell.status = STATUS_ERROR;
            if (!shell.interactive) {
                shell.jump = JUMP_EXIT;
                break;
            }
        }
    }
    source_close(source);
    if (!any)
        shell.status = 0;
    return shell.status;
}

int text_execute(const char *text, bool last)
{
    return source_execute(source_of_text(text), last);
}

int file_execute(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    int moved = descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 10);

    if (moved < 0)
        return complain("%s: %s", path, strerror(errno)) + STATUS_NOT_FOUND - 1;
    close(descriptor);
    return source_execute(source_of_descriptor(moved), false);
}
