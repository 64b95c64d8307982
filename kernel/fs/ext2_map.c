/*
 * From a block of a file to a block of the disk.
 *
 *     inode  block[0..11] ---------------------------------> data
 *            block[12] ----> [pointers] -------------------> data
 *            block[13] ----> [pointers] -> [pointers] -----> data
 *            block[14] ----> [...]      -> [...]      -> ... data
 *
 * A pointer of 0 is a hole: nothing below it has ever been written. A page that becomes dirty gets its block, and the
 * indirect blocks on the way to it, at that moment (ext2_map_create), so a write that was accepted cannot run out of
 * space later.
 */
#include "kernel/fs/ext2.h"
#include "mm/frame.h"

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

/* A block for the file, right behind `before`, or, if that is 0, behind the last one that it got; counted. */
static int file_take_block(struct ext2_inode *file, uint32_t before, uint32_t *block)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    const struct ext2_geometry *geometry = &ext2->geometry;
    uint32_t group = ((uint32_t)file->inode.number - 1) / geometry->inodes_per_group;
    uint32_t goal = before != 0 ? before + 1 : file->goal;
    if (goal == 0)
        goal = geometry->first_data_block + group * geometry->blocks_per_group;
    int error = ext2_block_allocate(ext2, goal, file->inode.blocks / (geometry->block_size / 512), block);
    if (error != 0)
        return error;
    file->goal = *block + 1;
    file->inode.blocks += geometry->block_size / 512;
    return 0;
}

/*
 * Fills in the pointer at *pointer, whose indirect block (null: the inode) is pinned in `holder`, if it is a hole. `indirect`: it is to point
 * to pointers. `follows`: what the pointer before it leads to is before it in the file.
 */
static int pointer_fill(struct ext2_inode *file, uint32_t *pointer, struct page *holder, bool indirect, bool follows)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    struct page *page;
    void *bytes;
    uint32_t block;
    if (*pointer != 0)
        return 0;
    int error = file_take_block(file, follows ? pointer[-1] : 0, &block);
    if (error != 0)
        return error;
    error = indirect ? ext2_metadata_fresh(ext2, block, &page, &bytes) : 0;
    if (error != 0) {
        ext2_block_free(ext2, block);
        file->inode.blocks -= ext2->geometry.block_size / 512;
        return error;
    }
    if (indirect)
        page_unpin(page);
    *pointer = block;
    if (holder != NULL) {
        page_pin(holder); /* which the next gives back */
        ext2_metadata_changed(ext2, holder);
    }
    file->ordered = true;
    ext2_inode_changed(&file->inode);
    return 0;
}

int ext2_map_create(struct ext2_inode *file, uint64_t index, uint32_t *block)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    uint32_t offsets[4];
    struct page *holder = NULL;
    int depth = ext2_block_path(index, &ext2->geometry, offsets);
    uint32_t *pointer = depth < 0 ? NULL : &file->block[offsets[0]];
    int error = depth < 0 ? depth
                          : pointer_fill(file, pointer, NULL, depth > 0, offsets[0] > 0 && offsets[0] <= EXT2_DIRECT);
    for (int level = 1; level <= depth && error == 0; level++) {
        struct page *page;
        const void *bytes;
        if (!ext2_block_is_valid(*pointer, &ext2->geometry))
            error = ext2_damaged(ext2, "an indirect block is not on the disk: inode", file->inode.number);
        else
            error = ext2_metadata(ext2, *pointer, &page, &bytes);
        if (holder != NULL)
            page_unpin(holder);
        holder = error == 0 ? page : NULL;
        if (error != 0)
            break;
        pointer = (uint32_t *)bytes + offsets[level];
        error = pointer_fill(file, pointer, holder, level < depth, level == depth && offsets[level] > 0);
    }
    if (error == 0)
        *block = *pointer;
    if (holder != NULL)
        page_unpin(holder);
    return error;
}
