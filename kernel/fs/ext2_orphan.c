/*
 * Orphans: inodes without links that are still in use. With a journal they are listed on the disk, so that after a power
 * cut somebody gives back what they hold; e2fsck knows the list, too.
 *
 *     superblock.last_orphan -> inode 17, deleted: 12 -> inode 12, deleted: 0
 *
 * The field for the time of deletion links them while they are not deleted. In memory the list has the same order; the
 * numbers are written with inodes and superblock.
 */
#include "kernel/dev/block.h"
#include "kernel/fs/ext2.h"
#include "kernel/log.h"

void ext2_orphan_add(struct inode *inode)
{
    struct ext2 *ext2 = ext2_of(inode);
    if (!journal_has_log(&ext2->journal))
        return;
    mutex_lock(&ext2->lock);
    list_push_front(&ext2->orphans, &ext2_inode(inode)->orphan_link);
    ext2->counts_changed = true;
    mutex_unlock(&ext2->lock);
    ext2_inode_changed(inode);
}

void ext2_orphan_remove(struct inode *inode)
{
    struct ext2 *ext2 = ext2_of(inode);
    struct list *link = &ext2_inode(inode)->orphan_link;
    if (!list_is_linked(link)) /* which only its owner, the caller, changes */
        return;
    mutex_lock(&ext2->lock);
    struct list *before = link->prev;
    list_remove(link);
    ext2->counts_changed = true;
    if (before != &ext2->orphans)
        ext2_inode_changed(&list_entry(before, struct ext2_inode, orphan_link)->inode);
    mutex_unlock(&ext2->lock);
}

uint32_t ext2_orphan_next(struct inode *inode)
{
    struct ext2 *ext2 = ext2_of(inode);
    const struct list *link = &ext2_inode(inode)->orphan_link;
    uint32_t number = 0;
    if (!list_is_linked(link))
        return 0;
    mutex_lock(&ext2->lock);
    if (link->next != &ext2->orphans)
        number = (uint32_t)list_entry(link->next, struct ext2_inode, orphan_link)->inode.number;
    mutex_unlock(&ext2->lock);
    return number;
}

/* Cuts a file to its size: what another system was doing when its power went. */
static void orphan_cut(struct ext2 *ext2, struct inode *inode)
{
    uint32_t block_size = ext2->geometry.block_size;
    uint64_t first = (inode_size(inode) + block_size - 1) / block_size;
    if (ext2_start(ext2, CREDITS_MAP + CREDITS_ORPHAN) != 0)
        return;
    int error = inode_is(inode, S_IFREG) ? ext2_blocks_free_from(ext2_inode(inode), first) : 0;
    if (error != 0)
        log_write(LOG_WARNING, "ext2 on %s: inode %llu is not cut, error %d", ext2->device->name,
                  (unsigned long long)inode->number, -error);
    ext2_orphan_remove(inode);
    ext2_inode_changed(inode);
    ext2_stop(ext2, CREDITS_MAP + CREDITS_ORPHAN);
}

/* Loads the list; a chain that is damaged ends where it stops making sense. Each inode loaded keeps a reference. */
static unsigned orphans_load(struct ext2 *ext2)
{
    uint32_t number = ext2->geometry.last_orphan, next;
    unsigned count = 0;
    struct inode *inode;
    for (; number != 0 && ext2_inode_get_orphan(ext2, number, &inode, &next) == 0; number = next) {
        if (list_is_linked(&ext2_inode(inode)->orphan_link) || inode->number == EXT2_ROOT_INODE) {
            inode_put(inode);
            break;
        }
        list_push_back(&ext2->orphans, &ext2_inode(inode)->orphan_link);
        count++;
    }
    ext2->orphans_loaded = true;
    ext2->counts_changed |= ext2->geometry.last_orphan != 0;
    return count;
}

void ext2_orphans_end(struct ext2 *ext2)
{
    unsigned count = orphans_load(ext2);
    if (count > 0)
        log_write(LOG_INFO, "ext2 on %s: %u unlinked files are given back", ext2->device->name, count);
    while (!list_is_empty(&ext2->orphans)) {
        struct inode *inode = &list_entry(ext2->orphans.next, struct ext2_inode, orphan_link)->inode;
        if (inode->links > 0)
            orphan_cut(ext2, inode);
        inode_put(inode); /* which takes it off the list */
    }
}
