/*
 * The system calls that make and end descriptors: open, close, dup, pipe, memfd_create.
 */
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/path.h"
#include "kernel/fs/pipe.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "libc/format.h"
#include "mm/usercopy.h"

/* Every flag open(2) knows; others are ignored, as in Linux. */
enum {
    OPEN_FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC | O_ASYNC |
                 O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_SYNC | O_PATH | O_TMPFILE
};

/* Gives a file a descriptor; the file's reference is taken over, also when there is none left. */
static long descriptor_give(struct file *file, bool close_on_exec)
{
    int fd = files_install(file, 0, close_on_exec);
    if (fd < 0)
        file_put(file);
    return fd;
}

static long open_path(int at, const char *path, uint32_t flags, uint32_t mode)
{
    struct dentry *start;
    struct file *file;
    int error = path_start(at, path, &start);
    if (error != 0)
        return error;
    error = file_open(start, path, (flags & OPEN_FLAGS) | O_LARGEFILE, mode, &file);
    if (start != NULL)
        dentry_put(start);
    return error != 0 ? error : descriptor_give(file, flags & O_CLOEXEC);
}

static long open_user(int at, vaddr_t from, uint32_t flags, uint32_t mode)
{
    struct user_path path;
    int error = user_path_get(&path, from);
    if (error != 0)
        return error;
    long result = *path.text == '\0' ? -ENOENT : open_path(at, path.text, flags, mode);
    user_path_put(&path);
    return result;
}

long sys_open(struct registers *regs)
{
    return open_user(AT_FDCWD, regs->rdi, (uint32_t)regs->rsi, (uint32_t)regs->rdx);
}

long sys_openat(struct registers *regs)
{
    return open_user((int)regs->rdi, regs->rsi, (uint32_t)regs->rdx, (uint32_t)regs->r10);
}

long sys_creat(struct registers *regs)
{
    return open_user(AT_FDCWD, regs->rdi, O_CREAT | O_WRONLY | O_TRUNC, (uint32_t)regs->rsi);
}

long sys_close(struct registers *regs)
{
    return files_close((int)regs->rdi);
}

/* Gives the process a descriptor table of its own if others share it. */
static int files_unshare(void)
{
    struct process *process = process_current();
    if (process->files->references == 1)
        return 0;
    struct files *copy = files_copy(process->files);
    if (copy == NULL)
        return -ENOMEM;
    struct files *shared = process->files;
    spin_lock(&process_lock); /* /proc looks */
    process->files = copy;
    spin_unlock(&process_lock);
    files_put(shared);
    return 0;
}

long sys_close_range(struct registers *regs)
{
    unsigned first = (unsigned)regs->rdi, last = (unsigned)regs->rsi, flags = (unsigned)regs->rdx;
    if (first > last || (flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
        return -EINVAL;
    int error = flags & CLOSE_RANGE_UNSHARE ? files_unshare() : 0;
    if (error == 0)
        files_close_range(first, last, flags & CLOSE_RANGE_CLOEXEC);
    return error;
}

long sys_dup(struct registers *regs)
{
    struct file *file = files_get((int)regs->rdi);
    return file == NULL ? -EBADF : descriptor_give(file, false);
}

static long dup_to(int from, int to, bool close_on_exec)
{
    struct file *file = files_get(from);
    if (file == NULL)
        return -EBADF;
    long result = files_install_at(file, to, close_on_exec);
    if (result < 0)
        file_put(file);
    return result;
}

long sys_dup2(struct registers *regs)
{
    int from = (int)regs->rdi, to = (int)regs->rsi;
    if (from != to)
        return dup_to(from, to, false);
    return files_get_close_on_exec(from) < 0 ? -EBADF : from;
}

long sys_dup3(struct registers *regs)
{
    int from = (int)regs->rdi, to = (int)regs->rsi;
    uint32_t flags = (uint32_t)regs->rdx;
    if ((flags & ~(uint32_t)O_CLOEXEC) || from == to)
        return -EINVAL;
    return dup_to(from, to, flags & O_CLOEXEC);
}

/* Closes descriptors just made whose numbers the program will never learn. */
static void descriptors_take_back(int first, int second)
{
    if (files_close(first) != 0 || files_close(second) != 0)
        return; /* another thread guessed the number and closed it */
}

static long pipe_make(vaddr_t result, uint32_t flags)
{
    struct file *ends[2];
    int fds[2];
    if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    int error = pipe_create(&ends[0], &ends[1], flags & O_NONBLOCK);
    if (error != 0)
        return error;
    fds[0] = (int)descriptor_give(ends[0], flags & O_CLOEXEC);
    if (fds[0] < 0) {
        file_put(ends[1]);
        return fds[0];
    }
    fds[1] = (int)descriptor_give(ends[1], flags & O_CLOEXEC);
    if (fds[1] < 0)
        return files_close(fds[0]) == 0 ? fds[1] : -EMFILE;
    error = copy_to_user(result, fds, sizeof fds);
    if (error != 0)
        descriptors_take_back(fds[0], fds[1]);
    return error;
}

long sys_pipe(struct registers *regs)
{
    return pipe_make(regs->rdi, 0);
}

long sys_pipe2(struct registers *regs)
{
    return pipe_make(regs->rdi, (uint32_t)regs->rsi);
}

enum { MEMFD_NAME_MAX = 249 };

static const struct inode_ops memfd_inode_ops = {.punch = inode_punch_memory};

/* A nameless file that lives in memory, shown in /proc as Linux shows it. */
static long memfd_make(const char *name, bool close_on_exec)
{
    char shown[MEMFD_NAME_MAX + 20];
    struct inode *inode = inode_create_anonymous(S_IFREG | 0777, NULL);
    if (inode == NULL)
        return -ENOMEM;
    snprintf(shown, sizeof shown, "/memfd:%s (deleted)", name);
    inode->links = 0;
    inode_make_memory(inode);
    inode->ops = &memfd_inode_ops;
    struct dentry *dentry = dentry_create_root(inode, shown);
    if (dentry == NULL)
        return -ENOMEM;
    struct file *file = file_allocate(dentry, inode, NULL, O_RDWR | O_LARGEFILE);
    dentry_put(dentry);
    return file == NULL ? -ENOMEM : descriptor_give(file, close_on_exec);
}

long sys_memfd_create(struct registers *regs)
{
    char name[MEMFD_NAME_MAX + 1];
    unsigned flags = (unsigned)regs->rsi;
    if (flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING))
        return -EINVAL;
    ssize_t length = copy_string_from_user(name, regs->rdi, sizeof name);
    if (length < 0)
        return length == -ENAMETOOLONG ? -EINVAL : length;
    return memfd_make(name, flags & MFD_CLOEXEC);
}
