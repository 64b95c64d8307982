/*
 * ext2 on the disk: its structures, and the checks that every number read from one must pass.
 *
 *    block 0       1                                          first_data_block + blocks_per_group
 *    | boot | superblock | group descriptors | block bitmap | inode bitmap | inode table | data ... | next group
 *
 * Pure functions from bytes to checked values: no hardware, no locks, no other part of the kernel; also compiled for
 * the host's tests. A disk is not trusted: whatever these functions accept is safe to compute with, and whatever they
 * do not gives -EINVAL or -EUCLEAN.
 *
 * Source: Card, Ts'o, Tweedie, "Design and Implementation of the Second Extended Filesystem"; e2fsprogs, ext2fs(5). All
 * numbers are little-endian.
 */
#ifndef KERNEL_FS_EXT2_FORMAT_H
#define KERNEL_FS_EXT2_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EXT2_SUPER_OFFSET = 1024, /* bytes from the start of the device */
    EXT2_SUPER_SIZE = 1024,
    EXT2_MAGIC = 0xef53,
    EXT2_ROOT_INODE = 2,
    EXT2_JOURNAL_INODE = 8,
    EXT2_FIRST_INODE = 11, /* not reserved, revision 0 */
    EXT2_GROUP_SIZE = 32,  /* of a descriptor */
    EXT2_INODE_SIZE = 128, /* revision 0, and the least */
    EXT2_NAME_MAX = 255,
    EXT2_DIRECT = 12, /* pointers in the inode: direct ones, then single, double, triple indirect */
    EXT2_POINTERS = 15,
    EXT2_EXTRA_SIZE = 32,    /* of the part behind 128 bytes that is written */
    EXT2_FAST_LINK_MAX = 60, /* a shorter target of a symbolic link stands in the pointers themselves */
};

enum ext2_compatible { EXT2_COMPAT_HAS_JOURNAL = 0x4, EXT2_COMPAT_DIR_INDEX = 0x20 };
enum ext2_incompatible {
    EXT2_INCOMPAT_FILETYPE = 0x2,
    EXT2_INCOMPAT_RECOVER = 0x4, /* the journal may have what the file system has not */
    EXT2_INCOMPAT_SUPPORTED = EXT2_INCOMPAT_FILETYPE | EXT2_INCOMPAT_RECOVER,
};
enum ext2_read_only_compatible {
    EXT2_RO_COMPAT_SPARSE_SUPER = 0x1,
    EXT2_RO_COMPAT_LARGE_FILE = 0x2,
    EXT2_RO_COMPAT_BTREE_DIR = 0x4,
    EXT2_RO_COMPAT_SUPPORTED = EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE | EXT2_RO_COMPAT_BTREE_DIR,
};
enum ext2_state { EXT2_STATE_CLEAN = 1, EXT2_STATE_ERRORS = 2 };
enum ext2_inode_flags { EXT2_INODE_IMMUTABLE = 0x10, EXT2_INODE_APPEND = 0x20, EXT2_INODE_INDEX = 0x1000 };

struct ext2_super_disk {
    uint32_t inodes_count, blocks_count, reserved_blocks, free_blocks, free_inodes;
    uint32_t first_data_block;
    uint32_t log_block_size, log_fragment_size;
    uint32_t blocks_per_group, fragments_per_group, inodes_per_group;
    uint32_t mount_time, write_time;
    uint16_t mount_count, mount_count_max;
    uint16_t magic, state, errors, minor_revision;
    uint32_t last_check, check_interval, creator, revision;
    uint16_t reserved_uid, reserved_gid;
    uint32_t first_inode;
    uint16_t inode_size, group_number;
    uint32_t compatible, incompatible, read_only_compatible;
    uint8_t uuid[16];
    char volume_name[16];
    char last_mounted[64];
    uint32_t algorithms;
    uint8_t preallocate, preallocate_directory;
    uint16_t reserved_groups;
    uint8_t journal_uuid[16];
    uint32_t journal_inode, journal_device, last_orphan;
    uint8_t rest[788];
};
_Static_assert(sizeof(struct ext2_super_disk) == EXT2_SUPER_SIZE, "on-disk layout");

struct ext2_group_disk {
    uint32_t block_bitmap, inode_bitmap, inode_table;
    uint16_t free_blocks, free_inodes, directories, padding;
    uint8_t reserved[12];
};
_Static_assert(sizeof(struct ext2_group_disk) == EXT2_GROUP_SIZE, "on-disk layout");

struct ext2_inode_disk {
    uint16_t mode, uid;
    uint32_t size;
    uint32_t accessed, changed, modified, deleted;
    uint16_t gid, links;
    uint32_t sectors; /* of 512 bytes */
    uint32_t flags, version;
    uint32_t block[EXT2_POINTERS];
    uint32_t generation, file_acl, size_high, fragment;
    uint16_t fragment_info, padding, uid_high, gid_high;
    uint32_t reserved;
    /* Only if the inode size is larger than 128 and extra_size says so. */
    uint16_t extra_size, checksum_high;
    uint32_t changed_extra, modified_extra, accessed_extra, created, created_extra;
};
_Static_assert(offsetof(struct ext2_inode_disk, extra_size) == EXT2_INODE_SIZE, "on-disk layout");

struct ext2_entry_disk {
    uint32_t inode;  /* 0: not in use */
    uint16_t length; /* of the entry: to the next one */
    uint8_t name_length, type;
    char name[];
};
enum { EXT2_ENTRY_HEADER = 8 };

/* What a superblock says, checked. */
struct ext2_geometry {
    uint32_t block_size, block_shift;
    uint32_t blocks, inodes, first_data_block, first_inode;
    uint32_t blocks_per_group, inodes_per_group, inode_size, groups;
    uint32_t pointers_per_block;
    uint32_t reserved_blocks, free_blocks, free_inodes;
    uint32_t compatible, incompatible, read_only_compatible;
    uint16_t state;
    bool has_journal;       /* in inode 8 */
    uint32_t last_orphan;   /* where the list of unlinked files that are in use begins; 0: none */
    bool must_be_read_only; /* has features that only readers may ignore */
};

/*
 * 0; -EINVAL: not ext2, or impossible numbers; -EOPNOTSUPP: a feature that must be understood and is not.
 * `device_bytes`: the disk's size.
 */
int ext2_super_parse(const void *raw, uint64_t device_bytes, struct ext2_geometry *geometry);

struct ext2_group {
    uint32_t block_bitmap, inode_bitmap, inode_table;
    uint32_t free_blocks, free_inodes, directories;
};

/* Descriptor number `index`, from its 32 bytes. 0 or -EUCLEAN. */
int ext2_group_parse(const void *raw, uint32_t index, const struct ext2_geometry *geometry, struct ext2_group *group);

/* Where inode `number` stands: group, and byte offset in its inode table. -EUCLEAN for numbers that cannot be. */
int ext2_inode_place(uint32_t number, const struct ext2_geometry *geometry, uint32_t *group, uint64_t *offset);

struct ext2_time {
    int64_t seconds;
    uint32_t nanoseconds;
};

struct ext2_inode_data {
    uint32_t mode, uid, gid, links, flags, generation, file_acl;
    uint64_t size, sectors;
    struct ext2_time accessed, modified, changed;
    uint32_t block[EXT2_POINTERS];
    uint32_t next_orphan; /* of a file without links that is in that list */
    bool fast_link;       /* a symbolic link whose target is in block[] */
    uint64_t device;      /* of a device inode, as in stat */
};

/* From the geometry's inode_size bytes. 0, or -EUCLEAN for an inode that is free or whose numbers cannot be. */
int ext2_inode_parse(const void *raw, const struct ext2_geometry *geometry, struct ext2_inode_data *inode);
/* The same for one that may have no links any more. */
int ext2_orphan_parse(const void *raw, const struct ext2_geometry *geometry, struct ext2_inode_data *inode);

/*
 * The way to block `index` of a file: offsets[0] is the pointer in the inode, offsets[1] ... the entries in indirect
 * blocks. Returns how many indirect blocks are on the way (0 to 3), or -EFBIG behind the end of what the tree can hold.
 */
int ext2_block_path(uint64_t index, const struct ext2_geometry *geometry, uint32_t offsets[4]);

/* The size up to which the tree of pointers can hold a file, in bytes. */
uint64_t ext2_size_max(const struct ext2_geometry *geometry);

/* Whether `block` can be a file's data or indirect block. */
static inline bool ext2_block_is_valid(uint32_t block, const struct ext2_geometry *geometry)
{
    return block > geometry->first_data_block && block < geometry->blocks;
}

struct ext2_entry {
    uint32_t inode;
    uint32_t length; /* to the next entry */
    uint32_t name_length;
    uint8_t type; /* EXT2's file type, or 0 if the file system does not keep them */
    const char *name;
};

/*
 * The directory entry at `offset` of a block, which is smaller than the block size. 0 or -EUCLEAN. The entry ends
 * within the block.
 */
int ext2_entry_parse(const void *block, uint32_t offset, const struct ext2_geometry *geometry,
                     struct ext2_entry *entry);

/* DT_* of an entry's type byte. */
unsigned ext2_entry_directory_type(uint8_t type);

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* The 32 bytes of a descriptor, those in `raw` that are not in *group kept. */
void ext2_group_encode(void *raw, const struct ext2_group *group);

/*
 * The inode's bytes: what is not in *inode (unknown fields of larger inodes) is kept as it is in `raw`; `fresh` clears
 * it all first.
 */
void ext2_inode_encode(void *raw, const struct ext2_geometry *geometry, const struct ext2_inode_data *inode,
                       uint32_t deleted_at, bool fresh);

/* What changes in a superblock. */
struct ext2_super_changes {
    uint32_t free_blocks, free_inodes, last_orphan;
    uint32_t now; /* seconds since 1970 */
    uint16_t state;
    bool needs_recovery; /* only with a journal */
};
void ext2_super_update(void *raw, const struct ext2_super_changes *changes);

/* The two pointers that stand for a device number. */
void ext2_device_encode(uint64_t device, uint32_t block[EXT2_POINTERS]);

/* Bytes that an entry with a name of that length needs at least. */
static inline uint32_t ext2_entry_size(uint32_t name_length)
{
    return (EXT2_ENTRY_HEADER + name_length + 3) & ~3u;
}

/* Writes an entry of `length` bytes at `offset` of a block. */
void ext2_entry_encode(void *block, uint32_t offset, uint32_t length, uint32_t inode, const char *name,
                       uint32_t name_length, uint8_t type);

/* Changes one field of an entry that is there. */
void ext2_entry_set_length(void *block, uint32_t offset, uint32_t length);
void ext2_entry_set_inode(void *block, uint32_t offset, uint32_t inode, uint8_t type);

/* EXT2's type byte for a mode, 0 if the file system does not keep types. */
uint8_t ext2_type_of_mode(uint32_t mode, const struct ext2_geometry *geometry);

/* First zero bit of a bitmap in [start, end), or `end`. */
uint32_t ext2_bitmap_find_zero(const void *bitmap, uint32_t start, uint32_t end);
/* Whether `count` bits from `bit` on are zero; both are multiples of 8. */
bool ext2_bitmap_is_clear(const void *bitmap, uint32_t bit, uint32_t count);
bool ext2_bitmap_get(const void *bitmap, uint32_t bit);
void ext2_bitmap_set(void *bitmap, uint32_t bit, bool value);

#endif
