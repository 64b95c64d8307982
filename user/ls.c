/* ls: what is in directories. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <program.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static const char help[] = "ls [-aAdFhilnRrStU1] [FILE...]\nLists files, and what is in directories.\n"
                           "  -a  names with a dot in front too     -A  but not . and ..\n"
                           "  -d  directories themselves            -R  and what is below them\n"
                           "  -l  one line each with all facts      -n  owners as numbers   -h  sizes readable\n"
                           "  -i  inode numbers   -F  marks kinds   -1  one name to the line\n"
                           "  -t  newest first    -S  largest first -r  reversed   -U  unsorted\n"
                           "Exit status: 0, or 2 after an error.";

struct options {
    bool all, almost_all, directory, kinds, human, inodes, lines, numeric, recursive, reverse, single;
    char sort; /* n t S U */
};

struct entry {
    char *name;
    struct stat status;
    char *target; /* of a link, for -l */
};

struct listing {
    struct entry *entries;
    size_t count, size;
};

struct widths {
    int inode, links, owner, group, size;
};

static struct options options = {.sort = 'n'};
static int result;

static void problem(const char *what, const char *path)
{
    fflush(stdout);
    warn("%s '%s'", what, path);
    result = 2;
}

static char *path_join(const char *directory, const char *name)
{
    char *path = NULL;
    bool slash = *directory && directory[strlen(directory) - 1] == '/';

    if (!*directory)
        return strdup(name);
    if (asprintf(&path, "%s%s%s", directory, slash ? "" : "/", name) < 0)
        err(2, NULL);
    return path;
}

static bool entry_add(struct listing *listing, const char *directory, const char *name, bool follow)
{
    struct entry entry = {0};
    char *path = path_join(directory, name), target[4096];

    if ((!follow || stat(path, &entry.status)) && lstat(path, &entry.status)) {
        problem("cannot access", path);
        free(path);
        return false;
    }
    ssize_t length = S_ISLNK(entry.status.st_mode) ? readlink(path, target, sizeof target) : -1;
    if (length >= 0)
        entry.target = strndup(target, (size_t)length);
    free(path);
    entry.name = strdup(name);
    if (listing->count == listing->size) {
        listing->size = listing->size * 2 + 32;
        listing->entries = reallocarray(listing->entries, listing->size, sizeof entry);
        if (!listing->entries)
            err(2, NULL);
    }
    listing->entries[listing->count++] = entry;
    return true;
}

static void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->entries[i].name);
        free(listing->entries[i].target);
    }
    free(listing->entries);
}

static int entry_compare(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    long order = 0;

    if (options.sort == 't') {
        order = b->status.st_mtim.tv_sec - a->status.st_mtim.tv_sec;
        if (!order)
            order = b->status.st_mtim.tv_nsec - a->status.st_mtim.tv_nsec;
    } else if (options.sort == 'S') {
        order = b->status.st_size - a->status.st_size;
    }
    int sign = order ? (order > 0) - (order < 0) : strcmp(a->name, b->name);
    return options.reverse ? -sign : sign;
}

static void mode_print(mode_t mode)
{
    static const char kinds[] = "?pc?d?b?-?l?s???", letters[] = "rwxrwxrwx";
    char text[11];

    text[0] = kinds[mode >> 12 & 15];
    for (int i = 0; i < 9; i++)
        text[i + 1] = mode >> (8 - i) & 1 ? letters[i] : '-';
    if (mode & S_ISUID)
        text[3] = mode & S_IXUSR ? 's' : 'S';
    if (mode & S_ISGID)
        text[6] = mode & S_IXGRP ? 's' : 'S';
    if (mode & S_ISVTX)
        text[9] = mode & S_IXOTH ? 't' : 'T';
    text[10] = 0;
    fputs(text, stdout);
}

static const char *owner_name(uid_t owner)
{
    static char text[16];
    struct passwd *user = options.numeric ? NULL : getpwuid(owner);

    if (user)
        return user->pw_name;
    snprintf(text, sizeof text, "%u", owner);
    return text;
}

static const char *group_name(gid_t id)
{
    static char text[16];
    struct group *group = options.numeric ? NULL : getgrgid(id);

    if (group)
        return group->gr_name;
    snprintf(text, sizeof text, "%u", id);
    return text;
}

/* A size, or a device's two numbers. With -h the smallest unit that leaves fewer than four digits. */
static const char *size_text(const struct stat *status)
{
    static char text[32];
    const char *unit = "KMGTPE";
    unsigned long size = (unsigned long)status->st_size, step = 1024;

    if (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
        snprintf(text, sizeof text, "%u, %u", major(status->st_rdev), minor(status->st_rdev));
    else if (!options.human || size < 1024)
        snprintf(text, sizeof text, "%lu", size);
    else {
        for (; size >= step * 1024; unit++)
            step *= 1024;
        unsigned long tenths = (size * 10 + step - 1) / step;
        if (tenths < 100)
            snprintf(text, sizeof text, "%lu.%lu%c", tenths / 10, tenths % 10, *unit);
        else
            snprintf(text, sizeof text, "%lu%c", (size + step - 1) / step, *unit);
    }
    return text;
}

static void widen(int *width, const char *text)
{
    int length = (int)strlen(text);

    if (length > *width)
        *width = length;
}

static struct widths widths_of(const struct listing *listing)
{
    struct widths widths = {0};
    char number[24];

    for (size_t i = 0; i < listing->count; i++) {
        const struct stat *status = &listing->entries[i].status;
        snprintf(number, sizeof number, "%lu", status->st_ino);
        widen(&widths.inode, number);
        snprintf(number, sizeof number, "%lu", status->st_nlink);
        widen(&widths.links, number);
        widen(&widths.owner, owner_name(status->st_uid));
        widen(&widths.group, group_name(status->st_gid));
        widen(&widths.size, size_text(status));
    }
    return widths;
}

static void date_print(time_t when)
{
    char text[32];
    time_t now = time(NULL);
    const long half_year = 31556952 / 2;
    bool recent = when <= now && now - when < half_year;

    const struct tm *parts = localtime(&when);
    if (parts)
        strftime(text, sizeof text, recent ? "%b %e %H:%M" : "%b %e  %Y", parts);
    else
        snprintf(text, sizeof text, "%12ld", when); /* its year is beyond an int */
    fputs(text, stdout);
}

static char kind_mark(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return '/';
    case S_IFLNK:
        return '@';
    case S_IFIFO:
        return '|';
    case S_IFSOCK:
        return '=';
    default:
        return S_ISREG(mode) && mode & 0111 ? '*' : 0;
    }
}

/* The name with its mark; returns its length. */
static int name_print(const struct entry *entry)
{
    char mark = options.kinds ? kind_mark(entry->status.st_mode) : 0;
    int length = printf("%s", entry->name);

    if (mark && !(options.lines && mark == '@')) {
        putchar(mark);
        length++;
    }
    return length;
}

static void lines_print(const struct listing *listing)
{
    struct widths widths = widths_of(listing);

    for (size_t i = 0; i < listing->count; i++) {
        const struct entry *entry = &listing->entries[i];
        const struct stat *status = &entry->status;
        if (options.inodes)
            printf("%*lu ", widths.inode, status->st_ino);
        mode_print(status->st_mode);
        printf(" %*lu %-*s", widths.links, status->st_nlink, widths.owner, owner_name(status->st_uid));
        printf(" %-*s %*s ", widths.group, group_name(status->st_gid), widths.size, size_text(status));
        date_print(status->st_mtim.tv_sec);
        putchar(' ');
        name_print(entry);
        if (entry->target)
            printf(" -> %s", entry->target);
        putchar('\n');
    }
}

/* Down the columns, as many as the terminal's width allows when all are as wide as the longest name. */
static void columns_print(const struct listing *listing)
{
    struct winsize window = {.ws_col = 80};
    size_t width = 0;

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
    for (size_t i = 0; i < listing->count; i++)
        if (strlen(listing->entries[i].name) + 3 > width)
            width = strlen(listing->entries[i].name) + 3;
    size_t columns = width && window.ws_col / width ? window.ws_col / width : 1;
    size_t rows = (listing->count + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < listing->count; i += rows) {
            int length = name_print(&listing->entries[i]);
            if (i + rows < listing->count)
                printf("%*s", (int)width - length, "");
        }
        putchar('\n');
    }
}

static void listing_print(struct listing *listing)
{
    if (options.sort != 'U')
        qsort(listing->entries, listing->count, sizeof *listing->entries, entry_compare);
    if (options.lines) {
        lines_print(listing);
        return;
    }
    if (!options.single && !options.inodes) {
        columns_print(listing);
        return;
    }
    int width = widths_of(listing).inode;
    for (size_t i = 0; i < listing->count; i++) {
        if (options.inodes)
            printf("%*lu ", width, listing->entries[i].status.st_ino);
        name_print(&listing->entries[i]);
        putchar('\n');
    }
}

static bool name_wanted(const char *name)
{
    if (*name != '.' || options.all)
        return true;
    return options.almost_all && strcmp(name, ".") && strcmp(name, "..");
}

static void total_print(const struct listing *listing)
{
    unsigned long blocks = 0;

    for (size_t i = 0; i < listing->count; i++)
        blocks += (unsigned long)listing->entries[i].status.st_blocks;
    if (options.human) {
        struct stat sum = {.st_mode = S_IFREG, .st_size = (off_t)(blocks * 512)};
        printf("total %s\n", size_text(&sum));
    } else {
        printf("total %lu\n", blocks / 2);
    }
}

static void directory_list(const char *path, bool title)
{
    static bool further;
    struct listing listing = {0};
    DIR *directory = opendir(path);
    struct dirent *entry;

    if (!directory) {
        problem("cannot open directory", path);
        return;
    }
    while (errno = 0, (entry = readdir(directory)))
        if (name_wanted(entry->d_name))
            entry_add(&listing, path, entry->d_name, false);
    if (errno)
        problem("reading directory", path);
    closedir(directory);
    if (title)
        printf("%s%s:\n", further ? "\n" : "", path);
    further = true;
    if (options.lines)
        total_print(&listing);
    listing_print(&listing);
    for (size_t i = 0; options.recursive && i < listing.count; i++) {
        const struct entry *inner = &listing.entries[i];
        if (S_ISDIR(inner->status.st_mode) && strcmp(inner->name, ".") && strcmp(inner->name, "..")) {
            char *below = path_join(path, inner->name);
            directory_list(below, true);
            free(below);
        }
    }
    listing_free(&listing);
}

static void option_set(int letter)
{
    switch (letter) {
    case 'a':
        options.all = true;
        break;
    case 'A':
        options.almost_all = true;
        break;
    case 'd':
        options.directory = true;
        break;
    case 'F':
        options.kinds = true;
        break;
    case 'h':
        options.human = true;
        break;
    case 'i':
        options.inodes = true;
        break;
    case 'n':
        options.numeric = true; /* fall through */
    case 'l':
        options.lines = true;
        break;
    case 'R':
        options.recursive = true;
        break;
    case 'r':
        options.reverse = true;
        break;
    case '1':
        options.single = true;
        break;
    case 'C':
        options.single = false;
        break;
    default:
        options.sort = (char)letter;
        break;
    }
}

int main(int count, char **arguments)
{
    static char here[] = ".";
    char *default_arguments[] = {here, NULL};
    struct listing files = {0};
    int letter;

    program_help(count, arguments, help);
    options.single = !isatty(STDOUT_FILENO);
    while ((letter = getopt(count, arguments, "aAdFhilnRrStU1C")) != -1) {
        if (letter == '?')
            program_usage(2, help);
        option_set(letter);
    }
    char **names = arguments[optind] ? arguments + optind : default_arguments;
    bool several = names[0] && names[1];
    struct listing directories = {0};
    for (; *names; names++) {
        bool added = entry_add(&files, "", *names, !options.lines && !options.directory && !options.kinds);
        struct stat status;
        if (!added || options.directory || stat(*names, &status) || !S_ISDIR(status.st_mode))
            continue;
        if (options.lines && S_ISLNK(files.entries[files.count - 1].status.st_mode))
            continue;
        files.count--;
        entry_add(&directories, "", *names, true);
    }
    if (files.count)
        listing_print(&files);
    if (files.count && directories.count)
        putchar('\n');
    qsort(directories.entries, directories.count, sizeof *directories.entries, entry_compare);
    for (size_t i = 0; i < directories.count; i++)
        directory_list(directories.entries[i].name, several || options.recursive);
    return program_end(result);
}
