/* The grammar of POSIX (XCU 2.10), by recursive descent: one function per rule, each leaving the token behind it. */
#include <signal.h>
#include <string.h>

#include "sh.h"

static struct node *list_parse(struct lexer *lexer);
static struct node *compound_body(struct lexer *lexer);

static const char *const keywords[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}", NULL};

static struct node *node_new(enum node_kind kind, struct node *left, struct node *right)
{
    struct node *node = arena_allocate(sizeof *node);

    *node = (struct node){.kind = kind, .left = left, .right = right};
    return node;
}

static bool token_is(const struct lexer *lexer, enum token_kind kind)
{
    return !lexer->failed && lexer->token.kind == kind;
}

static bool keyword_is(const struct lexer *lexer, const char *keyword)
{
    return token_is(lexer, TOKEN_WORD) && !lexer->token.quoted && !strcmp(lexer->token.text, keyword);
}

static const char *token_text(const struct lexer *lexer)
{
    static const char *const names[] = {
        "the end", "newline", "",      "\";\"", "\";;\"", "\"&\"",
        "\"&&\"",  "\"||\"",  "\"|\"", "\"(\"", "\")\"",  "redirection",
    };

    return lexer->token.kind == TOKEN_WORD ? lexer->token.text : names[lexer->token.kind];
}

static void unexpected(struct lexer *lexer)
{
    lexer_error(lexer, token_text(lexer));
}

static void keyword_expect(struct lexer *lexer, const char *keyword)
{
    if (keyword_is(lexer, keyword))
        lexer_next(lexer);
    else
        unexpected(lexer);
}

static void newlines_skip(struct lexer *lexer)
{
    while (token_is(lexer, TOKEN_NEWLINE))
        lexer_next(lexer);
}

static struct word **word_add(struct lexer *lexer, struct word **end)
{
    *end = arena_allocate(sizeof **end);
    (*end)->text = lexer->token.text;
    lexer_next(lexer);
    return &(*end)->next;
}

static struct redirect *redirect_parse(struct lexer *lexer)
{
    struct redirect *redirect = arena_allocate(sizeof *redirect);

    redirect->kind = lexer->token.redirect;
    redirect->descriptor = lexer->token.descriptor;
    redirect->strip = lexer->token.strip;
    lexer_next(lexer);
    if (!token_is(lexer, TOKEN_WORD)) {
        unexpected(lexer);
        return redirect;
    }
    redirect->target = lexer->token.text;
    if (redirect->kind == REDIRECT_HERE)
        lexer_here_add(lexer, redirect);
    lexer_next(lexer);
    return redirect;
}

static struct redirect **redirect_add(struct lexer *lexer, struct redirect **end)
{
    *end = redirect_parse(lexer);
    return &(*end)->next;
}

static bool is_assignment(const char *text)
{
    const char *equals = strchr(text, '=');

    return equals && name_valid(text, (size_t)(equals - text));
}

static struct node *function_parse(struct lexer *lexer, const char *name)
{
    struct node *node = node_new(NODE_FUNCTION, NULL, NULL);

    node->name = name;
    lexer_next(lexer);
    if (!token_is(lexer, TOKEN_CLOSE)) {
        unexpected(lexer);
        return node;
    }
    lexer_next(lexer);
    newlines_skip(lexer);
    node->left = compound_body(lexer);
    return node;
}

static struct node *simple_parse(struct lexer *lexer)
{
    struct node *node = node_new(NODE_COMMAND, NULL, NULL);
    struct word **words = &node->words, **assignments = &node->assignments;
    struct redirect **redirects = &node->redirects;

    for (;;) {
        if (token_is(lexer, TOKEN_REDIRECT))
            redirects = redirect_add(lexer, redirects);
        else if (token_is(lexer, TOKEN_WORD) && !node->words && is_assignment(lexer->token.text))
            assignments = word_add(lexer, assignments);
        else if (token_is(lexer, TOKEN_WORD))
            words = word_add(lexer, words);
        else if (token_is(lexer, TOKEN_OPEN) && node->words && !node->words->next && !node->assignments)
            return function_parse(lexer, node->words->text);
        else
            break;
    }
    if (!node->words && !node->assignments && !node->redirects)
        unexpected(lexer);
    return node;
}

static struct node *if_parse(struct lexer *lexer)
{
    struct node *node = node_new(NODE_IF, NULL, NULL);

    lexer_next(lexer);
    node->left = list_parse(lexer);
    keyword_expect(lexer, "then");
    node->right = list_parse(lexer);
    if (keyword_is(lexer, "elif")) {
        node->other = if_parse(lexer);
        return node;
    }
    if (keyword_is(lexer, "else")) {
        lexer_next(lexer);
        node->other = list_parse(lexer);
    }
    keyword_expect(lexer, "fi");
    return node;
}

static struct node *while_parse(struct lexer *lexer)
{
    struct node *node = node_new(keyword_is(lexer, "while") ? NODE_WHILE : NODE_UNTIL, NULL, NULL);

    lexer_next(lexer);
    node->left = list_parse(lexer);
    keyword_expect(lexer, "do");
    node->right = list_parse(lexer);
    keyword_expect(lexer, "done");
    return node;
}

static struct node *for_parse(struct lexer *lexer)
{
    struct node *node = node_new(NODE_FOR, NULL, NULL);
    struct word **words = &node->words;

    lexer_next(lexer);
    if (!token_is(lexer, TOKEN_WORD) || !name_valid(lexer->token.text, strlen(lexer->token.text))) {
        unexpected(lexer);
        return node;
    }
    node->name = lexer->token.text;
    lexer_next(lexer);
    newlines_skip(lexer);
    if (keyword_is(lexer, "in")) {
        node->has_words = true;
        lexer_next(lexer);
        while (token_is(lexer, TOKEN_WORD))
            words = word_add(lexer, words);
    }
    if (token_is(lexer, TOKEN_SEMICOLON))
        lexer_next(lexer);
    newlines_skip(lexer);
    keyword_expect(lexer, "do");
    node->left = list_parse(lexer);
    keyword_expect(lexer, "done");
    return node;
}

static struct case_item *item_parse(struct lexer *lexer)
{
    struct case_item *item = arena_allocate(sizeof *item);
    struct word **patterns = &item->patterns;

    if (token_is(lexer, TOKEN_OPEN))
        lexer_next(lexer);
    while (token_is(lexer, TOKEN_WORD)) {
        patterns = word_add(lexer, patterns);
        if (!token_is(lexer, TOKEN_PIPE))
            break;
        lexer_next(lexer);
    }
    if (!token_is(lexer, TOKEN_CLOSE) || !item->patterns) {
        unexpected(lexer);
        return item;
    }
    lexer_next(lexer);
    newlines_skip(lexer);
    if (!token_is(lexer, TOKEN_DOUBLE_SEMICOLON) && !keyword_is(lexer, "esac"))
        item->body = list_parse(lexer);
    if (token_is(lexer, TOKEN_DOUBLE_SEMICOLON))
        lexer_next(lexer);
    else if (!keyword_is(lexer, "esac"))
        unexpected(lexer);
    newlines_skip(lexer);
    return item;
}

static struct node *case_parse(struct lexer *lexer)
{
    struct node *node = node_new(NODE_CASE, NULL, NULL);
    struct case_item **items = &node->items;

    lexer_next(lexer);
    if (!token_is(lexer, TOKEN_WORD)) {
        unexpected(lexer);
        return node;
    }
    word_add(lexer, &node->words);
    newlines_skip(lexer);
    keyword_expect(lexer, "in");
    newlines_skip(lexer);
    while (!lexer->failed && !keyword_is(lexer, "esac")) {
        *items = item_parse(lexer);
        items = &(*items)->next;
    }
    keyword_expect(lexer, "esac");
    return node;
}

/* NULL if the token begins no compound command. */
static struct node *compound_parse(struct lexer *lexer)
{
    struct node *node;

    if (token_is(lexer, TOKEN_OPEN)) {
        lexer_next(lexer);
        node = node_new(NODE_SUBSHELL, list_parse(lexer), NULL);
        if (token_is(lexer, TOKEN_CLOSE))
            lexer_next(lexer);
        else
            unexpected(lexer);
        return node;
    }
    if (keyword_is(lexer, "{")) {
        lexer_next(lexer);
        node = node_new(NODE_GROUP, list_parse(lexer), NULL);
        keyword_expect(lexer, "}");
        return node;
    }
    if (keyword_is(lexer, "if"))
        return if_parse(lexer);
    if (keyword_is(lexer, "while") || keyword_is(lexer, "until"))
        return while_parse(lexer);
    if (keyword_is(lexer, "for"))
        return for_parse(lexer);
    return keyword_is(lexer, "case") ? case_parse(lexer) : NULL;
}

static struct node *compound_with_redirects(struct lexer *lexer)
{
    struct node *node = compound_parse(lexer);
    struct redirect **redirects = node ? &node->redirects : NULL;

    while (node && token_is(lexer, TOKEN_REDIRECT))
        redirects = redirect_add(lexer, redirects);
    return node;
}

/* What a function consists of. */
static struct node *compound_body(struct lexer *lexer)
{
    struct node *node = compound_with_redirects(lexer);

    if (!node)
        unexpected(lexer);
    return node;
}

/* If the token is an alias, reads its text in its place; once for each name, as an alias may begin with its own. */
static void alias_replace(struct lexer *lexer)
{
    struct word *names = NULL, **end = &names;

    while (token_is(lexer, TOKEN_WORD) && !lexer->token.quoted) {
        const char *text = alias_get(lexer->token.text);
        for (const struct word *used = names; used && text; used = used->next)
            if (!strcmp(used->text, lexer->token.text))
                text = NULL;
        if (!text || !source_insert(lexer->source, text))
            return;
        end = word_add(lexer, end);
    }
}

static struct node *command_parse(struct lexer *lexer)
{
    alias_replace(lexer);
    struct node *node = compound_with_redirects(lexer);

    if (node)
        return node;
    for (const char *const *keyword = keywords; *keyword; keyword++)
        if (keyword_is(lexer, *keyword)) {
            unexpected(lexer);
            return NULL;
        }
    return simple_parse(lexer);
}

static struct node *pipeline_parse(struct lexer *lexer)
{
    bool negated = keyword_is(lexer, "!");

    if (negated)
        lexer_next(lexer);
    struct node *node = command_parse(lexer);
    if (token_is(lexer, TOKEN_PIPE)) {
        struct node **last = &node;
        while (token_is(lexer, TOKEN_PIPE)) {
            lexer_next(lexer);
            newlines_skip(lexer);
            *last = node_new(NODE_PIPE, *last, command_parse(lexer));
            last = &(*last)->right;
        }
    }
    return negated ? node_new(NODE_NOT, node, NULL) : node;
}

static struct node *and_or_parse(struct lexer *lexer)
{
    struct node *node = pipeline_parse(lexer);

    while (token_is(lexer, TOKEN_AND) || token_is(lexer, TOKEN_OR)) {
        enum node_kind kind = token_is(lexer, TOKEN_AND) ? NODE_AND : NODE_OR;
        lexer_next(lexer);
        newlines_skip(lexer);
        node = node_new(kind, node, pipeline_parse(lexer));
    }
    return node;
}

static bool list_ends(const struct lexer *lexer)
{
    if (lexer->failed || token_is(lexer, TOKEN_END) || token_is(lexer, TOKEN_CLOSE) ||
        token_is(lexer, TOKEN_DOUBLE_SEMICOLON))
        return true;
    for (const char *const *keyword = keywords; *keyword; keyword++)
        if (keyword_is(lexer, *keyword))
            return true;
    return false;
}

/* Commands up to a closing keyword or bracket; newlines separate like semicolons. At least one. */
static struct node *list_parse(struct lexer *lexer)
{
    struct node *list = NULL, **end = &list;

    newlines_skip(lexer);
    for (;;) {
        struct node *node = and_or_parse(lexer);
        if (token_is(lexer, TOKEN_AMPERSAND)) {
            node = node_new(NODE_BACKGROUND, node, NULL);
            lexer_next(lexer);
        } else if (token_is(lexer, TOKEN_SEMICOLON)) {
            lexer_next(lexer);
        } else if (!token_is(lexer, TOKEN_NEWLINE) && !list_ends(lexer)) {
            unexpected(lexer);
        }
        newlines_skip(lexer);
        if (list_ends(lexer)) {
            *end = node;
            return list;
        }
        *end = node_new(NODE_SEQUENCE, node, NULL);
        end = &(*end)->right;
    }
}

/* A line at the top: like a list, but a newline ends it. */
static struct node *line_parse(struct lexer *lexer)
{
    struct node *list = NULL, **end = &list;

    for (;;) {
        struct node *node = and_or_parse(lexer);
        bool more = token_is(lexer, TOKEN_AMPERSAND) || token_is(lexer, TOKEN_SEMICOLON);
        if (token_is(lexer, TOKEN_AMPERSAND))
            node = node_new(NODE_BACKGROUND, node, NULL);
        if (more)
            lexer_next(lexer);
        if (lexer->failed)
            return NULL;
        if (token_is(lexer, TOKEN_NEWLINE) || token_is(lexer, TOKEN_END)) {
            *end = node;
            return list;
        }
        if (!more) {
            unexpected(lexer);
            return NULL;
        }
        *end = node_new(NODE_SEQUENCE, node, NULL);
        end = &(*end)->right;
    }
}

void parse_substitution(struct lexer *outer)
{
    struct lexer lexer = {.source = outer->source};

    lexer_next(&lexer);
    newlines_skip(&lexer);
    if (!token_is(&lexer, TOKEN_CLOSE))
        list_parse(&lexer);
    if (!lexer.failed && !token_is(&lexer, TOKEN_CLOSE))
        unexpected(&lexer);
    outer->failed |= lexer.failed;
}

/* Leaves out the rest of the line in which a mistake was. */
static void line_skip(struct lexer *lexer)
{
    while (lexer->token.kind != TOKEN_NEWLINE && lexer->token.kind != TOKEN_END) {
        int character = source_next(lexer->source);
        if (character < 0 || character == '\n')
            return;
    }
}

struct node *parse_command(struct source *source, bool *ended, bool *failed)
{
    struct lexer lexer = {.source = source};
    struct node *node = NULL;

    source_command_begin(source);
    lexer_next(&lexer);
    *ended = token_is(&lexer, TOKEN_END);
    if (!*ended && !token_is(&lexer, TOKEN_NEWLINE))
        node = line_parse(&lexer);
    *failed = lexer.failed;
    if (source_interrupted(source)) {
        *ended = *failed = false;
        shell.status = 128 + SIGINT;
        return NULL;
    }
    if (lexer.failed) {
        line_skip(&lexer);
        return NULL;
    }
    return node;
}

bool keyword_valid(const char *word)
{
    static const char *const words[] = {"!",  "case", "do", "done", "elif", "else",  "esac",  "fi", "for",
                                        "if", "in",   "{",  "then", "}",    "until", "while", NULL};

    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], word))
            return true;
    return false;
}
