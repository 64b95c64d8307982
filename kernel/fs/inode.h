/*
 * Inodes in memory, for file systems: making them, finding them by number, and the rules of access.
 *
 * An inode lives as long as somebody refers to it: its dentry, open files, mappings. The table of inodes holds no
 * reference; when the last one goes, inode_release() writes back or deletes the file, and only then takes the inode out
 * of the table, so that a file is never in memory twice: who looks for it meanwhile waits.
 *
 * Lock: inode_table_lock (spin, RANK_INODE_CACHE): the table, hash_next, hashed.
 */
#ifndef KERNEL_FS_INODE_H
#define KERNEL_FS_INODE_H

#include "kernel/abi/stat.h"
#include "kernel/fs/vfs.h"

struct credentials;

/* Prepares an inode with one reference, times set to now. object_ops->release must be inode_release. */
void inode_init(struct inode *inode, struct filesystem *filesystem, const struct object_ops *object_ops,
                uint64_t number, uint32_t mode);

/* The file system's inode `number` if it is in memory, referenced, or null. Sleeps. */
struct inode *inode_find(struct filesystem *filesystem, uint64_t number);

/* Puts a new inode into the table. If another thread was faster, frees `inode` and returns the other's, referenced. */
struct inode *inode_publish(struct inode *inode);

/* Takes a reference unless the last one has gone: for those who found the inode in a list of theirs. Any context. */
bool inode_try_get(struct inode *inode);

/* The release function of every inode's object. */
void inode_release(struct object *object);

/* The read function of objects without a disk: zeros. */
void object_zero_fill(struct object *object, struct page **pages, unsigned count);

/* An inode without file system, for pipes, memfd and the like; null without memory. */
struct inode *inode_create_anonymous(uint32_t mode, const struct file_ops *ops) must_check;

/* As inode_permission(), for credentials other than the running process's own. */
int inode_permission_of(const struct inode *inode, unsigned mask, const struct credentials *credentials) must_check;

/* Whether the running process is the file's owner or root: 0 or -EPERM. */
int inode_owner_check(const struct inode *inode) must_check;

static inline bool inode_is(const struct inode *inode, uint32_t type)
{
    return mode_is(inode->mode, type);
}

static inline uint64_t inode_size(const struct inode *inode)
{
    return atomic_load_explicit(&inode->object.size, memory_order_relaxed);
}

/* A regular file that lives in memory and on swap only: tmpfs, memfd_create(). Its pages are those of shared memory (mm/shm.h). */
static inline void inode_make_memory(struct inode *inode)
{
    inode->object.kind = OBJECT_SHM;
}

/* inode_ops.punch of such a file. */
int inode_punch_memory(struct inode *inode, uint64_t first, uint64_t after);

static inline bool inode_is_memory(const struct inode *inode)
{
    return inode->object.kind == OBJECT_SHM;
}

/* Units of 512 bytes in use. */
static inline uint64_t inode_blocks(const struct inode *inode)
{
    uint64_t held = atomic_load_explicit(&inode->object.held, memory_order_relaxed);
    return inode_is_memory(inode) ? held * (PAGE_SIZE / 512) : inode->blocks;
}

static inline bool inode_is_read_only(const struct inode *inode)
{
    return inode->filesystem != NULL && inode->filesystem->read_only;
}

/* The file system's metadata were changed: write-behind will see to them. Any context. */
void filesystem_note_change(struct filesystem *filesystem);

struct timespec64 timespec_now(void);

/* Sets modification and change time to now, and tells the file system. The inode's lock is held. */
void inode_modified(struct inode *inode);
/* The same for the change time only. */
void inode_changed(struct inode *inode);

/* Locks two directories of one rename, in an order that cannot deadlock (rename_lock is held); they may be the same. */
void inode_lock_two(struct inode *first, struct inode *second);
void inode_unlock_two(struct inode *first, struct inode *second);

void inode_cache_init(void);

#endif
