/* Reading directories, a bufferful of getdents64 at a time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc/syscall.h"

struct dirent_stream {
    int descriptor;
    size_t at, end; /* the unread part of buffer */
    off_t position; /* of the next entry, as the file system counts */
    _Alignas(8) char buffer[4096];
};

DIR *fdopendir(int descriptor)
{
    struct stat status;

    if (fstat(descriptor, &status))
        return NULL;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return NULL;
    }
    DIR *directory = calloc(1, sizeof *directory);
    if (directory)
        directory->descriptor = descriptor;
    return directory;
}

DIR *opendir(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (descriptor < 0)
        return NULL;
    DIR *directory = fdopendir(descriptor);
    if (!directory)
        close(descriptor);
    return directory;
}

struct dirent *readdir(DIR *directory)
{
    if (directory->at == directory->end) {
        long length = call_result(
            call_raw3(SYS_getdents64, directory->descriptor, (long)directory->buffer, sizeof directory->buffer));
        if (length <= 0)
            return NULL;
        directory->at = 0;
        directory->end = (size_t)length;
    }
    struct dirent *entry = (struct dirent *)(directory->buffer + directory->at);
    directory->at += entry->d_reclen;
    directory->position = entry->d_off;
    return entry;
}

int closedir(DIR *directory)
{
    int result = close(directory->descriptor);

    free(directory);
    return result;
}

void seekdir(DIR *directory, long position)
{
    lseek(directory->descriptor, position, SEEK_SET);
    directory->at = directory->end = 0;
    directory->position = position;
}

void rewinddir(DIR *directory)
{
    seekdir(directory, 0);
}

long telldir(DIR *directory)
{
    return directory->position;
}

int dirfd(DIR *directory)
{
    return directory->descriptor;
}

int alphasort(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static int entry_add(struct dirent ***list, size_t count, const struct dirent *entry)
{
    struct dirent **grown = reallocarray(*list, count + 1, sizeof *grown);

    if (!grown)
        return -1;
    *list = grown;
    grown[count] = malloc(entry->d_reclen);
    if (!grown[count])
        return -1;
    memcpy(grown[count], entry, entry->d_reclen);
    return 0;
}

int scandir(const char *path, struct dirent ***list, int (*wanted)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **))
{
    DIR *directory = opendir(path);
    size_t count = 0;

    if (!directory)
        return -1;
    *list = NULL;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (wanted && !wanted(entry))
            continue;
        if (entry_add(list, count, entry)) {
            while (count)
                free((*list)[--count]);
            free(*list);
            closedir(directory);
            return -1;
        }
        count++;
    }
    closedir(directory);
    if (compare)
        qsort(*list, count, sizeof **list, (int (*)(const void *, const void *))compare);
    return (int)count;
}
