/*
 * The machine's part of /proc: a tree that exists only as the paths of its files.
 *
 * A directory is a prefix: "sys/vm" is there because some file's path begins with "sys/vm/". The root has processes,
 * "self" and "thread-self" besides.
 */
#include "kernel/abi/dirent.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/directory.h"
#include "kernel/fs/proc_table.h"
#include "kernel/process.h"
#include "libc/format.h"
#include "libc/string.h"

/* What follows the directory's prefix in an entry's path, or null if the entry is not below it. */
static const char *path_below(const struct proc_inode *directory, const struct proc_entry *entry)
{
    if (directory->prefix_length == 0)
        return entry->path;
    if (strncmp(entry->path, directory->prefix, directory->prefix_length) != 0 ||
        entry->path[directory->prefix_length] != '/')
        return NULL;
    return entry->path + directory->prefix_length + 1;
}

static size_t first_name_length(const char *path)
{
    size_t length = 0;
    while (path[length] != '\0' && path[length] != '/')
        length++;
    return length;
}

static uint64_t entry_number(const struct proc_entry *entry, const char *rest, size_t length)
{
    if (rest[length] == '\0')
        return PROC_ENTRY_NUMBER + (uint64_t)(entry - proc_entries);
    return (uint64_t)1 << 31 | name_hash(entry->path, (size_t)(rest + length - entry->path)) >> 1;
}

static int tree_file_create(struct filesystem *filesystem, const struct proc_entry *entry, uint64_t number,
                            struct inode **result)
{
    bool readable = entry->show != NULL || entry->number != NULL || entry->ops != NULL;
    bool writable = entry->store != NULL || entry->number != NULL;
    uint32_t mode = S_IFREG | (readable ? 0444 : 0) | (writable ? 0200 : 0);
    struct proc_inode *proc = proc_inode_create(filesystem, number, mode);
    if (proc == NULL)
        return -ENOMEM;
    proc->entry = entry;
    proc->inode.file_ops = entry->ops != NULL ? entry->ops : &proc_text_file_ops;
    *result = &proc->inode;
    return 0;
}

static int tree_directory_create(struct filesystem *filesystem, const char *prefix, size_t length, uint64_t number,
                                 struct inode **result)
{
    struct proc_inode *proc = proc_inode_create(filesystem, number, S_IFDIR | 0555);
    if (proc == NULL)
        return -ENOMEM;
    proc->prefix = prefix;
    proc->prefix_length = length;
    proc->inode.ops = &proc_tree_inode_ops;
    proc->inode.file_ops = &proc_tree_file_ops;
    *result = &proc->inode;
    return 0;
}

static bool name_is(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static int self_create(struct filesystem *filesystem, const struct inode_ops *ops, uint64_t number,
                       struct inode **result)
{
    struct proc_inode *proc = proc_inode_create(filesystem, number, S_IFLNK | 0777);
    if (proc == NULL)
        return -ENOMEM;
    proc->inode.ops = ops;
    *result = &proc->inode;
    return 0;
}

/* What only the root has. -ENOENT if it is not that. */
static int root_lookup(struct filesystem *filesystem, const char *name, size_t length, struct inode **result)
{
    unsigned pid;
    if (name_is(name, length, "self"))
        return self_create(filesystem, &proc_self_inode_ops, PROC_ROOT_NUMBER + 1, result);
    if (name_is(name, length, "thread-self"))
        return self_create(filesystem, &proc_thread_self_inode_ops, PROC_ROOT_NUMBER + 2, result);
    return proc_parse_name(name, length, &pid) ? proc_pid_create(filesystem, (pid_t)pid, result) : -ENOENT;
}

static int tree_lookup(struct inode *inode, const char *name, size_t length, struct inode **result)
{
    const struct proc_inode *directory = proc_inode(inode);
    int error = directory->prefix_length == 0 ? root_lookup(inode->filesystem, name, length, result) : -ENOENT;
    if (error != -ENOENT)
        return error;
    for (unsigned i = 0; i < proc_entry_count; i++) {
        const struct proc_entry *entry = &proc_entries[i];
        const char *rest = path_below(directory, entry);
        if (rest == NULL || first_name_length(rest) != length || memcmp(rest, name, length) != 0)
            continue;
        uint64_t number = entry_number(entry, rest, length);
        if (rest[length] == '\0')
            return tree_file_create(inode->filesystem, entry, number, result);
        return tree_directory_create(inode->filesystem, entry->path, (size_t)(rest + length - entry->path), number,
                                     result);
    }
    return -ENOENT;
}

/* Whether an earlier entry has already shown the directory that `rest` begins with. */
static bool shown_before(const struct proc_inode *directory, unsigned index, const char *rest, size_t length)
{
    for (unsigned i = 0; i < index; i++) {
        const char *other = path_below(directory, &proc_entries[i]);
        if (other != NULL && first_name_length(other) == length && memcmp(other, rest, length) == 0)
            return true;
    }
    return false;
}

enum { OFFSET_ENTRIES = 2, OFFSET_SELF = 1 << 16, OFFSET_PROCESSES = OFFSET_SELF + 2 }; /* readdir's offsets */

/* The machine's entries; false when the reader is full. */
static bool tree_emit_entries(const struct proc_inode *directory, uint64_t *offset, directory_emit *emit, void *context)
{
    for (unsigned i = (unsigned)(*offset - OFFSET_ENTRIES); i < proc_entry_count; i++) {
        const char *rest = path_below(directory, &proc_entries[i]);
        size_t length = rest != NULL ? first_name_length(rest) : 0;
        if (rest == NULL || shown_before(directory, i, rest, length))
            continue;
        unsigned type = rest[length] == '\0' ? DT_REG : DT_DIR;
        if (!emit(context, rest, length, entry_number(&proc_entries[i], rest, length), type, OFFSET_ENTRIES + i + 1))
            return false;
        *offset = OFFSET_ENTRIES + i + 1;
    }
    *offset = OFFSET_SELF;
    return true;
}

static bool root_emit_self(uint64_t *offset, directory_emit *emit, void *context)
{
    static const char *const names[] = {"self", "thread-self"};
    for (unsigned i = (unsigned)(*offset - OFFSET_SELF); i < ARRAY_LENGTH(names); i++) {
        if (!emit(context, names[i], strlen(names[i]), PROC_ROOT_NUMBER + 1 + i, DT_LNK, OFFSET_SELF + i + 1))
            return false;
        *offset = OFFSET_SELF + i + 1;
    }
    return true;
}

struct process_emit {
    uint64_t *offset;
    directory_emit *emit;
    void *context;
};

static int root_emit_process(struct process *process, void *context)
{
    struct process_emit *reading = context;
    uint64_t offset = OFFSET_PROCESSES + (uint64_t)process->pid;
    char name[16];
    if (offset < *reading->offset)
        return 0;
    int length = snprintf(name, sizeof name, "%d", process->pid);
    if (!reading->emit(reading->context, name, (size_t)length, proc_process_number(process->pid, 1), DT_DIR,
                       offset + 1))
        return 1;
    *reading->offset = offset + 1;
    return 0;
}

static int tree_readdir(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    const struct proc_inode *directory = proc_inode(file->inode);
    struct process_emit reading = {.offset = offset, .emit = emit, .context = context};
    if (!directory_emit_dots(file, offset, emit, context))
        return 0;
    if (*offset < OFFSET_SELF && !tree_emit_entries(directory, offset, emit, context))
        return 0;
    if (directory->prefix_length > 0)
        return 0;
    if (*offset < OFFSET_PROCESSES && !root_emit_self(offset, emit, context))
        return 0;
    (void)process_for_each(root_emit_process, &reading);
    return 0;
}

const struct inode_ops proc_tree_inode_ops = {.lookup = tree_lookup};
const struct file_ops proc_tree_file_ops = {.readdir = tree_readdir};
