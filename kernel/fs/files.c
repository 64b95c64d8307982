/*
 * Descriptor tables; see files.h.
 */
#include "kernel/fs/files.h"

#include "kernel/abi/fcntl.h"
#include "kernel/abi/resource.h"
#include "kernel/fs/file_lock.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

enum { FILES_LIMIT = 1 << 20 };

/* Zeroed: capacity FILES_INLINE and the inline arrays. */
struct files *files_create(void)
{
    struct files *files = kmalloc(sizeof *files);
    if (files == NULL)
        return NULL;
    files->references = 1;
    spin_init(&files->lock, RANK_FILES);
    files->slots = files->inline_slots;
    files->close_on_exec = &files->inline_close_on_exec;
    files->capacity = FILES_INLINE;
    return files;
}

static size_t files_bits_size(unsigned capacity)
{
    return (capacity + 63) / 64 * sizeof(uint64_t);
}

static inline bool files_bit(const struct files *files, unsigned fd)
{
    return files->close_on_exec[fd / 64] >> fd % 64 & 1;
}

static inline void files_set_bit(struct files *files, unsigned fd, bool on)
{
    uint64_t bit = (uint64_t)1 << fd % 64;
    if (on)
        files->close_on_exec[fd / 64] |= bit;
    else
        files->close_on_exec[fd / 64] &= ~bit;
}

static void files_free_arrays(struct file **slots)
{
    kfree(slots);
}

/* Slots and bits for `capacity` descriptors in one allocation; null without memory. */
static struct file **files_allocate_arrays(unsigned capacity)
{
    return kmalloc(capacity * sizeof(struct file *) + files_bits_size(capacity));
}

/* Puts larger arrays into the table, under its lock; returns the old ones to be freed, or null. */
static struct file **files_adopt(struct files *files, struct file **slots, unsigned capacity)
{
    struct file **old = files->slots == files->inline_slots ? NULL : files->slots;
    uint64_t *bits = (uint64_t *)(void *)(slots + capacity);
    memcpy(slots, files->slots, files->capacity * sizeof(struct file *));
    memcpy(bits, files->close_on_exec, files_bits_size(files->capacity));
    files->slots = slots;
    files->close_on_exec = bits;
    files->capacity = capacity;
    return old;
}

/* Makes room for descriptor `fd`; no lock held. 0 or -ENOMEM. */
static int files_grow(struct files *files, unsigned fd)
{
    unsigned capacity = 2 * FILES_INLINE;
    while (capacity <= fd)
        capacity *= 2;
    struct file **slots = files_allocate_arrays(capacity);
    if (slots == NULL)
        return -ENOMEM;
    spin_lock(&files->lock);
    struct file **unused = files->capacity >= capacity ? slots : files_adopt(files, slots, capacity);
    spin_unlock(&files->lock);
    if (unused != NULL)
        files_free_arrays(unused);
    return 0;
}

struct files *files_copy(struct files *from)
{
    struct files *files = files_create();
    if (files == NULL)
        return NULL;
    spin_lock(&from->lock);
    while (from->capacity > files->capacity) {
        unsigned wanted = from->capacity;
        spin_unlock(&from->lock);
        if (files_grow(files, wanted - 1) != 0) {
            files_put(files);
            return NULL;
        }
        spin_lock(&from->lock);
    }
    for (unsigned fd = 0; fd < from->capacity; fd++) {
        files->slots[fd] = from->slots[fd];
        if (files->slots[fd] != NULL)
            file_get(files->slots[fd]);
    }
    memcpy(files->close_on_exec, from->close_on_exec, files_bits_size(from->capacity));
    files->first_free = from->first_free;
    spin_unlock(&from->lock);
    return files;
}

/* What closing a descriptor means beyond the reference: POSIX locks of the process on the file go. */
static void files_closed(struct files *files, struct file *file)
{
    if (file->inode->locks != NULL)
        file_locks_release_owner(file->inode, files);
    file_put(file);
}

void files_put(struct files *files)
{
    if (atomic_fetch_sub(&files->references, 1) != 1)
        return;
    for (unsigned fd = 0; fd < files->capacity; fd++) {
        if (files->slots[fd] != NULL)
            files_closed(files, files->slots[fd]);
    }
    if (files->slots != files->inline_slots)
        files_free_arrays(files->slots);
    kfree(files);
}

struct file *files_get_from(struct files *files, int fd)
{
    struct file *file = NULL;
    spin_lock(&files->lock);
    if ((unsigned)fd < files->capacity)
        file = files->slots[fd];
    if (file != NULL)
        file_get(file);
    spin_unlock(&files->lock);
    return file;
}

struct file *files_get(int fd)
{
    return files_get_from(process_current()->files, fd);
}

struct file *files_get_opened(int fd)
{
    struct file *file = files_get(fd);
    if (file == NULL || !(file->flags & O_PATH))
        return file;
    file_put(file);
    return NULL;
}

struct file *files_borrow(int fd, bool *referenced)
{
    struct process *process = process_current();
    struct files *files = process->files;
    *referenced = process->thread_count != 1 || files->references != 1;
    if (*referenced)
        return files_get_from(files, fd);
    return (unsigned)fd < files->capacity ? files->slots[fd] : NULL;
}

static unsigned files_limit(void)
{
    uint64_t limit = process_current()->limits[RLIMIT_NOFILE].soft;
    return (unsigned)min_u64(limit, FILES_LIMIT);
}

/* The lowest free slot >= minimum, or the capacity. */
static unsigned files_find_free(const struct files *files, unsigned minimum)
{
    unsigned fd = minimum > files->first_free ? minimum : files->first_free;
    while (fd < files->capacity && files->slots[fd] != NULL)
        fd++;
    return fd;
}

int files_install(struct file *file, int minimum, bool close_on_exec)
{
    struct files *files = process_current()->files;
    unsigned limit = files_limit();
    for (;;) {
        spin_lock(&files->lock);
        unsigned fd = files_find_free(files, (unsigned)minimum);
        if (fd < files->capacity && fd < limit) {
            files->slots[fd] = file;
            files_set_bit(files, fd, close_on_exec);
            if (fd == files->first_free)
                files->first_free = fd + 1;
            spin_unlock(&files->lock);
            return (int)fd;
        }
        spin_unlock(&files->lock);
        if (fd >= limit)
            return -EMFILE;
        if (files_grow(files, fd) != 0)
            return -ENOMEM;
    }
}

int files_install_at(struct file *file, int fd, bool close_on_exec)
{
    struct files *files = process_current()->files;
    if (fd < 0 || (unsigned)fd >= files_limit())
        return -EBADF;
    if ((unsigned)fd >= files->capacity && files_grow(files, (unsigned)fd) != 0)
        return -ENOMEM;
    spin_lock(&files->lock);
    struct file *old = files->slots[fd];
    files->slots[fd] = file;
    files_set_bit(files, (unsigned)fd, close_on_exec);
    spin_unlock(&files->lock);
    if (old != NULL)
        files_closed(files, old);
    return fd;
}

/* Empties a slot, under the lock; returns what was in it. */
static struct file *files_take(struct files *files, unsigned fd)
{
    struct file *file = fd < files->capacity ? files->slots[fd] : NULL;
    if (file == NULL)
        return NULL;
    files->slots[fd] = NULL;
    if (fd < files->first_free)
        files->first_free = fd;
    return file;
}

int files_close(int fd)
{
    struct files *files = process_current()->files;
    spin_lock(&files->lock);
    struct file *file = files_take(files, (unsigned)fd);
    spin_unlock(&files->lock);
    if (file == NULL)
        return -EBADF;
    files_closed(files, file);
    return 0;
}

/* Empties the first slot from *fd on that is to be closed by exec; null if there is none. */
static struct file *files_take_marked(struct files *files, unsigned *fd)
{
    struct file *file = NULL;
    spin_lock(&files->lock);
    for (; *fd < files->capacity && file == NULL; ++*fd) {
        if (files_bit(files, *fd))
            file = files_take(files, *fd);
    }
    spin_unlock(&files->lock);
    return file;
}

void files_close_on_exec(struct files *files)
{
    unsigned fd = 0;
    struct file *file;
    while ((file = files_take_marked(files, &fd)) != NULL)
        files_closed(files, file);
}

int files_get_close_on_exec(int fd)
{
    struct files *files = process_current()->files;
    int result = -EBADF;
    spin_lock(&files->lock);
    if ((unsigned)fd < files->capacity && files->slots[fd] != NULL)
        result = files_bit(files, (unsigned)fd);
    spin_unlock(&files->lock);
    return result;
}

int files_set_close_on_exec(int fd, bool on)
{
    struct files *files = process_current()->files;
    int result = -EBADF;
    spin_lock(&files->lock);
    if ((unsigned)fd < files->capacity && files->slots[fd] != NULL) {
        files_set_bit(files, (unsigned)fd, on);
        result = 0;
    }
    spin_unlock(&files->lock);
    return result;
}

void files_close_range(unsigned first, unsigned last, bool mark_only)
{
    struct files *files = process_current()->files;
    for (unsigned fd = first; fd < files->capacity && fd <= last; fd++) {
        spin_lock(&files->lock);
        struct file *file = mark_only ? NULL : files_take(files, fd);
        if (mark_only && files->slots[fd] != NULL)
            files_set_bit(files, fd, true);
        spin_unlock(&files->lock);
        if (file != NULL)
            files_closed(files, file);
    }
}

bool files_next(struct files *files, unsigned *fd)
{
    spin_lock(&files->lock);
    while (*fd < files->capacity && files->slots[*fd] == NULL)
        ++*fd;
    bool found = *fd < files->capacity;
    spin_unlock(&files->lock);
    return found;
}
