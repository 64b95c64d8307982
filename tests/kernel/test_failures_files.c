/*
 * Page-out and files without memory: each allocation fails once while modified pages of a file, of a disk, and of the root's metadata leave by way of the
 * writer, while a file's pages are read, and while an area in a file begins. What is on the disk afterwards is read from there.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/swap.h"
#include "kernel/dev/block.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/uio.h"
#include "libc/string.h"
#include "mm/busy.h"
#include "mm/evict.h"
#include "mm/inject.h"
#include "mm/pagecache.h"
#include "mm/pageout.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "mm/writeback.h"
#include "tests/kernel/failing.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 40, BEHIND = 8 /* the first page of a disk that is used */ };
#define POLL_NS (NS_PER_SECOND / 1000)

static void pause(void)
{
    (void)thread_sleep_until(time_now() + POLL_NS, false);
}

static const char path[] = "/ktest-failures";

/* The scene: a file or a disk, and what its pages hold this time. */
static struct file *file;
static struct object *object;
static uint64_t first_page, generation;

static uint64_t word_of(uint64_t page)
{
    return generation << 32 | page;
}

static void file_begin(const char *name, uint32_t flags)
{
    KTEST_EXPECT(file_open(NULL, name, flags, 0644, &file) == 0);
    object = file_object(file);
}

static void file_end(void)
{
    struct path_walk walk;
    file_put(file);
    KTEST_EXPECT(path_walk(&walk, NULL, path, WALK_PARENT) == 0 && name_unlink(&walk, false) == 0);
    dentry_put(walk.at);
}

static void pages_write(void)
{
    generation++;
    for (uint64_t i = 0; i < PAGES; i++) {
        struct uio uio;
        uint64_t word = word_of(i), offset = (first_page + i) << PAGE_SHIFT;
        uio_init_kernel(&uio, &word, sizeof(word), false);
        KTEST_EXPECT(file_write_at(file, &uio, &offset) == sizeof(word));
    }
}

/* The page that has the file's indirect block leaves the cache: to write or read most of the file's pages it has to be read. */
static void map_forget(void)
{
    struct ext2 *ext2 = ext2_of(file->inode);
    uint64_t block = ext2_inode(file->inode)->block[EXT2_DIRECT];
    uint64_t index = block << ext2->geometry.block_shift >> PAGE_SHIFT;
    KTEST_EXPECT(block != 0);
    pagecache_drop(ext2->metadata, index, index);
    KTEST_EXPECT(pagecache_look(ext2->metadata, index) == CACHE_MISSING);
}

/* All of the object's pages leave the cache, those on their way from the disk when they have come. */
static void pages_forget(void)
{
    for (;;) {
        pagecache_drop(object, 0, UINT32_MAX);
        if (pagecache_resident(object, 0, UINT32_MAX) == 0)
            return;
        pause();
    }
}

/* Until the writer has done what it was asked to, so that it leaves what the next run modifies to that run. */
static void writer_rests(void)
{
    struct fake_object fake;
    struct page *page;
    fake_object_init(&fake, 1);
    KTEST_EXPECT(page_get(&fake.object, 0, 0, &page, NULL) == 0 && page_make_dirty(page) == 0);
    page_put(page);
    pageout_write_files();
    while (fake.writes == 0)
        pause();
    fake_object_end(&fake);
    writeback_leave(object);
}

static void nothing(void)
{
}

/* A page of the object as it is in memory, or null. */
static struct page *page_in_memory(uint64_t index)
{
    spin_lock(&object->lock);
    struct page *page = radix_find(&object->pages, index);
    spin_unlock(&object->lock);
    return page;
}

/* Evicts pages as the clock would, and waits until the writer has written them, or cannot. Nobody else takes them from the cache meanwhile. */
static void pages_go(uint64_t first, uint64_t count)
{
    struct evict_batch batch;
    evict_batch_init(&batch);
    for (uint64_t i = first; i < first + count; i++) {
        struct page *page = page_in_memory(i);
        if (page != NULL)
            (void)evict_page(&batch, page);
    }
    evict_write(&batch);
    while ((object->dirty_pages > 0 && injection_once_left() > 0) || writeback_writing() > 0) {
        pageout_write_files();
        pause();
    }
}

static void all_go(void)
{
    pages_go(first_page, PAGES);
}

/* What has not been written for want of memory has stayed modified, and is written now. */
static void disk_has_all(void)
{
    uint64_t word = 0;
    writer_rests();
    KTEST_EXPECT(pagecache_sync(object, 0, UINT64_MAX) == 0 && object->dirty_pages == 0);
    pages_forget();
    for (uint64_t i = 0; i < PAGES; i++) {
        KTEST_EXPECT(file_read_kernel(file, &word, sizeof(word), (first_page + i) << PAGE_SHIFT) == sizeof(word));
        KTEST_EXPECT(word == word_of(i));
    }
}

static void file_make(void)
{
    pages_write();
    map_forget();
}

/* A new file, with all it needs on the disk. */
static void file_new(void)
{
    file_begin(path, O_RDWR | O_CREAT | O_EXCL);
    first_page = 0;
    pages_write();
    KTEST_EXPECT(file_sync(file, false) == 0);
    pagecache_sync_all();
}

KTEST(failures, a_files_modified_pages_leave)
{
    static const struct failing pages = {file_make, all_go, disk_has_all, pages_forget, 3};
    file_new();
    failing_run(&pages);
    file_end();
}

static void file_forgotten(void)
{
    pages_forget();
    map_forget();
}

/* Word by word, with read-ahead. */
static void file_read_all(void)
{
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t word;
        ssize_t count = file_read_kernel(file, &word, sizeof(word), i << PAGE_SHIFT);
        KTEST_EXPECT(count == -ENOMEM || (count == sizeof(word) && word == word_of(i)));
    }
}

KTEST(failures, a_files_pages_are_read)
{
    static const struct failing pages = {file_forgotten, file_read_all, disk_has_all, pages_forget, PAGES};
    file_new();
    failing_run(&pages);
    file_end();
}

/* Not damage, for which a program would get SIGBUS, where more memory would help. */
static void page_read_alone(void)
{
    struct page *page;
    int error = page_get(object, PAGES - 1, 0, &page, NULL);
    KTEST_EXPECT(error == 0 || error == -ENOMEM);
    if (error == 0)
        page_put(page);
}

KTEST(failures, a_page_whose_block_cannot_be_looked_up_lacks_memory)
{
    static const struct failing page = {file_forgotten, page_read_alone, disk_has_all, pages_forget, 2};
    file_new();
    failing_run(&page);
    file_end();
}

/* --- mapped ------------------------------------------------------------------------------------------------------- */

static struct aspace *space;

static void mapped_make(void)
{
    file_make();
    space = aspace_create();
    object_get(object);
    space_map_object(space, SPACE_BASE, PAGES, SPACE_RW | AREA_SHARED, object, 0);
    for (uint64_t i = 0; i < PAGES; i++)
        space_store(space, SPACE_BASE + (i << PAGE_SHIFT), word_of(i));
    map_forget();
}

static void mapped_still_is(void)
{
    space_verify(space, PAGES, word_of(0));
    aspace_put(space);
    disk_has_all();
}

KTEST(failures, a_mapped_files_modified_pages_leave)
{
    static const struct failing pages = {mapped_make, all_go, mapped_still_is, pages_forget, 3};
    file_new();
    failing_run(&pages);
    file_end();
}

/* --- disks and metadata ------------------------------------------------------------------------------------------- */

KTEST(failures, a_disks_modified_pages_leave)
{
    static const struct failing pages = {pages_write, all_go, disk_has_all, pages_forget, 1};
    file_begin(SWAP_PARTITION, O_RDWR);
    first_page = BEHIND; /* the area's header stays */
    failing_run(&pages);
    file_put(file);
}

/* The index, in the metadata's object, of the page with the file's inode. */
static uint64_t inode_page(void)
{
    struct ext2 *ext2 = ext2_of(file->inode);
    const struct ext2_geometry *g = &ext2->geometry;
    uint32_t number = (uint32_t)file->inode->number - 1, group = number / g->inodes_per_group;
    uint64_t start = (uint64_t)ext2->groups[group].inode_table << g->block_shift;
    return (start + (uint64_t)(number % g->inodes_per_group) * g->inode_size) >> PAGE_SHIFT;
}

/* What the file system has committed is in its log and modified in memory. */
static void metadata_make(void)
{
    pages_write();
    KTEST_EXPECT(file_sync(file, false) == 0);
    object = ext2_of(file->inode)->metadata;
}

static void metadata_goes(void)
{
    pages_go(inode_page(), 1);
}

static void metadata_is_home(void)
{
    char *raw = kmalloc(PAGE_SIZE);
    struct page *page = NULL;
    writer_rests();
    pagecache_sync_all();
    KTEST_EXPECT(raw != NULL && page_get(object, inode_page(), 0, &page, NULL) == 0);
    KTEST_EXPECT(
        block_read_sync(ext2_of(file->inode)->device, inode_page() * (PAGE_SIZE / SECTOR_SIZE), raw, PAGE_SIZE) == 0);
    KTEST_EXPECT(memcmp(raw, page_address(page), PAGE_SIZE) == 0);
    page_put(page);
    kfree(raw);
}

KTEST(failures, modified_metadata_leaves)
{
    static const struct failing metadata = {metadata_make, metadata_goes, metadata_is_home, nothing, 1};
    file_new();
    failing_run(&metadata);
    file_end();
}

/* --- a swap file -------------------------------------------------------------------------------------------------- */

/* What mkswap writes into the file's first page. */
static void header_write(void)
{
    union linux_swap_header *header = kmalloc(sizeof(*header));
    struct uio uio;
    uint64_t offset = 0;
    KTEST_EXPECT(header != NULL);
    header->info.version = 1;
    header->info.last_page = PAGES - 2; /* the last is not whole */
    memcpy(header->magic.text, LINUX_SWAP_MAGIC, sizeof(header->magic.text));
    uio_init_kernel(&uio, header, sizeof(*header), false);
    KTEST_EXPECT(file_write_at(file, &uio, &offset) == sizeof(*header) && file_sync(file, false) == 0);
    kfree(header);
}

static void area_begins_or_not(void)
{
    int error = swap_start(path, 0);
    KTEST_EXPECT(error == 0 || error == -ENOMEM);
    KTEST_EXPECT(swap_total() == (error == 0 ? PAGES - 2 : 0));
}

static void area_ends(void)
{
    KTEST_EXPECT(swap_total() == 0 || swap_stop(path) == 0);
    file_forgotten();
}

KTEST(failures, an_area_in_a_file_begins_or_does_not)
{
    static const struct failing area = {file_forgotten, area_begins_or_not, nothing, area_ends, 6};
    file_new();
    header_write();
    file_put(file); /* nobody may write to it */
    file_begin(path, O_RDONLY);
    failing_run(&area);
    file_end();
}
