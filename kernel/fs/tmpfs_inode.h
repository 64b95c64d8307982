/*
 * tmpfs from the inside: what its two files share.
 */
#ifndef KERNEL_FS_TMPFS_INODE_H
#define KERNEL_FS_TMPFS_INODE_H

#include "kernel/fs/vfs.h"

struct tmpfs_entry;

struct tmpfs_inode {
    struct inode inode;
    char *target; /* of a symbolic link */

    /* Of a directory, under the inode's lock. */
    struct list entries;          /* in the order they were made, which readdir keeps */
    struct tmpfs_entry **buckets; /* the same by name; a power of two of them, or none for an empty directory */
    unsigned bucket_count, entry_count;
    uint64_t next_cookie; /* readdir's offset of the next entry */
};

static inline struct tmpfs_inode *tmpfs_inode(struct inode *inode)
{
    return container_of(inode, struct tmpfs_inode, inode);
}

extern const struct inode_ops tmpfs_directory_inode_ops;
extern const struct file_ops tmpfs_directory_file_ops;

/* A new file of any type but links; owner and group as its directory says (null: root). Null without memory. */
struct inode *tmpfs_inode_create(struct filesystem *filesystem, const struct inode *directory,
                                 uint32_t mode) must_check;
struct inode *tmpfs_link_create(struct inode *directory, const char *target) must_check;

/* Forgets all entries. */
void tmpfs_directory_clear(struct inode *directory);

#endif
