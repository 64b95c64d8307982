/* Completion: commands where a command stands, files elsewhere. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "edit.h"

/* What the word could become, as far as found. */
struct candidates {
    const char *prefix; /* of the last component */
    size_t prefix_length;
    struct word *list;
    size_t count;
    const char *directory; /* where the first one is, "" for a command of the shell */
};

static void candidate_add(struct candidates *candidates, const char *directory, const char *name)
{
    if (strncmp(name, candidates->prefix, candidates->prefix_length) || (*name == '.' && !candidates->prefix_length))
        return;
    for (struct word *word = candidates->list; word; word = word->next)
        if (!strcmp(word->text, name))
            return;
    struct word *word = arena_allocate(sizeof *word);
    *word = (struct word){candidates->list, arena_text(name, strlen(name))};
    candidates->list = word;
    candidates->directory = directory;
    candidates->count++;
}

static void directory_search(struct candidates *candidates, const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        candidate_add(candidates, path, entry->d_name);
    if (directory)
        closedir(directory);
}

static void commands_search(struct candidates *candidates)
{
    const char *path = variable_get("PATH"), *name;

    for (size_t i = 0; (name = builtin_name(i)); i++)
        candidate_add(candidates, "", name);
    for (const char *end; path; path = *end ? end + 1 : NULL) {
        end = strchrnul(path, ':');
        directory_search(candidates, arena_text(path, (size_t)(end - path)));
    }
}

/* How many characters all candidates begin with. */
static size_t common_length(const struct candidates *candidates)
{
    const char *first = candidates->list->text;
    size_t common = strlen(first);

    for (const struct word *word = candidates->list->next; word; word = word->next)
        for (size_t i = 0; i < common; i++)
            if (word->text[i] != first[i])
                common = i;
    return common;
}

static void candidates_list(const struct candidates *candidates)
{
    fputc('\n', stderr);
    for (const struct word *word = candidates->list; word; word = word->next)
        fprintf(stderr, "%s%s", word->text, word->next ? "  " : "\n");
}

static bool is_directory(const char *directory, const char *name)
{
    struct text path = {0};
    struct stat status;

    if (!*directory)
        return false;
    text_append(&path, directory, strlen(directory));
    text_add(&path, '/');
    text_append(&path, name, strlen(name));
    return !stat(text_finish(&path), &status) && S_ISDIR(status.st_mode);
}

/* Does a command stand at that place? At the beginning, or behind what separates commands. */
static bool command_place(const struct edit_line *line, size_t at)
{
    while (at && line->text[at - 1] == ' ')
        at--;
    return !at || strchr(";|&(", line->text[at - 1]);
}

void edit_complete(struct edit_line *line)
{
    struct arena_mark mark = arena_mark();
    size_t start = line->at;

    while (start && !strchr(" ;|&<>(=", line->text[start - 1]))
        start--;
    char *word = arena_text(line->text + start, line->at - start), *slash = strrchr(word, '/');
    struct candidates candidates = {.prefix = slash ? slash + 1 : word};
    candidates.prefix_length = strlen(candidates.prefix);
    if (!slash && command_place(line, start))
        commands_search(&candidates);
    else
        directory_search(&candidates, slash ? arena_text(word, (size_t)(slash + 1 - word)) : ".");
    if (candidates.count) {
        size_t common = common_length(&candidates), known = candidates.prefix_length;
        if (common > known)
            edit_insert(line, candidates.list->text + known, common - known);
        if (candidates.count == 1)
            edit_insert(line, is_directory(candidates.directory, candidates.list->text) ? "/" : " ", 1);
        else if (common == known)
            candidates_list(&candidates);
    }
    arena_release(mark);
}
