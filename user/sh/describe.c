/* A short form of a command, for messages about jobs. */
#include <stdlib.h>
#include <string.h>

#include "sh.h"

static void words_describe(struct text *text, const struct word *words)
{
    for (; words; words = words->next) {
        if (text->length)
            text_add(text, ' ');
        text_append(text, words->text, strlen(words->text));
    }
}

static void node_describe(struct text *text, const struct node *node)
{
    static const char *const between[] = {
        [NODE_PIPE] = " | ", [NODE_AND] = " && ", [NODE_OR] = " || ", [NODE_SEQUENCE] = "; "};
    static const char *const shapes[] = {
        [NODE_SUBSHELL] = "(...)",  [NODE_GROUP] = "{ ... }", [NODE_IF] = "if ...",     [NODE_WHILE] = "while ...",
        [NODE_UNTIL] = "until ...", [NODE_FOR] = "for ...",   [NODE_CASE] = "case ...", [NODE_FUNCTION] = "function",
    };

    if (!node)
        return;
    if (node->kind == NODE_COMMAND) {
        struct text words = {0};
        words_describe(&words, node->assignments);
        words_describe(&words, node->words);
        text_append(text, words.data ? words.data : "", words.length);
        free(words.data);
    } else if (node->kind >= NODE_PIPE && node->kind <= NODE_SEQUENCE) {
        node_describe(text, node->left);
        text_append(text, between[node->kind], strlen(between[node->kind]));
        node_describe(text, node->right);
    } else if (node->kind == NODE_NOT || node->kind == NODE_BACKGROUND) {
        node_describe(text, node->left);
    } else {
        text_append(text, shapes[node->kind], strlen(shapes[node->kind]));
    }
}

const char *node_text(const struct node *node)
{
    struct text text = {0};

    if (!shell.interactive)
        return "";
    node_describe(&text, node);
    return text_finish(&text);
}
