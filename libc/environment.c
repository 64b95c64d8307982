/*
 * The environment: the array the kernel gave us until it is changed, then one of our own.  Strings made by setenv are never
 * freed, because somebody may still hold what getenv returned.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static char **own;

/* The place of `name` (length bytes) in environ, or that of its end. */
static char **setting_find(const char *name, size_t length)
{
    char **at = environ;

    while (*at && (strncmp(*at, name, length) || (*at)[length] != '='))
        at++;
    return at;
}

static size_t settings_count(void)
{
    size_t count = 0;

    while (environ && environ[count])
        count++;
    return count;
}

char *getenv(const char *name)
{
    size_t length = strlen(name);
    char **at = environ && length && !strchr(name, '=') ? setting_find(name, length) : NULL;

    return at && *at ? *at + length + 1 : NULL;
}

char *secure_getenv(const char *name)
{
    return getauxval(AT_SECURE) ? NULL : getenv(name);
}

/* Replaces or adds a whole "NAME=value". */
static int setting_put(char *setting, size_t name_length)
{
    char **at = environ ? setting_find(setting, name_length) : NULL;

    if (at && *at) {
        *at = setting;
        return 0;
    }
    size_t count = settings_count();
    char **grown = realloc(environ == own ? own : NULL, (count + 2) * sizeof *grown);
    if (!grown)
        return -1;
    if (environ != own)
        memcpy(grown, environ, count * sizeof *grown);
    grown[count] = setting;
    grown[count + 1] = NULL;
    environ = own = grown;
    return 0;
}

static bool name_valid(const char *name)
{
    if (name && *name && !strchr(name, '='))
        return true;
    errno = EINVAL;
    return false;
}

int setenv(const char *name, const char *value, int overwrite)
{
    if (!name_valid(name))
        return -1;
    if (!overwrite && getenv(name))
        return 0;
    size_t length = strlen(name), size = strlen(value) + 1;
    char *setting = malloc(length + 1 + size);
    if (!setting)
        return -1;
    memcpy(setting, name, length);
    setting[length] = '=';
    memcpy(setting + length + 1, value, size);
    return setting_put(setting, length);
}

int putenv(char *setting)
{
    char *equals = strchr(setting, '=');

    return equals ? setting_put(setting, (size_t)(equals - setting)) : unsetenv(setting);
}

int unsetenv(const char *name)
{
    if (!name_valid(name))
        return -1;
    for (char **at = environ ? setting_find(name, strlen(name)) : NULL; at && *at;) {
        for (char **move = at; (*move = move[1]); move++)
            ;
        at = setting_find(name, strlen(name));
    }
    return 0;
}

int clearenv(void)
{
    static char *empty[1];

    environ = empty;
    return 0;
}
