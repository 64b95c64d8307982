/* umask, ulimit, times: what the process has been given, and what it may have. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <unistd.h>

#include "sh.h"

/* --- umask --- */

/* Rights that are left, as u=rwx,g=rx,o=rx. */
static void mask_print(mode_t mask)
{
    static const char *const names[] = {"", "x", "w", "wx", "r", "rx", "rw", "rwx"};

    printf("u=%s,g=%s,o=%s\n", names[~mask >> 6 & 7], names[~mask >> 3 & 7], names[~mask & 7]);
}

/* The bits of the letters from `letters` at *at, each a digit of `bits`. */
static mode_t letters_take(const char **at, const char *letters, const mode_t *bits)
{
    mode_t taken = 0;

    for (const char *letter; **at && (letter = strchr(letters, **at)); ++*at)
        taken |= bits[letter - letters];
    return taken;
}

/* Changes the rights as u=rwx,g-w,+x say; false if that is no such text. */
static bool rights_change(const char *at, mode_t *rights)
{
    static const mode_t who_bits[] = {0700, 0070, 0007, 0777}, right_bits[] = {0444, 0222, 0111};

    for (;; at++) {
        mode_t who = letters_take(&at, "ugoa", who_bits);
        char operation = *at;
        if (!operation)
            return false;
        at++;
        mode_t changed = letters_take(&at, "rwx", right_bits);
        who = who ? who : 0777;
        if (operation == '=')
            *rights = (*rights & ~who) | (changed & who);
        else if (operation == '+')
            *rights |= changed & who;
        else if (operation == '-')
            *rights &= ~(changed & who);
        else
            return false;
        if (*at != ',')
            return !*at;
    }
}

int builtin_umask(char **arguments)
{
    mode_t mask = umask(0), rights = ~mask & 0777;
    bool readable = arguments[1] && !strcmp(arguments[1], "-S");
    const char *text = arguments[1 + readable];
    bool octal = text && *text && !text[strspn(text, "01234567")];

    umask(mask);
    if (!text && readable)
        mask_print(mask);
    else if (!text)
        printf("%04o\n", mask);
    if (!text)
        return 0;
    unsigned long number = octal ? strtoul(text, NULL, 8) : 0;
    if (number > 0777 || (!octal && !rights_change(text, &rights)))
        return complain("umask: %s: no mode", text) + 1;
    umask(octal ? (mode_t)number : ~rights & 0777);
    return 0;
}

/* --- ulimit --- */

static const struct kind {
    char letter;
    int resource;
    rlim_t unit; /* bytes or seconds or pieces */
    const char *name;
} kinds[] = {
    {'f', RLIMIT_FSIZE, 512, "file size (blocks)"},
    {'t', RLIMIT_CPU, 1, "time (seconds)"},
    {'d', RLIMIT_DATA, 1024, "data (kbytes)"},
    {'s', RLIMIT_STACK, 1024, "stack (kbytes)"},
    {'c', RLIMIT_CORE, 512, "core dump (blocks)"},
    {'l', RLIMIT_MEMLOCK, 1024, "locked memory (kbytes)"},
    {'p', RLIMIT_NPROC, 1, "processes"},
    {'n', RLIMIT_NOFILE, 1, "open files"},
    {'v', RLIMIT_AS, 1024, "address space (kbytes)"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void limit_print(const struct kind *kind, bool hard)
{
    struct rlimit limit;

    getrlimit(kind->resource, &limit);
    rlim_t value = hard ? limit.rlim_max : limit.rlim_cur;
    if (value == RLIM_INFINITY)
        puts("unlimited");
    else
        printf("%lu\n", value / kind->unit);
}

static int limit_set(const struct kind *kind, const char *text, bool soft, bool hard)
{
    struct rlimit limit;
    char *end;
    rlim_t number = strtoul(text, &end, 10), value = number * kind->unit;

    if (!strcmp(text, "unlimited"))
        value = RLIM_INFINITY;
    else if (*end || end == text || *text == '-' || number > (RLIM_INFINITY - 1) / kind->unit)
        return complain("ulimit: %s: no number", text) + 1;
    getrlimit(kind->resource, &limit);
    if (soft || !hard)
        limit.rlim_cur = value;
    if (hard || !soft)
        limit.rlim_max = value;
    return setrlimit(kind->resource, &limit) ? complain("ulimit: %s", strerror(errno)) + 1 : 0;
}

int builtin_ulimit(char **arguments)
{
    const struct kind *kind = kinds;
    bool soft = false, hard = false, all = false;

    for (; arguments[1] && arguments[1][0] == '-' && arguments[1][1]; arguments++)
        for (const char *letter = arguments[1] + 1; *letter; letter++) {
            const struct kind *found = kinds;
            while (found < kinds + KINDS && found->letter != *letter)
                found++;
            soft |= *letter == 'S';
            hard |= *letter == 'H';
            all |= *letter == 'a';
            if (found < kinds + KINDS)
                kind = found;
            else if (!strchr("SHa", *letter))
                return complain("ulimit: bad option -%c", *letter) + 1;
        }
    if (arguments[1])
        return limit_set(kind, arguments[1], soft, hard);
    if (!all)
        limit_print(kind, hard && !soft);
    for (int i = 0; all && i < KINDS; i++) {
        printf("%-24s ", kinds[i].name);
        limit_print(&kinds[i], hard && !soft);
    }
    return 0;
}

/* --- times --- */

int builtin_times(char **arguments)
{
    struct tms used;
    long ticks = sysconf(_SC_CLK_TCK);
    clock_t shown[4];

    (void)arguments;
    times(&used);
    shown[0] = used.tms_utime;
    shown[1] = used.tms_stime;
    shown[2] = used.tms_cutime;
    shown[3] = used.tms_cstime;
    for (int i = 0; i < 4; i++)
        printf("%ldm%ld.%02ld0000s%c", shown[i] / ticks / 60, shown[i] / ticks % 60, shown[i] % ticks * 100 / ticks,
               i % 2 ? '\n' : ' ');
    return 0;
}
