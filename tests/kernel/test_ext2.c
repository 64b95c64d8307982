/*
 * ext2 as it is mounted: the root file system read through the cache, and again from the disk.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/dev/block.h"
#include "kernel/fs/directory.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

/* FNV-1a over a file's contents, read in pieces of `piece` bytes. */
static uint32_t file_digest(struct file *file, char *buffer, size_t piece)
{
    uint32_t sum = 2166136261u;
    uint64_t offset = 0;
    ssize_t count;
    while ((count = file_read_kernel(file, buffer, piece, offset)) > 0) {
        for (ssize_t i = 0; i < count; i++)
            sum = (sum ^ (uint8_t)buffer[i]) * 16777619u;
        offset += (uint64_t)count;
    }
    KTEST_EXPECT(count == 0 && offset == inode_size(file->inode));
    return sum;
}

KTEST(ext2, contents_stay_the_same)
{
    struct file *file;
    char *buffer = kmalloc(10 * PAGE_SIZE);
    KTEST_EXPECT(file_open(NULL, "/bin/sh", O_RDONLY, 0, &file) == 0);
    uint32_t digest = file_digest(file, buffer, 1000);
    KTEST_EXPECT(file_digest(file, buffer, 10 * PAGE_SIZE) == digest);
    (void)pagecache_shrink(UINT64_MAX);
    KTEST_EXPECT(file_digest(file, buffer, 5000) == digest);
    file_put(file);
    kfree(buffer);
}

/* What the block map says is what is on the disk. */
KTEST(ext2, blocks_are_where_the_map_says)
{
    struct file *file;
    struct ext2_cursor cursor;
    KTEST_EXPECT(file_open(NULL, "/bin/sh", O_RDONLY, 0, &file) == 0);
    struct ext2 *ext2 = ext2_of(file->inode);
    uint32_t block_size = ext2->geometry.block_size, block;
    char *cached = kmalloc(block_size), *raw = kmalloc(block_size);
    ext2_cursor_begin(&cursor, ext2_inode(file->inode));
    for (uint64_t index = 0; (index + 1) * block_size <= inode_size(file->inode); index++) {
        KTEST_EXPECT(ext2_map(&cursor, index, &block) == 0 && block != 0);
        KTEST_EXPECT(file_read_kernel(file, cached, block_size, index * block_size) == (ssize_t)block_size);
        KTEST_EXPECT(block_read_sync(ext2->device, (uint64_t)block * (block_size / SECTOR_SIZE), raw, block_size) == 0);
        KTEST_EXPECT(memcmp(cached, raw, block_size) == 0);
    }
    ext2_cursor_end(&cursor);
    kfree(cached);
    kfree(raw);
    file_put(file);
}

struct listing {
    unsigned entries, dots, bin;
};

static bool listing_emit(void *context, const char *name, size_t length, uint64_t inode, unsigned type, uint64_t next)
{
    struct listing *listing = context;
    (void)type, (void)next;
    KTEST_EXPECT(inode != 0 && length > 0);
    listing->entries++;
    listing->dots += name[0] == '.';
    listing->bin += length == 3 && memcmp(name, "bin", 3) == 0;
    return true;
}

KTEST(ext2, directories_are_listed)
{
    struct file *file;
    struct listing listing = {0};
    uint64_t offset = 0;
    KTEST_EXPECT(file_open(NULL, "/", O_RDONLY | O_DIRECTORY, 0, &file) == 0);
    KTEST_EXPECT(directory_read(file, &offset, listing_emit, &listing) == 0);
    KTEST_EXPECT(listing.entries > 5 && listing.dots >= 2 && listing.bin == 1);
    listing = (struct listing){0};
    KTEST_EXPECT(directory_read(file, &offset, listing_emit, &listing) == 0 && listing.entries == 0);
    file_put(file);
}
