/*
 * The registry of character devices: a table that only grows, filled at start-up. A device registered after /dev was
 * mounted gets its node at once.
 */
#include "kernel/fs/chardev.h"

#include "kernel/abi/stat.h"
#include "kernel/fs/devfs.h"
#include "kernel/log.h"

enum { CHARDEVS_MAX = 64 };

struct chardev {
    const char *name;
    uint64_t device;
    uint32_t mode;
    const struct file_ops *ops;
    void *data;
};

static struct chardev chardevs[CHARDEVS_MAX];
static unsigned chardev_count;

void chardev_register(const char *name, uint32_t major, uint32_t minor, uint32_t mode, const struct file_ops *ops,
                      void *data)
{
    if (chardev_count == CHARDEVS_MAX) {
        log_write(LOG_ERROR, "chardev: no room for %s", name);
        return;
    }
    struct chardev *device = &chardevs[chardev_count++];
    *device = (struct chardev){
        .name = name, .device = device_make(major, minor), .mode = S_IFCHR | (mode & 0777), .ops = ops, .data = data};
    if (name != NULL)
        devfs_add(name, device->mode, device->device);
}

int chardev_find(uint64_t device, const struct file_ops **ops, void **data)
{
    for (unsigned i = 0; i < chardev_count; i++) {
        if (chardevs[i].device == device) {
            *ops = chardevs[i].ops;
            *data = chardevs[i].data;
            return 0;
        }
    }
    return -ENXIO;
}

void chardevs_for_each(void (*visit)(const char *name, uint64_t device, uint32_t mode, void *context), void *context)
{
    for (unsigned i = 0; i < chardev_count; i++) {
        if (chardevs[i].name != NULL)
            visit(chardevs[i].name, chardevs[i].device, chardevs[i].mode, context);
    }
}
