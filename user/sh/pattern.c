/* File names from patterns: the path is walked component by component, and only those with wildcards read a directory. */
#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sh.h"

struct matches {
    struct word *first;
    size_t count;
};

static void walk(struct matches *matches, const char *done, const char *pattern);

static bool has_wildcard(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\')
            i++;
        else if (strchr("*?[", text[i]))
            return true;
    }
    return false;
}

/* done + component (without its backslashes) + the slashes that follow. */
static char *path_join(const char *done, const char *component, size_t length, size_t slashes)
{
    struct text path = {0};

    text_append(&path, done, strlen(done));
    for (size_t i = 0; i < length; i++) {
        if (component[i] == '\\' && i + 1 < length)
            i++;
        text_add(&path, component[i]);
    }
    while (slashes--)
        text_add(&path, '/');
    return text_finish(&path);
}

static void match_add(struct matches *matches, const char *path)
{
    struct word *word = arena_allocate(sizeof *word);

    *word = (struct word){matches->first, path};
    matches->first = word;
    matches->count++;
}

static void directory_walk(struct matches *matches, const char *done, const char *pattern, size_t length,
                           size_t slashes)
{
    DIR *directory = opendir(*done ? done : ".");
    char *component = arena_text(pattern, length);
    struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory)))
        if (!fnmatch(component, entry->d_name, FNM_PERIOD)) {
            struct text path = {0};
            text_append(&path, done, strlen(done));
            text_append(&path, entry->d_name, strlen(entry->d_name));
            for (size_t i = 0; i < slashes; i++)
                text_add(&path, '/');
            walk(matches, text_finish(&path), pattern + length + slashes);
        }
    closedir(directory);
}

static void walk(struct matches *matches, const char *done, const char *pattern)
{
    struct stat status;
    size_t length = strcspn(pattern, "/"), slashes = strspn(pattern + length, "/");

    if (!*pattern) {
        if (!lstat(done, &status))
            match_add(matches, done);
    } else if (has_wildcard(pattern, length)) {
        directory_walk(matches, done, pattern, length, slashes);
    } else {
        walk(matches, path_join(done, pattern, length, slashes), pattern + length + slashes);
    }
}

static int path_compare(const void *left, const void *right)
{
    return strcmp((*(struct word *const *)left)->text, (*(struct word *const *)right)->text);
}

struct word *pattern_paths(const char *pattern)
{
    struct matches matches = {0};
    size_t count = 0;

    if (!has_wildcard(pattern, strlen(pattern)))
        return NULL;
    walk(&matches, "", pattern);
    if (!matches.count)
        return NULL;
    struct word **sorted = arena_allocate(matches.count * sizeof *sorted);
    for (struct word *word = matches.first; word; word = word->next)
        sorted[count++] = word;
    qsort(sorted, count, sizeof *sorted, path_compare);
    for (size_t i = 0; i < count; i++)
        sorted[i]->next = i + 1 < count ? sorted[i + 1] : NULL;
    return sorted[0];
}
