/*
 * Marked text: what a word becomes before it is cut into fields.  Each character has a mark.
 *
 *     PLAIN      written in the word: never splits, may be part of a pattern
 *     QUOTED     inside quotes or behind a backslash: neither
 *     EXPANDED   from a parameter or command: splits at IFS, may be part of a pattern
 *     FIELD      not a character but the border between two arguments ("$@")
 *     EMPTY      not a character but proof that there were quotes: "" is an argument
 */
#ifndef CLOCKHAND_SH_EXPAND_H
#define CLOCKHAND_SH_EXPAND_H

#include "sh.h"

enum mark { PLAIN, QUOTED, EXPANDED, FIELD, EMPTY };

struct expansion {
    struct text text;
    struct text marks;
    bool in_quotes;
    bool split;      /* fields are wanted: $@ makes borders */
    bool in_word;    /* the word of ${x:-word} without quotes is split, too */
    bool assignment; /* a tilde may follow a colon */
};

/* A piece as text; with `pattern`, what was quoted stands behind a backslash. In the arena. */
char *piece_text(const struct expansion *out, size_t from, size_t to, bool pattern);
/* Appends the fields of the text to a list; returns its new end. */
struct word **fields_add(struct word **end, const struct expansion *out);

#endif
