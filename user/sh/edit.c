/*
 * Editing a line on a terminal, which is raw meanwhile.  What is typed at the end is echoed; after any other key the line is
 * written again.
 *
 *     ^A ^E home end   ^B ^F left right   ^H ^D delete   ^U ^K ^W cut   ^L clear   ^P ^N up down history   tab completes
 *
 * A line longer than the terminal is wide scrolls sideways. Signals stay on: ^C ends the reading as it does everywhere.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "edit.h"

enum { ESCAPE = 27, ERASE = 127 };

enum key {
    KEY_UP = 256,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
    KEY_NONE,
    KEY_INTERRUPT,
    KEY_FAILED
};

static int control(char letter)
{
    return letter & 31;
}

static int byte_read(void)
{
    unsigned char byte;
    ssize_t length = read(STDIN_FILENO, &byte, 1);

    if (length == 1)
        return byte;
    return length < 0 && errno == EINTR ? KEY_INTERRUPT : KEY_FAILED;
}

/* Behind ESC [ : a letter, or a number and ~. */
static int sequence_read(void)
{
    int number = 0, byte = byte_read();

    for (; byte < 256 && isdigit(byte); byte = byte_read())
        number = number * 10 + byte - '0';
    switch (byte == '~' ? number : byte) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
    case 1:
    case 7:
        return KEY_HOME;
    case 'F':
    case 4:
    case 8:
        return KEY_END;
    case 3:
        return KEY_DELETE;
    default:
        return byte >= KEY_INTERRUPT ? byte : KEY_NONE;
    }
}

/* Between the bytes of a key nothing is told. */
static int key_read(void)
{
    enum awaited awaited = input_await();

    if (awaited != AWAITED_INPUT)
        return awaited == AWAITED_SIGNAL ? KEY_INTERRUPT : KEY_NONE;
    int byte = byte_read();
    if (byte != ESCAPE)
        return byte;
    byte = byte_read();
    return byte == '[' || byte == 'O' ? sequence_read() : byte >= KEY_INTERRUPT ? byte : KEY_NONE;
}

/* The room for the line behind its prompt. */
static size_t line_columns(const struct edit_line *line)
{
    struct winsize window = {.ws_col = 80};
    size_t prompt = strlen(line->prompt);

    ioctl(STDERR_FILENO, TIOCGWINSZ, &window);
    return window.ws_col > prompt + 10u ? window.ws_col - prompt - 1 : 60;
}

static void line_show(const struct edit_line *line)
{
    size_t columns = line_columns(line);
    size_t from = line->at > columns ? line->at - columns : 0;
    size_t shown = line->length - from < columns ? line->length - from : columns;
    fprintf(stderr, "\r%s%.*s\x1b[K", line->prompt, (int)shown, line->text + from);
    if (line->at < from + shown)
        fprintf(stderr, "\x1b[%zuD", from + shown - line->at);
}

void edit_insert(struct edit_line *line, const char *text, size_t length)
{
    if (line->length + length + 2 > sizeof line->text)
        return;
    memmove(line->text + line->at + length, line->text + line->at, line->length - line->at);
    memcpy(line->text + line->at, text, length);
    line->length += length;
    line->at += length;
}

/* Takes out what is between two places, and leaves the cursor there. */
static void line_cut(struct edit_line *line, size_t from, size_t to)
{
    memmove(line->text + from, line->text + to, line->length - to);
    line->length -= to - from;
    line->at = from;
}

static size_t word_start(const struct edit_line *line)
{
    size_t at = line->at;

    while (at && line->text[at - 1] == ' ')
        at--;
    while (at && line->text[at - 1] != ' ')
        at--;
    return at;
}

static void line_replace(struct edit_line *line, const char *text)
{
    line->length = line->at = 0;
    edit_insert(line, text, strlen(text));
}

/* Shows another line of the history; what was being typed is kept for the way back. */
static void history_go(struct edit_line *line, int step)
{
    int wanted = line->recalled + step, behind = history_last() + 1;

    if (wanted < history_first() || wanted > behind)
        return;
    if (line->recalled == behind) {
        memcpy(line->typed, line->text, line->length);
        line->typed[line->length] = 0;
    }
    line->recalled = wanted;
    line_replace(line, wanted == behind ? line->typed : history_line(wanted));
}

/* Keys that move or cut; true if it was one. */
static bool key_move(struct edit_line *line, int key)
{
    if (key == control('a') || key == KEY_HOME)
        line->at = 0;
    else if (key == control('e') || key == KEY_END)
        line->at = line->length;
    else if (key == control('b') || key == KEY_LEFT)
        line->at -= line->at > 0;
    else if (key == control('f') || key == KEY_RIGHT)
        line->at += line->at < line->length;
    else if ((key == control('h') || key == ERASE) && line->at)
        line_cut(line, line->at - 1, line->at);
    else if ((key == control('d') || key == KEY_DELETE) && line->at < line->length)
        line_cut(line, line->at, line->at + 1);
    else if (key == control('u'))
        line_cut(line, 0, line->at);
    else if (key == control('k'))
        line->length = line->at;
    else if (key == control('w'))
        line_cut(line, word_start(line), line->at);
    else
        return false;
    return true;
}

static void key_apply(struct edit_line *line, int key)
{
    char byte = (char)key;

    if (key_move(line, key))
        return;
    if (key == control('p') || key == KEY_UP)
        history_go(line, -1);
    else if (key == control('n') || key == KEY_DOWN)
        history_go(line, 1);
    else if (key == control('l'))
        fputs("\x1b[H\x1b[2J", stderr);
    else if (key == '\t')
        edit_complete(line);
    else if (key >= ' ' && key < 256 && key != ERASE)
        edit_insert(line, &byte, 1);
}

/* The usual case, typing and erasing at the end, without writing the line again; false if it is not that. */
static bool key_echo(struct edit_line *line, int key)
{
    char byte = (char)key;

    if (line->at != line->length || line->length + 1 >= line_columns(line))
        return false;
    if (key >= ' ' && key < ERASE) {
        edit_insert(line, &byte, 1);
        fputc(byte, stderr);
        return true;
    }
    if ((key != ERASE && key != control('h')) || !line->length)
        return false;
    line_cut(line, line->length - 1, line->length);
    fputs("\b \b", stderr);
    return true;
}

/* Reads keys until the line is complete. */
static ssize_t line_read(struct edit_line *line)
{
    line_show(line);
    for (;;) {
        int key = key_read();
        if (key == '\n' || key == '\r') {
            fputc('\n', stderr);
            line->text[line->length] = '\n';
            return (ssize_t)line->length + 1;
        }
        if (key == KEY_FAILED || (key == control('d') && !line->length)) {
            fputc('\n', stderr);
            return 0;
        }
        if (key == KEY_INTERRUPT)
            return -1;
        if (key_echo(line, key))
            continue;
        key_apply(line, key);
        line_show(line);
    }
}

ssize_t edit_read(struct edit_line *line, const char *prompt)
{
    static char typed[EDIT_LINE_SIZE];
    struct termios cooked, raw;

    *line = (struct edit_line){.prompt = prompt, .recalled = history_last() + 1, .typed = typed};
    if (tcgetattr(STDIN_FILENO, &cooked))
        return 0;
    raw = cooked;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    ssize_t length = line_read(line);
    int error = errno;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
    errno = error;
    return length;
}
