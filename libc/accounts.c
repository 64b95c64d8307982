/* Users and groups: lines of fields between colons.  The result of one call is overwritten by the next. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MOST = 7 };

/* The first line whose field number `key` is `value`, cut into fields; false when there is none. */
static bool line_find(const char *path, int key, const char *value, char line[512], char *fields[FIELDS_MOST])
{
    FILE *file = fopen(path, "re");
    bool found = false;

    while (file && !found && fgets(line, 512, file)) {
        char *rest = line;
        line[strcspn(line, "\n")] = 0;
        for (int i = 0; i < FIELDS_MOST; i++) {
            fields[i] = strsep(&rest, ":");
            if (!fields[i])
                fields[i] = "";
        }
        found = !strcmp(fields[key], value);
    }
    if (file)
        fclose(file);
    return found;
}

static struct passwd *user_find(int key, const char *value)
{
    static struct passwd user;
    static char line[512];
    char *fields[FIELDS_MOST];

    if (!line_find("/etc/passwd", key, value, line, fields))
        return NULL;
    user = (struct passwd){fields[0], fields[1], (uid_t)atoi(fields[2]), (gid_t)atoi(fields[3]), fields[4],
                           fields[5], fields[6]};
    return &user;
}

/* Behind the last field of a line; a field that it lacks is not in it. */
static const char *fields_end(char *const fields[FIELDS_MOST], const char line[512])
{
    const char *end = line;

    for (int i = 0; i < FIELDS_MOST && fields[i] >= line && fields[i] < line + 512; i++)
        end = fields[i] + strlen(fields[i]) + 1;
    return end;
}

/* The same in memory of the caller's, who may have too little of it: ERANGE. */
static int user_find_into(int key, const char *value, struct passwd *user, char *buffer, size_t size,
                          struct passwd **result)
{
    char line[512], *fields[FIELDS_MOST];
    *result = NULL;

    if (!line_find("/etc/passwd", key, value, line, fields))
        return 0;
    size_t length = (size_t)(fields_end(fields, line) - line);
    if (size < length)
        return ERANGE;
    memcpy(buffer, line, length);
    for (int i = 0; i < FIELDS_MOST; i++)
        fields[i] = *fields[i] ? buffer + (fields[i] - line) : "";
    *user = (struct passwd){fields[0], fields[1], (uid_t)atoi(fields[2]), (gid_t)atoi(fields[3]), fields[4],
                            fields[5], fields[6]};
    *result = user;
    return 0;
}

int getpwnam_r(const char *name, struct passwd *user, char *buffer, size_t size, struct passwd **result)
{
    return user_find_into(0, name, user, buffer, size, result);
}

int getpwuid_r(uid_t id, struct passwd *user, char *buffer, size_t size, struct passwd **result)
{
    char number[12];

    snprintf(number, sizeof number, "%u", id);
    return user_find_into(2, number, user, buffer, size, result);
}

struct passwd *getpwnam(const char *name)
{
    return user_find(0, name);
}

struct passwd *getpwuid(uid_t user)
{
    char number[12];

    snprintf(number, sizeof number, "%u", user);
    return user_find(2, number);
}

static struct group *group_find(int key, const char *value)
{
    static struct group group;
    static char line[512];
    static char *nobody[1];
    char *fields[FIELDS_MOST];

    if (!line_find("/etc/group", key, value, line, fields))
        return NULL;
    group = (struct group){fields[0], fields[1], (gid_t)atoi(fields[2]), nobody};
    return &group;
}

struct group *getgrnam(const char *name)
{
    return group_find(0, name);
}

struct group *getgrgid(gid_t id)
{
    char number[12];

    snprintf(number, sizeof number, "%u", id);
    return group_find(2, number);
}
