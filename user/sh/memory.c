/* Memory of the shell: an arena with marks for what one command needs, growing strings, copies that stay. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

enum { CHUNK_SIZE = 4000 };

struct chunk {
    struct chunk *previous;
    size_t size, used;
    _Alignas(16) char data[];
};

static struct chunk *current;

void *memory_get(size_t size)
{
    void *memory = malloc(size ? size : 1);

    if (memory)
        return memory;
    complain("out of memory");
    _exit(2);
}

char *memory_text(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(memory_get(size), text, size);
}

void *arena_allocate(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (!current || current->size - current->used < size) {
        size_t wanted = size > CHUNK_SIZE ? size : CHUNK_SIZE;
        struct chunk *chunk = memory_get(sizeof *chunk + wanted);
        *chunk = (struct chunk){.previous = current, .size = wanted};
        current = chunk;
    }
    void *memory = current->data + current->used;
    current->used += size;
    return memset(memory, 0, size);
}

char *arena_text(const char *text, size_t length)
{
    char *copy = arena_allocate(length + 1);

    return memcpy(copy, text, length);
}

struct arena_mark arena_mark(void)
{
    return (struct arena_mark){current, current ? current->used : 0};
}

void arena_release(struct arena_mark mark)
{
    while (current != mark.chunk) {
        struct chunk *previous = current->previous;
        free(current);
        current = previous;
    }
    if (current)
        current->used = mark.used;
}

void text_append(struct text *text, const char *from, size_t length)
{
    if (text->length + length + 1 > text->size) {
        text->size = (text->length + length + 1) * 2 + 32;
        text->data = realloc(text->data, text->size);
        if (!text->data) {
            complain("out of memory");
            _exit(2);
        }
    }
    memcpy(text->data + text->length, from, length);
    text->length += length;
    text->data[text->length] = 0;
}

void text_add(struct text *text, char character)
{
    text_append(text, &character, 1);
}

char *text_finish(struct text *text)
{
    char *result = arena_text(text->data ? text->data : "", text->length);

    free(text->data);
    *text = (struct text){0};
    return result;
}

static const char *text_copy(const char *text)
{
    return text ? memory_text(text) : NULL;
}

static struct word *words_copy(const struct word *words)
{
    struct word *first = NULL, **end = &first;

    for (; words; words = words->next, end = &(*end)->next) {
        *end = memory_get(sizeof **end);
        **end = (struct word){.text = text_copy(words->text)};
    }
    return first;
}

static struct redirect *redirects_copy(const struct redirect *redirects)
{
    struct redirect *first = NULL, **end = &first;

    for (; redirects; redirects = redirects->next, end = &(*end)->next) {
        *end = memory_get(sizeof **end);
        **end = *redirects;
        (*end)->target = text_copy(redirects->target);
        (*end)->next = NULL;
    }
    return first;
}

static struct case_item *items_copy(const struct case_item *items)
{
    struct case_item *first = NULL, **end = &first;

    for (; items; items = items->next, end = &(*end)->next) {
        *end = memory_get(sizeof **end);
        **end = (struct case_item){.patterns = words_copy(items->patterns), .body = node_copy(items->body)};
    }
    return first;
}

struct node *node_copy(const struct node *node)
{
    if (!node)
        return NULL;
    struct node *copy = memory_get(sizeof *copy);
    *copy = *node;
    copy->left = node_copy(node->left);
    copy->right = node_copy(node->right);
    copy->other = node_copy(node->other);
    copy->words = words_copy(node->words);
    copy->assignments = words_copy(node->assignments);
    copy->redirects = redirects_copy(node->redirects);
    copy->items = items_copy(node->items);
    copy->name = text_copy(node->name);
    return copy;
}
