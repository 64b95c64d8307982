/*
 * posix_spawn: a child that shares the memory until it executes the program (vfork), does what the attributes and file actions say, and tells by a
 * variable in that memory what went wrong.
 *
 * Nothing of the program's may run in that child: the thread cannot be cancelled meanwhile, and all signals are blocked from before the
 * vfork until, in the parent, it is over, in the child, no signal has a handler any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum spawn_kind { SPAWN_OPEN, SPAWN_CLOSE, SPAWN_DUP };

struct spawn_action {
    struct spawn_action *next;
    enum spawn_kind kind;
    int descriptor, target, flags;
    mode_t mode;
    char path[];
};

static int action_do(const struct spawn_action *action)
{
    int opened;

    switch (action->kind) {
    case SPAWN_CLOSE:
        (void)close(action->descriptor);
        return 0;
    case SPAWN_DUP:
        if (action->descriptor == action->target)
            return fcntl(action->target, F_SETFD, 0);
        return dup2(action->descriptor, action->target);
    default:
        opened = open(action->path, action->flags, action->mode);
        if (opened < 0 || opened == action->descriptor)
            return opened;
        int result = dup2(opened, action->descriptor);
        close(opened);
        return result;
    }
}

/* Signals that have a handler get the default action, and those of the attributes. */
static void signals_reset(const posix_spawnattr_t *attributes)
{
    struct sigaction action;

    for (int number = 1; number < NSIG; number++) {
        bool chosen = attributes->flags & POSIX_SPAWN_SETSIGDEF && sigismember(&attributes->defaults, number) > 0;
        if (chosen ||
            (!sigaction(number, NULL, &action) && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN))
            signal(number, SIG_DFL);
    }
}

static int attributes_do(const posix_spawnattr_t *attributes)
{
    if (attributes->flags & POSIX_SPAWN_SETSID && setsid() < 0)
        return -1;
    if (attributes->flags & POSIX_SPAWN_SETPGROUP && setpgid(0, attributes->group))
        return -1;
    if (attributes->flags & POSIX_SPAWN_RESETIDS && (setgid(getgid()) || setuid(getuid())))
        return -1;
    return 0;
}

/* The child's life, in which `mask` is the parent's: returns the error that ended it. */
static int child_run(const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                     const sigset_t *mask, char *const arguments[], char *const environment[], bool search)
{
    signals_reset(attributes);
    if (attributes_do(attributes) < 0)
        return errno;
    for (const struct spawn_action *action = actions ? actions->first : NULL; action; action = action->next)
        if (action_do(action) < 0)
            return errno;
    sigprocmask(SIG_SETMASK, attributes->flags & POSIX_SPAWN_SETSIGMASK ? &attributes->mask : mask, NULL);
    if (search)
        execvpe(file, arguments, environment);
    else
        execve(file, arguments, environment);
    return errno;
}

static int spawn(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[], bool search)
{
    static const posix_spawnattr_t none;
    volatile int error = 0;
    sigset_t all, mask;
    int cancel;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &mask);
    pid_t child = vfork();
    if (!child) {
        error = child_run(file, actions, attributes ? attributes : &none, &mask, arguments, environment, search);
        _exit(127);
    }
    if (child < 0)
        error = errno;
    while (child > 0 && error && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (!error && process)
        *process = child;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    pthread_setcancelstate(cancel, NULL);
    return error;
}

int posix_spawn(pid_t *restrict process, const char *restrict path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                char *const environment[restrict])
{
    return spawn(process, path, actions, attributes, arguments, environment, false);
}

int posix_spawnp(pid_t *restrict process, const char *restrict file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                 char *const environment[restrict])
{
    return spawn(process, file, actions, attributes, arguments, environment, true);
}

static int action_add(posix_spawn_file_actions_t *actions, const struct spawn_action *action, const char *path)
{
    size_t length = strlen(path) + 1;
    struct spawn_action *added = malloc(sizeof *added + length);

    if (!added)
        return ENOMEM;
    *added = *action;
    memcpy(added->path, path, length);
    if (actions->last)
        actions->last->next = added;
    else
        actions->first = added;
    actions->last = added;
    return 0;
}

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions)
{
    *actions = (posix_spawn_file_actions_t){0};
    return 0;
}

int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)
{
    for (struct spawn_action *action = actions->first, *next; action; action = next) {
        next = action->next;
        free(action);
    }
    return posix_spawn_file_actions_init(actions);
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict actions, int descriptor,
                                     const char *restrict path, int flags, mode_t mode)
{
    struct spawn_action action = {.kind = SPAWN_OPEN, .descriptor = descriptor, .flags = flags, .mode = mode};

    return descriptor < 0 ? EBADF : action_add(actions, &action, path);
}

int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int descriptor)
{
    struct spawn_action action = {.kind = SPAWN_CLOSE, .descriptor = descriptor};

    return descriptor < 0 ? EBADF : action_add(actions, &action, "");
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int descriptor, int target)
{
    struct spawn_action action = {.kind = SPAWN_DUP, .descriptor = descriptor, .target = target};

    return descriptor < 0 || target < 0 ? EBADF : action_add(actions, &action, "");
}

int posix_spawnattr_init(posix_spawnattr_t *attributes)
{
    *attributes = (posix_spawnattr_t){0};
    return 0;
}

int posix_spawnattr_destroy(posix_spawnattr_t *attributes)
{
    (void)attributes;
    return 0;
}

int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags)
{
    attributes->flags = flags;
    return 0;
}

int posix_spawnattr_setpgroup(posix_spawnattr_t *attributes, pid_t group)
{
    attributes->group = group;
    return 0;
}

int posix_spawnattr_setsigmask(posix_spawnattr_t *restrict attributes, const sigset_t *restrict mask)
{
    attributes->mask = *mask;
    return 0;
}

int posix_spawnattr_setsigdefault(posix_spawnattr_t *restrict attributes, const sigset_t *restrict signals)
{
    attributes->defaults = *signals;
    return 0;
}

int posix_spawnattr_getflags(const posix_spawnattr_t *restrict attributes, short *restrict flags)
{
    *flags = attributes->flags;
    return 0;
}

int posix_spawnattr_getpgroup(const posix_spawnattr_t *restrict attributes, pid_t *restrict group)
{
    *group = attributes->group;
    return 0;
}

int posix_spawnattr_getsigmask(const posix_spawnattr_t *restrict attributes, sigset_t *restrict mask)
{
    *mask = attributes->mask;
    return 0;
}

int posix_spawnattr_getsigdefault(const posix_spawnattr_t *restrict attributes, sigset_t *restrict signals)
{
    *signals = attributes->defaults;
    return 0;
}
