/*
 * Files without a name and without a file system; contracts in nameless.h.
 */
#include "kernel/fs/nameless.h"

#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "mm/slab.h"

enum { NAMELESS_MODE = 0600 };

struct file *nameless_create(const struct file_ops *ops, void *data, uint32_t flags)
{
    struct inode *inode = inode_create_anonymous(NAMELESS_MODE, ops);
    struct file *file = inode != NULL ? file_create(inode, ops, flags) : NULL;
    if (file != NULL) {
        file->data = data;
        return file;
    }
    if (inode != NULL)
        inode_put(inode);
    kfree(data);
    return NULL;
}

int nameless_install(struct file *file, bool close_on_exec)
{
    if (file == NULL)
        return -ENOMEM;
    int fd = files_install(file, 0, close_on_exec);
    if (fd < 0)
        file_put(file);
    return fd;
}
