/*
 * Reading directories, and the system calls that do.
 *
 * Entries are gathered in a kernel buffer with the directory locked and copied to the program afterwards, as user
 * memory is not touched under that lock.
 */
#include "kernel/fs/directory.h"

#include "kernel/abi/dirent.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/syscall_list.h"
#include "libc/string.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

uint64_t directory_parent_number(const struct file *file)
{
    dentry_lock();
    const struct dentry *dentry = file->dentry;
    while (dentry->parent == dentry && dentry->covers != NULL)
        dentry = dentry->covers;
    uint64_t number = dentry->parent->inode->number;
    dentry_unlock();
    return number;
}

bool directory_emit_dots(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    if (*offset == 0) {
        if (!emit(context, ".", 1, file->inode->number, DT_DIR, 1))
            return false;
        *offset = 1;
    }
    if (*offset == 1) {
        if (!emit(context, "..", 2, directory_parent_number(file), DT_DIR, 2))
            return false;
        *offset = 2;
    }
    return true;
}

int directory_read(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    struct inode *inode = file->inode;
    if (file->ops->readdir == NULL)
        return -ENOTDIR;
    mutex_lock(&inode->lock);
    int error = inode->links == 0 ? -ENOENT : file->ops->readdir(file, offset, emit, context);
    mutex_unlock(&inode->lock);
    return error;
}

/* Entries on their way to a program. */
struct entry_buffer {
    char *bytes;
    size_t size, used;
    bool old_format;
    bool refused;   /* an entry did not fit */
    uint64_t start; /* the position it was filled from */
};

static bool entry_emit(void *context, const char *name, size_t length, uint64_t inode, unsigned type,
                       uint64_t next_offset)
{
    struct entry_buffer *buffer = context;
    size_t header = buffer->old_format ? offsetof(struct linux_dirent, name) : offsetof(struct linux_dirent64, name);
    size_t record = round_up(header + length + 1 + (buffer->old_format ? 1 : 0), 8);
    char *at = buffer->bytes + buffer->used;
    if (record > buffer->size - buffer->used) {
        buffer->refused = true;
        return false;
    }
    memset(at, 0, record);
    if (buffer->old_format) {
        struct linux_dirent *entry = (struct linux_dirent *)(void *)at;
        *entry = (struct linux_dirent){.inode = inode, .offset = next_offset, .length = (uint16_t)record};
        at[record - 1] = (char)type;
    } else {
        struct linux_dirent64 *entry = (struct linux_dirent64 *)(void *)at;
        *entry = (struct linux_dirent64){
            .inode = inode, .offset = (int64_t)next_offset, .length = (uint16_t)record, .type = (uint8_t)type};
    }
    memcpy(at + header, name, length);
    buffer->used += record;
    return true;
}

enum { ENTRY_BUFFER_MAX = 32768 };

static long directory_fill(struct file *file, struct entry_buffer *buffer)
{
    int error;
    if (file_flags(file) & O_PATH)
        return -EBADF;
    mutex_lock(&file->offset_lock);
    buffer->start = file->offset;
    error = directory_read(file, &file->offset, entry_emit, buffer);
    mutex_unlock(&file->offset_lock);
    if (error != 0)
        return error;
    return buffer->used == 0 && buffer->refused ? -EINVAL : (long)buffer->used;
}

/* Entries that could not be stored are read again next time. */
static void directory_unread(struct file *file, const struct entry_buffer *buffer)
{
    mutex_lock(&file->offset_lock);
    file->offset = buffer->start;
    mutex_unlock(&file->offset_lock);
}

static long getdents(struct registers *regs, bool old_format)
{
    struct entry_buffer buffer = {.size = min_u64((uint32_t)regs->rdx, ENTRY_BUFFER_MAX), .old_format = old_format};
    struct file *file = files_get((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    buffer.bytes = kmalloc_buffer(&buffer.size);
    long result = buffer.bytes == NULL ? -ENOMEM : directory_fill(file, &buffer);
    if (result > 0 && copy_to_user(regs->rsi, buffer.bytes, (size_t)result) != 0) {
        directory_unread(file, &buffer);
        result = -EFAULT;
    }
    kfree(buffer.bytes);
    file_put(file);
    return result;
}

long sys_getdents64(struct registers *regs)
{
    return getdents(regs, false);
}

long sys_getdents(struct registers *regs)
{
    return getdents(regs, true);
}
