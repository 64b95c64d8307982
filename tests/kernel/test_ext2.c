/*
 * ext2 as it is mounted: the root file system read through the cache, and again from the disk.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/dev/block.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/directory.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/pagecache.h"
#include "mm/slab.h"
#include "tests/kernel/crew.h"

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

/* What a store through a mapping behind the file's end does to the last page; then, if `written`, that page goes to the disk and out of memory. */
static void tail_store(struct file *file, bool written)
{
    struct object *object = &file->inode->object;
    struct page *page;
    uint64_t size = inode_size(file->inode);
    KTEST_EXPECT(page_get(object, size >> PAGE_SHIFT, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    memset((char *)page_address(page) + size % PAGE_SIZE, 'x', PAGE_SIZE - size % PAGE_SIZE);
    page_put(page);
    if (!written)
        return;
    KTEST_EXPECT(pagecache_sync(object, 0, UINT64_MAX) == 0);
    pagecache_drop(object, 0, UINT64_MAX);
}

static bool zeros_from(struct file *file, uint64_t start)
{
    static char bytes[PAGE_SIZE];
    ssize_t count = file_read_kernel(file, bytes, sizeof bytes, start);
    bool zeros = count > 0;
    for (ssize_t i = 0; i < count; i++)
        zeros &= bytes[i] == 0;
    return zeros;
}

static void name_remove(const char *path)
{
    struct path_walk walk;
    KTEST_EXPECT(path_walk(&walk, NULL, path, WALK_PARENT) == 0 && name_unlink(&walk, false) == 0);
    dentry_put(walk.at);
}

KTEST(ext2, what_is_stored_behind_the_end_never_shows)
{
    struct file *file;
    struct uio uio;
    KTEST_EXPECT(file_open(NULL, "/ktest-tail", O_RDWR | O_CREAT | O_TRUNC, 0644, &file) == 0);
    for (unsigned written = 0; written <= 1; written++) {
        KTEST_EXPECT(inode_truncate(file->inode, 1000) == 0);
        tail_store(file, written);
        KTEST_EXPECT(inode_truncate(file->inode, 2000) == 0 && zeros_from(file, 1000));
        tail_store(file, written);
        uint64_t offset = 9000;
        uio_init_kernel(&uio, "end", 3, false);
        KTEST_EXPECT(file_write(file, &uio, &offset) == 3 && zeros_from(file, 2000) &&
                     zeros_from(file, 2 * PAGE_SIZE - 4000));
        KTEST_EXPECT(pagecache_sync(&file->inode->object, 0, UINT64_MAX) == 0);
        pagecache_drop(&file->inode->object, 0, UINT64_MAX);
        KTEST_EXPECT(zeros_from(file, 2000) && inode_size(file->inode) == 9003);
    }
    file_put(file);
    name_remove("/ktest-tail");
}

/* Two for a crew: one cuts a file, the other stores into a hole behind the cut, as a fault does that has seen the old size. */
struct cut_scene {
    struct file *file;
    char *bytes; /* a page of whatever the hole's new block had before */
    _Atomic bool store_begun;
    uint64_t sector; /* of that block */
};

enum { CUT_PAGES = 10, CUT_HOLE = 5 };

/* Where block `index` of the file lies, be it behind its end. */
static uint64_t block_sector_of(struct inode *inode, uint64_t index)
{
    struct ext2_cursor cursor;
    uint32_t block = 0;
    mutex_lock(&ext2_inode(inode)->map_lock);
    ext2_cursor_begin(&cursor, ext2_inode(inode));
    KTEST_EXPECT(ext2_map(&cursor, index, &block) == 0 && block != 0);
    ext2_cursor_end(&cursor);
    mutex_unlock(&ext2_inode(inode)->map_lock);
    return (uint64_t)block << (ext2_of(inode)->geometry.block_shift - SECTOR_SHIFT);
}

static void cut_store(struct cut_scene *scene)
{
    struct inode *inode = scene->file->inode;
    struct page *page;
    KTEST_EXPECT(page_get(&inode->object, CUT_HOLE, 0, &page, NULL) == 0);
    atomic_store(&scene->store_begun, true);
    while (inode_size(inode) > PAGE_SIZE)
        thread_yield();
    KTEST_EXPECT(page_make_dirty(page) == 0);
    scene->sector = block_sector_of(inode, CUT_HOLE);
    KTEST_EXPECT(block_write_sync(ext2_of(inode)->device, scene->sector, scene->bytes, PAGE_SIZE) == 0);
    memset(page_address(page), 'n', PAGE_SIZE);
    page_put(page);
}

static void cut_or_store(unsigned number, void *context)
{
    struct cut_scene *scene = context;
    if (number == 0) {
        cut_store(scene);
        return;
    }
    while (!atomic_load(&scene->store_begun))
        thread_yield();
    KTEST_EXPECT(inode_truncate(scene->file->inode, PAGE_SIZE) == 0);
}

/* A commit between the cut of the cache and that of the blocks makes the pointer to the new block stable: so the block must be written by then. */
KTEST(ext2, no_block_is_cut_unwritten)
{
    struct cut_scene scene = {.bytes = kmalloc(PAGE_SIZE)};
    KTEST_EXPECT(file_open(NULL, "/ktest-cut", O_RDWR | O_CREAT | O_TRUNC, 0644, &scene.file) == 0);
    struct inode *inode = scene.file->inode;
    struct ext2 *ext2 = ext2_of(inode);
    memset(scene.bytes, 'w', PAGE_SIZE);
    KTEST_EXPECT(journal_has_log(&ext2->journal) && inode_truncate(inode, CUT_PAGES * PAGE_SIZE) == 0);
    crew_run(2, cut_or_store, &scene);
    KTEST_EXPECT(inode_size(inode) == PAGE_SIZE && inode->blocks == 0);
    KTEST_EXPECT(block_read_sync(ext2->device, scene.sector, scene.bytes, PAGE_SIZE) == 0 && scene.bytes[0] != 'w');
    file_put(scene.file);
    name_remove("/ktest-cut");
    kfree(scene.bytes);
}

static void write_in_vain(struct object *object, struct page **pages, unsigned count)
{
    (void)object;
    for (unsigned i = 0; i < count; i++)
        page_io_done(pages[i], -ENOMEM);
}

/* What is on the disk once a transaction is committed that gave a file blocks: so it is not, as long as there is no memory to write them. */
KTEST(ext2, no_commit_is_ahead_of_the_data)
{
    struct file *file;
    KTEST_EXPECT(file_open(NULL, "/ktest-ordered", O_RDWR | O_CREAT | O_TRUNC, 0644, &file) == 0);
    struct inode *inode = file->inode;
    const struct object_ops *ops = inode->object.ops;
    struct object_ops poor_ops = *ops;
    struct uio uio;
    uint64_t offset = 0;
    poor_ops.write = write_in_vain;
    inode->object.ops = &poor_ops;
    uio_init_kernel(&uio, "new", 3, false);
    KTEST_EXPECT(file_write(file, &uio, &offset) == 3 && ext2_inode(inode)->ordered);
    uint32_t running = ext2_of(inode)->journal.running->sequence;
    KTEST_EXPECT(ext2_sync(inode->filesystem) == -ENOMEM && ext2_inode(inode)->ordered);
    KTEST_EXPECT(ext2_of(inode)->journal.running->sequence == running);
    inode->object.ops = ops;
    KTEST_EXPECT(ext2_sync(inode->filesystem) == 0 && !ext2_inode(inode)->ordered && inode->object.dirty_pages == 0);
    KTEST_EXPECT(ext2_of(inode)->journal.running->sequence != running && file_sync(file, false) == 0);
    file_put(file);
    name_remove("/ktest-ordered");
}
