/*
 * Extended attributes: no file has any, and none can be set. The calls look at their file and say so.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/fs/files.h"
#include "kernel/fs/path.h"
#include "kernel/fs/inode.h"
#include "kernel/syscall_list.h"

static long attribute_of_path(vaddr_t path, int flags, long answer)
{
    struct inode *inode;
    struct dentry *name;
    long error = path_inode_user(AT_FDCWD, path, flags, &inode, &name);
    if (error != 0)
        return error;
    path_inode_put(inode, name);
    return answer;
}

static long attribute_of_descriptor(int fd, long answer)
{
    struct file *file = files_get_opened(fd);
    if (file == NULL)
        return -EBADF;
    file_put(file);
    return answer;
}

long sys_getxattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, 0, -ENODATA);
}

long sys_lgetxattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, AT_SYMLINK_NOFOLLOW, -ENODATA);
}

long sys_fgetxattr(struct registers *regs)
{
    return attribute_of_descriptor((int)regs->rdi, -ENODATA);
}

long sys_listxattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, 0, 0);
}

long sys_llistxattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, AT_SYMLINK_NOFOLLOW, 0);
}

long sys_flistxattr(struct registers *regs)
{
    return attribute_of_descriptor((int)regs->rdi, 0);
}

long sys_setxattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, 0, -EOPNOTSUPP);
}

long sys_lsetxattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, AT_SYMLINK_NOFOLLOW, -EOPNOTSUPP);
}

long sys_fsetxattr(struct registers *regs)
{
    return attribute_of_descriptor((int)regs->rdi, -EOPNOTSUPP);
}

long sys_removexattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, 0, -ENODATA);
}

long sys_lremovexattr(struct registers *regs)
{
    return attribute_of_path(regs->rdi, AT_SYMLINK_NOFOLLOW, -ENODATA);
}

long sys_fremovexattr(struct registers *regs)
{
    return attribute_of_descriptor((int)regs->rdi, -ENODATA);
}
