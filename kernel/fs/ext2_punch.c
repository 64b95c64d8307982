/*
 * Holes punched into a file: whole blocks of its middle go back to the file system.
 *
 *     next block of the range that the file has
 *       -> its page, BUSY (a new one if it was not in memory): unmapped, clean
 *       -> a handle: the pointer cleared, the block free, indirect blocks that point to nothing any more with it
 *       -> the page ends; who reads there from now on finds a hole
 *
 * That is the way of a page that becomes dirty (BUSY, handle, map_lock), backwards. While the page is BUSY nobody reads the block into
 * it, writes it or makes it dirty, so no page is ever dirty without a block.
 *
 * A dirty page's block may be new and never written: a commit that finds the page clean would make the pointer to it stable, and a power
 * cut then show what was there before. So a dirty page becomes clean under the handle, as part of the transaction that clears the pointer.
 * Whoever has a page BUSY may wait for a commit, and that for the handle, so under it no BUSY page is waited for: the page is taken if it
 * is free, and else waited for before the next try.
 *
 * What has no block is a hole already; its page, if there is one, is clean and full of zeros, and stays. Each block has a handle of its
 * own, so the range may be of any size: a power cut finds some of it punched, as in Linux, and the file system whole. The inode's lock
 * keeps away who cuts, punches or goes around the cache.
 */
#include "kernel/fs/ext2.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/rmap.h"

/* The way to a block through the tree of pointers. */
struct block_way {
    uint32_t offsets[4];
    uint32_t *pointer[4]; /* at each level, the inode's first */
    struct page *page[4]; /* that holds the pointer, pinned; null: the inode */
    int depth;            /* of the block's own pointer */
    int last;             /* as far as the way leads: a hole begins there, or it is `depth` */
};

static void way_end(struct block_way *way)
{
    for (int level = 1; level <= way->last; level++) {
        if (way->page[level] != NULL)
            page_unpin(way->page[level]);
        way->page[level] = NULL;
    }
}

/* One level down. The pointer at way->last is not 0. */
static int way_step(struct ext2_inode *file, struct block_way *way)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    uint32_t block = *way->pointer[way->last];
    const void *bytes;
    if (!ext2_block_is_valid(block, &ext2->geometry))
        return ext2_damaged(ext2, "an indirect block is not on the disk: inode", file->inode.number);
    int error = ext2_metadata(ext2, block, &way->page[way->last + 1], &bytes);
    if (error != 0)
        return error;
    way->last++;
    way->pointer[way->last] = (uint32_t *)bytes + way->offsets[way->last];
    return 0;
}

/* Follows the pointers to block `index`, as far as there are any; way_end() ends it. map_lock is held. */
static int way_find(struct ext2_inode *file, uint64_t index, struct block_way *way)
{
    *way = (struct block_way){.last = 0};
    way->depth = ext2_block_path(index, &ext2_of(&file->inode)->geometry, way->offsets);
    if (way->depth < 0)
        return way->depth;
    way->pointer[0] = &file->block[way->offsets[0]];
    while (way->last < way->depth && *way->pointer[way->last] != 0) {
        int error = way_step(file, way);
        if (error != 0) {
            way_end(way);
            return error;
        }
    }
    return 0;
}

/* How many blocks from the way's own on are a hole for sure; 0: it has a block. */
static uint64_t way_hole(const struct ext2_inode *file, const struct block_way *way)
{
    uint64_t span = 1, within = 0;
    if (*way->pointer[way->last] != 0)
        return 0;
    for (int level = way->depth; level > way->last; level--) {
        within += way->offsets[level] * span;
        span *= ext2_of(&file->inode)->geometry.pointers_per_block;
    }
    return span - within;
}

/* The first of the blocks [*index, after) that the file has: true, and *index is it; false: none. Or -Exxx. */
static int block_find(struct ext2_inode *file, uint64_t *index, uint64_t after)
{
    int error = 0;
    bool found = false;
    mutex_lock(&file->map_lock);
    while (*index < after && error == 0 && !found) {
        struct block_way way;
        error = way_find(file, *index, &way);
        if (error == 0) {
            uint64_t hole = way_hole(file, &way);
            found = hole == 0;
            *index += hole;
            way_end(&way);
        }
    }
    mutex_unlock(&file->map_lock);
    return error != 0 ? error : found;
}

/* From the back: while a file is punched in its order, what is left is there. */
static bool table_is_empty(const uint32_t *table, uint32_t count)
{
    while (count > 0 && table[count - 1] == 0)
        count--;
    return count == 0;
}

/* Frees the block at the way's end, and each table of pointers that has become empty by it. */
static void way_drop(struct ext2_inode *file, struct block_way *way)
{
    uint32_t count = ext2_of(&file->inode)->geometry.pointers_per_block;
    int level = way->depth;
    ext2_pointer_drop(file, way->pointer[level], false);
    for (; level > 0 && table_is_empty(way->pointer[level] - way->offsets[level], count); level--) {
        page_unpin(way->page[level]);
        way->page[level] = NULL;
        ext2_pointer_drop(file, way->pointer[level - 1], true);
    }
    if (level > 0) {
        page_pin(way->page[level]); /* which the next gives back */
        ext2_metadata_changed(ext2_of(&file->inode), way->page[level]);
    }
    ext2_inode_changed(&file->inode);
}

/* The file loses block `index`, whose page is BUSY and clean. A handle is open. */
static int block_drop(struct ext2_inode *file, uint64_t index)
{
    struct block_way way;
    mutex_lock(&file->map_lock);
    int error = way_find(file, index, &way);
    if (error == 0) {
        if (way_hole(file, &way) == 0)
            way_drop(file, &way);
        way_end(&way);
    }
    mutex_unlock(&file->map_lock);
    return error;
}

/* A block whose page is clean. -EAGAIN, and nothing done: it is dirty. */
static int page_punch_clean(struct ext2_inode *file, uint64_t index)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    struct page *page;
    int error = page_get(&file->inode.object, index, PAGE_GET_FRESH, &page, NULL);
    if (error != 0)
        return error;
    rmap_remove_all(page);
    if (page_has(page, PAGE_DIRTY)) {
        page_put(page);
        return -EAGAIN;
    }
    error = ext2_start(ext2, CREDITS_MAP);
    if (error == 0) {
        error = block_drop(file, index);
        ext2_stop(ext2, CREDITS_MAP);
    }
    pagecache_abandon(page);
    return error;
}

/* A BUSY page becomes a hole, dirty or not. A handle is open. */
static int page_punch_busy(struct ext2_inode *file, uint64_t index, struct page *page)
{
    rmap_remove_all(page);
    bool dirty = page_has(page, PAGE_DIRTY);
    if (dirty)
        page_clear_dirty(page);
    int error = block_drop(file, index);
    if (error != 0 && dirty) { /* it is still all that there is of it */
        page_set_dirty(page);
        page_put(page);
    } else {
        pagecache_abandon(page);
    }
    return error;
}

/* A block whose page is dirty. -EAGAIN, and nothing done: somebody has the page, or it has gone. */
static int page_punch_dirty(struct ext2_inode *file, uint64_t index)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    struct page *page;
    int error = ext2_start(ext2, CREDITS_MAP);
    if (error != 0)
        return error;
    error = page_get(&file->inode.object, index, PAGE_GET_FRESH | PAGE_GET_CACHED | PAGE_GET_NOWAIT, &page, NULL);
    if (error == 0)
        error = page_punch_busy(file, index, page);
    else if (error == -ENOENT)
        error = -EAGAIN; /* written and dropped */
    ext2_stop(ext2, CREDITS_MAP);
    return error;
}

static int page_punch(struct ext2_inode *file, uint64_t index)
{
    int error;
    do {
        error = page_punch_clean(file, index);
        if (error == -EAGAIN)
            error = page_punch_dirty(file, index);
    } while (error == -EAGAIN);
    return error;
}

int ext2_punch(struct inode *inode, uint64_t first, uint64_t after)
{
    struct ext2_inode *file = ext2_inode(inode);
    uint64_t index = first;
    int found;
    if (inode->filesystem->read_only)
        return -EROFS;
    while ((found = block_find(file, &index, after)) == true) {
        int error = page_punch(file, index);
        if (error != 0)
            return error;
        index++;
    }
    return found;
}
