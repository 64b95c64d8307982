/*
 * Devices without hardware: null zero full random urandom kmsg.
 */
#include "kernel/abi/poll.h"
#include "kernel/fs/chardev.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/object.h"
#include "mm/slab.h"

enum { MEMORY_MAJOR = 1, KMSG_LINE_MAX = 1024, RANDOM_PIECE = 256 };

static ssize_t null_read(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)file, (void)uio, (void)offset;
    return 0;
}

static ssize_t null_write(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)file, (void)offset;
    return (ssize_t)uio->left;
}

static ssize_t zero_read(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)file, (void)offset;
    return uio_zero(uio, uio->left);
}

/* Private mappings of /dev/zero are zero fill; shared ones get an object of their own. */
static int zero_map(struct file *file, struct map_request *request)
{
    (void)file;
    request->object = NULL;
    if (request->flags & AREA_SHARED) {
        request->offset = 0;
        request->object = shm_object_create(request->length, (request->flags & AREA_NORESERVE) == 0);
    }
    return (request->flags & AREA_SHARED) && request->object == NULL ? -ENOMEM : 0;
}

static ssize_t full_write(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)file, (void)uio, (void)offset;
    return -ENOSPC; /* as Linux, even to nothing */
}

static ssize_t random_read(struct file *file, struct uio *uio, uint64_t offset)
{
    char bytes[RANDOM_PIECE];
    ssize_t done = 0;
    (void)file, (void)offset;
    while (uio->left > 0) {
        size_t length = min_u64(uio->left, sizeof bytes);
        random_get(bytes, length);
        ssize_t moved = uio_copy_in(uio, bytes, length);
        if (moved <= 0)
            return done > 0 ? done : moved;
        done += moved;
    }
    return done;
}

static ssize_t kmsg_read(struct file *file, struct uio *uio, uint64_t offset)
{
    char bytes[KMSG_LINE_MAX];
    uint64_t position = offset;
    (void)file;
    size_t length = log_read(&position, bytes, min_u64(uio->left, sizeof bytes));
    return length > 0 ? uio_copy_in(uio, bytes, length) : 0;
}

/* Each write is a line of the log; "<level>" in front is Linux's way to say how important it is. */
static ssize_t kmsg_write(struct file *file, struct uio *uio, uint64_t offset)
{
    char line[KMSG_LINE_MAX];
    size_t whole = uio->left;
    (void)file, (void)offset;
    ssize_t length = uio_copy_out(uio, line, min_u64(whole, sizeof line - 1));
    if (length < 0)
        return length;
    while (length > 0 && line[length - 1] == '\n')
        length--;
    line[length] = '\0';
    int level = LOG_INFO;
    char *text = line;
    if (length >= 3 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>') {
        level = line[1] - '0';
        text += 3;
    }
    log_write((enum log_level)level, "%s", text);
    return (ssize_t)whole;
}

static const struct file_ops null_ops = {.read = null_read, .write = null_write};
static const struct file_ops zero_ops = {.read = zero_read, .write = null_write, .map = zero_map};
static const struct file_ops full_ops = {.read = zero_read, .write = full_write};
static const struct file_ops random_ops = {.read = random_read, .write = null_write};
static const struct file_ops kmsg_ops = {.read = kmsg_read, .write = kmsg_write};

void memory_devices_register(void)
{
    chardev_register("null", MEMORY_MAJOR, 3, 0666, &null_ops, NULL);
    chardev_register("zero", MEMORY_MAJOR, 5, 0666, &zero_ops, NULL);
    chardev_register("full", MEMORY_MAJOR, 7, 0666, &full_ops, NULL);
    chardev_register("random", MEMORY_MAJOR, 8, 0666, &random_ops, NULL);
    chardev_register("urandom", MEMORY_MAJOR, 9, 0666, &random_ops, NULL);
    chardev_register("kmsg", MEMORY_MAJOR, 11, 0644, &kmsg_ops, NULL);
}
