/*
 * Named semaphores: each is a file in /dev/shm with a sem_t in it, mapped into every process that has opened it. A process that opens one
 * twice gets the same address, so there is a list.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct opened {
    struct opened *next;
    sem_t *semaphore;
    dev_t device;
    ino_t inode;
    unsigned uses;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */
static struct opened *list;

static sem_t *fail(int error)
{
    errno = error;
    return SEM_FAILED;
}

/* `/name` to the path of its file; an errno value if it is no name. */
static int path_of(const char *name, char path[PATH_MAX])
{
    name += *name == '/';
    if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
        return EINVAL;
    if (strlen(name) > NAME_MAX - strlen("sem."))
        return ENAMETOOLONG;
    snprintf(path, PATH_MAX, "/dev/shm/sem.%s", name);
    return 0;
}

/* The mapping of an open file, an old one if there is; the lock is held. */
static sem_t *opened_get(int descriptor)
{
    struct stat status;

    if (fstat(descriptor, &status))
        return SEM_FAILED;
    for (struct opened *at = list; at; at = at->next)
        if (at->device == status.st_dev && at->inode == status.st_ino) {
            at->uses++;
            return at->semaphore;
        }
    struct opened *opened = malloc(sizeof *opened);
    if (!opened)
        return SEM_FAILED;
    void *semaphore = mmap(NULL, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (semaphore == MAP_FAILED) {
        free(opened);
        return SEM_FAILED;
    }
    *opened = (struct opened){list, semaphore, status.st_dev, status.st_ino, 1};
    list = opened;
    return semaphore;
}

/* A new file under a name of its own, complete before it gets the one that others know. Its descriptor, or -1 (errno EEXIST: there is one). */
static int file_make(const char *path, mode_t mode, unsigned value)
{
    char unfinished[sizeof "/dev/shm/new.." + 2 * sizeof "2147483647"];
    sem_t semaphore;
    int descriptor = -1;

    if (sem_init(&semaphore, 1, value))
        return -1;
    for (unsigned i = 0; descriptor < 0; i++) {
        snprintf(unfinished, sizeof unfinished, "/dev/shm/new.%d.%u", gettid(), i);
        descriptor = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode); /* less umask */
        if (descriptor < 0 && errno != EEXIST)
            return -1;
    }
    if (write(descriptor, &semaphore, sizeof semaphore) == sizeof semaphore && !link(unfinished, path)) {
        unlink(unfinished);
        return descriptor;
    }
    int error = errno;
    unlink(unfinished);
    close(descriptor);
    errno = error;
    return -1;
}

/* Opens or makes the file, as the flags say. */
static int file_open(const char *path, int flags, mode_t mode, unsigned value)
{
    for (;;) {
        int descriptor = flags & O_EXCL ? -1 : open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (descriptor >= 0 || !(flags & O_CREAT) || (!(flags & O_EXCL) && errno != ENOENT))
            return descriptor;
        descriptor = file_make(path, mode, value);
        if (descriptor >= 0 || errno != EEXIST || flags & O_EXCL)
            return descriptor;
    }
}

sem_t *sem_open(const char *name, int flags, ...)
{
    char path[PATH_MAX];
    mode_t mode = 0;
    unsigned value = 0;
    int error = path_of(name, path);

    if (error)
        return fail(error);
    if (flags & O_CREAT) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        value = va_arg(args, unsigned);
        va_end(args);
    } else {
        flags &= ~O_EXCL;
    }
    int descriptor = file_open(path, flags, mode & 0777, value);
    if (descriptor < 0)
        return SEM_FAILED;
    pthread_mutex_lock(&lock);
    sem_t *semaphore = opened_get(descriptor);
    pthread_mutex_unlock(&lock);
    close(descriptor);
    return semaphore;
}

int sem_close(sem_t *semaphore)
{
    struct opened **at = &list, *found;

    pthread_mutex_lock(&lock);
    while (*at && (*at)->semaphore != semaphore)
        at = &(*at)->next;
    found = *at;
    if (found && --found->uses == 0) {
        *at = found->next;
        munmap(semaphore, sizeof *semaphore);
        free(found);
    }
    pthread_mutex_unlock(&lock);
    if (found)
        return 0;
    errno = EINVAL;
    return -1;
}

int sem_unlink(const char *name)
{
    char path[PATH_MAX];
    int error = path_of(name, path);

    if (!error)
        return unlink(path);
    errno = error == EINVAL ? ENOENT : error;
    return -1;
}
