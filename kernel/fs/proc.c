/*
 * /proc: the registry of its files and the file system type.
 */
#include "kernel/fs/proc.h"

#include "kernel/abi/statfs.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/fs/proc_table.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/slab.h"

struct proc_entry proc_entries[PROC_ENTRIES_MAX];
unsigned proc_entry_count;
struct proc_process_entry proc_process_entries[PROC_PROCESS_ENTRIES_MAX];
unsigned proc_process_entry_count;

static struct slab_cache proc_inode_cache;

enum { NAME_NUMBER_MAX = 999999999 }; /* the largest process or descriptor number that is looked up */

void proc_register(const char *path, proc_show *show, proc_store *store)
{
    assert(proc_entry_count < PROC_ENTRIES_MAX);
    proc_entries[proc_entry_count++] = (struct proc_entry){.path = path, .show = show, .store = store};
}

void proc_register_number(const struct proc_number *number)
{
    assert(proc_entry_count < PROC_ENTRIES_MAX);
    proc_entries[proc_entry_count++] = (struct proc_entry){.path = number->path, .number = number};
}

void proc_register_file(const char *path, const struct file_ops *ops)
{
    assert(proc_entry_count < PROC_ENTRIES_MAX);
    proc_entries[proc_entry_count++] = (struct proc_entry){.path = path, .ops = ops};
}

static void proc_register_entry(struct proc_process_entry entry)
{
    assert(proc_process_entry_count < PROC_PROCESS_ENTRIES_MAX);
    proc_process_entries[proc_process_entry_count++] = entry;
}

void proc_register_process(const char *name, proc_show_process *show)
{
    proc_register_entry((struct proc_process_entry){.name = name, .show = show, .permissions = 0444});
}

void proc_register_process_settable(const char *name, proc_show_process *show, proc_store_process *store)
{
    proc_register_entry((struct proc_process_entry){.name = name, .show = show, .store = store, .permissions = 0644});
}

void proc_register_process_binary(const char *name, proc_read_process *read)
{
    proc_register_entry((struct proc_process_entry){.name = name, .read = read, .permissions = 0400});
}

struct proc_inode *proc_inode_create(struct filesystem *filesystem, uint64_t number, uint32_t mode)
{
    static const struct object_ops object_ops = {.read = object_zero_fill, .release = inode_release};
    struct proc_inode *proc = slab_alloc(&proc_inode_cache, FRAME_ZERO);
    if (proc == NULL)
        return NULL;
    inode_init(&proc->inode, filesystem, &object_ops, number, mode);
    if (mode_is(mode, S_IFDIR))
        proc->inode.links = 2;
    return proc;
}

bool proc_parse_number(const char *text, size_t length, uint64_t *number)
{
    *number = 0;
    if (length == 0 || (length > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*number, (uint64_t)10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(text[i] - '0'), number))
            return false;
    }
    return true;
}

bool proc_parse_name(const char *name, size_t length, unsigned *number)
{
    uint64_t value;
    if (!proc_parse_number(name, length, &value) || value > NAME_NUMBER_MAX)
        return false;
    *number = (unsigned)value;
    return true;
}

static int proc_mount(struct filesystem *filesystem, struct block_device *device, const char *options,
                      struct inode **root)
{
    (void)device, (void)options;
    struct proc_inode *proc = proc_inode_create(filesystem, PROC_ROOT_NUMBER, S_IFDIR | 0555);
    if (proc == NULL)
        return -ENOMEM;
    proc->prefix = "";
    proc->inode.ops = &proc_tree_inode_ops;
    proc->inode.file_ops = &proc_tree_file_ops;
    *root = &proc->inode;
    return 0;
}

static int proc_statfs(struct filesystem *filesystem, struct linux_statfs *result)
{
    (void)filesystem;
    result->type = STATFS_PROC;
    return 0;
}

static void proc_free_inode(struct inode *inode)
{
    slab_free(&proc_inode_cache, proc_inode(inode));
}

static struct filesystem_type proc_type = {
    .name = "proc",
    .uncached = true,
    .mount = proc_mount,
    .statfs = proc_statfs,
    .free_inode = proc_free_inode,
};

void proc_init(void)
{
    slab_cache_init(&proc_inode_cache, "proc_inode", sizeof(struct proc_inode));
    proc_system_register();
    proc_disks_register();
    proc_process_register();
    proc_sys_register();
    filesystem_register(&proc_type);
}
