/*
 * Giving back the blocks of a file from some place on, under one handle.
 *
 * The tree of pointers is cut from the top: a subtree behind the cut goes whole, the one the cut goes through is
 * descended into, at most three deep. An indirect block that goes is not written, so however large the file, only the
 * bitmaps and at most three indirect blocks are.
 */
#include "kernel/fs/ext2.h"
#include "mm/frame.h"

void ext2_pointer_drop(struct ext2_inode *file, uint32_t *pointer, bool indirect)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    uint32_t block = *pointer, sectors = ext2->geometry.block_size / 512;
    *pointer = 0;
    if (!ext2_block_is_valid(block, &ext2->geometry)) {
        (void)ext2_damaged(ext2, "a block is not on the disk: inode", file->inode.number);
        return;
    }
    if (indirect || !inode_is(&file->inode, S_IFREG))
        ext2_metadata_forget(ext2, block);
    ext2_block_free(ext2, block);
    file->inode.blocks -= min_u64(file->inode.blocks, sectors);
}

/* Blocks below one pointer of an indirect block of that depth (1: its pointers lead to data). */
static uint64_t pointer_span(const struct ext2 *ext2, int depth)
{
    uint64_t span = 1;
    while (--depth > 0)
        span *= ext2->geometry.pointers_per_block;
    return span;
}

/*
 * Cuts the tree below an indirect block: blocks from number `first` of it on go, and the indirect block with them if
 * that is 0.
 */
static int branch_cut(struct ext2_inode *file, uint32_t *pointer, int depth, uint64_t first)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    uint64_t span = pointer_span(ext2, depth);
    struct page *page;
    const void *bytes;
    if (*pointer == 0)
        return 0;
    if (!ext2_block_is_valid(*pointer, &ext2->geometry)) {
        ext2_pointer_drop(file, pointer, false);
        return -EUCLEAN;
    }
    int error = ext2_metadata(ext2, *pointer, &page, &bytes);
    if (error != 0)
        return error;
    uint32_t *table = (uint32_t *)bytes;
    for (uint32_t i = (uint32_t)(first / span); i < ext2->geometry.pointers_per_block && error == 0; i++) {
        uint64_t cut = first > i * span ? first - i * span : 0;
        if (table[i] == 0)
            continue;
        if (depth > 1)
            error = branch_cut(file, &table[i], depth - 1, cut);
        else
            ext2_pointer_drop(file, &table[i], false);
    }
    if (first == 0 && error == 0) {
        page_unpin(page);
        ext2_pointer_drop(file, pointer, true);
    } else {
        ext2_metadata_changed(ext2, page);
    }
    return error;
}

int ext2_blocks_free_from(struct ext2_inode *file, uint64_t first)
{
    uint64_t base = EXT2_DIRECT, n = ext2_of(&file->inode)->geometry.pointers_per_block, span = n;
    int error = 0;
    mutex_lock(&file->map_lock);
    for (uint64_t i = first; i < EXT2_DIRECT; i++) {
        if (file->block[i] != 0)
            ext2_pointer_drop(file, &file->block[i], false);
    }
    for (int depth = 1; depth <= 3 && error == 0; depth++) {
        if (first < base + span)
            error = branch_cut(file, &file->block[EXT2_DIRECT + depth - 1], depth, first > base ? first - base : 0);
        base += span;
        span *= n;
    }
    file->goal = 0;
    mutex_unlock(&file->map_lock);
    return error;
}
