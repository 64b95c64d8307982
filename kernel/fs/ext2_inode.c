/*
 * ext2's inodes: from the inode table and back to it, and their end.
 *
 * A changed inode is put on its file system's list and written into the table's page when the journal commits, with all
 * others, or when its last reference goes; so a thousand writes change the table once.
 */
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/fs/names.h"
#include "kernel/random.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

static struct slab_cache ext2_inode_cache;

static struct timespec64 time_from_disk(struct ext2_time time)
{
    return (struct timespec64){.seconds = time.seconds, .nanoseconds = time.nanoseconds};
}

static struct ext2_time time_to_disk(struct timespec64 time)
{
    return (struct ext2_time){.seconds = time.seconds, .nanoseconds = time.nanoseconds};
}

static ssize_t ext2_readlink_fast(struct inode *inode, char *buffer, size_t size)
{
    size_t length = min_u64(size, inode_size(inode));
    memcpy(buffer, ext2_inode(inode)->block, length);
    return (ssize_t)length;
}

/* A long target is in blocks of metadata, as a directory's entries are. */
static ssize_t ext2_readlink(struct inode *inode, char *buffer, size_t size)
{
    uint32_t block_size = ext2_of(inode)->geometry.block_size;
    size_t length = min_u64(size, inode_size(inode));
    for (size_t done = 0; done < length; done += block_size) {
        struct page *page;
        const void *bytes;
        int error = ext2_file_block(inode, done / block_size, &page, &bytes);
        if (error != 0)
            return error;
        memcpy(buffer + done, bytes, min_u64(length - done, block_size));
        page_unpin(page);
    }
    return (ssize_t)length;
}

/* The inode, a way down the tree of pointers, and a bitmap in each group, as far as a transaction holds them. */
static unsigned ext2_truncate_credits(const struct ext2 *ext2)
{
    return (unsigned)min_u64(4 + ext2->geometry.groups, max_u64(ext2->journal.limit / 2, 8));
}

/* Under the lock that make_writable has, which looks at the size and then sets it. */
static void ext2_disk_size_set(struct ext2_inode *file, uint64_t size)
{
    mutex_lock(&file->map_lock);
    file->disk_size = size;
    mutex_unlock(&file->map_lock);
}

/*
 * Writes what is about to go, if it may be in new blocks: the cache is cut before the blocks are freed, and a commit between the two makes
 * pointers stable that must not lead to what was on the disk before. A file without a name is gone after a power cut in any case. The
 * inode is locked, so only stores through a mapping may get new blocks meanwhile; the second call finds those. What cannot be written, for want of
 * memory or by an error, which fsync reports, goes all the same.
 */
static void ext2_shrink(struct inode *inode, uint64_t size)
{
    uint64_t first = round_up(size, PAGE_SIZE) >> PAGE_SHIFT;
    if (journal_has_log(&ext2_of(inode)->journal) && ext2_inode(inode)->ordered && inode->links > 0)
        (void)!pagecache_sync(&inode->object, first, UINT64_MAX);
}

static int ext2_truncate(struct inode *inode, uint64_t size)
{
    struct ext2 *ext2 = ext2_of(inode);
    uint32_t block_size = ext2->geometry.block_size;
    unsigned credits = ext2_truncate_credits(ext2);
    int error = ext2_start(ext2, credits);
    if (error != 0)
        return error;
    error = ext2_blocks_free_from(ext2_inode(inode), (size + block_size - 1) / block_size);
    if (error == 0)
        ext2_disk_size_set(ext2_inode(inode), size);
    ext2_inode_changed(inode);
    ext2_stop(ext2, credits);
    return error;
}

static const struct inode_ops ext2_file_inode_ops = {
    .shrink = ext2_shrink, .truncate = ext2_truncate, .punch = ext2_punch, .set_attributes = ext2_set_attributes};
static const struct inode_ops ext2_fast_link_inode_ops = {.readlink = ext2_readlink_fast,
                                                          .set_attributes = ext2_set_attributes};
static const struct inode_ops ext2_link_inode_ops = {.readlink = ext2_readlink, .set_attributes = ext2_set_attributes};

void ext2_inode_set_ops(struct inode *inode)
{
    inode->ops = &ext2_file_inode_ops;
    inode->file_ops = &ext2_file_ops;
    if (inode_is(inode, S_IFDIR)) {
        inode->ops = &ext2_directory_inode_ops;
        inode->file_ops = &ext2_directory_file_ops;
    } else if (inode_is(inode, S_IFLNK)) {
        inode->ops = ext2_inode(inode)->fast_link ? &ext2_fast_link_inode_ops : &ext2_link_inode_ops;
    }
}

/* A new inode in memory from checked values; null without memory. */
static struct inode *ext2_inode_create(struct ext2 *ext2, uint32_t number, const struct ext2_inode_data *data)
{
    struct ext2_inode *file = slab_alloc(&ext2_inode_cache, FRAME_ZERO);
    if (file == NULL)
        return NULL;
    struct inode *inode = &file->inode;
    inode_init(inode, ext2->filesystem, &ext2_object_ops, number, data->mode);
    mutex_init(&file->map_lock, RANK_BLOCK_MAP);
    inode->object.size = file->disk_size = data->size;
    inode->uid = data->uid;
    inode->gid = data->gid;
    inode->links = data->links;
    inode->device = data->device;
    inode->blocks = data->sectors;
    inode->accessed = time_from_disk(data->accessed);
    inode->modified = time_from_disk(data->modified);
    inode->changed = time_from_disk(data->changed);
    memcpy(file->block, data->block, sizeof file->block);
    file->flags = data->flags;
    file->generation = data->generation;
    file->file_acl = data->file_acl;
    file->fast_link = data->fast_link;
    ext2_inode_set_ops(inode);
    return inode;
}

/* The place of inode `number` in its table, pinned. */
static int inode_place(struct ext2 *ext2, uint32_t number, struct page **page, const void **bytes)
{
    const struct ext2_geometry *geometry = &ext2->geometry;
    uint32_t group;
    uint64_t offset;
    int error = ext2_inode_place(number, geometry, &group, &offset);
    if (error != 0)
        return ext2_damaged(ext2, "there is no inode", number);
    uint32_t block = ext2->groups[group].inode_table + (uint32_t)(offset >> geometry->block_shift);
    error = ext2_metadata(ext2, block, page, bytes);
    if (error == 0)
        *bytes = (const char *)*bytes + (offset & (geometry->block_size - 1));
    return error;
}

/* From the table into memory, not yet published. */
static int inode_load(struct ext2 *ext2, uint32_t number, bool may_be_orphan, struct inode **result, uint32_t *next)
{
    struct ext2_inode_data data;
    struct page *page;
    const void *bytes;
    int error = inode_place(ext2, number, &page, &bytes);
    if (error != 0)
        return error;
    error = ext2_orphan_parse(bytes, &ext2->geometry, &data);
    page_unpin(page);
    if (error != 0 || (data.links == 0 && !may_be_orphan))
        return ext2_damaged(ext2, "impossible inode", number);
    *next = data.next_orphan;
    *result = ext2_inode_create(ext2, number, &data);
    return *result == NULL ? -ENOMEM : 0;
}

static int inode_fetch(struct ext2 *ext2, uint32_t number, bool may_be_orphan, struct inode **result, uint32_t *next)
{
    struct inode *inode;
    *next = 0;
    *result = inode_find(ext2->filesystem, number);
    if (*result != NULL)
        return 0;
    if (number == EXT2_JOURNAL_INODE)
        return ext2_damaged(ext2, "a name leads to the journal: inode", number);
    int error = inode_load(ext2, number, may_be_orphan, &inode, next);
    if (error == 0)
        *result = inode_publish(inode);
    return error;
}

int ext2_inode_get(struct ext2 *ext2, uint32_t number, struct inode **result)
{
    uint32_t next;
    return inode_fetch(ext2, number, false, result, &next);
}

int ext2_inode_get_orphan(struct ext2 *ext2, uint32_t number, struct inode **result, uint32_t *next)
{
    return inode_fetch(ext2, number, true, result, next);
}

int ext2_inode_get_hidden(struct ext2 *ext2, uint32_t number, struct inode **result)
{
    uint32_t next;
    return inode_load(ext2, number, false, result, &next);
}

int ext2_inode_make(struct inode *directory, uint32_t mode, struct inode **result)
{
    struct ext2 *ext2 = ext2_of(directory);
    struct ext2_inode_data data = {.mode = mode, .links = mode_is(mode, S_IFDIR) ? 2 : 1};
    uint32_t number;
    int error = ext2_number_allocate(ext2, (uint32_t)directory->number, mode_is(mode, S_IFDIR), &number);
    if (error != 0)
        return error;
    struct inode *inode = ext2_inode_create(ext2, number, &data);
    if (inode == NULL) {
        ext2_number_free(ext2, number, mode_is(mode, S_IFDIR));
        return -ENOMEM;
    }
    ext2_inode(inode)->fresh = true;
    ext2_inode(inode)->generation = (uint32_t)random_u64();
    inode->accessed = inode->modified = inode->changed = timespec_now();
    inode_set_owner(inode, directory);
    *result = inode_publish(inode);
    ext2_inode_changed(*result);
    return 0;
}

/* What has changed is seen by who takes the inode off the list after this look. */
static bool inode_is_on_list(const struct ext2_inode *file)
{
    atomic_thread_fence(memory_order_seq_cst);
    return list_is_linked(&file->dirty_link);
}

void ext2_inode_changed(struct inode *inode)
{
    struct ext2 *ext2 = ext2_of(inode);
    struct ext2_inode *file = ext2_inode(inode);
    if (inode_is_on_list(file))
        return;
    spin_lock(&ext2->dirty_lock);
    bool is_new = !list_is_linked(&file->dirty_link);
    if (is_new)
        list_push_back(&ext2->dirty_inodes, &file->dirty_link);
    spin_unlock(&ext2->dirty_lock);
    if (!is_new)
        return;
    filesystem_note_change(inode->filesystem);
    journal_promise(&ext2->journal);
}

void ext2_inode_modified(struct inode *inode)
{
    inode->modified = inode->changed = timespec_now();
    inode->access_settled = 0;
    ext2_inode_changed(inode);
}

int ext2_set_attributes(struct inode *inode)
{
    struct ext2_inode *file = ext2_inode(inode);
    if (inode_is(inode, S_IFREG))
        ext2_disk_size_set(file, inode_size(inode)); /* the inode is locked, so it is not being cut */
    if (inode_is_on_list(file))
        return 0;
    int error = ext2_start(ext2_of(inode), CREDITS_INODE);
    if (error != 0)
        return error;
    ext2_inode_changed(inode);
    ext2_stop(ext2_of(inode), CREDITS_INODE);
    return 0;
}

static bool inode_take_off_list(struct ext2_inode *file)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    spin_lock(&ext2->dirty_lock);
    bool was_on = list_is_linked(&file->dirty_link);
    if (was_on)
        list_remove(&file->dirty_link);
    spin_unlock(&ext2->dirty_lock);
    return was_on;
}

static void inode_fill(struct ext2_inode *file, struct ext2_inode_data *data)
{
    const struct inode *inode = &file->inode;
    *data = (struct ext2_inode_data){
        .mode = inode->mode,
        .uid = inode->uid,
        .gid = inode->gid,
        .links = inode->links,
        .flags = file->flags,
        .generation = file->generation,
        .file_acl = file->file_acl,
        .size = file->disk_size,
        .sectors = inode->blocks,
        .accessed = time_to_disk(inode->accessed),
        .modified = time_to_disk(inode->modified),
        .changed = time_to_disk(inode->changed),
    };
    memcpy(data->block, file->block, sizeof data->block);
    if (inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK))
        ext2_device_encode(inode->device, data->block);
    if (mode_is(data->mode, S_IFCHR) || mode_is(data->mode, S_IFBLK) || mode_is(data->mode, S_IFIFO) ||
        mode_is(data->mode, S_IFSOCK))
        data->size = 0;
}

/* Writes the inode's bytes into the page of its table. `deleted_at`: when the file ended, or 0. */
static int inode_write(struct ext2_inode *file, uint32_t deleted_at)
{
    struct ext2 *ext2 = ext2_of(&file->inode);
    struct ext2_inode_data data;
    struct page *page;
    const void *bytes;
    int error = inode_place(ext2, (uint32_t)file->inode.number, &page, &bytes);
    if (error != 0)
        return error;
    mutex_lock(&file->map_lock);
    inode_fill(file, &data);
    ext2_inode_encode((void *)bytes, &ext2->geometry, &data, deleted_at, file->fresh);
    file->fresh = false;
    mutex_unlock(&file->map_lock);
    ext2_metadata_changed(ext2, page);
    return 0;
}

/* The first changed inode, off the list; null: none. */
static struct ext2_inode *dirty_inode_take(struct ext2 *ext2)
{
    spin_lock(&ext2->dirty_lock);
    struct list *link = list_pop_front(&ext2->dirty_inodes);
    spin_unlock(&ext2->dirty_lock);
    return link != NULL ? list_entry(link, struct ext2_inode, dirty_link) : NULL;
}

static void dirty_inode_return(struct ext2 *ext2, struct ext2_inode *file)
{
    spin_lock(&ext2->dirty_lock);
    list_push_front(&ext2->dirty_inodes, &file->dirty_link);
    spin_unlock(&ext2->dirty_lock);
}

int ext2_inodes_flush(struct ext2 *ext2)
{
    struct ext2_inode *file;
    int error = 0;
    while (error == 0 && (file = dirty_inode_take(ext2)) != NULL) {
        error = inode_write(file, ext2_orphan_next(&file->inode));
        if (error != 0)
            dirty_inode_return(ext2, file);
    }
    return error;
}

/* The next changed inode behind `file` (null: the first) that has new blocks, or null. */
static struct ext2_inode *ordered_next(struct ext2 *ext2, struct ext2_inode *file)
{
    struct ext2_inode *found = NULL;
    spin_lock(&ext2->dirty_lock);
    struct list *link = file != NULL ? file->dirty_link.next : ext2->dirty_inodes.next;
    for (; link != &ext2->dirty_inodes && found == NULL; link = link->next) {
        struct ext2_inode *candidate = list_entry(link, struct ext2_inode, dirty_link);
        found = candidate->ordered ? candidate : NULL;
    }
    spin_unlock(&ext2->dirty_lock);
    return found;
}

/* No handle is open, so nothing gets on the list or off it. Data that the disk does not take is lost, and noted in the object: fsync reports it. */
int ext2_inodes_write_data(struct ext2 *ext2)
{
    int error = 0;
    for (struct ext2_inode *file = NULL; (file = ordered_next(ext2, file)) != NULL;) {
        if (pagecache_sync(&file->inode.object, 0, UINT64_MAX) == -ENOMEM)
            error = -ENOMEM;
        else
            file->ordered = false;
    }
    return error;
}

/* A file without links gives everything back, the inode last: so its blocks are never free while it points to them. */
static int inode_delete(struct ext2_inode *file)
{
    struct inode *inode = &file->inode;
    int error = 0;
    inode->object.size = file->disk_size = 0;
    if (!file->fast_link && !inode_is(inode, S_IFCHR) && !inode_is(inode, S_IFBLK))
        error = ext2_blocks_free_from(file, 0);
    ext2_orphan_remove(inode);
    int written = inode_write(file, (uint32_t)timespec_now().seconds);
    error = error != 0 ? error : written;
    if (error == 0)
        ext2_number_free(ext2_of(inode), (uint32_t)inode->number, inode_is(inode, S_IFDIR));
    return error;
}

/* The last reference has gone. A handle is opened in any case: no commit is using the inode then. */
void ext2_evict(struct inode *inode)
{
    struct ext2 *ext2 = ext2_of(inode);
    struct ext2_inode *file = ext2_inode(inode);
    unsigned credits = CREDITS_INODE + (inode->links > 0 ? 0 : CREDITS_ORPHAN + ext2_truncate_credits(ext2));
    int error = ext2_start(ext2, credits);
    bool started = error == 0, writes = started && !ext2->filesystem->read_only;
    bool changed = inode_take_off_list(file);
    if (writes && inode->links == 0)
        error = inode_delete(file);
    else if (writes && changed)
        error = inode_write(file, 0);
    ext2_orphan_remove(inode);
    (void)inode_take_off_list(file);
    if (started)
        ext2_stop(ext2, credits);
    if (writes && error != 0)
        (void)ext2_damaged(ext2, "cannot write inode", inode->number);
}

void ext2_free_inode(struct inode *inode)
{
    slab_free(&ext2_inode_cache, ext2_inode(inode));
}

void ext2_inode_init(void)
{
    slab_cache_init(&ext2_inode_cache, "ext2_inode", sizeof(struct ext2_inode));
}
