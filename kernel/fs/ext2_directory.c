/*
 * ext2's directories: files whose blocks are rows of entries, each with its length, none crossing a block.
 *
 * Their blocks are metadata, in the disk's cache (ext2_metadata.c). Index blocks (dir_index) look like blocks of unused entries, so a linear
 * search is right with them, too.
 */
#include "kernel/abi/dirent.h"
#include "kernel/fs/ext2.h"
#include "libc/string.h"
#include "mm/frame.h"

/* Visits the entries of one block from `offset` on. */
static int block_for_each(struct ext2 *ext2, const struct inode *directory, const char *block, uint64_t start,
                          uint32_t offset, ext2_entry_visit *visit, void *context)
{
    const struct ext2_geometry *geometry = &ext2->geometry;
    uint32_t at = 0; /* from the start: only there an entry is known to begin */
    while (at < geometry->block_size) {
        struct ext2_entry entry;
        if (ext2_entry_parse(block, at, geometry, &entry) != 0)
            return ext2_damaged(ext2, "broken entry in directory", directory->number);
        int result = at >= offset && entry.inode != 0 ? visit(&entry, start + at, context) : 0;
        if (result != 0)
            return result;
        at += entry.length;
    }
    return 0;
}

int ext2_file_block(struct inode *inode, uint64_t index, struct page **page, const void **bytes)
{
    struct ext2_inode *file = ext2_inode(inode);
    struct ext2 *ext2 = ext2_of(inode);
    struct ext2_cursor cursor;
    uint32_t block;
    mutex_lock(&file->map_lock);
    ext2_cursor_begin(&cursor, file);
    int error = ext2_map(&cursor, index, &block);
    ext2_cursor_end(&cursor);
    mutex_unlock(&file->map_lock);
    if (error == 0 && block == 0)
        error = ext2_damaged(ext2, "hole in directory or link", inode->number);
    return error != 0 ? error : ext2_metadata(ext2, block, page, bytes);
}

int ext2_directory_for_each(struct inode *directory, uint64_t position, ext2_entry_visit *visit, void *context)
{
    struct ext2 *ext2 = ext2_of(directory);
    uint32_t block_size = ext2->geometry.block_size;
    int result = 0;
    while (result == 0 && position < inode_size(directory)) {
        struct page *page;
        const void *block;
        uint64_t start = round_down(position, block_size);
        result = ext2_file_block(directory, start >> ext2->geometry.block_shift, &page, &block);
        if (result != 0)
            break;
        result = block_for_each(ext2, directory, block, start, (uint32_t)(position - start), visit, context);
        page_unpin(page);
        position = start + block_size;
    }
    return result;
}

struct lookup {
    const char *name;
    size_t length;
    uint32_t inode;
};

static int lookup_visit(const struct ext2_entry *entry, uint64_t position, void *context)
{
    struct lookup *lookup = context;
    (void)position;
    if (entry->name_length != lookup->length || memcmp(entry->name, lookup->name, lookup->length) != 0)
        return 0;
    lookup->inode = entry->inode;
    return 1;
}

int ext2_lookup(struct inode *directory, const char *name, size_t length, struct inode **result)
{
    struct lookup lookup = {.name = name, .length = length};
    int found = ext2_directory_for_each(directory, 0, lookup_visit, &lookup);
    if (found < 0)
        return found;
    return found == 0 ? -ENOENT : ext2_inode_get(ext2_of(directory), lookup.inode, result);
}

struct reading {
    directory_emit *emit;
    void *context;
    uint64_t *offset;
};

static int readdir_visit(const struct ext2_entry *entry, uint64_t position, void *context)
{
    struct reading *reading = context;
    uint64_t next = position + entry->length;
    if (!reading->emit(reading->context, entry->name, entry->name_length, entry->inode,
                       ext2_entry_directory_type(entry->type), next))
        return 1;
    *reading->offset = next;
    return 0;
}

static int ext2_readdir(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    struct reading reading = {.emit = emit, .context = context, .offset = offset};
    int result = ext2_directory_for_each(file->inode, *offset, readdir_visit, &reading);
    if (result == 0)
        *offset = max_u64(*offset, inode_size(file->inode));
    return result < 0 ? result : 0;
}

const struct file_ops ext2_directory_file_ops = {.readdir = ext2_readdir, .sync = ext2_file_sync};
