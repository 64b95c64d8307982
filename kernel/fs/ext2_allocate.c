/*
 * Free blocks and inodes: one bitmap of each kind in every group, and counts of what is free in descriptors and
 * superblock.
 *
 * Placement: a block goes right behind the one before it in the file if that is free, so what is written in sequence lies in
 * sequence. If it is taken, as when two files are written at a time, the file goes on where as much is free as it has already (between
 * RUN_LEAST and RUN_MOST blocks), near there: so a file of n blocks has log n pieces, and one more for each RUN_MOST blocks. Without such a
 * place the next free block has to do, of the group or of the next group with any. A file's inode goes to its directory's group, a
 * directory's to the emptiest group, so that trees spread.
 *
 * A bitmap from the disk is not trusted: a bit that would hand out the group's own metadata is damage.
 *
 * With a journal a block that was freed is not handed out before that is committed: its old file may come back, and must
 * have its data. Until then it has a bit in freed[group].bits[parity of the transaction].
 */
#include "kernel/fs/ext2.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

enum {
    RUN_LEAST = 8,
    RUN_MOST = 512,
    RUN_GROUPS = 2
}; /* RUN_GROUPS: looked at for one, as bitmaps may have to be read */

static uint32_t group_of_block(const struct ext2_geometry *g, uint32_t block)
{
    return (block - g->first_data_block) / g->blocks_per_group;
}

static uint32_t group_first_block(const struct ext2_geometry *g, uint32_t group)
{
    return g->first_data_block + group * g->blocks_per_group;
}

/* Blocks in the group: the last one may be short. */
static uint32_t group_blocks(const struct ext2_geometry *g, uint32_t group)
{
    return (uint32_t)min_u64(g->blocks_per_group, g->blocks - group_first_block(g, group));
}

static bool block_is_metadata(const struct ext2 *ext2, uint32_t group, uint32_t block)
{
    const struct ext2_group *descriptor = &ext2->groups[group];
    const struct ext2_geometry *g = &ext2->geometry;
    uint32_t table = (uint32_t)(((uint64_t)g->inodes_per_group * g->inode_size + g->block_size - 1) >> g->block_shift);
    return block == descriptor->block_bitmap || block == descriptor->inode_bitmap ||
           (block >= descriptor->inode_table && block < descriptor->inode_table + table) ||
           !ext2_block_is_valid(block, g);
}

/* Whether a block that its bitmap calls free was freed by a transaction that is not stable yet. */
static bool freed_lately(const struct ext2_freed *freed, uint32_t bit)
{
    for (unsigned parity = 0; parity < 2; parity++) {
        if (freed->all[parity] || (freed->bits[parity] != NULL && ext2_bitmap_get(freed->bits[parity], bit)))
            return true;
    }
    return false;
}

static void freed_note(struct ext2 *ext2, uint32_t group, uint32_t bit)
{
    if (ext2->freed == NULL)
        return;
    unsigned parity = journal_parity(&ext2->journal);
    struct ext2_freed *freed = &ext2->freed[group];
    if (freed->bits[parity] == NULL)
        freed->bits[parity] = kmalloc(ext2->geometry.block_size);
    if (freed->bits[parity] != NULL)
        ext2_bitmap_set(freed->bits[parity], bit, true);
    else
        freed->all[parity] = true;
    ext2->freed_blocks[parity]++;
}

void ext2_blocks_committed(struct ext2 *ext2, unsigned parity)
{
    mutex_lock(&ext2->lock);
    for (uint32_t i = 0; i < ext2->geometry.groups && ext2->freed != NULL; i++) {
        kfree(ext2->freed[i].bits[parity]);
        ext2->freed[i].bits[parity] = NULL;
        ext2->freed[i].all[parity] = false;
    }
    ext2->freed_blocks[parity] = 0;
    mutex_unlock(&ext2->lock);
}

/* Whether `count` blocks from `bit` on, a multiple of 8 both, are free and not freed lately. */
static bool run_is_free(const void *bitmap, const struct ext2_freed *freed, uint32_t bit, uint32_t count)
{
    if (!ext2_bitmap_is_clear(bitmap, bit, count))
        return false;
    for (unsigned parity = 0; freed != NULL && parity < 2; parity++) {
        const uint8_t *bits = freed->bits[parity];
        if (freed->all[parity] || (bits != NULL && !ext2_bitmap_is_clear(bits, bit, count)))
            return false;
    }
    return true;
}

/* The first free bit in [start, end) that is not among the freed ones (may be null), or `end`. */
static uint32_t bit_find(const void *bitmap, const struct ext2_freed *freed, uint32_t start, uint32_t end)
{
    uint32_t bit = ext2_bitmap_find_zero(bitmap, start, end);
    while (freed != NULL && bit < end && freed_lately(freed, bit))
        bit = ext2_bitmap_find_zero(bitmap, bit + 1, end);
    return bit;
}

/* The same for `start` itself, or else for the first of `run` bits, aligned. */
static uint32_t run_find(const void *bitmap, const struct ext2_freed *freed, uint32_t start, uint32_t end, uint32_t run)
{
    if (start < end && bit_find(bitmap, freed, start, start + 1) == start)
        return start;
    for (uint32_t bit = (uint32_t)round_up(start, run); bit + run <= end; bit += run) {
        if (run_is_free(bitmap, freed, bit, run))
            return bit;
    }
    return end;
}

/* Takes a free bit of a bitmap in [start, end): the first, or with run > 1 as run_find() says. 0 with *bit set, -ENOSPC, -EIO. */
static int bitmap_take(struct ext2 *ext2, uint32_t bitmap_block, const struct ext2_freed *freed, uint32_t start,
                       uint32_t end, uint32_t run, uint32_t *bit)
{
    struct page *page;
    const void *bytes;
    int error = ext2_metadata(ext2, bitmap_block, &page, &bytes);
    if (error != 0)
        return error;
    *bit = run > 1 ? run_find(bytes, freed, start, end, run) : bit_find(bytes, freed, start, end);
    if (*bit == end) {
        page_unpin(page);
        return -ENOSPC;
    }
    ext2_bitmap_set((void *)bytes, *bit, true);
    ext2_metadata_changed(ext2, page);
    return 0;
}

/* Gives a bit back. 0, -EUCLEAN if it was free already, -EIO. */
static int bitmap_return(struct ext2 *ext2, uint32_t bitmap_block, uint32_t bit)
{
    struct page *page;
    const void *bytes;
    int error = ext2_metadata(ext2, bitmap_block, &page, &bytes);
    if (error != 0)
        return error;
    if (!ext2_bitmap_get(bytes, bit)) {
        page_unpin(page);
        return ext2_damaged(ext2, "freed twice: bit of bitmap block", bitmap_block);
    }
    ext2_bitmap_set((void *)bytes, bit, false);
    ext2_metadata_changed(ext2, page);
    return 0;
}

/* A block of one group, from bit `start` on and then from its beginning, with `run` as for bitmap_take(). */
static int group_take_block(struct ext2 *ext2, uint32_t group, uint32_t start, uint32_t run, uint32_t *block)
{
    const struct ext2_geometry *g = &ext2->geometry;
    uint32_t bit, bitmap = ext2->groups[group].block_bitmap, end = group_blocks(g, group);
    const struct ext2_freed *freed = ext2->freed != NULL ? &ext2->freed[group] : NULL;
    if (ext2->groups[group].free_blocks == 0)
        return -ENOSPC;
    int error = bitmap_take(ext2, bitmap, freed, start, end, run, &bit);
    if (error == -ENOSPC && start > 0)
        error = bitmap_take(ext2, bitmap, freed, 0, start, run, &bit);
    if (error != 0)
        return error;
    *block = group_first_block(g, group) + bit;
    if (block_is_metadata(ext2, group, *block))
        return ext2_damaged(ext2, "the bitmap calls metadata free: block", *block);
    ext2->groups[group].free_blocks--;
    ext2->free_blocks -= ext2->free_blocks > 0;
    ext2->counts_changed = true;
    return 0;
}

/* The last ones are root's. */
static bool blocks_are_left(const struct ext2 *ext2)
{
    const struct process *process = process_current();
    bool root = process == NULL || process->credentials.fsuid == 0;
    return ext2->free_blocks > (root ? 0 : ext2->geometry.reserved_blocks);
}

/* A block of the first of `groups` groups that has one, from block `goal` on. */
static int groups_take_block(struct ext2 *ext2, uint32_t goal, uint32_t run, uint32_t groups, uint32_t *block)
{
    const struct ext2_geometry *g = &ext2->geometry;
    uint32_t first = group_of_block(g, goal), start = goal - group_first_block(g, first);
    int error = -ENOSPC;
    for (uint32_t i = 0; i < groups && error == -ENOSPC; i++)
        error = group_take_block(ext2, (first + i) % g->groups, i == 0 ? start : 0, run, block);
    return error;
}

/* How much of free room a file with so many blocks looks for, when it cannot go on where it is; 0: it has nothing to be near to. */
static uint32_t run_wanted(uint64_t blocks)
{
    uint32_t run = RUN_LEAST;
    while (run < RUN_MOST && run < blocks)
        run *= 2;
    return blocks > 0 ? run : 0;
}

int ext2_block_allocate(struct ext2 *ext2, uint32_t goal, uint64_t blocks, uint32_t *block)
{
    uint32_t groups = ext2->geometry.groups;
    if (!ext2_block_is_valid(goal, &ext2->geometry))
        goal = ext2->geometry.first_data_block;
    int error = -ENOSPC;
    mutex_lock(&ext2->lock);
    if (blocks_are_left(ext2)) {
        for (uint32_t run = run_wanted(blocks); run >= RUN_LEAST && error == -ENOSPC; run /= RUN_LEAST)
            error = groups_take_block(ext2, goal, run, (uint32_t)min_u64(groups, RUN_GROUPS), block);
        /* A bitmap that cannot be read may be one that was looked at only for a run. */
        if (error == -ENOSPC || error == -EIO)
            error = groups_take_block(ext2, goal, 1, groups, block);
    }
    mutex_unlock(&ext2->lock);
    return error;
}

void ext2_block_free(struct ext2 *ext2, uint32_t block)
{
    const struct ext2_geometry *g = &ext2->geometry;
    uint32_t group = group_of_block(g, block), bit = block - group_first_block(g, group);
    mutex_lock(&ext2->lock);
    if (block_is_metadata(ext2, group, block)) {
        (void)ext2_damaged(ext2, "a file had metadata for a block:", block);
    } else if (bitmap_return(ext2, ext2->groups[group].block_bitmap, bit) == 0) {
        freed_note(ext2, group, bit);
        ext2->groups[group].free_blocks++;
        ext2->free_blocks++;
        ext2->counts_changed = true;
    }
    mutex_unlock(&ext2->lock);
}

/* The group with the most free inodes among those with an average number of free blocks. */
static uint32_t group_for_directory(const struct ext2 *ext2, uint32_t otherwise)
{
    uint32_t best = otherwise, average = ext2->free_blocks / ext2->geometry.groups;
    for (uint32_t i = 0; i < ext2->geometry.groups; i++) {
        const struct ext2_group *group = &ext2->groups[i];
        if (group->free_blocks >= average && group->free_inodes > ext2->groups[best].free_inodes)
            best = i;
    }
    return best;
}

static int group_take_inode(struct ext2 *ext2, uint32_t group, bool is_directory, uint32_t *number)
{
    const struct ext2_geometry *g = &ext2->geometry;
    uint32_t bit, start = group == 0 ? g->first_inode - 1 : 0;
    uint32_t end = (uint32_t)min_u64(g->inodes_per_group, g->inodes - (uint64_t)group * g->inodes_per_group);
    if (ext2->groups[group].free_inodes == 0 || start >= end)
        return -ENOSPC;
    int error = bitmap_take(ext2, ext2->groups[group].inode_bitmap, NULL, start, end, 1, &bit);
    if (error != 0)
        return error;
    *number = group * g->inodes_per_group + bit + 1;
    ext2->groups[group].free_inodes--;
    ext2->groups[group].directories += is_directory;
    ext2->free_inodes -= ext2->free_inodes > 0;
    ext2->counts_changed = true;
    return 0;
}

int ext2_number_allocate(struct ext2 *ext2, uint32_t directory, bool is_directory, uint32_t *number)
{
    uint32_t groups = ext2->geometry.groups, first = (directory - 1) / ext2->geometry.inodes_per_group;
    int error = -ENOSPC;
    mutex_lock(&ext2->lock);
    if (is_directory)
        first = group_for_directory(ext2, first);
    for (uint32_t i = 0; i < groups && error == -ENOSPC; i++)
        error = group_take_inode(ext2, (first + i) % groups, is_directory, number);
    mutex_unlock(&ext2->lock);
    return error;
}

void ext2_number_free(struct ext2 *ext2, uint32_t number, bool was_directory)
{
    uint32_t group = (number - 1) / ext2->geometry.inodes_per_group,
             bit = (number - 1) % ext2->geometry.inodes_per_group;
    mutex_lock(&ext2->lock);
    if (bitmap_return(ext2, ext2->groups[group].inode_bitmap, bit) == 0) {
        ext2->groups[group].free_inodes++;
        ext2->groups[group].directories -= was_directory && ext2->groups[group].directories > 0;
        ext2->free_inodes++;
        ext2->counts_changed = true;
    }
    mutex_unlock(&ext2->lock);
}
