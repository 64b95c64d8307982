/*
 * Directories of tmpfs: a list in the order of creation for readdir, and a hash by name that doubles as it fills.
 *
 * Each entry has a cookie, never used again in that directory, as its readdir offset: a reader who comes back finds its
 * place though entries were added and removed. Offsets 0 and 1 are "." and "..".
 */
#include "kernel/abi/dirent.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/directory.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/tmpfs_inode.h"
#include "libc/string.h"
#include "mm/slab.h"

enum { FIRST_BUCKETS = 8, FIRST_COOKIE = 2 };

struct tmpfs_entry {
    struct list link;
    struct tmpfs_entry *hash_next;
    struct inode *inode; /* referenced */
    uint64_t cookie;
    uint32_t hash;
    uint32_t length;
    char name[];
};

/* Where the link to the entry of that name stands, or the null at its chain's end. */
static struct tmpfs_entry **entry_place(struct tmpfs_inode *directory, const char *name, size_t length, uint32_t hash)
{
    struct tmpfs_entry **place = &directory->buckets[hash & (directory->bucket_count - 1)];
    while (*place != NULL &&
           ((*place)->hash != hash || (*place)->length != length || memcmp((*place)->name, name, length) != 0))
        place = &(*place)->hash_next;
    return place;
}

static struct tmpfs_entry *entry_find(struct inode *inode, const char *name, size_t length)
{
    struct tmpfs_inode *directory = tmpfs_inode(inode);
    return directory->bucket_count == 0 ? NULL : *entry_place(directory, name, length, name_hash(name, length));
}

/* Makes room for one more entry in the hash: 0 or -ENOMEM. */
static int directory_grow(struct tmpfs_inode *directory)
{
    if (directory->entry_count < directory->bucket_count)
        return 0;
    unsigned count = directory->bucket_count == 0 ? FIRST_BUCKETS : 2 * directory->bucket_count;
    struct tmpfs_entry **buckets = kmalloc(count * sizeof *buckets);
    if (buckets == NULL)
        return -ENOMEM;
    list_for_each(link, &directory->entries)
    {
        struct tmpfs_entry *entry = list_entry(link, struct tmpfs_entry, link);
        entry->hash_next = buckets[entry->hash & (count - 1)];
        buckets[entry->hash & (count - 1)] = entry;
    }
    kfree(directory->buckets);
    directory->buckets = buckets;
    directory->bucket_count = count;
    return 0;
}

/* Adds a name for `inode`, whose reference is taken over when that succeeds. 0 or -ENOMEM. */
static int entry_add(struct inode *parent, const char *name, size_t length, struct inode *inode)
{
    struct tmpfs_inode *directory = tmpfs_inode(parent);
    struct tmpfs_entry *entry = directory_grow(directory) == 0 ? kmalloc(sizeof *entry + length) : NULL;
    if (entry == NULL)
        return -ENOMEM;
    *entry = (struct tmpfs_entry){.inode = inode, .length = (uint32_t)length, .hash = name_hash(name, length)};
    memcpy(entry->name, name, length);
    entry->cookie = FIRST_COOKIE + directory->next_cookie++;
    struct tmpfs_entry **bucket = &directory->buckets[entry->hash & (directory->bucket_count - 1)];
    entry->hash_next = *bucket;
    *bucket = entry;
    list_push_back(&directory->entries, &entry->link);
    directory->entry_count++;
    parent->object.size = directory->entry_count * sizeof *entry;
    return 0;
}

/* Takes an entry out and frees it; the caller gets its inode's reference. */
static struct inode *entry_remove(struct inode *parent, struct tmpfs_entry *entry)
{
    struct tmpfs_inode *directory = tmpfs_inode(parent);
    struct inode *inode = entry->inode;
    struct tmpfs_entry **place = &directory->buckets[entry->hash & (directory->bucket_count - 1)];
    while (*place != entry)
        place = &(*place)->hash_next;
    *place = entry->hash_next;
    list_remove(&entry->link);
    kfree(entry);
    directory->entry_count--;
    parent->object.size = directory->entry_count * sizeof *entry;
    return inode;
}

void tmpfs_directory_clear(struct inode *inode)
{
    struct tmpfs_inode *directory = tmpfs_inode(inode);
    list_for_each_safe(link, after, &directory->entries)
        inode_put(entry_remove(inode, list_entry(link, struct tmpfs_entry, link)));
    kfree(directory->buckets);
}

static int tmpfs_lookup(struct inode *parent, const char *name, size_t length, struct inode **result)
{
    struct tmpfs_entry *entry = entry_find(parent, name, length);
    if (entry == NULL)
        return -ENOENT;
    *result = entry->inode;
    inode_get(*result);
    return 0;
}

/* Enters a new inode, whose first reference the entry takes over; *result gets another. */
static int tmpfs_enter(struct inode *parent, const char *name, size_t length, struct inode *inode,
                       struct inode **result)
{
    if (inode == NULL)
        return -ENOMEM;
    int error = entry_add(parent, name, length, inode);
    if (error != 0) {
        inode->links = 0;
        inode_put(inode);
        return error;
    }
    if (inode_is(inode, S_IFDIR))
        parent->links++;
    inode_modified(parent);
    inode_get(inode);
    *result = inode;
    return 0;
}

static int tmpfs_create(struct inode *parent, const char *name, size_t length, uint32_t mode, uint64_t device,
                        struct inode **result)
{
    struct inode *inode = tmpfs_inode_create(parent->filesystem, parent, mode);
    if (inode != NULL)
        inode->device = device;
    return tmpfs_enter(parent, name, length, inode, result);
}

static int tmpfs_symlink(struct inode *parent, const char *name, size_t length, const char *target,
                         struct inode **result)
{
    return tmpfs_enter(parent, name, length, tmpfs_link_create(parent, target), result);
}

static int tmpfs_link(struct inode *parent, const char *name, size_t length, struct inode *inode)
{
    int error = entry_add(parent, name, length, inode);
    if (error != 0)
        return error;
    inode_get(inode);
    inode->links++;
    inode_changed(inode);
    inode_modified(parent);
    return 0;
}

/* What losing its name in `parent` means for an inode. */
static void tmpfs_unlinked(struct inode *parent, struct inode *inode)
{
    inode->links -= inode_is(inode, S_IFDIR) ? 2 : 1;
    if (inode_is(inode, S_IFDIR))
        parent->links--;
    inode_changed(inode);
    inode_modified(parent);
}

static int tmpfs_unlink(struct inode *parent, const char *name, size_t length, struct inode *inode)
{
    struct tmpfs_entry *entry = entry_find(parent, name, length);
    if (entry == NULL || entry->inode != inode)
        return -ENOENT;
    if (inode_is(inode, S_IFDIR) && tmpfs_inode(inode)->entry_count > 0)
        return -ENOTEMPTY;
    inode_put(entry_remove(parent, entry)); /* not the last reference: the caller has one */
    tmpfs_unlinked(parent, inode);
    return 0;
}

static int tmpfs_rename(struct inode *from_parent, const char *from, size_t from_length, struct inode *to_parent,
                        const char *to, size_t to_length, struct inode *inode, struct inode *replaced)
{
    struct tmpfs_entry *entry = entry_find(from_parent, from, from_length);
    struct tmpfs_entry *old = entry_find(to_parent, to, to_length);
    if (entry == NULL || entry->inode != inode || (old != NULL ? old->inode : NULL) != replaced)
        return -ENOENT;
    if (replaced != NULL && inode_is(replaced, S_IFDIR) && tmpfs_inode(replaced)->entry_count > 0)
        return -ENOTEMPTY;
    int error = entry_add(to_parent, to, to_length, inode);
    if (error != 0)
        return error;
    if (old != NULL) {
        inode_put(entry_remove(to_parent, old));
        tmpfs_unlinked(to_parent, replaced);
    }
    (void)entry_remove(from_parent, entry); /* its reference is the new entry's now */
    if (inode_is(inode, S_IFDIR) && from_parent != to_parent) {
        from_parent->links--;
        to_parent->links++;
    }
    inode_modified(from_parent);
    inode_modified(to_parent);
    inode_changed(inode);
    return 0;
}

static int tmpfs_exchange(struct inode *parent, const char *name, size_t length, struct inode *other_parent,
                          const char *other, size_t other_length, struct inode *inode, struct inode *other_inode)
{
    struct tmpfs_entry *entry = entry_find(parent, name, length);
    struct tmpfs_entry *other_entry = entry_find(other_parent, other, other_length);
    if (entry == NULL || entry->inode != inode || other_entry == NULL || other_entry->inode != other_inode)
        return -ENOENT;
    entry->inode = other_inode;
    other_entry->inode = inode;
    uint32_t here = inode_is(inode, S_IFDIR) ? 1 : 0, there = inode_is(other_inode, S_IFDIR) ? 1 : 0;
    parent->links += there - here;
    other_parent->links += here - there;
    inode_modified(parent);
    inode_modified(other_parent);
    inode_changed(inode);
    inode_changed(other_inode);
    return 0;
}

static int tmpfs_create_nameless(struct inode *parent, uint32_t mode, struct inode **result)
{
    *result = tmpfs_inode_create(parent->filesystem, parent, S_IFREG | mode);
    if (*result == NULL)
        return -ENOMEM;
    (*result)->links = 0;
    return 0;
}

static int tmpfs_readdir(struct file *file, uint64_t *offset, directory_emit *emit, void *context)
{
    struct tmpfs_inode *directory = tmpfs_inode(file->inode);
    if (!directory_emit_dots(file, offset, emit, context))
        return 0;
    list_for_each(link, &directory->entries)
    {
        const struct tmpfs_entry *entry = list_entry(link, struct tmpfs_entry, link);
        if (entry->cookie < *offset)
            continue;
        if (!emit(context, entry->name, entry->length, entry->inode->number, directory_type_of_mode(entry->inode->mode),
                  entry->cookie + 1))
            break;
        *offset = entry->cookie + 1;
    }
    return 0;
}

const struct inode_ops tmpfs_directory_inode_ops = {
    .lookup = tmpfs_lookup,
    .create = tmpfs_create,
    .symlink = tmpfs_symlink,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rename = tmpfs_rename,
    .exchange = tmpfs_exchange,
    .create_nameless = tmpfs_create_nameless,
};

const struct file_ops tmpfs_directory_file_ops = {.readdir = tmpfs_readdir};
