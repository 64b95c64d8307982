/* Paths: their parts, their canonical form, names for temporary files. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

char *basename(char *path)
{
    if (!path || !*path)
        return ".";
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = 0;
    char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

char *dirname(char *path)
{
    if (!path || !*path)
        return ".";
    char *end = path + strlen(path);
    while (end > path && end[-1] == '/')
        end--;
    while (end > path && end[-1] != '/')
        end--;
    while (end > path && end[-1] == '/')
        end--;
    if (end == path)
        return *path == '/' ? "/" : ".";
    *end = 0;
    return path;
}

/* Takes the last component off. */
static void path_ascend(char *path)
{
    char *slash = strrchr(path, '/');

    *slash = 0;
}

/* Adds one component; -1 with errno when it does not fit. */
static int path_descend(char *path, const char *name, size_t length)
{
    size_t used = strlen(path);

    if (used + length + 2 > PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    path[used] = '/';
    memcpy(path + used + 1, name, length);
    path[used + 1 + length] = 0;
    return 0;
}

/* `result` is the canonical part so far, without a trailing slash; `rest` what is still to be walked. */
static int path_walk(char result[PATH_MAX], char rest[PATH_MAX])
{
    char target[PATH_MAX], *at = rest;
    int links = 0;

    while (*(at += strspn(at, "/"))) {
        size_t length = strcspn(at, "/");
        char *name = at;
        at += length;
        if (length == 1 && *name == '.')
            continue;
        if (length == 2 && !memcmp(name, "..", 2)) {
            if (*result)
                path_ascend(result);
            continue;
        }
        if (path_descend(result, name, length))
            return -1;
        ssize_t size = readlink(result, target, sizeof target - 1);
        if (size < 0 && errno != EINVAL)
            return -1;
        if (size < 0)
            continue;
        if (++links > LINKS_MAX || (size_t)size + strlen(at) >= PATH_MAX) {
            errno = links > LINKS_MAX ? ELOOP : ENAMETOOLONG;
            return -1;
        }
        strcpy(target + size, at);
        path_ascend(result);
        if (*target == '/')
            *result = 0;
        at = strcpy(rest, target);
    }
    return 0;
}

char *realpath(const char *restrict path, char *restrict resolved)
{
    char rest[PATH_MAX], result[PATH_MAX] = "";
    struct stat status;

    if (!path || !*path || strlen(path) >= PATH_MAX) {
        errno = !path ? EINVAL : !*path ? ENOENT : ENAMETOOLONG;
        return NULL;
    }
    if (*path != '/' && !getcwd(result, sizeof result))
        return NULL;
    if (!strcmp(result, "/"))
        *result = 0;
    strcpy(rest, path);
    if (path_walk(result, rest) || stat(*result ? result : "/", &status))
        return NULL;
    if (!*result)
        strcpy(result, "/");
    return resolved ? strcpy(resolved, result) : strdup(result);
}

/* What the end of a pattern must be. */
static const char placeholder[6] = {'X', 'X', 'X', 'X', 'X', 'X'};

/* Where the name's random part goes; NULL if the pattern has no place for it. */
static char *pattern_end(char *pattern)
{
    size_t length = strlen(pattern);

    if (length < 6 || memcmp(pattern + length - 6, placeholder, 6)) {
        errno = EINVAL;
        return NULL;
    }
    return pattern + length - 6;
}

static void name_randomize(char *end)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    unsigned char bytes[6] = {0};

    getrandom(bytes, sizeof bytes, 0);
    for (int i = 0; i < 6; i++)
        end[i] = letters[bytes[i] % (sizeof letters - 1)];
}

/* A name that nothing has, at this moment; NULL if there is none. */
char *tmpnam(char *name)
{
    static char own[L_tmpnam];
    char *to = name ? name : own;

    for (int tries = 0; tries < 100; tries++) {
        strcpy(to, P_tmpdir "/tmpnamXXXXXX");
        name_randomize(to + strlen(to) - 6);
        if (access(to, F_OK) && errno == ENOENT)
            return to;
    }
    return NULL;
}

int mkostemp(char *pattern, int flags)
{
    char *end = pattern_end(pattern);

    for (int tries = 0; end && tries < 100; tries++) {
        name_randomize(end);
        int descriptor = open(pattern, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

int mkstemp(char *pattern)
{
    return mkostemp(pattern, 0);
}

char *mkdtemp(char *pattern)
{
    char *end = pattern_end(pattern);

    for (int tries = 0; end && tries < 100; tries++) {
        name_randomize(end);
        if (!mkdir(pattern, 0700))
            return pattern;
        if (errno != EEXIST)
            break;
    }
    return NULL;
}

FILE *tmpfile(void)
{
    char name[32];

    snprintf(name, sizeof name, "/tmp/tmp%.6s", placeholder);
    int descriptor = mkostemp(name, O_CLOEXEC);

    if (descriptor < 0)
        return NULL;
    unlink(name);
    return fdopen(descriptor, "w+");
}
