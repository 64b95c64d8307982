/* Users and groups: lines of fields between colons.  The result of one call is overwritten by the next. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MOST = 7 };

static void fields_cut(char line[512], char *fields[FIELDS_MOST])
{
    char *rest = line;

    line[strcspn(line, "\n")] = 0;
    for (int i = 0; i < FIELDS_MOST; i++) {
        fields[i] = strsep(&rest, ":");
        if (!fields[i])
            fields[i] = "";
    }
}

/* The first line whose field number `key` is `value`, cut into fields; false when there is none. */
static bool line_find(const char *path, int key, const char *value, char line[512], char *fields[FIELDS_MOST])
{
    FILE *file = fopen(path, "re");
    bool found = false;

    while (file && !found && fgets(line, 512, file)) {
        fields_cut(line, fields);
        found = !strcmp(fields[key], value);
    }
    if (file)
        fclose(file);
    return found;
}

static struct passwd user_of(char *const fields[FIELDS_MOST])
{
    return (struct passwd){fields[0], fields[1], (uid_t)atoi(fields[2]), (gid_t)atoi(fields[3]), fields[4],
                           fields[5], fields[6]};
}

static struct group group_of(char *const fields[FIELDS_MOST])
{
    static char *nobody[1];

    return (struct group){fields[0], fields[1], (gid_t)atoi(fields[2]), nobody};
}

static struct passwd *user_find(int key, const char *value)
{
    static struct passwd user;
    static char line[512];
    char *fields[FIELDS_MOST];

    if (!line_find("/etc/passwd", key, value, line, fields))
        return NULL;
    user = user_of(fields);
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

/* line_find into memory of the caller's, who may have too little of it: ERANGE; ESRCH if there is no such line. */
static int find_into(const char *path, int key, const char *value, char *buffer, size_t size, char *fields[FIELDS_MOST])
{
    char line[512];

    if (!line_find(path, key, value, line, fields))
        return ESRCH;
    size_t length = (size_t)(fields_end(fields, line) - line);
    if (size < length)
        return ERANGE;
    memcpy(buffer, line, length);
    for (int i = 0; i < FIELDS_MOST; i++)
        fields[i] = *fields[i] ? buffer + (fields[i] - line) : "";
    return 0;
}

static int user_find_into(int key, const char *value, struct passwd *user, char *buffer, size_t size,
                          struct passwd **result)
{
    char *fields[FIELDS_MOST];
    int error = find_into("/etc/passwd", key, value, buffer, size, fields);

    *result = error ? NULL : user;
    if (!error)
        *user = user_of(fields);
    return error == ESRCH ? 0 : error;
}

static int group_find_into(int key, const char *value, struct group *group, char *buffer, size_t size,
                           struct group **result)
{
    char *fields[FIELDS_MOST];
    int error = find_into("/etc/group", key, value, buffer, size, fields);

    *result = error ? NULL : group;
    if (!error)
        *group = group_of(fields);
    return error == ESRCH ? 0 : error;
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
    char *fields[FIELDS_MOST];

    if (!line_find("/etc/group", key, value, line, fields))
        return NULL;
    group = group_of(fields);
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

int getgrnam_r(const char *name, struct group *group, char *buffer, size_t size, struct group **result)
{
    return group_find_into(0, name, group, buffer, size, result);
}

int getgrgid_r(gid_t id, struct group *group, char *buffer, size_t size, struct group **result)
{
    char number[12];

    snprintf(number, sizeof number, "%u", id);
    return group_find_into(2, number, group, buffer, size, result);
}

/* The files that are gone through line by line, while that is under way. */
static FILE *users, *groups;

static void list_end(FILE **list)
{
    if (*list)
        fclose(*list);
    *list = NULL;
}

/* The next line, cut into fields; false behind the last one. */
static bool list_next(FILE **list, const char *path, char line[512], char *fields[FIELDS_MOST])
{
    if (!*list)
        *list = fopen(path, "re");
    if (!*list || !fgets(line, 512, *list))
        return false;
    fields_cut(line, fields);
    return true;
}

struct passwd *getpwent(void)
{
    static struct passwd user;
    static char line[512];
    char *fields[FIELDS_MOST];

    if (!list_next(&users, "/etc/passwd", line, fields))
        return NULL;
    user = user_of(fields);
    return &user;
}

void setpwent(void)
{
    list_end(&users);
}

void endpwent(void)
{
    list_end(&users);
}

struct group *getgrent(void)
{
    static struct group group;
    static char line[512];
    char *fields[FIELDS_MOST];

    if (!list_next(&groups, "/etc/group", line, fields))
        return NULL;
    group = group_of(fields);
    return &group;
}

void setgrent(void)
{
    list_end(&groups);
}

void endgrent(void)
{
    list_end(&groups);
}
