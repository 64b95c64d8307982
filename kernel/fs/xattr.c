/*
 * Extended attributes: no file has any, and none can be set. The calls look at their file and their arguments and say so.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/path.h"
#include "kernel/syscall_list.h"
#include "mm/usercopy.h"

enum { NAME_LENGTH_MAX = 255, VALUE_SIZE_MAX = 65536 };

enum { XATTR_CREATE = 1, XATTR_REPLACE = 2 };

/* 0 if the file is there, or -Exxx; the same of a descriptor. */
static int path_check(vaddr_t path, int flags)
{
    struct inode *inode;
    struct dentry *name;
    int error = path_inode_user(AT_FDCWD, path, flags, &inode, &name);
    if (error == 0)
        path_inode_put(inode, name);
    return error;
}

static int descriptor_check(int fd)
{
    struct file *file = files_get_opened(fd);
    if (file == NULL)
        return -EBADF;
    file_put(file);
    return 0;
}

/* The name of an attribute: 0, -EFAULT, or -ERANGE if it is empty or too long. */
static int name_check(vaddr_t from)
{
    char name[NAME_LENGTH_MAX + 1];
    ssize_t length = copy_string_from_user(name, from, sizeof(name));
    if (length == 0 || length == -ENAMETOOLONG)
        return -ERANGE;
    return length < 0 ? (int)length : 0;
}

/* The value to be set: 0, -E2BIG, -EFAULT. */
static int value_check(vaddr_t from, uint64_t size)
{
    char piece[256];
    int error = size > VALUE_SIZE_MAX ? -E2BIG : 0;
    for (uint64_t done = 0; error == 0 && done < size; done += sizeof(piece))
        error = copy_from_user(piece, from + done, min_u64(size - done, sizeof(piece)));
    return error;
}

/* Asks for or removes the attribute that the second argument names; `found` is what became of the first. */
static long attribute_find(int found, const struct registers *regs)
{
    int error = found != 0 ? found : name_check(regs->rsi);
    return error != 0 ? error : -ENODATA;
}

static long attribute_set(int found, const struct registers *regs)
{
    int error = found;
    if (error == 0 && (regs->r8 & ~(uint64_t)(XATTR_CREATE | XATTR_REPLACE)) != 0)
        error = -EINVAL;
    if (error == 0)
        error = name_check(regs->rsi);
    if (error == 0)
        error = value_check(regs->rdx, regs->r10);
    return error != 0 ? error : -EOPNOTSUPP;
}

long sys_getxattr(struct registers *regs)
{
    return attribute_find(path_check(regs->rdi, 0), regs);
}

long sys_lgetxattr(struct registers *regs)
{
    return attribute_find(path_check(regs->rdi, AT_SYMLINK_NOFOLLOW), regs);
}

long sys_fgetxattr(struct registers *regs)
{
    return attribute_find(descriptor_check((int)regs->rdi), regs);
}

long sys_listxattr(struct registers *regs)
{
    return path_check(regs->rdi, 0);
}

long sys_llistxattr(struct registers *regs)
{
    return path_check(regs->rdi, AT_SYMLINK_NOFOLLOW);
}

long sys_flistxattr(struct registers *regs)
{
    return descriptor_check((int)regs->rdi);
}

long sys_setxattr(struct registers *regs)
{
    return attribute_set(path_check(regs->rdi, 0), regs);
}

long sys_lsetxattr(struct registers *regs)
{
    return attribute_set(path_check(regs->rdi, AT_SYMLINK_NOFOLLOW), regs);
}

long sys_fsetxattr(struct registers *regs)
{
    return attribute_set(descriptor_check((int)regs->rdi), regs);
}

long sys_removexattr(struct registers *regs)
{
    return attribute_find(path_check(regs->rdi, 0), regs);
}

long sys_lremovexattr(struct registers *regs)
{
    return attribute_find(path_check(regs->rdi, AT_SYMLINK_NOFOLLOW), regs);
}

long sys_fremovexattr(struct registers *regs)
{
    return attribute_find(descriptor_check((int)regs->rdi), regs);
}
