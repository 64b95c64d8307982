/* Tokens.  A word is copied as written: quotes and dollars are looked at again when it is expanded. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

static void quoted_copy(struct lexer *lexer, struct text *word, char quote);
static void dollar_copy(struct lexer *lexer, struct text *word);

void lexer_error(struct lexer *lexer, const char *near)
{
    if (!lexer->failed && !source_interrupted(lexer->source))
        complain("%d: syntax error near %s", source_line(lexer->source), near);
    lexer->failed = true;
}

static int copy_next(struct lexer *lexer, struct text *word)
{
    int character = source_next(lexer->source);

    if (character >= 0)
        text_add(word, (char)character);
    return character;
}

/* A backslash and what it quotes; with a newline it is nothing at all. */
static void backslash_copy(struct lexer *lexer, struct text *word)
{
    source_next(lexer->source);
    if (source_peek(lexer->source) == '\n') {
        source_next(lexer->source);
        return;
    }
    text_add(word, '\\');
    copy_next(lexer, word);
}

/* From behind an opening bracket to its partner, for $((...)) and ${...}. */
static void nested_copy(struct lexer *lexer, struct text *word, char open, char close)
{
    int depth = 1, character;

    while (depth && (character = source_peek(lexer->source)) >= 0) {
        if (character == '\\') {
            backslash_copy(lexer, word);
        } else if (character == '$') {
            dollar_copy(lexer, word);
        } else {
            copy_next(lexer, word);
            if (character == '\'' || character == '"' || character == '`')
                quoted_copy(lexer, word, (char)character);
            depth += (character == open) - (character == close);
        }
    }
    if (depth)
        lexer_error(lexer, "unmatched bracket");
}

/* Commands are understood, not only their brackets counted: a `case` has brackets that are alone. */
static void substitution_copy(struct lexer *lexer, struct text *word)
{
    struct capture capture;

    source_capture_begin(lexer->source, &capture);
    parse_substitution(lexer);
    source_capture_end(lexer->source);
    if (capture.text.length)
        text_append(word, capture.text.data, capture.text.length);
    free(capture.text.data);
}

static void dollar_copy(struct lexer *lexer, struct text *word)
{
    copy_next(lexer, word);
    int open = source_peek(lexer->source);

    if (open != '(' && open != '{')
        return;
    copy_next(lexer, word);
    if (open == '{')
        nested_copy(lexer, word, '{', '}');
    else if (source_peek(lexer->source) == '(')
        nested_copy(lexer, word, '(', ')');
    else
        substitution_copy(lexer, word);
}

/* From behind a quote to its partner. */
static void quoted_copy(struct lexer *lexer, struct text *word, char quote)
{
    int character;

    while ((character = source_peek(lexer->source)) >= 0 && character != quote) {
        if (quote != '\'' && character == '\\')
            backslash_copy(lexer, word);
        else if (quote == '"' && character == '$')
            dollar_copy(lexer, word);
        else if (quote == '"' && character == '`') {
            copy_next(lexer, word);
            quoted_copy(lexer, word, '`');
        } else
            copy_next(lexer, word);
    }
    if (copy_next(lexer, word) < 0)
        lexer_error(lexer, "unmatched quote");
}

static bool word_ends(int character)
{
    return character < 0 || isspace(character) || strchr("|&;<>()", character);
}

static void word_read(struct lexer *lexer)
{
    struct text word = {0};
    int character;

    text_append(&word, "", 0);
    while (!word_ends(character = source_peek(lexer->source))) {
        if (strchr("'\"`\\", character))
            lexer->token.quoted = true;
        if (character == '\\') {
            backslash_copy(lexer, &word);
        } else if (character == '$') {
            dollar_copy(lexer, &word);
        } else {
            copy_next(lexer, &word);
            if (strchr("'\"`", character))
                quoted_copy(lexer, &word, (char)character);
        }
    }
    lexer->token.kind = TOKEN_WORD;
    lexer->token.text = text_finish(&word);
}

static void redirect_read(struct lexer *lexer, int descriptor)
{
    struct token *token = &lexer->token;
    bool input = source_next(lexer->source) == '<';
    int character = source_peek(lexer->source);

    token->kind = TOKEN_REDIRECT;
    token->descriptor = descriptor >= 0 ? descriptor : !input;
    token->redirect = input ? REDIRECT_IN : REDIRECT_OUT;
    if (character == '&')
        token->redirect = REDIRECT_DUP;
    else if (input && character == '<')
        token->redirect = REDIRECT_HERE;
    else if (!input && character == '>')
        token->redirect = REDIRECT_APPEND;
    else if (!input && character == '|')
        token->redirect = REDIRECT_CLOBBER;
    else if (input && character == '>')
        token->redirect = REDIRECT_BOTH;
    else
        return;
    source_next(lexer->source);
    if (token->redirect == REDIRECT_HERE && source_peek(lexer->source) == '-') {
        token->strip = true;
        source_next(lexer->source);
    }
}

/* One of two kinds, depending on whether the character is doubled. */
static void operator_read(struct lexer *lexer, enum token_kind single, enum token_kind twice)
{
    int character = source_next(lexer->source);

    lexer->token.kind = single;
    if (source_peek(lexer->source) == character) {
        source_next(lexer->source);
        lexer->token.kind = twice;
    }
}

static void blanks_skip(struct lexer *lexer)
{
    for (;;) {
        int character = source_peek(lexer->source);
        if (character == '\\' && source_peek_second(lexer->source) == '\n') {
            source_next(lexer->source);
            source_next(lexer->source);
        } else if (character == '#') {
            while ((character = source_peek(lexer->source)) >= 0 && character != '\n')
                source_next(lexer->source);
        } else if (character == ' ' || character == '\t' || character == '\r') {
            source_next(lexer->source);
        } else {
            return;
        }
    }
}

void lexer_here_add(struct lexer *lexer, struct redirect *redirect)
{
    struct redirect **end = &lexer->here;

    while (*end)
        end = &(*end)->here_next;
    *end = redirect;
}

/* The delimiter without its quotes. */
static char *delimiter_plain(const char *text)
{
    struct text plain = {0};

    for (; *text; text++) {
        if (*text == '\\' && text[1])
            text++;
        else if (*text == '\'' || *text == '"')
            continue;
        text_add(&plain, *text);
    }
    return text_finish(&plain);
}

static bool here_line(struct lexer *lexer, struct text *line, bool strip)
{
    int character;

    line->length = 0;
    text_append(line, "", 0);
    while (strip && source_peek(lexer->source) == '\t')
        source_next(lexer->source);
    if (source_peek(lexer->source) < 0)
        return false;
    while ((character = source_next(lexer->source)) >= 0 && character != '\n')
        text_add(line, (char)character);
    return true;
}

/* The texts of the here-documents begun on the line that has just ended. */
static void here_read(struct lexer *lexer)
{
    while (lexer->here) {
        struct redirect *redirect = lexer->here;
        const char *delimiter = delimiter_plain(redirect->target);
        struct text text = {0}, line = {0};
        lexer->here = redirect->here_next;
        redirect->literal = strpbrk(redirect->target, "\\'\"") != NULL;
        while (here_line(lexer, &line, redirect->strip) && strcmp(line.data, delimiter)) {
            text_append(&text, line.data, line.length);
            text_add(&text, '\n');
        }
        free(line.data);
        redirect->target = text_finish(&text);
    }
}

/* Digits directly before < or > name a descriptor. */
static bool descriptor_word(struct lexer *lexer)
{
    const struct token *token = &lexer->token;
    int next = source_peek(lexer->source);

    if ((next != '<' && next != '>') || !*token->text || token->quoted)
        return false;
    return strspn(token->text, "0123456789") == strlen(token->text);
}

void lexer_next(struct lexer *lexer)
{
    lexer->token = (struct token){.descriptor = -1};
    blanks_skip(lexer);
    switch (source_peek(lexer->source)) {
    case -1:
        lexer->token.kind = TOKEN_END;
        here_read(lexer);
        break;
    case '\n':
        source_next(lexer->source);
        lexer->token.kind = TOKEN_NEWLINE;
        here_read(lexer);
        break;
    case ';':
        operator_read(lexer, TOKEN_SEMICOLON, TOKEN_DOUBLE_SEMICOLON);
        break;
    case '&':
        operator_read(lexer, TOKEN_AMPERSAND, TOKEN_AND);
        break;
    case '|':
        operator_read(lexer, TOKEN_PIPE, TOKEN_OR);
        break;
    case '(':
        source_next(lexer->source);
        lexer->token.kind = TOKEN_OPEN;
        break;
    case ')':
        source_next(lexer->source);
        lexer->token.kind = TOKEN_CLOSE;
        break;
    case '<':
    case '>':
        redirect_read(lexer, -1);
        break;
    default:
        word_read(lexer);
        if (descriptor_word(lexer))
            redirect_read(lexer, atoi(lexer->token.text));
        break;
    }
}

/* Uses the lexer itself over a copy of the text. */
size_t construct_length(const char *text)
{
    if (*text == '$' && text[1] != '(' && text[1] != '{')
        return 1;
    struct lexer lexer = {.source = source_of_text(text)};
    struct text word = {0};
    if (*text == '`') {
        copy_next(&lexer, &word);
        quoted_copy(&lexer, &word, '`');
    } else {
        dollar_copy(&lexer, &word);
    }
    source_close(lexer.source);
    free(word.data);
    return word.length;
}
