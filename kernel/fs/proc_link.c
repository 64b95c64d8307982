/*
 * The symbolic links of /proc. readlink() shows a path; following one goes straight to the file, which may have no path
 * any more, or never had one.
 */
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/process.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/slab.h"

/* --- self --------------------------------------------------------------------------------------------------------- */

static ssize_t self_readlink(struct inode *inode, char *buffer, size_t size)
{
    (void)inode;
    return process_current() == NULL ? -ENOENT : snprintf(buffer, size, "%d", process_current()->pid);
}

static ssize_t thread_self_readlink(struct inode *inode, char *buffer, size_t size)
{
    (void)inode;
    if (process_current() == NULL)
        return -ENOENT;
    return snprintf(buffer, size, "%d/task/%d", process_current()->pid, thread_current()->tid);
}

const struct inode_ops proc_self_inode_ops = {.readlink = self_readlink};
const struct inode_ops proc_thread_self_inode_ops = {.readlink = thread_self_readlink};

/* --- exe, cwd, root ----------------------------------------------------------------------------------------------- */

static struct dentry *process_program(struct process *process)
{
    struct dentry *dentry = NULL;
    struct aspace *aspace = process_aspace(process);
    if (aspace == NULL)
        return NULL;
    spin_lock(&aspace->table_lock);
    if (aspace->program != NULL && aspace->program->dentry != NULL) {
        dentry = aspace->program->dentry;
        dentry_get(dentry);
    }
    spin_unlock(&aspace->table_lock);
    aspace_put(aspace);
    return dentry;
}

static struct dentry *process_place(struct process *process, bool root)
{
    spin_lock(&process_lock);
    struct fs_context *context = process->fs;
    if (context != NULL)
        atomic_fetch_add(&context->references, 1);
    spin_unlock(&process_lock);
    if (context == NULL)
        return NULL;
    struct dentry *dentry = root ? fs_context_root(context) : fs_context_cwd(context);
    fs_context_put(context);
    return dentry;
}

/* Where a link of a process leads, referenced. */
static int place_find(const struct proc_inode *link, enum proc_link which, struct dentry **result)
{
    struct process *process = process_find(link->pid);
    if (process == NULL)
        return -ENOENT;
    *result = which == PROC_LINK_EXE ? process_program(process) : process_place(process, which == PROC_LINK_ROOT);
    process_put(process);
    return *result != NULL ? 0 : -ENOENT;
}

static ssize_t dentry_show(struct dentry *dentry, char *buffer, size_t size)
{
    char *path = kmalloc(PATH_MAX);
    if (path == NULL)
        return -ENOMEM;
    const char *text = dentry_path(dentry, path, PATH_MAX);
    size_t length = min_u64(strlen(text), size);
    memcpy(buffer, text, length);
    kfree(path);
    return (ssize_t)length;
}

static ssize_t place_readlink(struct inode *inode, char *buffer, size_t size, enum proc_link which)
{
    struct dentry *dentry;
    ssize_t result = place_find(proc_inode(inode), which, &dentry);
    if (result != 0)
        return result;
    result = dentry_show(dentry, buffer, size);
    dentry_put(dentry);
    return result;
}

static ssize_t exe_readlink(struct inode *inode, char *buffer, size_t size)
{
    return place_readlink(inode, buffer, size, PROC_LINK_EXE);
}

static int exe_follow(struct inode *inode, struct dentry **result)
{
    return place_find(proc_inode(inode), PROC_LINK_EXE, result);
}

static ssize_t cwd_readlink(struct inode *inode, char *buffer, size_t size)
{
    return place_readlink(inode, buffer, size, PROC_LINK_CWD);
}

static int cwd_follow(struct inode *inode, struct dentry **result)
{
    return place_find(proc_inode(inode), PROC_LINK_CWD, result);
}

static ssize_t root_readlink(struct inode *inode, char *buffer, size_t size)
{
    return place_readlink(inode, buffer, size, PROC_LINK_ROOT);
}

static int root_follow(struct inode *inode, struct dentry **result)
{
    return place_find(proc_inode(inode), PROC_LINK_ROOT, result);
}

const struct inode_ops proc_exe_inode_ops = {.readlink = exe_readlink, .follow = exe_follow};
const struct inode_ops proc_cwd_inode_ops = {.readlink = cwd_readlink, .follow = cwd_follow};
const struct inode_ops proc_root_inode_ops = {.readlink = root_readlink, .follow = root_follow};

/* --- fd/N --------------------------------------------------------------------------------------------------------- */

/* The file behind a descriptor of a process, referenced, or null. */
static struct file *fd_find(const struct proc_inode *link)
{
    struct process *process = process_find(link->pid);
    if (process == NULL)
        return NULL;
    spin_lock(&process_lock);
    struct files *files = process->files;
    if (files != NULL)
        atomic_fetch_add(&files->references, 1);
    spin_unlock(&process_lock);
    process_put(process);
    if (files == NULL)
        return NULL;
    struct file *file = files_get_from(files, (int)link->fd);
    files_put(files);
    return file;
}

static int nameless_show(const struct file *file, char *buffer, size_t size)
{
    const char *kind = inode_is(file->inode, S_IFIFO) ? "pipe" : "anon_inode";
    if (file->ops->name != NULL)
        return snprintf(buffer, size, "%s:[%s]", kind, file->ops->name);
    return snprintf(buffer, size, "%s:[%llu]", kind, (unsigned long long)file->inode->number);
}

static ssize_t fd_readlink(struct inode *inode, char *buffer, size_t size)
{
    struct file *file = fd_find(proc_inode(inode));
    if (file == NULL)
        return -ENOENT;
    ssize_t result = file->dentry != NULL ? dentry_show(file->dentry, buffer, size) : nameless_show(file, buffer, size);
    file_put(file);
    return result;
}

/* A nameless file gets a dentry of its own for as long as it is used by this path. */
static int fd_follow(struct inode *inode, struct dentry **result)
{
    char name[32];
    struct file *file = fd_find(proc_inode(inode));
    if (file == NULL)
        return -ENOENT;
    *result = file->dentry;
    if (*result != NULL) {
        dentry_get(*result);
    } else {
        (void)nameless_show(file, name, sizeof name);
        inode_get(file->inode);
        *result = dentry_create_root(file->inode, name);
    }
    file_put(file);
    return *result != NULL ? 0 : -ENOMEM;
}

const struct inode_ops proc_fd_inode_ops = {.readlink = fd_readlink, .follow = fd_follow};
