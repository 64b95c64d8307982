/*
 * Blocks of metadata in the disk's page cache.
 *
 * They are changed through a pin, under the lock that guards what they hold and under a handle, and then given to the
 * journal. A write of the page that is under way meanwhile may take old or new words with it: the journal has the old
 * ones (J2), and another write follows.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
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
    page_pin(*page);
    page_put(*page);
    *bytes = page_address(*page);
    journal_dirty(&ext2->journal, *page);
    return 0;
}

void ext2_metadata_changed(struct ext2 *ext2, struct page *page)
{
    journal_dirty(&ext2->journal, page);
    page_unpin(page);
}

void ext2_metadata_forget(struct ext2 *ext2, uint32_t block)
{
    struct page *page;
    uint64_t index = (uint64_t)block << ext2->geometry.block_shift >> PAGE_SHIFT;
    journal_forget(&ext2->journal, block);
    if (page_get(ext2->metadata, index, PAGE_GET_CACHED, &page, NULL) != 0)
        return;
    if (page_has(page, PAGE_DIRTY))
        page_clear_dirty(page);
    page_put(page);
    pagecache_drop(ext2->metadata, index, index);
}
