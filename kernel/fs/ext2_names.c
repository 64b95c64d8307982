/*
 * ext2's names: create, symlink, link, unlink, rename. The VFS has checked permissions and holds the directories'
 * locks. Each is one handle, so a power cut leaves all of it or nothing.
 *
 * Without a journal the order of changes matters: an inode is complete before a name leads to it, and a name is gone
 * before its inode's count of links says so; what a power cut leaves is then at worst a count that is too high.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "libc/string.h"
#include "mm/frame.h"

/*
 * The end of making an inode: with success it is *result, otherwise it ends. The handle is closed first, as the end of an
 * inode opens one of its own.
 */
static int creation_end(struct inode *directory, struct inode *inode, int error, struct inode **result)
{
    if (error != 0 && inode != NULL) {
        inode->links = 0;
        ext2_orphan_add(inode);
    }
    ext2_stop(ext2_of(directory), CREDITS_CREATE);
    if (error != 0 && inode != NULL)
        inode_put(inode);
    *result = inode;
    return error;
}

static int ext2_create(struct inode *directory, const char *name, size_t length, uint32_t mode, uint64_t device,
                       struct inode **result)
{
    struct inode *inode = NULL;
    bool is_directory = mode_is(mode, S_IFDIR);
    if (is_directory && directory->links >= LINKS_MAX)
        return -EMLINK;
    int error = ext2_start(ext2_of(directory), CREDITS_CREATE);
    if (error != 0)
        return error;
    error = ext2_inode_make(directory, mode, &inode);
    if (error == 0)
        inode->device = device;
    if (error == 0 && is_directory)
        error = ext2_directory_begin(inode, directory);
    if (error == 0)
        error = ext2_entry_add(directory, name, length, inode);
    if (error == 0 && is_directory) {
        directory->links++;
        ext2_inode_changed(directory);
    }
    return creation_end(directory, inode, error, result);
}

/* Puts the target of a link where it belongs: into the inode, or into a block, which is metadata as directories are. */
static int link_fill(struct inode *inode, const char *target, size_t length)
{
    struct ext2_inode *file = ext2_inode(inode);
    struct page *page;
    void *bytes;
    uint32_t block;
    inode->object.size = file->disk_size = length;
    if (length < EXT2_FAST_LINK_MAX) {
        memcpy(file->block, target, length);
        file->fast_link = true;
        return 0;
    }
    mutex_lock(&file->map_lock);
    int error = ext2_map_create(file, 0, &block);
    mutex_unlock(&file->map_lock);
    if (error == 0)
        error = ext2_metadata_fresh(ext2_of(inode), block, &page, &bytes);
    if (error != 0)
        return error;
    memcpy(bytes, target, length);
    page_unpin(page);
    return 0;
}

static int ext2_create_nameless(struct inode *directory, uint32_t mode, struct inode **result)
{
    enum { CREDITS = CREDITS_CREATE + CREDITS_ORPHAN };
    int error = ext2_start(ext2_of(directory), CREDITS);
    if (error != 0)
        return error;
    error = ext2_inode_make(directory, S_IFREG | mode, result);
    if (error == 0) {
        (*result)->links = 0;
        ext2_orphan_add(*result);
    }
    ext2_stop(ext2_of(directory), CREDITS);
    return error;
}

static int ext2_symlink(struct inode *directory, const char *name, size_t length, const char *target,
                        struct inode **result)
{
    struct inode *inode = NULL;
    size_t target_length = strlen(target);
    if (target_length >= ext2_of(directory)->geometry.block_size)
        return -ENAMETOOLONG;
    int error = ext2_start(ext2_of(directory), CREDITS_CREATE);
    if (error != 0)
        return error;
    error = ext2_inode_make(directory, S_IFLNK | 0777, &inode);
    if (error == 0)
        error = link_fill(inode, target, target_length);
    if (error == 0)
        ext2_inode_set_ops(inode);
    if (error == 0)
        error = ext2_entry_add(directory, name, length, inode);
    return creation_end(directory, inode, error, result);
}

static void inode_touched(struct inode *inode)
{
    inode->changed = timespec_now();
    inode->access_settled = 0;
    ext2_inode_changed(inode);
}

static int ext2_link(struct inode *directory, const char *name, size_t length, struct inode *inode)
{
    enum { CREDITS = CREDITS_NAME + CREDITS_INODE + CREDITS_ORPHAN };
    int error = ext2_start(ext2_of(directory), CREDITS);
    if (error != 0)
        return error;
    error = ext2_entry_add(directory, name, length, inode);
    if (error == 0) {
        inode->links++;
        ext2_orphan_remove(inode); /* of O_TMPFILE, it was one */
    }
    inode_touched(inode);
    ext2_stop(ext2_of(directory), CREDITS);
    return error;
}

/* What losing a name in `directory` means for an inode. */
static void inode_unlinked(struct inode *directory, struct inode *inode)
{
    inode->links -= inode_is(inode, S_IFDIR) ? 2 : 1;
    inode_touched(inode);
    if (inode->links == 0)
        ext2_orphan_add(inode);
    if (inode_is(inode, S_IFDIR)) {
        directory->links--;
        inode_touched(directory);
    }
}

static int ext2_unlink(struct inode *directory, const char *name, size_t length, struct inode *inode)
{
    enum { CREDITS = CREDITS_NAME + CREDITS_ORPHAN + CREDITS_INODE };
    int error = inode_is(inode, S_IFDIR) ? ext2_directory_check_empty(inode) : 0;
    if (error == 0 && inode->links < (inode_is(inode, S_IFDIR) ? 2 : 1u))
        error = ext2_damaged(ext2_of(inode), "fewer links than names: inode", inode->number);
    if (error == 0)
        error = ext2_start(ext2_of(directory), CREDITS);
    if (error != 0)
        return error;
    error = ext2_entry_remove(directory, name, length, (uint32_t)inode->number);
    if (error == 0)
        inode_unlinked(directory, inode);
    ext2_stop(ext2_of(directory), CREDITS);
    return error;
}

/* `inode` has moved: if it is a directory, and into another one, its ".." leads there. */
static int parent_change(struct inode *inode, struct inode *from, struct inode *to)
{
    if (!inode_is(inode, S_IFDIR) || from == to)
        return 0;
    int error = ext2_entry_replace(inode, "..", 2, (uint32_t)from->number, to);
    if (error != 0)
        return error;
    from->links--;
    to->links++;
    inode_touched(from);
    inode_touched(to);
    return 0;
}

/* Whether the directory `to` can have one more below it, if `inode` is one and none goes away for it. */
static int parent_check_links(const struct inode *inode, const struct inode *gone, const struct inode *from,
                              const struct inode *to)
{
    bool grows = inode_is(inode, S_IFDIR) && from != to && (gone == NULL || !inode_is(gone, S_IFDIR));
    return grows && to->links >= LINKS_MAX ? -EMLINK : 0;
}

/*
 * What is renamed, and to where; `replaced`: what had that name, or null. ".." goes first, for its block may never have been read. What has been
 * done is in memory until the handle ends, and so can be taken back when the next step fails.
 */
static int rename_do(struct inode *from_directory, const char *from, size_t from_length, struct inode *to_directory,
                     const char *to, size_t to_length, struct inode *inode, struct inode *replaced)
{
    uint32_t number = (uint32_t)inode->number;
    int error = parent_change(inode, from_directory, to_directory);
    if (error != 0)
        return error;
    if (replaced != NULL)
        error = ext2_entry_replace(to_directory, to, to_length, (uint32_t)replaced->number, inode);
    else
        error = ext2_entry_add(to_directory, to, to_length, inode);
    if (error == 0) {
        error = ext2_entry_remove(from_directory, from, from_length, number);
        if (error != 0 && replaced != NULL)
            (void)!ext2_entry_replace(to_directory, to, to_length, number, replaced);
        else if (error != 0)
            (void)!ext2_entry_remove(to_directory, to, to_length, number);
    }
    if (error != 0) {
        (void)!parent_change(inode, to_directory, from_directory);
        return error;
    }
    if (replaced != NULL)
        inode_unlinked(to_directory, replaced);
    inode_touched(inode);
    return 0;
}

static int ext2_rename(struct inode *from_directory, const char *from, size_t from_length, struct inode *to_directory,
                       const char *to, size_t to_length, struct inode *inode, struct inode *replaced)
{
    struct ext2 *ext2 = ext2_of(from_directory);
    int error = parent_check_links(inode, replaced, from_directory, to_directory);
    if (error == 0 && replaced != NULL && inode_is(replaced, S_IFDIR))
        error = ext2_directory_check_empty(replaced);
    if (error == 0)
        error = ext2_start(ext2, CREDITS_RENAME);
    if (error != 0)
        return error;
    error = rename_do(from_directory, from, from_length, to_directory, to, to_length, inode, replaced);
    ext2_stop(ext2, CREDITS_RENAME);
    return error;
}

/* Both names, or neither. */
static int entries_exchange(struct inode *directory, const char *name, size_t length, struct inode *other_directory,
                            const char *other, size_t other_length, struct inode *inode, struct inode *other_inode)
{
    uint32_t number = (uint32_t)inode->number, other_number = (uint32_t)other_inode->number;
    int error = ext2_entry_replace(directory, name, length, number, other_inode);
    if (error != 0)
        return error;
    error = ext2_entry_replace(other_directory, other, other_length, other_number, inode);
    if (error != 0)
        (void)!ext2_entry_replace(directory, name, length, other_number, inode);
    return error;
}

/* In the order of rename_do(), and taken back as there. */
static int exchange_do(struct inode *directory, const char *name, size_t length, struct inode *other_directory,
                       const char *other, size_t other_length, struct inode *inode, struct inode *other_inode)
{
    int error = parent_change(inode, directory, other_directory);
    if (error != 0)
        return error;
    error = parent_change(other_inode, other_directory, directory);
    if (error == 0) {
        error = entries_exchange(directory, name, length, other_directory, other, other_length, inode, other_inode);
        if (error != 0)
            (void)!parent_change(other_inode, directory, other_directory);
    }
    if (error != 0) {
        (void)!parent_change(inode, other_directory, directory);
        return error;
    }
    inode_touched(inode);
    inode_touched(other_inode);
    return 0;
}

static int ext2_exchange(struct inode *directory, const char *name, size_t length, struct inode *other_directory,
                         const char *other, size_t other_length, struct inode *inode, struct inode *other_inode)
{
    struct ext2 *ext2 = ext2_of(directory);
    int error = parent_check_links(inode, other_inode, directory, other_directory);
    if (error == 0)
        error = parent_check_links(other_inode, inode, other_directory, directory);
    if (error == 0)
        error = ext2_start(ext2, CREDITS_RENAME);
    if (error != 0)
        return error;
    error = exchange_do(directory, name, length, other_directory, other, other_length, inode, other_inode);
    ext2_stop(ext2, CREDITS_RENAME);
    return error;
}

const struct inode_ops ext2_directory_inode_ops = {
    .lookup = ext2_lookup,
    .create = ext2_create,
    .symlink = ext2_symlink,
    .link = ext2_link,
    .unlink = ext2_unlink,
    .rename = ext2_rename,
    .exchange = ext2_exchange,
    .create_nameless = ext2_create_nameless,
    .set_attributes = ext2_set_attributes,
};
