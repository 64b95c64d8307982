/*
 * Changing ext2's directories: adding, replacing and removing entries.
 *
 *     | inode 12, length 24, "name"  ....unused.... | inode 0, length 40: free | inode 15, length 4032 ... |
 *
 * A new entry goes to where an old one has room behind its name, or to a free one, or to a new block. A removed one
 * becomes part of the one before it in its block, or, if it is the first, free. The entries' bytes are changed through
 * a pin with the directory locked, under a handle.
 *
 * A directory with a hash index (dir_index) loses it with its first change: the index is marked as not there, which
 * every ext2 understands.
 */
#include "kernel/fs/ext2.h"
#include "libc/string.h"
#include "mm/frame.h"

/* Where an entry is: its block's pinned page, the entry before it, itself. */
struct entry_place {
    struct page *page;
    char *block;
    uint32_t offset, previous; /* previous == offset: the first of the block */
    struct ext2_entry entry;
};

/* What is looked for in a block: a name, or room for one. */
struct entry_search {
    const char *name; /* null: room */
    uint32_t length;  /* of the name, or of the room */
};

static bool entry_matches(const struct ext2_entry *entry, const struct entry_search *search)
{
    if (search->name != NULL)
        return entry->inode != 0 && entry->name_length == search->length &&
               memcmp(entry->name, search->name, search->length) == 0;
    uint32_t used = entry->inode != 0 ? ext2_entry_size(entry->name_length) : 0;
    return entry->length - used >= search->length;
}

/* 1 with *place filled in, 0, or -EUCLEAN. */
static int block_search(struct inode *directory, const struct entry_search *search, struct entry_place *place)
{
    struct ext2 *ext2 = ext2_of(directory);
    place->previous = 0;
    for (place->offset = 0; place->offset < ext2->geometry.block_size; place->offset += place->entry.length) {
        if (ext2_entry_parse(place->block, place->offset, &ext2->geometry, &place->entry) != 0)
            return ext2_damaged(ext2, "broken entry in directory", directory->number);
        if (entry_matches(&place->entry, search))
            return 1;
        place->previous = place->offset;
    }
    return 0;
}

/* Looks through the directory: 1 with the place's page pinned, 0, or -Exxx. */
static int directory_search(struct inode *directory, const struct entry_search *search, struct entry_place *place)
{
    int found = 0;
    uint64_t blocks = inode_size(directory) >> ext2_of(directory)->geometry.block_shift;
    for (uint64_t index = 0; index < blocks && found == 0; index++) {
        const void *bytes;
        found = ext2_file_block(directory, index, &place->page, &bytes);
        if (found != 0)
            return found;
        place->block = (char *)bytes;
        found = block_search(directory, search, place);
        if (found != 1)
            page_unpin(place->page);
    }
    return found;
}

/* The block at the place was changed. */
static void place_changed(struct inode *directory, struct entry_place *place)
{
    ext2_metadata_changed(ext2_of(directory), place->page);
    ext2_inode(directory)->flags &= ~(uint32_t)EXT2_INODE_INDEX;
    ext2_inode_modified(directory);
}

/* A new last block with one free entry, found as the place. */
static int directory_extend(struct inode *directory, struct entry_place *place)
{
    struct ext2 *ext2 = ext2_of(directory);
    const struct ext2_geometry *geometry = &ext2->geometry;
    struct ext2_inode *file = ext2_inode(directory);
    uint64_t size = inode_size(directory), index = size >> geometry->block_shift;
    void *bytes;
    uint32_t block;
    mutex_lock(&file->map_lock);
    int error = ext2_map_create(file, index, &block);
    mutex_unlock(&file->map_lock);
    if (error == 0)
        error = ext2_metadata_fresh(ext2, block, &place->page, &bytes);
    if (error != 0) {
        int undone = ext2_blocks_free_from(file, index);
        return undone != 0 ? undone : error;
    }
    place->block = bytes;
    ext2_entry_encode(place->block, 0, geometry->block_size, 0, "", 0, 0);
    directory->object.size = file->disk_size = size + geometry->block_size;
    place->offset = place->previous = 0;
    return ext2_entry_parse(place->block, 0, geometry, &place->entry);
}

int ext2_entry_add(struct inode *directory, const char *name, size_t length, const struct inode *inode)
{
    const struct ext2_geometry *geometry = &ext2_of(directory)->geometry;
    struct entry_search room = {.length = ext2_entry_size((uint32_t)length)};
    struct entry_place place;
    int found = directory_search(directory, &room, &place);
    if (found == 0) {
        int error = directory_extend(directory, &place);
        if (error != 0)
            return error;
    } else if (found < 0) {
        return found;
    }
    uint32_t used = place.entry.inode != 0 ? ext2_entry_size(place.entry.name_length) : 0;
    ext2_entry_encode(place.block, place.offset + used, place.entry.length - used, (uint32_t)inode->number, name,
                      (uint32_t)length, ext2_type_of_mode(inode->mode, geometry));
    if (used > 0) /* the new entry is whole before the old one ends where it begins */
        ext2_entry_set_length(place.block, place.offset, used);
    place_changed(directory, &place);
    return 0;
}

/* The place of a name that is inode `number`'s. 0, -ENOENT, ... */
static int entry_find(struct inode *directory, const char *name, size_t length, uint32_t number,
                      struct entry_place *place)
{
    struct entry_search search = {.name = name, .length = (uint32_t)length};
    int found = directory_search(directory, &search, place);
    if (found <= 0)
        return found < 0 ? found : -ENOENT;
    if (place->entry.inode == number)
        return 0;
    page_unpin(place->page);
    return -ENOENT;
}

int ext2_entry_remove(struct inode *directory, const char *name, size_t length, uint32_t number)
{
    struct entry_place place;
    int error = entry_find(directory, name, length, number, &place);
    if (error != 0)
        return error;
    if (place.previous != place.offset)
        ext2_entry_set_length(place.block, place.previous, place.offset - place.previous + place.entry.length);
    else
        ext2_entry_set_inode(place.block, place.offset, 0, 0);
    place_changed(directory, &place);
    return 0;
}

int ext2_entry_replace(struct inode *directory, const char *name, size_t length, uint32_t number,
                       const struct inode *inode)
{
    struct entry_place place;
    int error = entry_find(directory, name, length, number, &place);
    if (error != 0)
        return error;
    ext2_entry_set_inode(place.block, place.offset, (uint32_t)inode->number,
                         ext2_type_of_mode(inode->mode, &ext2_of(directory)->geometry));
    place_changed(directory, &place);
    return 0;
}

int ext2_directory_begin(struct inode *directory, const struct inode *parent)
{
    const struct ext2_geometry *geometry = &ext2_of(directory)->geometry;
    struct entry_place place;
    uint8_t type = ext2_type_of_mode(S_IFDIR, geometry);
    uint32_t first = ext2_entry_size(1);
    int error = directory_extend(directory, &place);
    if (error != 0)
        return error;
    ext2_entry_encode(place.block, 0, first, (uint32_t)directory->number, ".", 1, type);
    ext2_entry_encode(place.block, first, geometry->block_size - first, (uint32_t)parent->number, "..", 2, type);
    place_changed(directory, &place);
    return 0;
}

static int visit_any_name(const struct ext2_entry *entry, uint64_t position, void *context)
{
    (void)position, (void)context;
    bool dots = entry->name[0] == '.' &&
                (entry->name_length == 1 || (entry->name_length == 2 && entry->name[1] == '.'));
    return dots ? 0 : 1;
}

int ext2_directory_check_empty(struct inode *directory)
{
    int result = ext2_directory_for_each(directory, 0, visit_any_name, NULL);
    return result > 0 ? -ENOTEMPTY : result;
}
