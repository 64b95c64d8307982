/* chmod: who may do what with files. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "chmod MODE FILE...\nSets the rights of files: an octal number, or such as u+x,go-w,a=r.";

static mode_t mask_of(const char **at)
{
    mode_t mask = 0;

    for (; **at && strchr("ugoa", **at); ++*at)
        mask |= **at == 'u' ? 04700u : **at == 'g' ? 02070u : **at == 'o' ? 01007u : 07777u;
    return mask;
}

static mode_t rights_of(const char **at, mode_t mode)
{
    mode_t rights = 0;

    for (; **at && strchr("rwxXst", **at); ++*at)
        switch (**at) {
        case 'r':
            rights |= 0444;
            break;
        case 'w':
            rights |= 0222;
            break;
        case 'x':
            rights |= 0111;
            break;
        case 'X':
            rights |= S_ISDIR(mode) || mode & 0111 ? 0111 : 0;
            break;
        case 's':
            rights |= 06000;
            break;
        default:
            rights |= 01000;
            break;
        }
    return rights;
}

/* Applies the whole text to a mode; false if it is no mode. */
static bool mode_apply(const char *text, mode_t *mode)
{
    char *end;
    mode_t number = (mode_t)strtoul(text, &end, 8), created = umask(0);

    umask(created);
    if (end != text) {
        *mode = number;
        return !*end && number <= 07777;
    }
    while (*text) {
        mode_t mask = mask_of(&text);
        if (!mask)
            mask = 07777 & ~created;
        if (!*text || !strchr("+-=", *text))
            return false;
        while (*text && strchr("+-=", *text)) {
            char operator= * text++;
            mode_t rights = rights_of(&text, *mode) & mask;
            *mode = operator== '+' ? *mode | rights : operator== '-' ? *mode & ~rights : (*mode & ~mask) | rights;
        }
        if (*text == ',')
            text++;
        else if (*text)
            return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    int result = 0;

    program_help(count, arguments, help);
    if (count < 3)
        program_usage(1, help);
    for (int i = 2; i < count; i++) {
        struct stat status;
        if (stat(arguments[i], &status)) {
            warn("cannot access '%s'", arguments[i]);
            result = 1;
            continue;
        }
        if (!mode_apply(arguments[1], &status.st_mode))
            errx(1, "invalid mode: '%s'", arguments[1]);
        if (chmod(arguments[i], status.st_mode & 07777)) {
            warn("changing permissions of '%s'", arguments[i]);
            result = 1;
        }
    }
    return result;
}
