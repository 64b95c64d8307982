/*
 * The journal on the disk: JBD2's format, which ext3 and ext4 share, so that e2fsck reads ours and we read Linux's.
 *
 *    block 0         first                                              head
 *    | superblock | ... | descriptor | copy | copy | ... | revoke | commit | descriptor | copy | ...     around, like a ring
 *                        \________________ transaction 7 ________________/ \___ 8: not committed, does not count
 *
 * A descriptor's tags name the blocks of the file system whose new contents follow it. A revoke block names blocks whose
 * copies in this and in older transactions must not be written any more: they were freed. A commit block makes everything of
 * its sequence number valid. All numbers are big-endian.
 *
 * Pure functions, compiled for the host's tests, too; a journal is not trusted more than any other part of a disk.
 *
 * Source: e2fsprogs, lib/ext2fs/kernel-jbd.h; ext4's documentation, "Journal (jbd2)".
 */
#ifndef KERNEL_FS_JOURNAL_FORMAT_H
#define KERNEL_FS_JOURNAL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_block_kind {
    JOURNAL_DESCRIPTOR = 1,
    JOURNAL_COMMIT = 2,
    JOURNAL_SUPER_1 = 3,
    JOURNAL_SUPER_2 = 4, /* has feature words */
    JOURNAL_REVOKE = 5,
};

enum { JOURNAL_INCOMPAT_REVOKE = 0x1, JOURNAL_INCOMPAT_SUPPORTED = JOURNAL_INCOMPAT_REVOKE };
enum journal_tag_flags {
    JOURNAL_TAG_ESCAPED = 1,
    JOURNAL_TAG_SAME_UUID = 2,
    JOURNAL_TAG_DELETED = 4,
    JOURNAL_TAG_LAST = 8
};

/* What the journal's superblock says, checked. */
struct journal_super {
    uint32_t blocks, first; /* of the journal: all, and where the ring begins */
    uint32_t sequence;      /* of the first transaction in the log, or of the next one if it is empty */
    uint32_t start;         /* where that begins; 0: the log is empty */
    uint32_t error;         /* of a file system that gave up; positive */
    uint32_t incompatible;  /* features */
    bool has_features;      /* version 2 */
};

/* 0; -EINVAL: not a journal, or impossible numbers; -EOPNOTSUPP: features that must be understood and are not. */
int journal_super_parse(const void *raw, uint32_t block_size, uint32_t blocks, struct journal_super *super);
/* The changing words: sequence, start, error, features. */
void journal_super_update(void *raw, const struct journal_super *super);

/* Whether the block is one of the journal's own, of that sequence number, and which. 0: it is not. */
unsigned journal_block_parse(const void *raw, uint32_t sequence);

struct journal_tag {
    uint32_t block; /* of the file system */
    unsigned flags;
};

/*
 * The tag at *offset of a descriptor (JOURNAL_HEADER_SIZE for the first), which is moved on. 0; -EUCLEAN behind the end. The
 * last one has JOURNAL_TAG_LAST.
 */
int journal_tag_parse(const void *raw, uint32_t block_size, uint32_t *offset, struct journal_tag *tag);

enum { JOURNAL_HEADER_SIZE = 12, JOURNAL_REVOKE_HEADER_SIZE = 16 };

/* How many blocks a revoke block names; 0 if its count cannot be. */
uint32_t journal_revoke_count(const void *raw, uint32_t block_size);
uint32_t journal_revoke_block(const void *raw, uint32_t index);

/* A block whose first word looks like the journal's own is copied with that word 0. */
bool journal_must_escape(const void *raw);
void journal_escape(void *copy);
void journal_unescape(void *block);

/* --- writing: each function fills a whole block -------------------------------------------------------------------------- */

/* The most tags a descriptor takes. */
uint32_t journal_tags_max(uint32_t block_size);
void journal_descriptor_encode(void *raw, uint32_t block_size, uint32_t sequence, const struct journal_tag *tags,
                               uint32_t count);
uint32_t journal_revokes_max(uint32_t block_size);
void journal_revoke_encode(void *raw, uint32_t block_size, uint32_t sequence, const uint32_t *blocks, uint32_t count);
void journal_commit_encode(void *raw, uint32_t block_size, uint32_t sequence, int64_t seconds, uint32_t nanoseconds);

/* Whether sequence number `a` comes before `b`: they wrap around. */
static inline bool journal_is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
