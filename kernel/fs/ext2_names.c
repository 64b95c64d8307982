/*
 * ext2's names: create, symlink, link, unlink, rename. The VFS has checked permissions and holds the directories'
 * locks.
 *
 * Order of changes: an inode is complete before a name leads to it, and a name is gone before its inode's count of
 * links says so; so what a power cut leaves is at worst a count that is too high, which e2fsck puts right.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"

/* Gives a new inode its name; without success the inode ends. The caller's reference goes to *result. */
static int name_give(struct inode *directory, const char *name, size_t length, struct inode *inode,
                     struct inode **result)
{
    int error = ext2_entry_add(directory, name, length, inode);
    if (error != 0) {
        inode->links = 0;
        inode_put(inode);
        return error;
    }
    *result = inode;
    return 0;
}

static int ext2_create(struct inode *directory, const char *name, size_t length, uint32_t mode, uint64_t device,
                       struct inode **result)
{
    struct inode *inode;
    bool is_directory = mode_is(mode, S_IFDIR);
    if (is_directory && directory->links >= LINKS_MAX)
        return -EMLINK;
    int error = ext2_inode_make(directory, mode, &inode);
    if (error != 0)
        return error;
    inode->device = device;
    error = is_directory ? ext2_directory_begin(inode, directory) : 0;
    if (error != 0) {
        inode->links = 0;
        inode_put(inode);
        return error;
    }
    error = name_give(directory, name, length, inode, result);
    if (error == 0 && is_directory) {
        directory->links++;
        inode_changed(directory);
    }
    return error;
}

/* Puts the target of a link where it belongs: into the inode, or into the file's first page. */
static int link_fill(struct inode *inode, const char *target, size_t length)
{
    struct page *page;
    if (length < EXT2_FAST_LINK_MAX) {
        memcpy(ext2_inode(inode)->block, target, length);
        ext2_inode(inode)->fast_link = true;
        inode->object.size = length;
        return 0;
    }
    int error = page_get(&inode->object, 0, PAGE_GET_FRESH, &page, NULL);
    if (error != 0)
        return error;
    page_zero(page);
    memcpy(page_address(page), target, length);
    error = page_make_dirty(page);
    page_put(page);
    inode->object.size = length;
    return error;
}

static int ext2_symlink(struct inode *directory, const char *name, size_t length, const char *target,
                        struct inode **result)
{
    struct inode *inode;
    size_t target_length = strlen(target);
    if (target_length >= ext2_of(directory)->geometry.block_size)
        return -ENAMETOOLONG;
    int error = ext2_inode_make(directory, S_IFLNK | 0777, &inode);
    if (error != 0)
        return error;
    error = link_fill(inode, target, target_length);
    if (error != 0) {
        inode->links = 0;
        inode_put(inode);
        return error;
    }
    ext2_inode_set_ops(inode);
    return name_give(directory, name, length, inode, result);
}

static int ext2_link(struct inode *directory, const char *name, size_t length, struct inode *inode)
{
    inode->links++;
    inode_changed(inode);
    int error = ext2_entry_add(directory, name, length, inode);
    if (error != 0) {
        inode->links--;
        inode_changed(inode);
    }
    return error;
}

/* What losing a name in `directory` means for an inode. */
static void inode_unlinked(struct inode *directory, struct inode *inode)
{
    inode->links -= inode_is(inode, S_IFDIR) ? 2 : 1;
    inode_changed(inode);
    if (inode_is(inode, S_IFDIR)) {
        directory->links--;
        inode_changed(directory);
    }
}

static int ext2_unlink(struct inode *directory, const char *name, size_t length, struct inode *inode)
{
    int error = inode_is(inode, S_IFDIR) ? ext2_directory_check_empty(inode) : 0;
    if (error == 0 && inode->links < (inode_is(inode, S_IFDIR) ? 2 : 1u))
        error = ext2_damaged(ext2_of(inode), "fewer links than names: inode", inode->number);
    if (error == 0)
        error = ext2_entry_remove(directory, name, length, (uint32_t)inode->number);
    if (error == 0)
        inode_unlinked(directory, inode);
    return error;
}

/* A directory has moved: its ".." leads to the new one. */
static int parent_change(struct inode *inode, struct inode *from, struct inode *to)
{
    int error = ext2_entry_replace(inode, "..", 2, (uint32_t)from->number, to);
    if (error != 0)
        return error;
    from->links--;
    to->links++;
    inode_changed(from);
    inode_changed(to);
    return 0;
}

static int ext2_rename(struct inode *from_directory, const char *from, size_t from_length, struct inode *to_directory,
                       const char *to, size_t to_length, struct inode *inode, struct inode *replaced)
{
    int error = replaced != NULL && inode_is(replaced, S_IFDIR) ? ext2_directory_check_empty(replaced) : 0;
    if (error != 0)
        return error;
    if (replaced != NULL)
        error = ext2_entry_replace(to_directory, to, to_length, (uint32_t)replaced->number, inode);
    else
        error = ext2_entry_add(to_directory, to, to_length, inode);
    if (error == 0)
        error = ext2_entry_remove(from_directory, from, from_length, (uint32_t)inode->number);
    if (error != 0)
        return error;
    if (replaced != NULL)
        inode_unlinked(to_directory, replaced);
    if (inode_is(inode, S_IFDIR) && from_directory != to_directory)
        error = parent_change(inode, from_directory, to_directory);
    inode_changed(inode);
    return error;
}

const struct inode_ops ext2_directory_inode_ops = {
    .lookup = ext2_lookup,
    .create = ext2_create,
    .symlink = ext2_symlink,
    .link = ext2_link,
    .unlink = ext2_unlink,
    .rename = ext2_rename,
    .set_attributes = ext2_inode_changed,
};
