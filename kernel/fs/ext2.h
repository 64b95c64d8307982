/*
 * ext2, mounted.
 *
 *    ext2_super.c      mounting: superblock and group descriptors          ext2_format.c   the disk's structures, checked
 *    ext2_inode.c      inodes from the disk, their operations              ext2_map.c      which disk block holds block n of a file
 *    ext2_data.c       filling a file's pages                              ext2_directory.c names
 *
 * Metadata (descriptors, inode tables, indirect blocks) are read through the disk's own page cache (blockdev.h), file contents and directories through their
 * inode's object.
 */
#ifndef KERNEL_FS_EXT2_H
#define KERNEL_FS_EXT2_H

#include "kernel/fs/ext2_format.h"
#include "kernel/fs/inode.h"

struct page;

struct ext2 {
    struct filesystem *filesystem;
    struct block_device *device;
    struct object *metadata;       /* the device's cache */
    struct ext2_geometry geometry; /* constant after mounting */
    struct ext2_group *groups;
    bool reported; /* a broken structure was named in the log */
};

struct ext2_inode {
    struct inode inode;
    uint32_t block[EXT2_POINTERS];
    uint32_t flags, generation;
    bool fast_link;
};

static inline struct ext2_inode *ext2_inode(struct inode *inode)
{
    return container_of(inode, struct ext2_inode, inode);
}

static inline struct ext2 *ext2_of(const struct inode *inode)
{
    return inode->filesystem->data;
}

/* The page of the metadata cache that holds `block`, pinned, and the block's address in it. 0, -EIO, -ENOMEM. Sleeps. */
int ext2_metadata(struct ext2 *ext2, uint32_t block, struct page **page, const void **bytes) must_check;

/* Says once in the log that the disk is damaged; returns -EUCLEAN. */
int ext2_damaged(struct ext2 *ext2, const char *what, uint64_t number);

/* Inode `number`, referenced. 0, -EUCLEAN, -EIO, -ENOMEM. Sleeps. */
int ext2_inode_get(struct ext2 *ext2, uint32_t number, struct inode **result) must_check;

/* Follows a file's tree of pointers, keeping the last table of pointers at hand. */
struct ext2_cursor {
    struct ext2_inode *file;
    struct page *page;     /* pinned, holds `table`; null: none */
    const uint32_t *table; /* the pointers of blocks [first, first + pointers_per_block) */
    uint64_t first;
};

void ext2_cursor_begin(struct ext2_cursor *cursor, struct ext2_inode *file);
void ext2_cursor_end(struct ext2_cursor *cursor);
/* The disk block of block `index` of the file; 0 for a hole. 0, -EUCLEAN, -EIO, -EFBIG. Sleeps. */
int ext2_map(struct ext2_cursor *cursor, uint64_t index, uint32_t *block) must_check;

extern const struct object_ops ext2_object_ops;
extern const struct inode_ops ext2_directory_inode_ops;
extern const struct file_ops ext2_directory_file_ops;

void ext2_free_inode(struct inode *inode);
void ext2_inode_init(void);
void ext2_init(void);

#endif
