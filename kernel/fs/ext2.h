/*
 * ext2, mounted.
 *
 *    ext2_super.c      mounting, sync, the superblock              ext2_format.c     structures, read with checks
 *    ext2_inode.c      inodes to and from the disk, their end      ext2_encode.c     and written
 *    ext2_map.c        which disk block holds block n of a file    ext2_allocate.c   free blocks and inodes
 *    ext2_truncate.c   giving a file's blocks back                 ext2_metadata.c   cached blocks of metadata
 *    ext2_data.c       a file's pages from and to the disk         ext2_directory.c  names: reading them
 *    ext2_names.c      create, link, unlink, rename                ext2_entry.c      names: changing a directory
 *    ext2_journal.c    the journal of ext3 (journal.h), replay     ext2_orphan.c     unlinked files that are in use
 *
 * Metadata (descriptors, bitmaps, inode tables, indirect blocks, directories) go through the disk's own page cache
 * (blockdev.h), file contents through their inode's object. Written are file systems with blocks of 4 KB; others, and
 * those with features that only readers may ignore, are read-only.
 *
 * Every change of metadata is made under a handle of the journal (ext2_start), which without has_journal is only a way to
 * keep half a change from a sync. With a journal, what a transaction frees is not used again before it is committed.
 *
 * Locks: an inode's map_lock (RANK_BLOCK_MAP) guards its tree of pointers, also against page faults that extend it; the
 * file system's lock (RANK_FILESYSTEM) guards bitmaps, descriptors and counts; dirty_lock (spin, RANK_INODE_CACHE) the
 * list of changed inodes. A handle comes behind the locks of inodes and before these. An inode is taken off the list of
 * changed ones, and freed, only under a handle, so a commit may use all that are on it.
 */
#ifndef KERNEL_FS_EXT2_H
#define KERNEL_FS_EXT2_H

#include "kernel/fs/ext2_format.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/journal.h"

struct page;

struct ext2 {
    struct filesystem *filesystem;
    struct block_device *device;
    struct object *metadata;       /* the device's cache */
    struct ext2_geometry geometry; /* constant after mounting */
    bool reported;                 /* a broken structure was named in the log */

    struct mutex lock; /* RANK_FILESYSTEM: the next four, bitmaps on the disk */
    struct ext2_group *groups;
    uint32_t free_blocks, free_inodes;
    struct ext2_freed *freed; /* of each group; null without a journal */
    uint32_t freed_blocks[2]; /* how many blocks are in freed[].bits */
    struct list orphans;      /* inodes without links that are in use, as the disk lists them */
    bool orphans_loaded;      /* before that the disk's list stays as it is */
    bool counts_changed;      /* groups, counts or orphans differ from those on the disk */
    uint16_t state;           /* the superblock's as it was mounted: restored when the disk is left in good order */

    struct spinlock dirty_lock; /* RANK_INODE_CACHE */
    struct list dirty_inodes;   /* changed and not yet in the inode table */

    struct journal journal;
    uint32_t *journal_blocks; /* of has_journal: where it is; null while the journal has taken it over */
    struct journal_super journal_super;
};

/*
 * Blocks of one group that the running and the committing transaction have freed, by parity (ext2_allocate.c). They are
 * free, but whoever had them still has them if the power goes now.
 */
struct ext2_freed {
    uint8_t *bits[2]; /* null: none */
    bool all[2];      /* there was no memory for bits: any block of the group may be one */
};

struct ext2_inode {
    struct inode inode;
    struct mutex map_lock; /* RANK_BLOCK_MAP: block, the indirect blocks, goal, inode.blocks */
    uint32_t block[EXT2_POINTERS];
    uint64_t disk_size; /* the size that goes with `block`: the object's changes at other moments */
    bool ordered;       /* got blocks since the last commit: data goes to the disk first */
    uint32_t goal;      /* where the next block should lie: behind the last one; 0: anywhere in the inode's group */
    uint32_t flags, generation, file_acl;
    bool fast_link;
    bool fresh;              /* its place in the table holds an older inode's bytes */
    struct list dirty_link;  /* of the file system's list; under dirty_lock */
    struct list orphan_link; /* of the file system's orphans; under its lock */
};

/* The most blocks that a change dirties, for ext2_start(); each inode counts as one. */
enum ext2_credits {
    CREDITS_INODE = 1,
    CREDITS_MAP = 9,                /* three indirect blocks, four bitmaps, what points to the first, the inode */
    CREDITS_NAME = 2 + CREDITS_MAP, /* an entry in a directory that may grow */
    CREDITS_CREATE = 2 * CREDITS_NAME + 4,
    CREDITS_ORPHAN = 3, /* the inode, the one before it, the superblock */
    CREDITS_RENAME = 3 * CREDITS_NAME + CREDITS_ORPHAN + 2,
};

static inline struct ext2_inode *ext2_inode(struct inode *inode)
{
    return container_of(inode, struct ext2_inode, inode);
}

static inline struct ext2 *ext2_of(const struct inode *inode)
{
    return inode->filesystem->data;
}

/* --- metadata ----------------------------------------------------------------------------------------------------- */

/*
 * The page of the metadata cache that holds `block`, pinned, and the block's address in it. 0, -EIO, -ENOMEM. Sleeps.
 */
int ext2_metadata(struct ext2 *ext2, uint32_t block, struct page **page, const void **bytes) must_check;

/* The same for a block that is new: zeros, whatever the disk has. It is dirty. */
int ext2_metadata_fresh(struct ext2 *ext2, uint32_t block, struct page **page, void **bytes) must_check;
/* The block's bytes were changed under a handle: it will be written. Unpins the page. */
void ext2_metadata_changed(struct ext2 *ext2, struct page *page);
/* The block is no metadata any more: neither what is cached nor what is in the journal may be written. */
void ext2_metadata_forget(struct ext2 *ext2, uint32_t block);

/* Says once in the log that the disk is damaged; returns -EUCLEAN. */
int ext2_damaged(struct ext2 *ext2, const char *what, uint64_t number);

/* Inode `number`, referenced. 0, -EUCLEAN, -EIO, -ENOMEM. Sleeps. */
int ext2_inode_get(struct ext2 *ext2, uint32_t number, struct inode **result) must_check;
/* The journal's inode, which is in no table and has no name; inode_put() ends it. */
int ext2_inode_get_hidden(struct ext2 *ext2, uint32_t number, struct inode **result) must_check;
/* One that may be without links; *next is the orphan behind it. */
int ext2_inode_get_orphan(struct ext2 *ext2, uint32_t number, struct inode **result, uint32_t *next) must_check;

/*
 * A new inode of that mode near `directory`, published, links as a new file of its type has. 0, -ENOSPC, -EIO, -ENOMEM.
 */
int ext2_inode_make(struct inode *directory, uint32_t mode, struct inode **result) must_check;
/* Its operations, by its type. */
void ext2_inode_set_ops(struct inode *inode);
/* Notes that the inode is to be written to its table. A handle is open. */
void ext2_inode_changed(struct inode *inode);
/* The same with a modification time, for directories, which have no handle of the VFS around them. */
void ext2_inode_modified(struct inode *inode);
/* inode_ops.set_attributes: the same with a handle of its own. */
int ext2_set_attributes(struct inode *inode);
/* Writes all changed inodes into the inode tables' pages; no handle is open. */
int ext2_inodes_flush(struct ext2 *ext2) must_check;
/* Writes the data of changed inodes with new blocks, and waits; no handle is open. 0; -ENOMEM: some is still to be written. */
int ext2_inodes_write_data(struct ext2 *ext2) must_check;

/* --- handles, journal --------------------------------------------------------------------------------------------- */

/* A handle for a change (journal_start), after a commit if only that makes freed blocks usable again. Sleeps. */
int ext2_start(struct ext2 *ext2, unsigned credits) must_check;
static inline void ext2_stop(struct ext2 *ext2, unsigned credits)
{
    journal_stop(&ext2->journal, credits);
}

void ext2_journal_init(struct ext2 *ext2);
/*
 * Reads the journal of a file system that has one, and replays it; then *replayed, and superblock and descriptors must be
 * read again. 0, -EINVAL, -EROFS, -EIO, ...
 */
int ext2_journal_load(struct ext2 *ext2, bool *replayed) must_check;
/* The superblock's word on whether the journal must be replayed; stable on return. No log is in use. */
int ext2_recovery_mark(struct ext2 *ext2, bool needed) must_check;
/* For mounting read-write, and the way back: with everything home and the log empty. */
int ext2_journal_open(struct ext2 *ext2) must_check;
int ext2_journal_close(struct ext2 *ext2) must_check;
/* Frees what is left of it. */
void ext2_journal_free(struct ext2 *ext2);
/* Counts, state and flags into descriptors and superblock: the file system's lock is held, and a handle or all of them. */
int ext2_counts_write(struct ext2 *ext2, uint16_t state, bool needs_recovery) must_check;

/* An inode has lost its last link: it is listed on the disk until it is gone. Under a handle. */
void ext2_orphan_add(struct inode *inode);
void ext2_orphan_remove(struct inode *inode);
/* The number behind it in the list, 0 if it is the last or not in it. */
uint32_t ext2_orphan_next(struct inode *inode);
/* Ends what a power cut has left in the list. */
void ext2_orphans_end(struct ext2 *ext2);

/* --- allocation --------------------------------------------------------------------------------------------------- */

/* A free block for a file with `blocks` blocks: `goal`, or where much is free, or as near behind `goal` as there is one. 0, -ENOSPC, -EUCLEAN, -EIO. */
int ext2_block_allocate(struct ext2 *ext2, uint32_t goal, uint64_t blocks, uint32_t *block) must_check;
void ext2_block_free(struct ext2 *ext2, uint32_t block);
/* The transaction of that parity is stable: what it has freed is free for all. */
void ext2_blocks_committed(struct ext2 *ext2, unsigned parity);
/* A free inode number: files near their directory, directories where there is room. */
int ext2_number_allocate(struct ext2 *ext2, uint32_t directory, bool is_directory, uint32_t *number) must_check;
void ext2_number_free(struct ext2 *ext2, uint32_t number, bool was_directory);

/* --- block map ---------------------------------------------------------------------------------------------------- */

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

/* The same, making what is missing, under map_lock. 0, -ENOSPC, ... */
int ext2_map_create(struct ext2_inode *file, uint64_t index, uint32_t *block) must_check;
/* Gives back all blocks from `first` on. Takes map_lock. */
int ext2_blocks_free_from(struct ext2_inode *file, uint64_t first) must_check;
/* Frees the block that *pointer of the file's tree leads to, and clears it. Under map_lock and a handle. */
void ext2_pointer_drop(struct ext2_inode *file, uint32_t *pointer, bool indirect);
/* inode_ops.punch: gives back the blocks [first, after), and their pages in memory. Blocks are as large as pages. */
int ext2_punch(struct inode *inode, uint64_t first, uint64_t after) must_check;

/* --- directories -------------------------------------------------------------------------------------------------- */

/* What to do with each entry in use, at `position` of the directory; non-zero ends the visit and is its result. */
typedef int ext2_entry_visit(const struct ext2_entry *entry, uint64_t position, void *context);

/*
 * Visits all entries from byte `position` on. 0 at the end, else what `visit` returned, or -EUCLEAN, -EIO, -ENOMEM. The
 * directory's lock is held.
 */
int ext2_directory_for_each(struct inode *directory, uint64_t position, ext2_entry_visit *visit,
                            void *context) must_check;
/* Block `index` of a directory or symbolic link, as ext2_metadata(). -EUCLEAN for a hole. */
int ext2_file_block(struct inode *inode, uint64_t index, struct page **page, const void **bytes) must_check;
int ext2_lookup(struct inode *directory, const char *name, size_t length, struct inode **result) must_check;

/* Adds a name; it is not there. 0, -ENOSPC, ... */
int ext2_entry_add(struct inode *directory, const char *name, size_t length, const struct inode *inode) must_check;
/* Takes a name out, or makes it another inode's; -ENOENT if it is not there or not of inode `number`. */
int ext2_entry_remove(struct inode *directory, const char *name, size_t length, uint32_t number) must_check;
int ext2_entry_replace(struct inode *directory, const char *name, size_t length, uint32_t number,
                       const struct inode *inode) must_check;
/* "." and ".." of a new directory. */
int ext2_directory_begin(struct inode *directory, const struct inode *parent) must_check;
/* 0, or -ENOTEMPTY. */
int ext2_directory_check_empty(struct inode *directory) must_check;

extern const struct object_ops ext2_object_ops;
extern const struct inode_ops ext2_directory_inode_ops;
extern const struct file_ops ext2_file_ops, ext2_directory_file_ops;

void ext2_evict(struct inode *inode);
void ext2_free_inode(struct inode *inode);
/* Everything of the file system to the disk, in an order from which e2fsck can repair; waits. */
int ext2_sync(struct filesystem *filesystem) must_check;
int ext2_file_sync(struct file *file, bool data_only) must_check;
void ext2_inode_init(void);
void ext2_init(void);

#endif
