/* find: paths below a directory. */
#include <dirent.h>
#include <err.h>
#include <fnmatch.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] =
    "find [PATH...] [-name PATTERN] [-type fdlbcp] [-maxdepth N] [-size +N|-N|N[c|k]] [-newer FILE] [!] [-print]\n"
    "Writes the paths below the given ones for which all tests hold; ! turns the next one round.";

struct test {
    const char *kind, *operand;
    bool inverted;
};

static struct test tests[16];
static size_t tests_count;
static long depth_most = -1;
static int result;

static bool size_matches(const char *operand, const struct stat *status)
{
    char *end;
    int sign = *operand == '+' ? 1 : *operand == '-' ? -1 : 0;
    long wanted = strtol(operand + (sign != 0), &end, 10), unit = *end == 'c' ? 1 : *end == 'k' ? 1024 : 512;
    long size = (status->st_size + unit - 1) / unit;

    return sign > 0 ? size > wanted : sign < 0 ? size < wanted : size == wanted;
}

static bool type_matches(char letter, mode_t mode)
{
    static const char letters[] = "?pc?d?b?f?l?s";

    return letters[mode >> 12 & 15] == letter;
}

static bool test_holds(const struct test *test, const char *path, const struct stat *status)
{
    const char *slash = strrchr(path, '/');
    struct stat other;

    if (!strcmp(test->kind, "-name"))
        return !fnmatch(test->operand, slash && slash[1] ? slash + 1 : path, 0);
    if (!strcmp(test->kind, "-type"))
        return type_matches(*test->operand, status->st_mode);
    if (!strcmp(test->kind, "-size"))
        return size_matches(test->operand, status);
    return !stat(test->operand, &other) && status->st_mtim.tv_sec > other.st_mtim.tv_sec;
}

static void path_walk(const char *path, long depth)
{
    struct stat status;
    bool holds = true;

    if (lstat(path, &status)) {
        fflush(stdout);
        warn("'%s'", path);
        result = 1;
        return;
    }
    for (size_t i = 0; i < tests_count; i++)
        holds &= test_holds(&tests[i], path, &status) != tests[i].inverted;
    if (holds)
        puts(path);
    DIR *directory = S_ISDIR(status.st_mode) && depth != depth_most ? opendir(path) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char *inner;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (asprintf(&inner, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entry->d_name) < 0)
            err(1, NULL);
        path_walk(inner, depth + 1);
        free(inner);
    }
    if (directory)
        closedir(directory);
}

static void tests_read(char **arguments)
{
    bool inverted = false;

    for (; *arguments; arguments++) {
        if (!strcmp(*arguments, "!")) {
            inverted = true;
            continue;
        }
        if (!strcmp(*arguments, "-print"))
            continue;
        if (!arguments[1])
            program_usage(1, help);
        if (!strcmp(*arguments, "-maxdepth")) {
            depth_most = atol(*++arguments);
            continue;
        }
        if (strcmp(*arguments, "-name") && strcmp(*arguments, "-type") && strcmp(*arguments, "-size") &&
            strcmp(*arguments, "-newer"))
            errx(1, "unknown predicate '%s'", *arguments);
        if (tests_count == sizeof tests / sizeof tests[0])
            errx(1, "too many tests");
        tests[tests_count++] = (struct test){*arguments, arguments[1], inverted};
        inverted = false;
        arguments++;
    }
}

int main(int count, char **arguments)
{
    int paths = 1;

    program_help(count, arguments, help);
    while (paths < count && arguments[paths][0] != '-' && strcmp(arguments[paths], "!"))
        paths++;
    tests_read(arguments + paths);
    if (paths == 1)
        path_walk(".", 0);
    for (int i = 1; i < paths; i++)
        path_walk(arguments[i], 0);
    return program_end(result);
}
