/* cp: copies files, and with -r whole trees. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "cp [-afpr] FROM... TO\nCopies files; -r: and directories; -p: with owner, mode and times; "
                           "-a: both, links as links.";

static bool recursive, preserve, links;

static int path_copy(const char *from, const char *to, bool top);

static int problem(const char *what, const char *path)
{
    warn("%s '%s'", what, path);
    return 1;
}

static int bytes_copy(int input, int output, const char *from, const char *to)
{
    static char buffer[65536];
    ssize_t length;

    while ((length = read(input, buffer, sizeof buffer)) > 0)
        for (ssize_t at = 0, done; at < length; at += done) {
            done = write(output, buffer + at, (size_t)(length - at));
            if (done < 0)
                return problem("error writing", to);
        }
    return length < 0 ? problem("error reading", from) : 0;
}

static void status_copy(const char *to, const struct stat *status)
{
    const struct timespec times[] = {status->st_atim, status->st_mtim};

    if (!preserve)
        return;
    if (!lchown(to, status->st_uid, status->st_gid) && !S_ISLNK(status->st_mode))
        chmod(to, status->st_mode & 07777);
    utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW);
}

static int file_copy(const char *from, const char *to, const struct stat *status)
{
    struct stat target;
    int input = open(from, O_RDONLY);

    if (input < 0)
        return problem("cannot open", from);
    if (!stat(to, &target) && target.st_dev == status->st_dev && target.st_ino == status->st_ino) {
        close(input);
        warnx("'%s' and '%s' are the same file", from, to);
        return 1;
    }
    int output = open(to, O_WRONLY | O_CREAT | O_TRUNC, status->st_mode & 0777);
    if (output < 0) {
        close(input);
        return problem("cannot create", to);
    }
    int result = bytes_copy(input, output, from, to);
    close(input);
    if (close(output))
        result = problem("error writing", to);
    return result;
}

static int link_copy(const char *from, const char *to)
{
    char target[PATH_MAX];
    ssize_t length = readlink(from, target, sizeof target - 1);

    if (length < 0)
        return problem("cannot read link", from);
    target[length] = 0;
    if (symlink(target, to) && (errno != EEXIST || unlink(to) || symlink(target, to)))
        return problem("cannot create link", to);
    return 0;
}

static int directory_copy(const char *from, const char *to, const struct stat *status)
{
    struct stat made;
    int result = 0;

    if (!recursive) {
        warnx("-r not specified; omitting directory '%s'", from);
        return 1;
    }
    if (mkdir(to, (status->st_mode & 0777) | S_IRWXU) && (errno != EEXIST || stat(to, &made) || !S_ISDIR(made.st_mode)))
        return problem("cannot create directory", to);
    DIR *directory = opendir(from);
    if (!directory)
        return problem("cannot open directory", from);
    for (struct dirent *entry; (entry = readdir(directory));) {
        char *inner_from, *inner_to;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (asprintf(&inner_from, "%s/%s", from, entry->d_name) < 0 ||
            asprintf(&inner_to, "%s/%s", to, entry->d_name) < 0)
            err(1, NULL);
        result |= path_copy(inner_from, inner_to, false);
        free(inner_from);
        free(inner_to);
    }
    closedir(directory);
    return result;
}

static int special_copy(const char *to, const struct stat *status)
{
    return mknod(to, status->st_mode, status->st_rdev) ? problem("cannot create", to) : 0;
}

static int path_copy(const char *from, const char *to, bool top)
{
    struct stat status;
    bool keep_link = links || (recursive && !top);
    int result;

    if (keep_link ? lstat(from, &status) : stat(from, &status))
        return problem("cannot stat", from);
    if (S_ISDIR(status.st_mode))
        result = directory_copy(from, to, &status);
    else if (S_ISLNK(status.st_mode))
        result = link_copy(from, to);
    else if (S_ISREG(status.st_mode) || !recursive)
        result = file_copy(from, to, &status);
    else
        result = special_copy(to, &status);
    if (!result)
        status_copy(to, &status);
    return result;
}

static int argument_copy(const char *from, const char *to)
{
    return path_copy(from, to, true);
}

int main(int count, char **arguments)
{
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "afprRd")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        recursive |= letter == 'a' || letter == 'r' || letter == 'R';
        preserve |= letter == 'a' || letter == 'p';
        links |= letter == 'a' || letter == 'd';
    }
    if (count - optind < 2)
        program_usage(1, help);
    return program_each_target(arguments + optind, count - optind - 1, arguments[count - 1], argument_copy);
}
