/*
 * ext2 with a journal, which makes it ext3: where the journal is, its replay at mount, what the file system does for a
 * commit (journal_ops).
 *
 * The journal is the file of inode 8. Its blocks' places are read once, at mount, so that the log can be written without
 * looking at the file system.
 */
#include "kernel/fs/blockdev.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/journal_replay.h"
#include "kernel/log.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

enum { JOURNAL_BLOCKS_MAX = 1 << 18, REPLAY_BATCH = 64, FREE_BLOCKS_FEW = 64 };

/* --- what a commit asks for ------------------------------------------------------------------------------------------ */

static int commit_write_data(void *owner)
{
    struct ext2 *ext2 = owner;
    return journal_has_log(&ext2->journal) ? ext2_inodes_write_data(ext2) : 0;
}

static int commit_settle(void *owner)
{
    struct ext2 *ext2 = owner;
    bool has_log = journal_has_log(&ext2->journal);
    int error = ext2_inodes_flush(ext2);
    mutex_lock(&ext2->lock);
    if (error == 0 && ext2->counts_changed)
        error = ext2_counts_write(ext2, has_log ? ext2->state : ext2->state & (uint16_t)~EXT2_STATE_CLEAN, has_log);
    mutex_unlock(&ext2->lock);
    return error;
}

static void commit_committed(void *owner, unsigned parity)
{
    ext2_blocks_committed(owner, parity);
}

static void commit_failed(void *owner)
{
    struct ext2 *ext2 = owner;
    ext2->filesystem->read_only = true;
}

static const struct journal_ops commit_ops = {
    .write_data = commit_write_data,
    .settle = commit_settle,
    .committed = commit_committed,
    .failed = commit_failed,
};

void ext2_journal_init(struct ext2 *ext2)
{
    journal_init(&ext2->journal, ext2->device, ext2->metadata, &commit_ops, ext2);
}

/* Whether a commit would make free what a new block may need. */
static bool must_commit_first(const struct ext2 *ext2)
{
    uint32_t freed = ext2->freed_blocks[0] + ext2->freed_blocks[1];
    return freed > 0 && ext2->free_blocks < freed + FREE_BLOCKS_FEW;
}

int ext2_start(struct ext2 *ext2, unsigned credits)
{
    int error = must_commit_first(ext2) ? journal_commit(&ext2->journal) : 0;
    return error != 0 ? error : journal_start(&ext2->journal, credits);
}

/* --- where it is ------------------------------------------------------------------------------------------------------ */

/* The places of the first `count` blocks of a file. */
static int blocks_map(struct ext2_inode *file, uint32_t *blocks, uint32_t count)
{
    struct ext2_cursor cursor;
    int error = 0;
    mutex_lock(&file->map_lock);
    ext2_cursor_begin(&cursor, file);
    for (uint32_t i = 0; i < count && error == 0; i++) {
        error = ext2_map(&cursor, i, &blocks[i]);
        if (error == 0 && blocks[i] == 0)
            error = ext2_damaged(ext2_of(&file->inode), "the journal has a hole: block", i);
    }
    ext2_cursor_end(&cursor);
    mutex_unlock(&file->map_lock);
    return error;
}

static int journal_block_read(struct ext2 *ext2, uint32_t index, void *buffer)
{
    const struct ext2_geometry *g = &ext2->geometry;
    uint64_t sector = (uint64_t)ext2->journal_blocks[index] << (g->block_shift - SECTOR_SHIFT);
    return block_read_sync(ext2->device, sector, buffer, g->block_size);
}

/* Reads the journal's superblock and makes it say what *super does. */
static int super_replace(struct ext2 *ext2, const struct journal_super *super)
{
    const struct ext2_geometry *g = &ext2->geometry;
    void *raw = kmalloc(g->block_size);
    if (raw == NULL)
        return -ENOMEM;
    int error = journal_block_read(ext2, 0, raw);
    journal_super_update(raw, super);
    if (error == 0)
        error = block_write_sync(ext2->device, (uint64_t)ext2->journal_blocks[0] << (g->block_shift - SECTOR_SHIFT),
                                 raw, g->block_size);
    kfree(raw);
    return error != 0 ? error : block_flush_sync(ext2->device);
}

static int super_load(struct ext2 *ext2, uint32_t count)
{
    void *raw = kmalloc(ext2->geometry.block_size);
    if (raw == NULL)
        return -ENOMEM;
    int error = journal_block_read(ext2, 0, raw);
    if (error == 0)
        error = journal_super_parse(raw, ext2->geometry.block_size, count, &ext2->journal_super);
    kfree(raw);
    return error;
}

static int journal_find(struct ext2 *ext2)
{
    struct inode *inode;
    int error = ext2_inode_get_hidden(ext2, EXT2_JOURNAL_INODE, &inode);
    if (error != 0)
        return error;
    uint64_t count = inode_size(inode) >> ext2->geometry.block_shift;
    if (!inode_is(inode, S_IFREG) || count == 0 || count > JOURNAL_BLOCKS_MAX)
        error = -EINVAL;
    ext2->journal_blocks = error == 0 ? kmalloc(count * sizeof *ext2->journal_blocks) : NULL;
    if (error == 0 && ext2->journal_blocks == NULL)
        error = -ENOMEM;
    if (error == 0)
        error = blocks_map(ext2_inode(inode), ext2->journal_blocks, (uint32_t)count);
    inode_put(inode);
    return error != 0 ? error : super_load(ext2, (uint32_t)count);
}

/* --- replay ------------------------------------------------------------------------------------------------------------- */

static int replay_read(void *context, uint32_t index, void *buffer)
{
    return journal_block_read(context, index, buffer);
}

/* Through the cache, so that what is there stays right; written out now and then, as all of it need not fit into memory. */
static int replay_write(void *context, uint32_t block, const void *buffer)
{
    struct ext2 *ext2 = context;
    struct page *page;
    const void *bytes;
    int error = ext2_metadata(ext2, block, &page, &bytes);
    if (error != 0)
        return error;
    memcpy((void *)bytes, buffer, ext2->geometry.block_size);
    ext2_metadata_changed(ext2, page);
    return block % REPLAY_BATCH == 0 ? pagecache_sync(ext2->metadata, 0, UINT64_MAX) : 0;
}

int ext2_recovery_mark(struct ext2 *ext2, bool needed)
{
    mutex_lock(&ext2->lock);
    int error = ext2_counts_write(ext2, ext2->state, needed);
    mutex_unlock(&ext2->lock);
    if (error == 0)
        error = pagecache_sync(ext2->metadata, 0, UINT64_MAX);
    return error != 0 ? error : block_flush_sync(ext2->device);
}

static int journal_recover(struct ext2 *ext2)
{
    struct replay_disk disk = {
        .block_size = ext2->geometry.block_size,
        .file_system_blocks = ext2->geometry.blocks,
        .read = replay_read,
        .write = replay_write,
        .allocate = kmalloc,
        .free = kfree,
        .context = ext2,
    };
    struct replay_result result;
    int error = journal_replay(&disk, &ext2->journal_super, &result);
    if (error == 0)
        error = pagecache_sync(ext2->metadata, 0, UINT64_MAX);
    if (error == 0)
        error = block_flush_sync(ext2->device);
    if (error != 0)
        return error;
    log_write(LOG_INFO, "journal on %s: %u transactions replayed, %u blocks, %u revoked", ext2->device->name,
              result.transactions, result.blocks, result.revoked);
    ext2->journal_super.start = 0;
    ext2->journal_super.sequence = result.sequence;
    return super_replace(ext2, &ext2->journal_super);
}

int ext2_journal_load(struct ext2 *ext2, bool *replayed)
{
    bool needed = ext2->geometry.incompatible & EXT2_INCOMPAT_RECOVER;
    if (!ext2->geometry.has_journal)
        return 0;
    int error = journal_find(ext2);
    if (error != 0 && !needed && error != -ENOMEM && error != -EIO) {
        log_write(LOG_WARNING, "the journal on %s cannot be used, error %d", ext2->device->name, -error);
        ext2->geometry.must_be_read_only = true;
        return 0;
    }
    if (error == 0 && needed && ext2->device->read_only) {
        log_write(LOG_ERROR, "the journal on %s must be replayed, and the disk cannot be written", ext2->device->name);
        error = -EROFS;
    }
    *replayed = error == 0 && needed;
    return *replayed ? journal_recover(ext2) : error;
}

/* --- in use ------------------------------------------------------------------------------------------------------------- */

int ext2_journal_open(struct ext2 *ext2)
{
    if (ext2->journal_blocks == NULL)
        return 0;
    ext2->freed = kmalloc(ext2->geometry.groups * sizeof *ext2->freed);
    if (ext2->freed == NULL)
        return -ENOMEM;
    int error = ext2_recovery_mark(ext2, true);
    if (error == 0) {
        uint32_t *blocks = ext2->journal_blocks;
        ext2->journal_blocks = NULL; /* taken over */
        error = journal_open(&ext2->journal, blocks, &ext2->journal_super);
    }
    return error;
}

int ext2_journal_close(struct ext2 *ext2)
{
    bool had_log = journal_has_log(&ext2->journal);
    int error = journal_close(&ext2->journal);
    if (error == 0 && had_log) {
        kfree(ext2->freed); /* its bits went with the last commit */
        ext2->freed = NULL;
    }
    if (error == 0)
        error = ext2_recovery_mark(ext2, false);
    if (error == 0 && had_log) /* for being mounted read-write again */
        error = journal_find(ext2);
    return error;
}

void ext2_journal_free(struct ext2 *ext2)
{
    journal_abandon(&ext2->journal);
    for (unsigned parity = 0; parity < 2; parity++)
        ext2_blocks_committed(ext2, parity);
    kfree(ext2->freed);
    kfree(ext2->journal_blocks);
}
