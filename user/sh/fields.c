/* From marked text (expand.h) to arguments: cut at unquoted separators, look patterns up, drop the marks. */
#include <stdlib.h>
#include <string.h>

#include "expand.h"

static bool is_separator(const struct expansion *out, size_t i, const char *separators)
{
    return out->marks.data[i] == EXPANDED && strchr(separators, out->text.data[i]);
}

static bool is_space_separator(const struct expansion *out, size_t i, const char *separators)
{
    return is_separator(out, i, separators) && strchr(" \t\n", out->text.data[i]);
}

/* A piece as text, and as a pattern in which what was quoted stands behind a backslash. */
char *piece_text(const struct expansion *out, size_t from, size_t to, bool pattern)
{
    struct text text = {0};

    for (size_t i = from; i < to; i++) {
        if (out->marks.data[i] == FIELD || out->marks.data[i] == EMPTY)
            continue;
        if (pattern && out->marks.data[i] == QUOTED && strchr("\\*?[]!-", out->text.data[i]))
            text_add(&text, '\\');
        text_add(&text, out->text.data[i]);
    }
    return text_finish(&text);
}

static struct word **field_add(struct word **end, const struct expansion *out, size_t from, size_t to)
{
    struct word *paths = shell.no_glob ? NULL : pattern_paths(piece_text(out, from, to, true));

    if (!paths) {
        paths = arena_allocate(sizeof *paths);
        paths->text = piece_text(out, from, to, false);
    }
    *end = paths;
    while (*end)
        end = &(*end)->next;
    return end;
}

/* Cuts at borders and at unquoted separators. Space around a separator belongs to it. */
struct word **fields_add(struct word **end, const struct expansion *out)
{
    const char *separators = variable_get("IFS") ? variable_get("IFS") : " \t\n";
    size_t count = out->text.length, i = 0;

    while (i < count) {
        while (i < count && is_space_separator(out, i, separators))
            i++;
        size_t start = i;
        while (i < count && out->marks.data[i] != FIELD && !is_separator(out, i, separators))
            i++;
        size_t stop = i;
        while (i < count && is_space_separator(out, i, separators))
            i++;
        bool separated = i < count && is_separator(out, i, separators);
        if (separated || (i < count && out->marks.data[i] == FIELD))
            i++;
        if (stop > start || separated)
            end = field_add(end, out, start, stop);
    }
    return end;
}
