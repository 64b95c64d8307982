/* The line editor. */
#ifndef CLOCKHAND_SH_EDIT_H
#define CLOCKHAND_SH_EDIT_H

#include "sh.h"

enum { EDIT_LINE_SIZE = 4096 };

struct edit_line {
    const char *prompt;
    size_t length, at; /* at: the cursor */
    int recalled;      /* which line of the history is shown; the number behind the last: none */
    char *typed;       /* what was there before the first of them */
    char text[EDIT_LINE_SIZE];
};

/* Reads one line, with its newline, into line->text; its length, 0 at the end, -1 with EINTR after ^C or another signal. */
ssize_t edit_read(struct edit_line *line, const char *prompt);
/* Puts text in at the cursor, if there is room. */
void edit_insert(struct edit_line *line, const char *text, size_t length);
/* Completes the word before the cursor, or lists what it could become. */
void edit_complete(struct edit_line *line);

#endif
