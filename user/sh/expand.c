/*
 * From words as written to arguments (POSIX XCU 2.6).  One pass over the word writes characters with a mark each (expand.h);
 * fields.c cuts the result.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expand.h"

static void parameter_expand(struct expansion *out, const char *name, size_t length);
static void text_expand(struct expansion *out, const char *at, const char *end, bool here);
static size_t tilde_expand(struct expansion *out, const char *text, const char *ends);

static void put(struct expansion *out, char character, enum mark mark)
{
    text_add(&out->text, character);
    text_add(&out->marks, (char)mark);
}

static void put_text(struct expansion *out, const char *text, size_t length, enum mark mark)
{
    for (size_t i = 0; i < length; i++)
        put(out, text[i], mark);
}

/* The result of an expansion. */
static void put_value(struct expansion *out, const char *value)
{
    put_text(out, value, strlen(value), out->in_quotes ? QUOTED : EXPANDED);
}

static void put_number(struct expansion *out, long number)
{
    char text[24];

    snprintf(text, sizeof text, "%ld", number);
    put_value(out, text);
}

/* --- parameters --- */

/* $* and $@: one by one; only "$*" joins them. */
static void put_parameters(struct expansion *out, char kind)
{
    const char *separators = variable_get("IFS");

    for (int i = 0; i < shell.parameter_count; i++) {
        if (i && out->split && (kind == '@' || !out->in_quotes))
            put(out, 0, FIELD);
        else if (i && (kind == '@' || !separators || *separators))
            put(out, kind == '@' || !separators ? ' ' : *separators, out->in_quotes ? QUOTED : EXPANDED);
        if (out->in_quotes && kind == '@')
            put(out, 0, EMPTY);
        put_value(out, shell.parameters[i]);
    }
}

static const char *option_letters(void)
{
    static char letters[16];
    char *at = letters;

    for (const struct shell_option *option = shell_options; option->letter; option++)
        if (*option->flag)
            *at++ = option->letter;
    *at = 0;
    return letters;
}

/* The value of a parameter other than $* and $@, or NULL when it is not set. */
static const char *parameter_value(const char *name, size_t length)
{
    static char number[24];

    if (isalpha((unsigned char)*name) || *name == '_')
        return variable_get(arena_text(name, length));
    if (isdigit((unsigned char)*name)) {
        long index = strtol(arena_text(name, length), NULL, 10);
        return !index ? shell.name : index <= shell.parameter_count ? shell.parameters[index - 1] : NULL;
    }
    switch (*name) {
    case '?':
        snprintf(number, sizeof number, "%d", shell.status);
        return number;
    case '$':
        snprintf(number, sizeof number, "%d", shell.id);
        return number;
    case '#':
        snprintf(number, sizeof number, "%d", shell.parameter_count);
        return number;
    case '!':
        snprintf(number, sizeof number, "%d", shell.last_background);
        return shell.last_background ? number : NULL;
    case '-':
        return option_letters();
    default:
        return NULL;
    }
}

/* The length of the parameter's name behind '$' or '${': 0 if there is none. */
static size_t parameter_length(const char *at, bool braces)
{
    size_t length = 0;

    if (isalpha((unsigned char)*at) || *at == '_') {
        while (isalnum((unsigned char)at[length]) || at[length] == '_')
            length++;
        return length;
    }
    if (isdigit((unsigned char)*at)) {
        do
            length++;
        while (braces && isdigit((unsigned char)at[length]));
        return length;
    }
    return *at && strchr("@*#?-$!", *at) ? 1 : 0;
}

static void parameter_unset(const char *name, size_t length)
{
    complain("%.*s: parameter not set", (int)length, name);
    shell.failed = true;
}

static void parameter_expand(struct expansion *out, const char *name, size_t length)
{
    if (*name == '@' || *name == '*') {
        put_parameters(out, *name);
        return;
    }
    const char *value = parameter_value(name, length);
    if (value)
        put_value(out, value);
    else if (shell.no_unset)
        parameter_unset(name, length);
}

/* --- ${parameter operator word} --- */

/* What is left of value when the shortest or longest prefix or suffix that matches is gone. */
static char *value_trim(const char *value, const char *pattern, bool suffix, bool longest)
{
    size_t length = strlen(value);

    for (size_t i = 0; i <= length; i++) {
        size_t cut = longest ? length - i : i;
        const char *piece = suffix ? value + length - cut : arena_text(value, cut);
        if (!fnmatch(pattern, piece, 0))
            return suffix ? arena_text(value, length - cut) : arena_text(value + cut, length - cut);
    }
    return arena_text(value, length);
}

/* A parameter's text for trimming and measuring, $* and $@ joined. */
static const char *parameter_text(const char *name, size_t length)
{
    struct text joined = {0};

    if (*name != '@' && *name != '*')
        return parameter_value(name, length);
    for (int i = 0; i < shell.parameter_count; i++) {
        if (i)
            text_add(&joined, ' ');
        text_append(&joined, shell.parameters[i], strlen(shell.parameters[i]));
    }
    return shell.parameter_count ? text_finish(&joined) : NULL;
}

static void word_message(const char *name, size_t length, const char *word)
{
    complain("%.*s: %s", (int)length, name, *word ? word_expand(word) : "parameter not set");
    shell.failed = true;
}

/* The word of ${x:-word}. */
static void alternative_expand(struct expansion *out, const char *word)
{
    bool before = out->in_word;

    out->in_word = true;
    size_t home = before || out->in_quotes ? 0 : tilde_expand(out, word, "/");
    text_expand(out, word + home, word + strlen(word), false);
    out->in_word = before;
}

/* :- :+ := :? and the same without the colon, which ask only whether it is set. */
static void default_expand(struct expansion *out, const char *name, size_t length, char kind, bool usable,
                           const char *word)
{
    switch (kind) {
    case '-':
        if (usable)
            parameter_expand(out, name, length);
        else
            alternative_expand(out, word);
        break;
    case '+':
        if (usable)
            alternative_expand(out, word);
        break;
    case '=':
        if (!usable && variable_set(arena_text(name, length), word_expand(word)))
            shell.failed = true;
        parameter_expand(out, name, length);
        break;
    default:
        if (usable)
            parameter_expand(out, name, length);
        else
            word_message(name, length, word);
        break;
    }
}

/* The inside of ${...}. */
static void braces_expand(struct expansion *out, const char *text)
{
    bool measure = *text == '#' && text[1] && !strchr("}:-=?+%#", text[1]);
    const char *name = text + measure;
    size_t length = parameter_length(name, true);
    const char *operator= name + length, *value = length ? parameter_text(name, length) : NULL;

    if (!length || (measure && *operator)) {
        complain("%s: bad substitution", text);
        shell.failed = true;
    } else if (measure) {
        put_number(out, value ? (long)strlen(value) : 0);
    } else if (!*operator) {
        parameter_expand(out, name, length);
    } else if (*operator== '%' || * operator== '#') {
        bool longest = operator[1] == * operator;
        const char *pattern = word_expand_pattern(operator+ 1 + longest);
        if (value)
            put_value(out, value_trim(value, pattern, *operator== '%', longest));
    } else {
        bool colon = *operator== ':';
        operator+= colon;
        if (!*operator|| !strchr("-=?+", *operator)) {
            complain("%s: bad substitution", text);
            shell.failed = true;
            return;
        }
        default_expand(out, name, length, *operator, value &&(!colon || *value), operator+ 1);
    }
}

/* --- constructs within a word --- */

/* Within backquotes a backslash quotes only $ ` and itself. */
static char *backquoted_text(const char *at, size_t length, bool in_quotes)
{
    struct text text = {0};

    for (size_t i = 0; i < length; i++) {
        if (at[i] == '\\' && i + 1 < length && (strchr("$`\\", at[i + 1]) || (in_quotes && at[i + 1] == '"')))
            i++;
        text_add(&text, at[i]);
    }
    return text_finish(&text);
}

/* $name ${...} $(...) $((...)); returns the length of what was written. */
static size_t dollar_expand(struct expansion *out, const char *at)
{
    size_t length = construct_length(at);

    if (at[1] == '(') {
        if (at[2] == '(' && at[length - 2] == ')')
            put_number(out, arithmetic_evaluate(here_expand(arena_text(at + 3, length - 5))));
        else
            put_value(out, command_output(arena_text(at + 2, length - 3)));
        return length;
    }
    if (at[1] == '{') {
        braces_expand(out, arena_text(at + 2, length - 3));
        return length;
    }
    length = parameter_length(at + 1, false);
    if (length)
        parameter_expand(out, at + 1, length);
    else
        put(out, '$', out->in_quotes ? QUOTED : PLAIN);
    return 1 + length;
}

static size_t quotes_length(const char *at)
{
    size_t length = 1;

    while (at[length] && at[length] != '"') {
        if (at[length] == '\\' && at[length + 1])
            length += 2;
        else if (at[length] == '`' || at[length] == '$')
            length += construct_length(at + length);
        else
            length++;
    }
    return length + 1;
}

static size_t backslash_expand(struct expansion *out, const char *at, bool here)
{
    bool special = at[1] && (strchr(here ? "$`\\" : "$`\"\\", at[1]) || (out->in_word && at[1] == '}'));

    if (!at[1] || ((out->in_quotes || here) && !special)) {
        put(out, '\\', QUOTED);
        return 1;
    }
    put(out, at[1], QUOTED);
    return 2;
}

/* One construct or character; returns how much of the word it took. */
static size_t piece_expand(struct expansion *out, const char *at, bool here)
{
    size_t length;

    switch (*at) {
    case '\\':
        return backslash_expand(out, at, here);
    case '$':
        return dollar_expand(out, at);
    case '`':
        length = construct_length(at);
        put_value(out, command_output(backquoted_text(at + 1, length - 2, out->in_quotes)));
        return length;
    case '\'':
        if (out->in_quotes || here)
            break;
        length = strcspn(at + 1, "'");
        put(out, 0, EMPTY);
        put_text(out, at + 1, length, QUOTED);
        return length + 2;
    case '"':
        if (here)
            break;
        if (out->in_quotes) /* as in "${x:-"y"}" */
            return 1;
        length = quotes_length(at);
        if (length != 4 || strncmp(at, "\"$@\"", 4) || !out->split)
            put(out, 0, EMPTY);
        out->in_quotes = true;
        text_expand(out, at + 1, at + length - 1, false);
        out->in_quotes = false;
        return length;
    default:
        break;
    }
    put(out, *at, out->in_quotes || here ? QUOTED : out->in_word ? EXPANDED : PLAIN);
    return *at == ':' && out->assignment && !out->in_quotes ? 1 + tilde_expand(out, at + 1, "/:") : 1;
}

static void text_expand(struct expansion *out, const char *at, const char *end, bool here)
{
    while (at < end && !shell.failed)
        at += piece_expand(out, at, here);
}

/* ~ and ~user at the beginning; returns the length of what was written. */
static size_t tilde_expand(struct expansion *out, const char *text, const char *ends)
{
    size_t length = strcspn(text, ends);
    const char *home = NULL;

    if (*text != '~' || strcspn(text, "\\'\"$`") < length)
        return 0;
    if (length == 1) {
        home = variable_get("HOME");
    } else {
        struct passwd *user = getpwnam(arena_text(text + 1, length - 1));
        home = user ? user->pw_dir : NULL;
    }
    if (!home)
        return 0;
    put_text(out, home, strlen(home), QUOTED);
    return length;
}

static void expansion_free(struct expansion *out)
{
    free(out->text.data);
    free(out->marks.data);
}

static void word_to_marks(struct expansion *out, const char *text)
{
    const char *end = text + strlen(text);

    text_expand(out, text + tilde_expand(out, text, out->assignment ? "/:" : "/"), end, false);
}

struct word *words_expand(const struct word *words)
{
    struct word *first = NULL, **end = &first;

    for (; words && !shell.failed; words = words->next) {
        struct expansion out = {.split = true};
        word_to_marks(&out, words->text);
        if (!shell.failed && out.text.length)
            end = fields_add(end, &out);
        expansion_free(&out);
    }
    return first;
}

static char *whole_expand(const char *text, bool pattern, bool here)
{
    struct expansion out = {0};

    if (here)
        text_expand(&out, text, text + strlen(text), true);
    else
        word_to_marks(&out, text);
    char *result = piece_text(&out, 0, out.text.length, pattern);
    expansion_free(&out);
    return result;
}

char *word_expand(const char *text)
{
    return whole_expand(text, false, false);
}

char *assignment_expand(const char *text)
{
    struct expansion out = {.assignment = true};

    word_to_marks(&out, text);
    char *result = piece_text(&out, 0, out.text.length, false);
    expansion_free(&out);
    return result;
}

char *word_expand_pattern(const char *text)
{
    return whole_expand(text, true, false);
}

char *here_expand(const char *text)
{
    return whole_expand(text, false, true);
}
