/* du: the room files take. */
#include <dirent.h>
#include <err.h>
#include <program.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "du [-as] [PATH...]\nShows the room that directories take, in KB; -a: files too, -s: only the sums. A file "
    "with several names counts once.";

static bool all, sums;
static int result;

/* A file with several names. */
struct linked {
    dev_t device;
    ino_t inode;
};

static int linked_compare(const void *left, const void *right)
{
    const struct linked *a = left, *b = right;

    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    return (a->inode > b->inode) - (a->inode < b->inode);
}

/* Whether the file has been counted under another name. */
static bool counted_before(const struct stat *status)
{
    static void *root;

    if (S_ISDIR(status->st_mode) || status->st_nlink < 2)
        return false;
    struct linked *linked = malloc(sizeof *linked);
    if (!linked)
        err(1, NULL);
    *linked = (struct linked){.device = status->st_dev, .inode = status->st_ino};
    struct linked **found = tsearch(linked, &root, linked_compare);
    if (!found)
        err(1, NULL);
    if (*found == linked)
        return false;
    free(linked);
    return true;
}

/* Blocks of 512 bytes of a path and all that is below it. */
static unsigned long path_sum(const char *path, bool top)
{
    struct stat status;
    unsigned long sum = 0;

    if (lstat(path, &status)) {
        warn("cannot access '%s'", path);
        result = 1;
        return 0;
    }
    if (counted_before(&status))
        return 0;
    sum = (unsigned long)status.st_blocks;
    DIR *directory = S_ISDIR(status.st_mode) ? opendir(path) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char *inner;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
            err(1, NULL);
        sum += path_sum(inner, false);
        free(inner);
    }
    if (directory)
        closedir(directory);
    if (top || (!sums && (all || S_ISDIR(status.st_mode))))
        printf("%lu\t%s\n", (sum + 1) / 2, path);
    return sum;
}

int main(int count, char **arguments)
{
    static char here[] = ".";
    char *default_arguments[] = {here, NULL};
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "ask")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        all |= letter == 'a';
        sums |= letter == 's';
    }
    for (char **path = arguments[optind] ? arguments + optind : default_arguments; *path; path++)
        path_sum(*path, true);
    return program_end(result);
}
