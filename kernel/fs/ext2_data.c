/*
 * The pages of ext2 files from the disk and back to it: consecutive blocks become one request (L28).
 *
 * A page holds one block, or two or four small ones. Only if small ones lie apart on the disk is a page read block by
 * block, waiting for each.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/page_io.h"
#include "libc/string.h"
#include "mm/pagecache.h"

enum { BLOCKS_PER_PAGE_MAX = 4 };

struct page_blocks {
    unsigned count;                      /* blocks in a page */
    uint32_t block[BLOCKS_PER_PAGE_MAX]; /* 0: hole */
};

static int page_blocks_map(struct ext2_cursor *cursor, uint64_t index, struct page_blocks *blocks)
{
    const struct ext2_geometry *geometry = &ext2_of(&cursor->file->inode)->geometry;
    unsigned shift = PAGE_SHIFT - geometry->block_shift;
    uint64_t size = inode_size(&cursor->file->inode);
    blocks->count = 1u << shift;
    for (unsigned i = 0; i < blocks->count; i++) {
        uint64_t block_index = (index << shift) + i;
        blocks->block[i] = 0;
        if (block_index << geometry->block_shift >= size)
            continue;
        int error = ext2_map(cursor, block_index, &blocks->block[i]);
        if (error != 0)
            return error;
    }
    return 0;
}

/*
 * How many blocks of the page, from its start, lie one behind the other, if only holes follow; -1: they lie otherwise.
 */
static int page_blocks_run(const struct page_blocks *blocks)
{
    unsigned run = 0;
    while (run < blocks->count && blocks->block[run] != 0 && blocks->block[run] == blocks->block[0] + run)
        run++;
    for (unsigned i = run; i < blocks->count; i++) {
        if (blocks->block[i] != 0)
            return -1;
    }
    return (int)run;
}

static uint64_t block_sector(const struct ext2_geometry *geometry, uint32_t block)
{
    return (uint64_t)block << (geometry->block_shift - SECTOR_SHIFT);
}

static int page_read_scattered(struct ext2 *ext2, struct page *page, const struct page_blocks *blocks)
{
    const struct ext2_geometry *geometry = &ext2->geometry;
    for (unsigned i = 0; i < blocks->count; i++) {
        char *at = (char *)page_address(page) + ((size_t)i << geometry->block_shift);
        int error = 0;
        if (blocks->block[i] == 0)
            memset(at, 0, geometry->block_size);
        else
            error = block_read_sync(ext2->device, block_sector(geometry, blocks->block[i]), at, geometry->block_size);
        if (error != 0)
            return error;
    }
    return 0;
}

/* Why a page cannot be transferred whose block was not found: damage, or want of memory, then it is tried again later. */
static int transfer_error(int error)
{
    return error == -ENOMEM ? -ENOMEM : -EIO;
}

static void ext2_page_read(struct ext2_cursor *cursor, struct page_io_batch *batch, struct page *page)
{
    struct ext2 *ext2 = ext2_of(&cursor->file->inode);
    struct page_blocks blocks;
    int error = page_blocks_map(cursor, page->index, &blocks);
    int run = error == 0 ? page_blocks_run(&blocks) : 0;
    if (error != 0) {
        page_io_done(page, transfer_error(error));
    } else if (run < 0) {
        page_io_done(page, page_read_scattered(ext2, page, &blocks));
    } else if (run == 0) {
        page_zero(page);
        page_io_done(page, 0);
    } else {
        page_io_add(batch, page, block_sector(&ext2->geometry, blocks.block[0]),
                    (uint32_t)run << ext2->geometry.block_shift);
    }
}

static void ext2_object_read(struct object *object, struct page **pages, unsigned count)
{
    struct inode *inode = container_of(object, struct inode, object);
    struct page_io_batch batch;
    struct ext2_cursor cursor;
    page_io_begin(&batch, ext2_of(inode)->device, BLOCK_READ, inode_size(inode));
    mutex_lock(&ext2_inode(inode)->map_lock);
    ext2_cursor_begin(&cursor, ext2_inode(inode));
    for (unsigned i = 0; i < count; i++)
        ext2_page_read(&cursor, &batch, pages[i]);
    ext2_cursor_end(&cursor);
    mutex_unlock(&ext2_inode(inode)->map_lock);
    page_io_submit(&batch);
}

/*
 * A dirty page has its block: make_writable has seen to that. Blocks are as large as pages where anything is written.
 */
static void ext2_page_write(struct ext2_cursor *cursor, struct page_io_batch *batch, struct page *page)
{
    struct ext2 *ext2 = ext2_of(&cursor->file->inode);
    uint32_t block;
    int error = ext2_map(cursor, page->index, &block);
    if (error == 0 && block == 0)
        error = ext2_damaged(ext2, "a dirty page has no block: inode", cursor->file->inode.number);
    if (error != 0) {
        page_io_done(page, transfer_error(error));
    } else {
        page_clear_behind(page, inode_size(&cursor->file->inode));
        page_io_add(batch, page, block_sector(&ext2->geometry, block), PAGE_SIZE);
    }
}

static void ext2_object_write(struct object *object, struct page **pages, unsigned count)
{
    struct inode *inode = container_of(object, struct inode, object);
    struct page_io_batch batch;
    struct ext2_cursor cursor;
    struct mutex *map_lock = &ext2_inode(inode)->map_lock;
    page_io_begin(&batch, ext2_of(inode)->device, BLOCK_WRITE, UINT64_MAX);
    if (!mutex_trylock(map_lock)) {
        page_io_gather_flush(); /* who has it may be waiting for a page in there */
        mutex_lock(map_lock);
    }
    ext2_cursor_begin(&cursor, ext2_inode(inode));
    for (unsigned i = 0; i < count; i++)
        ext2_page_write(&cursor, &batch, pages[i]);
    ext2_cursor_end(&cursor);
    mutex_unlock(map_lock);
    page_io_submit(&batch);
}

static int ext2_make_writable(struct object *object, struct page *page)
{
    struct inode *inode = container_of(object, struct inode, object);
    struct ext2_inode *file = ext2_inode(inode);
    uint32_t block;
    if (inode->filesystem->read_only)
        return -EROFS;
    int error = ext2_start(ext2_of(inode), CREDITS_MAP);
    if (error != 0)
        return error;
    mutex_lock(&file->map_lock);
    error = ext2_map_create(file, page->index, &block);
    if (error == 0 && inode_is(inode, S_IFREG)) /* the size follows; meanwhile there is no block behind the end */
        file->disk_size = max_u64(file->disk_size, (uint64_t)page->index << PAGE_SHIFT);
    mutex_unlock(&file->map_lock);
    if (error == 0)
        page_set_dirty(page); /* before the handle ends: the commit that has the new block finds its data */
    ext2_stop(ext2_of(inode), CREDITS_MAP);
    return error;
}

static int ext2_locate(struct object *object, uint64_t index, struct block_device **device, uint64_t *sector)
{
    struct inode *inode = container_of(object, struct inode, object);
    struct ext2 *ext2 = ext2_of(inode);
    struct ext2_cursor cursor;
    struct page_blocks blocks = {0};
    mutex_lock(&ext2_inode(inode)->map_lock);
    ext2_cursor_begin(&cursor, ext2_inode(inode));
    int error = page_blocks_map(&cursor, index, &blocks);
    ext2_cursor_end(&cursor);
    mutex_unlock(&ext2_inode(inode)->map_lock);
    if (error != 0)
        return error;
    int run = page_blocks_run(&blocks);
    if (run != (int)blocks.count)
        return run == 0 ? -ENOENT : -EINVAL;
    *device = ext2->device;
    *sector = block_sector(&ext2->geometry, blocks.block[0]);
    return 0;
}

const struct object_ops ext2_object_ops = {
    .read = ext2_object_read,
    .write = ext2_object_write,
    .make_writable = ext2_make_writable,
    .locate = ext2_locate,
    .release = inode_release,
};

const struct file_ops ext2_file_ops = {.sync = ext2_file_sync};
