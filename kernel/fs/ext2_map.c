/*
 * From a block of a file to a block of the disk.
 *
 *     inode  block[0..11] ---------------------------------> data
 *            block[12] ----> [pointers] -------------------> data
 *            block[13] ----> [pointers] -> [pointers] -----> data
 *            block[14] ----> [...]      -> [...]      -> ... data
 *
 * A pointer of 0 is a hole: nothing below it has ever been written.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "mm/frame.h"

int ext2_metadata(struct ext2 *ext2, uint32_t block, struct page **page, const void **bytes)
{
    uint64_t position = (uint64_t)block << ext2->geometry.block_shift;
    int error = cache_page_pinned(ext2->metadata, position >> PAGE_SHIFT, page);
    if (error == 0)
        *bytes = (const char *)page_address(*page) + (position & (PAGE_SIZE - 1));
    return error;
}

void ext2_cursor_begin(struct ext2_cursor *cursor, struct ext2_inode *file)
{
    *cursor = (struct ext2_cursor){.file = file};
}

void ext2_cursor_end(struct ext2_cursor *cursor)
{
    if (cursor->page != NULL)
        page_unpin(cursor->page);
    cursor->page = NULL;
}

/* Makes `block` the cursor's table. */
static int cursor_load(struct ext2_cursor *cursor, struct ext2 *ext2, uint32_t block)
{
    const void *bytes;
    ext2_cursor_end(cursor);
    int error = ext2_metadata(ext2, block, &cursor->page, &bytes);
    if (error == 0)
        cursor->table = bytes;
    else
        cursor->page = NULL;
    return error;
}

int ext2_map(struct ext2_cursor *cursor, uint64_t index, uint32_t *block)
{
    struct ext2 *ext2 = ext2_of(&cursor->file->inode);
    const struct ext2_geometry *geometry = &ext2->geometry;
    uint32_t offsets[4];
    int depth = ext2_block_path(index, geometry, offsets);
    if (depth < 0)
        return depth;
    uint32_t pointer;
    if (cursor->page != NULL && depth > 0 && index - cursor->first < geometry->pointers_per_block) {
        pointer = cursor->table[offsets[depth]];
    } else {
        pointer = cursor->file->block[offsets[0]];
        for (int level = 1; level <= depth && pointer != 0; level++) {
            if (!ext2_block_is_valid(pointer, geometry))
                return ext2_damaged(ext2, "an indirect block is not on the disk: inode", cursor->file->inode.number);
            int error = cursor_load(cursor, ext2, pointer);
            if (error != 0)
                return error;
            pointer = cursor->table[offsets[level]];
        }
        cursor->first = depth > 0 ? index - offsets[depth] : 0;
        if (pointer == 0 || depth == 0) /* the table at hand may be one above the last */
            ext2_cursor_end(cursor);
    }
    if (pointer != 0 && !ext2_block_is_valid(pointer, geometry))
        return ext2_damaged(ext2, "a block is not on the disk: inode", cursor->file->inode.number);
    *block = pointer;
    return 0;
}
