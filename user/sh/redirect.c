/* Redirections: opening files over descriptors, and undoing it for commands that run inside the shell. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sh.h"

enum { COPY_LEAST = 10, PIPE_ROOM = 4096 };

/* A pipe that already holds a short text; a longer one is written by a child. */
static int here_open(const struct redirect *redirect)
{
    const char *text = redirect->literal ? redirect->target : here_expand(redirect->target);
    size_t length = strlen(text);
    int ends[2];

    if (shell.failed || pipe(ends))
        return -1;
    if (length <= PIPE_ROOM) {
        if (write(ends[1], text, length) < 0)
            complain("here-document: %s", strerror(errno));
    } else if (!fork()) {
        close(ends[0]);
        while (length) {
            ssize_t done = write(ends[1], text, length);
            if (done <= 0)
                _exit(1);
            text += done;
            length -= (size_t)done;
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static int output_open(const struct redirect *redirect, const char *path)
{
    struct stat status;

    if (redirect->kind == REDIRECT_OUT && shell.no_clobber && !stat(path, &status) && S_ISREG(status.st_mode)) {
        errno = EEXIST;
        return -1;
    }
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
}

/* A new descriptor for what the redirection names; -1 with errno. */
static int target_open(const struct redirect *redirect, const char *path)
{
    switch (redirect->kind) {
    case REDIRECT_IN:
        return open(path, O_RDONLY);
    case REDIRECT_OUT:
    case REDIRECT_CLOBBER:
        return output_open(redirect, path);
    case REDIRECT_APPEND:
        return open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    case REDIRECT_BOTH:
        return open(path, O_RDWR | O_CREAT, 0666);
    default:
        return here_open(redirect);
    }
}

static void descriptor_save(int descriptor, struct saved_descriptor **saved)
{
    struct saved_descriptor *entry = arena_allocate(sizeof *entry);

    *entry = (struct saved_descriptor){*saved, descriptor, fcntl(descriptor, F_DUPFD_CLOEXEC, COPY_LEAST)};
    *saved = entry;
}

/* n>&m and n>&- */
static int duplicate_apply(const struct redirect *redirect, const char *target)
{
    if (!strcmp(target, "-")) {
        close(redirect->descriptor);
        return 0;
    }
    if (!isdigit((unsigned char)*target))
        return complain("%s: bad descriptor", target);
    if (dup2(atoi(target), redirect->descriptor) < 0)
        return complain("%s: %s", target, strerror(errno));
    return 0;
}

static int redirect_apply(const struct redirect *redirect)
{
    const char *target = redirect->kind == REDIRECT_HERE ? "here-document" : word_expand(redirect->target);

    if (shell.failed)
        return 1;
    if (redirect->kind == REDIRECT_DUP)
        return duplicate_apply(redirect, target);
    int descriptor = target_open(redirect, target);
    if (descriptor < 0) {
        bool creates = redirect->kind != REDIRECT_IN && errno == ENOENT;
        return complain("cannot %s %s: %s", redirect->kind == REDIRECT_IN ? "open" : "create", target,
                        creates ? "Directory nonexistent" : strerror(errno));
    }
    if (descriptor != redirect->descriptor) {
        dup2(descriptor, redirect->descriptor);
        close(descriptor);
    }
    return 0;
}

int redirects_apply(const struct redirect *redirects, struct saved_descriptor **saved)
{
    for (; redirects; redirects = redirects->next) {
        if (saved)
            descriptor_save(redirects->descriptor, saved);
        if (redirect_apply(redirects))
            return 1;
    }
    return 0;
}

void redirects_undo(struct saved_descriptor *saved)
{
    for (; saved; saved = saved->next) {
        if (saved->copy < 0) {
            close(saved->descriptor);
            continue;
        }
        dup2(saved->copy, saved->descriptor);
        close(saved->copy);
    }
}
