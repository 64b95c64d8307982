/* stat: what the system knows about files. */
#include <err.h>
#include <limits.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static const char help[] = "stat [-L] [-c FORMAT] FILE...\nShows a file's status; -L: of what a link leads to. In "
                           "FORMAT: %n %s %a %f %h %i %u %g %b %B %F %X %Y %Z";

static const char *kind_name(const struct stat *status)
{
    switch (status->st_mode & S_IFMT) {
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symbolic link";
    case S_IFCHR:
        return "character special file";
    case S_IFBLK:
        return "block special file";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    default:
        return status->st_size ? "regular file" : "regular empty file";
    }
}

static void time_print(const char *name, const struct timespec *when)
{
    char text[32];

    const struct tm *parts = gmtime(&when->tv_sec);
    if (parts)
        strftime(text, sizeof text, "%F %T", parts);
    else
        snprintf(text, sizeof text, "%ld", when->tv_sec); /* its year is beyond an int */
    printf("%s: %s.%.9ld +0000\n", name, text, when->tv_nsec);
}

static void letters_print(mode_t mode)
{
    static const char kinds[] = "?pc?d?b?-?l?s???", letters[] = "rwxrwxrwx";

    putchar(kinds[mode >> 12 & 15]);
    for (int i = 0; i < 9; i++)
        putchar(mode >> (8 - i) & 1 ? letters[i] : '-');
}

static void status_print(const char *path, const struct stat *status)
{
    char target[PATH_MAX];
    ssize_t length = S_ISLNK(status->st_mode) ? readlink(path, target, sizeof target) : -1;

    printf("  File: %s", path);
    if (length >= 0)
        printf(" -> %.*s", (int)length, target);
    printf("\n  Size: %-10ld\tBlocks: %-10ld IO Block: %-6ld %s\n", status->st_size, status->st_blocks,
           status->st_blksize, kind_name(status));
    printf("Device: %u,%u\tInode: %-11lu Links: %lu\n", major(status->st_dev), minor(status->st_dev), status->st_ino,
           status->st_nlink);
    printf("Access: (%.4o/", status->st_mode & 07777);
    letters_print(status->st_mode);
    printf(")  Uid: %u   Gid: %u\n", status->st_uid, status->st_gid);
    time_print("Access", &status->st_atim);
    time_print("Modify", &status->st_mtim);
    time_print("Change", &status->st_ctim);
}

static void field_print(char letter, const char *path, const struct stat *status)
{
    switch (letter) {
    case 'n':
        fputs(path, stdout);
        break;
    case 's':
        printf("%ld", status->st_size);
        break;
    case 'a':
        printf("%o", status->st_mode & 07777);
        break;
    case 'f':
        printf("%x", status->st_mode);
        break;
    case 'h':
        printf("%lu", status->st_nlink);
        break;
    case 'i':
        printf("%lu", status->st_ino);
        break;
    case 'u':
        printf("%u", status->st_uid);
        break;
    case 'g':
        printf("%u", status->st_gid);
        break;
    case 'b':
        printf("%ld", status->st_blocks);
        break;
    case 'B':
        printf("512");
        break;
    case 'F':
        fputs(kind_name(status), stdout);
        break;
    case 'X':
        printf("%ld", status->st_atim.tv_sec);
        break;
    case 'Y':
        printf("%ld", status->st_mtim.tv_sec);
        break;
    case 'Z':
        printf("%ld", status->st_ctim.tv_sec);
        break;
    default:
        putchar(letter);
        break;
    }
}

static void format_print(const char *format, const char *path, const struct stat *status)
{
    for (; *format; format++)
        if (*format == '%' && format[1])
            field_print(*++format, path, status);
        else
            putchar(*format);
    putchar('\n');
}

int main(int count, char **arguments)
{
    const char *format = NULL;
    bool follow = false;
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "Lc:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        follow |= letter == 'L';
        if (letter == 'c')
            format = optarg;
    }
    if (!arguments[optind])
        program_usage(1, help);
    for (char **path = arguments + optind; *path; path++) {
        struct stat status;
        if (follow ? stat(*path, &status) : lstat(*path, &status)) {
            warn("cannot stat '%s'", *path);
            result = 1;
        } else if (format) {
            format_print(format, *path, &status);
        } else {
            status_print(*path, &status);
        }
    }
    return program_end(result);
}
