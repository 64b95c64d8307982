/* Where command text comes from, a line at a time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edit.h"

enum { INSERTED_MOST = 32, ENDS_IGNORED = 50 };

struct source {
    struct text line; /* what has been read and not used up */
    size_t at;
    int descriptor; /* -1: only what is in line */
    bool terminal, ended, further;
    bool interrupted; /* by ^C: what has been typed of this command is forgotten */
    int number;
    int ends_ignored;         /* ^D at a prompt, under `set -o ignoreeof` */
    int inserted;             /* texts, since source_command_begin */
    struct capture *captures; /* see source_capture_begin */
};

static struct source *source_new(int descriptor)
{
    struct source *source = memory_get(sizeof *source);

    *source = (struct source){.descriptor = descriptor, .number = 1};
    return source;
}

struct source *source_of_text(const char *text)
{
    struct source *source = source_new(-1);

    text_append(&source->line, text, strlen(text));
    return source;
}

struct source *source_of_descriptor(int descriptor)
{
    return source_new(descriptor);
}

struct source *source_of_terminal(void)
{
    struct source *source = source_new(STDIN_FILENO);

    source->terminal = true;
    return source;
}

void source_close(struct source *source)
{
    if (source->descriptor > STDERR_FILENO)
        close(source->descriptor);
    free(source->line.data);
    free(source);
}

/* A file is read in blocks; what comes through standard input belongs, behind this line, to the commands. */
static void line_read_file(struct source *source)
{
    char block[4096];
    bool shared = source->descriptor == STDIN_FILENO;
    bool seekable = shared && lseek(source->descriptor, 0, SEEK_CUR) >= 0;
    ssize_t length;

    do
        length = read(source->descriptor, block, shared && !seekable ? 1 : sizeof block);
    while (length < 0 && errno == EINTR);
    if (length <= 0) {
        source->ended = true;
        return;
    }
    char *newline = memchr(block, '\n', (size_t)length);
    if (seekable && newline) {
        ssize_t used = newline + 1 - block;
        lseek(source->descriptor, used - length, SEEK_CUR);
        length = used;
    }
    text_append(&source->line, block, (size_t)length);
}

/* A line as it comes, and nothing of what is behind it: that may be for a command. As edit_read(). */
static ssize_t line_read_plain(struct edit_line *line, const char *prompt)
{
    ssize_t length = 0, got = 0;
    enum awaited awaited;

    do
        fputs(prompt, stderr);
    while ((awaited = input_await()) == AWAITED_CHANGE);
    if (awaited == AWAITED_SIGNAL)
        return -1;
    while (length < EDIT_LINE_SIZE && (got = read(STDIN_FILENO, line->text + length, 1)) == 1)
        if (line->text[length++] == '\n')
            return length;
    return got < 0 ? got : length;
}

/* A terminal that can move its cursor is edited on; from another one lines come as they are. */
static ssize_t terminal_read(const char *prompt, struct edit_line *line)
{
    const char *kind = variable_get("TERM");

    if (kind && strcmp(kind, "dumb"))
        return edit_read(line, prompt);
    return line_read_plain(line, prompt);
}

static void line_read_terminal(struct source *source)
{
    static struct edit_line line;
    bool further = source->further;
    const char *prompt = variable_get(further ? "PS2" : "PS1");

    if (!further)
        jobs_report("");
    source->further = true;
    ssize_t length = terminal_read(prompt ? prompt : "", &line);
    if (length > 0) {
        source->ends_ignored = 0;
        text_append(&source->line, line.text, (size_t)length);
        history_add(line.text, (size_t)length - (line.text[length - 1] == '\n'));
    } else if (length < 0 && errno == EINTR) {
        traps_run();
        fputc('\n', stderr);
        source->interrupted = true;
    } else if (!(shell.ignore_end && isatty(STDIN_FILENO) && source->ends_ignored++ < ENDS_IGNORED)) {
        source->ended = true;
    } else {
        source->further = further;
        fputs("Use \"exit\" to leave the shell.\n", stderr);
    }
}

/* Makes sure that `ahead` characters are there, if so many come. */
static bool source_fill(struct source *source, size_t ahead)
{
    while (source->at + ahead > source->line.length) {
        if (source->descriptor < 0 || source->ended || source->interrupted)
            return false;
        if (source->at == source->line.length)
            source->at = source->line.length = 0;
        if (source->terminal)
            line_read_terminal(source);
        else
            line_read_file(source);
    }
    return true;
}

int source_peek(struct source *source)
{
    return source_fill(source, 1) ? (unsigned char)source->line.data[source->at] : -1;
}

int source_peek_second(struct source *source)
{
    if (source_peek(source) == '\n')
        return -1;
    return source_fill(source, 2) ? (unsigned char)source->line.data[source->at + 1] : -1;
}

int source_next(struct source *source)
{
    int character = source_peek(source);

    if (character >= 0) {
        source->at++;
        if (shell.verbose && source->descriptor >= 0 && !source->terminal)
            fputc(character, stderr);
        for (struct capture *capture = source->captures; capture; capture = capture->outer)
            text_add(&capture->text, (char)character);
    }
    source->number += character == '\n';
    return character;
}

void source_capture_begin(struct source *source, struct capture *capture)
{
    *capture = (struct capture){.outer = source->captures};
    source->captures = capture;
}

void source_capture_end(struct source *source)
{
    source->captures = source->captures->outer;
}

bool source_insert(struct source *source, const char *text)
{
    size_t length = strlen(text), rest = source->line.length - source->at;

    if (source->captures || source->inserted >= INSERTED_MOST)
        return false;
    source->inserted++;
    char *behind = memory_get(rest + 1);
    memcpy(behind, source->line.data + source->at, rest);
    source->line.length = source->at;
    text_append(&source->line, text, length);
    text_add(&source->line, ' ');
    text_append(&source->line, behind, rest);
    free(behind);
    return true;
}

void source_command_begin(struct source *source)
{
    source->inserted = 0;
    source->further = source->interrupted = false;
}

bool source_interrupted(const struct source *source)
{
    return source->interrupted;
}

int source_line(const struct source *source)
{
    return source->number;
}

bool source_is_over(const struct source *source)
{
    if (source->descriptor >= 0)
        return false;
    const char *rest = source->line.data + source->at;
    return strspn(rest, " \t\n") == source->line.length - source->at;
}
