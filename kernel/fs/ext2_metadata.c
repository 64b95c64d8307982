/*
 * Blocks of metadata in the disk's page cache.
 *
 * They are changed through a pin, under the lock that guards what they hold, and then marked dirty, which takes BUSY
 * for a moment: a write of the page that is under way meanwhile may take old or new words with it, and the mark makes
 * another write follow.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/panic.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/pagecache.h"

int ext2_metadata(struct ext2 *ext2, uint32_t block, struct page **page, const void **bytes)
{
    uint64_t position = (uint64_t)block << ext2->geometry.block_shift;
    int error = cache_page_pinned(ext2->metadata, position >> PAGE_SHIFT, page);
    if (error == 0)
        *bytes = (const char *)page_address(*page) + (position & (PAGE_SIZE - 1));
    return error;
}

int ext2_metadata_fresh(struct ext2 *ext2, uint32_t block, struct page **page, void **bytes)
{
    uint64_t position = (uint64_t)block << ext2->geometry.block_shift;
    int error = page_get(ext2->metadata, position >> PAGE_SHIFT, PAGE_GET_FRESH, page, NULL);
    if (error != 0)
        return error;
    page_zero(*page);
    error = page_make_dirty(*page);
    page_pin(*page);
    page_put(*page);
    *bytes = page_address(*page);
    if (error != 0)
        page_unpin(*page);
    return error;
}

void ext2_metadata_changed(struct page *page)
{
    page_busy_wait(page);
    assert(page_make_dirty(page) == 0); /* a disk has nothing to reserve */
    page_put(page);
    page_unpin(page);
}

void ext2_metadata_forget(struct ext2 *ext2, uint32_t block)
{
    struct page *page;
    uint64_t index = (uint64_t)block << ext2->geometry.block_shift >> PAGE_SHIFT;
    if (page_get(ext2->metadata, index, PAGE_GET_CACHED, &page, NULL) != 0)
        return;
    if (page_has(page, PAGE_DIRTY))
        page_clear_dirty(page);
    page_put(page);
    pagecache_drop(ext2->metadata, index, index);
}
