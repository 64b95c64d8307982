/*
 * /proc/PID: the directory of a process, its fd and task directories.
 *
 *     /proc/PID/   the registered files (proc_process_entries), exe cwd root, fd/ task/
 *     /proc/PID/task/TID/   the same files; of a thread only its number is its own
 */
#include "kernel/abi/dirent.h"
#include "kernel/fs/directory.h"
#include "kernel/fs/files.h"
#include "kernel/fs/proc_table.h"
#include "kernel/process.h"
#include "libc/format.h"
#include "libc/string.h"

enum proc_pid_number {
    NUMBER_DIRECTORY = 1,
    NUMBER_FD,
    NUMBER_TASK,
    NUMBER_LINKS = 8,
    NUMBER_FILES = 16,
    NUMBER_FDS = 256
};
enum { OFFSET_FIRST = 2 }; /* readdir's offset behind "." and ".." */

static const struct inode_ops pid_inode_ops, fd_directory_inode_ops, task_inode_ops;
static const struct file_ops pid_file_ops, fd_directory_file_ops, task_file_ops;

static const struct {
    const char *name;
    const struct inode_ops *ops;
} pid_links[] = {{"exe", &proc_exe_inode_ops}, {"cwd", &proc_cwd_inode_ops}, {"root", &proc_root_inode_ops}};

static const struct {
    const char *name;
    unsigned number;
    uint32_t permissions;
    const struct inode_ops *ops;
    const struct file_ops *file_ops;
} pid_directories[] = {
    {"fd", NUMBER_FD, 0500, &fd_directory_inode_ops, &fd_directory_file_ops},
    {"task", NUMBER_TASK, 0555, &task_inode_ops, &task_file_ops},
};

/* How many of them a directory has: a thread's has no "task", the last, or a walk over /proc would never end. */
static unsigned directory_count(const struct proc_inode *proc)
{
    return ARRAY_LENGTH(pid_directories) - (proc->is_thread ? 1 : 0);
}

/* An inode of a process, owned by its user. -ENOENT when the process is gone. */
static int pid_inode_create(struct filesystem *filesystem, pid_t pid, unsigned what, uint32_t mode,
                            struct proc_inode **result)
{
    struct process *process = process_find(pid);
    if (process == NULL)
        return -ENOENT;
    uint32_t uid = process->credentials.euid, gid = process->credentials.egid;
    process_put(process);
    struct proc_inode *proc = proc_inode_create(filesystem, proc_process_number(pid, what), mode);
    if (proc == NULL)
        return -ENOMEM;
    proc->pid = pid;
    proc->inode.uid = uid;
    proc->inode.gid = gid;
    *result = proc;
    return 0;
}

int proc_pid_create(struct filesystem *filesystem, pid_t pid, struct inode **result)
{
    struct proc_inode *proc;
    int error = pid_inode_create(filesystem, pid, NUMBER_DIRECTORY, S_IFDIR | 0555, &proc);
    if (error != 0)
        return error;
    proc->inode.ops = &pid_inode_ops;
    proc->inode.file_ops = &pid_file_ops;
    *result = &proc->inode;
    return 0;
}

static bool name_is(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static int pid_lookup_file(struct inode *directory, unsigned index, struct inode **result)
{
    const struct proc_process_entry *entry = &proc_process_entries[index];
    struct proc_inode *proc;
    int error = pid_inode_create(directory->filesystem, proc_inode(directory)->pid, NUMBER_FILES + index,
                                 S_IFREG | entry->permissions, &proc);
    if (error != 0)
        return error;
    proc->process_entry = entry;
    proc->inode.file_ops = entry->read != NULL ? &proc_binary_file_ops : &proc_text_file_ops;
    *result = &proc->inode;
    return 0;
}

static int pid_lookup_link(struct inode *directory, unsigned index, struct inode **result)
{
    struct proc_inode *proc;
    int error = pid_inode_create(directory->filesystem, proc_inode(directory)->pid, NUMBER_LINKS + index,
                                 S_IFLNK | 0777, &proc);
    if (error != 0)
        return error;
    proc->inode.ops = pid_links[index].ops;
    *result = &proc->inode;
    return 0;
}

static int pid_lookup_directory(struct inode *directory, unsigned index, struct inode **result)
{
    struct proc_inode *proc;
    int error = pid_inode_create(directory->filesystem, proc_inode(directory)->pid, pid_directories[index].number,
                                 S_IFDIR | pid_directories[index].permissions, &proc);
    if (error != 0)
        return error;
    proc->inode.ops = pid_directories[index].ops;
    proc->inode.file_ops = pid_directories[index].file_ops;
    *result = &proc->inode;
    return 0;
}

static int pid_lookup(struct inode *directory, const char *name, size_t length, struct inode **result)
{
    for (unsigned i = 0; i < proc_process_entry_count; i++) {
        if (name_is(name, length, proc_process_entries[i].name))
            return pid_lookup_file(directory, i, result);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(pid_links); i++) {
        if (name_is(name, length, pid_links[i].name))
            return pid_lookup_link(directory, i, result);
    }
    for (unsigned i = 0; i < directory_count(proc_inode(directory)); i++) {
        if (name_is(name, length, pid_directories[i].name))
            return pid_lookup_directory(directory, i, result);
    }
    return -ENOENT;
}

/* The index-th name of the directory of a process or thread; null behind the last. */
static const char *pid_name(unsigned index, const struct proc_inode *proc, unsigned *type, uint64_t *number)
{
    unsigned links = ARRAY_LENGTH(pid_links), directories = directory_count(proc);
    pid_t pid = proc->pid;
    if (index < directories) {
        *type = DT_DIR;
        *number = proc_process_number(pid, pid_directories[index].number);
        return pid_directories[index].name;
    }
    if (index < directories + links) {
        *type = DT_LNK;
        *number = proc_process_number(pid, NUMBER_LINKS + index - directories);
        return pid_links[index - directories].name;
    }
    index -= directories + links;
    *type = DT_REG;
    *number = proc_process_number(pid, NUMBER_FILES + index);
    return index < proc_process_entry_count ? proc_process_entries[index].name : NULL;
}

static int pid_readdir(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    if (!directory_emit_dots(file, offset, emit, context))
        return 0;
    for (;;) {
        unsigned type;
        uint64_t number;
        const char *name = pid_name((unsigned)(*offset - OFFSET_FIRST), proc_inode(file->inode), &type, &number);
        if (name == NULL || !emit(context, name, strlen(name), number, type, *offset + 1))
            return 0;
        ++*offset;
    }
}

static const struct inode_ops pid_inode_ops = {.lookup = pid_lookup};
static const struct file_ops pid_file_ops = {.readdir = pid_readdir};

/* --- fd ----------------------------------------------------------------------------------------------------------- */

/*
 * Whether the directory's process has a descriptor >= *fd in use; the lowest in *fd. Takes no reference: under the directory's
 * lock nothing may be closed.
 */
static bool directory_next(struct inode *directory, unsigned *fd)
{
    struct process *process = process_find(proc_inode(directory)->pid);
    if (process == NULL)
        return false;
    spin_lock(&process_lock);
    bool found = process->files != NULL && files_next(process->files, fd);
    spin_unlock(&process_lock);
    process_put(process);
    return found;
}

static int fd_lookup(struct inode *directory, const char *name, size_t length, struct inode **result)
{
    unsigned fd;
    struct proc_inode *proc;
    if (!proc_parse_name(name, length, &fd))
        return -ENOENT;
    unsigned used = fd;
    if (!directory_next(directory, &used) || used != fd)
        return -ENOENT;
    int error = pid_inode_create(directory->filesystem, proc_inode(directory)->pid, NUMBER_FDS + fd, S_IFLNK | 0700,
                                 &proc);
    if (error != 0)
        return error;
    proc->fd = fd;
    proc->inode.ops = &proc_fd_inode_ops;
    *result = &proc->inode;
    return 0;
}

static int fd_readdir(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    pid_t pid = proc_inode(file->inode)->pid;
    if (!directory_emit_dots(file, offset, emit, context))
        return 0;
    for (bool more = true; more;) {
        char name[16];
        unsigned fd = (unsigned)(*offset - OFFSET_FIRST);
        if (!directory_next(file->inode, &fd))
            break;
        int length = snprintf(name, sizeof name, "%u", fd);
        more = emit(context, name, (size_t)length, proc_process_number(pid, NUMBER_FDS + fd), DT_LNK,
                    OFFSET_FIRST + fd + 1);
        if (more)
            *offset = OFFSET_FIRST + fd + 1;
    }
    return 0;
}

static const struct inode_ops fd_directory_inode_ops = {.lookup = fd_lookup};
static const struct file_ops fd_directory_file_ops = {.readdir = fd_readdir};

/* --- task --------------------------------------------------------------------------------------------------------- */

/* The lowest thread number >= *tid of the process in *tid; false: none. */
static bool task_next(pid_t pid, pid_t *tid)
{
    pid_t best = 0;
    spin_lock(&process_lock);
    struct process *process = process_find_locked(pid);
    if (process != NULL) {
        list_for_each(link, &process->threads)
        {
            pid_t found = list_entry(link, struct thread, process_link)->tid;
            if (found >= *tid && (best == 0 || found < best))
                best = found;
        }
    }
    spin_unlock(&process_lock);
    *tid = best;
    return best != 0;
}

static int task_lookup(struct inode *directory, const char *name, size_t length, struct inode **result)
{
    unsigned number;
    if (!proc_parse_name(name, length, &number))
        return -ENOENT;
    pid_t tid = (pid_t)number;
    if (!task_next(proc_inode(directory)->pid, &tid) || tid != (pid_t)number)
        return -ENOENT;
    int error = proc_pid_create(directory->filesystem, proc_inode(directory)->pid, result);
    if (error == 0)
        proc_inode(*result)->is_thread = true;
    return error;
}

static int task_readdir(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    if (!directory_emit_dots(file, offset, emit, context))
        return 0;
    for (;;) {
        char name[16];
        pid_t tid = (pid_t)(*offset - OFFSET_FIRST);
        if (!task_next(proc_inode(file->inode)->pid, &tid))
            return 0;
        int length = snprintf(name, sizeof name, "%d", tid);
        if (!emit(context, name, (size_t)length, proc_process_number(tid, NUMBER_DIRECTORY), DT_DIR,
                  OFFSET_FIRST + (uint64_t)tid + 1))
            return 0;
        *offset = OFFSET_FIRST + (uint64_t)tid + 1;
    }
}

static const struct inode_ops task_inode_ops = {.lookup = task_lookup};
static const struct file_ops task_file_ops = {.readdir = task_readdir};
