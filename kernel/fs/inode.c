/*
 * The table of inodes in memory, their end, and permissions. See inode.h.
 *
 *   referenced, in the table --last reference--> releasing, still in the table --evict--> out of the table, freed
 *                                                  a finder of this state waits on inode_gone
 */
#include "kernel/fs/inode.h"

#include "kernel/fs/file_lock.h"
#include "kernel/fs/pipe.h"
#include "kernel/log.h"
#include "kernel/process.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"
#include "mm/writeback.h"

enum { INODE_BUCKETS = 1024 };

static struct inode *inode_table[INODE_BUCKETS];
static struct spinlock inode_table_lock = SPINLOCK_INIT(RANK_INODE_CACHE);
static struct waitqueue inode_gone = WAITQUEUE_INIT(inode_gone);
static struct slab_cache anonymous_cache;
static _Atomic uint64_t anonymous_number;

static struct inode **inode_bucket(const struct filesystem *filesystem, uint64_t number)
{
    uint64_t hash = (number + (uintptr_t)filesystem) * 0x9e3779b97f4a7c15ULL;
    return &inode_table[hash >> 54 & (INODE_BUCKETS - 1)];
}

struct timespec64 timespec_now(void)
{
    uint64_t now = time_realtime();
    return (struct timespec64){.seconds = (int64_t)(now / NS_PER_SECOND),
                               .nanoseconds = (uint32_t)(now % NS_PER_SECOND)};
}

void filesystem_note_change(struct filesystem *filesystem)
{
    if (atomic_load_explicit(&filesystem->changed, memory_order_relaxed) == 0)
        atomic_store_explicit(&filesystem->changed, time_now(), memory_order_relaxed);
}

void inode_init(struct inode *inode, struct filesystem *filesystem, const struct object_ops *object_ops,
                uint64_t number, uint32_t mode)
{
    object_init(&inode->object, OBJECT_FILE, object_ops);
    mutex_init(&inode->lock, mode_is(mode, S_IFDIR) ? RANK_DIRECTORY : RANK_INODE);
    inode->filesystem = filesystem;
    inode->number = number;
    inode->mode = mode;
    inode->links = 1;
    inode->accessed = inode->modified = inode->changed = timespec_now();
}

bool inode_try_get(struct inode *inode)
{
    uint32_t references = atomic_load_explicit(&inode->object.references, memory_order_relaxed);
    while (references != 0) {
        if (atomic_compare_exchange_weak_explicit(&inode->object.references, &references, references + 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return false;
}

enum inode_search { INODE_ABSENT, INODE_FOUND, INODE_DYING };

/* Looks in one bucket, under the table's lock; FOUND: *result is referenced. */
static enum inode_search inode_search(const struct filesystem *filesystem, uint64_t number, struct inode **result)
{
    for (struct inode *inode = *inode_bucket(filesystem, number); inode != NULL; inode = inode->hash_next) {
        if (inode->number != number || inode->filesystem != filesystem)
            continue;
        *result = inode;
        return inode_try_get(inode) ? INODE_FOUND : INODE_DYING;
    }
    return INODE_ABSENT;
}

static void inode_table_insert(struct inode *inode)
{
    struct inode **bucket = inode_bucket(inode->filesystem, inode->number);
    inode->hash_next = *bucket;
    inode->hashed = true;
    *bucket = inode;
}

static void inode_table_remove(struct inode *inode)
{
    spin_lock(&inode_table_lock);
    struct inode **place = inode_bucket(inode->filesystem, inode->number);
    while (*place != inode)
        place = &(*place)->hash_next;
    *place = inode->hash_next;
    inode->hashed = false;
    spin_unlock(&inode_table_lock);
    wait_wake_all(&inode_gone);
}

/* One look into the table; with `fresh`, puts that in if the number is absent. */
static enum inode_search inode_table_try(struct filesystem *filesystem, uint64_t number, struct inode *fresh,
                                         struct inode **result)
{
    spin_lock(&inode_table_lock);
    enum inode_search found = inode_search(filesystem, number, result);
    if (found == INODE_ABSENT && fresh != NULL) {
        inode_table_insert(fresh);
        *result = fresh;
    }
    spin_unlock(&inode_table_lock);
    return found;
}

static bool inode_is_dying(struct filesystem *filesystem, uint64_t number)
{
    bool dying = false;
    spin_lock(&inode_table_lock);
    for (struct inode *inode = *inode_bucket(filesystem, number); inode != NULL && !dying; inode = inode->hash_next)
        dying = inode->number == number && inode->filesystem == filesystem && inode->object.references == 0;
    spin_unlock(&inode_table_lock);
    return dying;
}

static enum inode_search inode_table_wait(struct filesystem *filesystem, uint64_t number, struct inode *fresh,
                                          struct inode **result)
{
    enum inode_search found;
    while ((found = inode_table_try(filesystem, number, fresh, result)) == INODE_DYING)
        wait_event(&inode_gone, !inode_is_dying(filesystem, number));
    return found;
}

struct inode *inode_find(struct filesystem *filesystem, uint64_t number)
{
    struct inode *inode = NULL;
    return inode_table_wait(filesystem, number, NULL, &inode) == INODE_FOUND ? inode : NULL;
}

static void inode_free(struct inode *inode)
{
    if (inode->locks != NULL)
        file_locks_destroy(inode->locks);
    if (inode->filesystem != NULL)
        inode->filesystem->type->free_inode(inode);
    else
        slab_free(&anonymous_cache, inode);
}

struct inode *inode_publish(struct inode *inode)
{
    struct inode *winner = NULL;
    if (inode_table_wait(inode->filesystem, inode->number, inode, &winner) == INODE_FOUND)
        inode_free(inode);
    return winner;
}

void inode_release(struct object *object)
{
    struct inode *inode = container_of(object, struct inode, object);
    struct filesystem *filesystem = inode->filesystem;
    if (object->ops->write != NULL)
        writeback_leave(object);
    bool writes = inode->links > 0 && object->ops->write != NULL && object->dirty_pages > 0;
    int error = writes ? pagecache_sync(object, 0, UINT64_MAX) : 0;
    if (error != 0)
        log_write(LOG_ERROR, "inode %llu: data lost, %s", (unsigned long long)inode->number,
                  error == -ENOMEM ? "there is no memory to write them" : "the disk does not take them");
    pagecache_truncate(object, 0);
    if (filesystem != NULL && filesystem->type->evict != NULL)
        filesystem->type->evict(inode);
    if (inode->hashed)
        inode_table_remove(inode);
    inode_free(inode);
}

void object_zero_fill(struct object *object, struct page **pages, unsigned count)
{
    (void)object;
    for (unsigned i = 0; i < count; i++) {
        page_zero(pages[i]);
        page_io_done(pages[i], 0);
    }
}

int inode_punch_memory(struct inode *inode, uint64_t first, uint64_t after)
{
    pagecache_remove(&inode->object, first, after - 1);
    return 0;
}

static const struct object_ops anonymous_object_ops = {.read = object_zero_fill, .release = inode_release};

struct inode *inode_create_anonymous(uint32_t mode, const struct file_ops *ops)
{
    struct inode *inode = slab_alloc(&anonymous_cache, FRAME_ZERO);
    if (inode == NULL)
        return NULL;
    inode_init(inode, NULL, &anonymous_object_ops, 1 + atomic_fetch_add(&anonymous_number, 1), mode);
    inode->file_ops = ops;
    const struct process *process = process_current();
    if (process != NULL) {
        inode->uid = process->credentials.fsuid;
        inode->gid = process->credentials.fsgid;
    }
    return inode;
}

static bool credentials_in_group(const struct credentials *credentials, uint32_t gid)
{
    if (credentials->fsgid == gid)
        return true;
    for (unsigned i = 0; i < credentials->group_count; i++) {
        if (credentials->groups[i] == gid)
            return true;
    }
    return false;
}

int inode_permission_of(const struct inode *inode, unsigned mask, const struct credentials *credentials)
{
    uint32_t mode = inode->mode;
    if (credentials->fsuid == 0) /* root needs one execute bit to run a file, nothing else */
        return (mask & 1) == 0 || mode_is(mode, S_IFDIR) || (mode & 0111) != 0 ? 0 : -EACCES;
    if (credentials->fsuid == inode->uid)
        mode >>= 6;
    else if (credentials_in_group(credentials, inode->gid))
        mode >>= 3;
    return (mode & mask) == mask ? 0 : -EACCES;
}

int inode_permission(const struct inode *inode, unsigned mask)
{
    const struct process *process = process_current();
    return process == NULL ? 0 : inode_permission_of(inode, mask, &process->credentials);
}

int inode_owner_check(const struct inode *inode)
{
    const struct process *process = process_current();
    if (process == NULL || process->credentials.fsuid == 0 || process->credentials.fsuid == inode->uid)
        return 0;
    return -EPERM;
}

static void inode_changed_at(struct inode *inode, struct timespec64 now)
{
    inode->changed = now;
    inode->access_settled = 0;
    if (inode->ops != NULL && inode->ops->set_attributes != NULL)
        (void)inode->ops->set_attributes(inode); /* only times: a failure to note them harms nothing */
}

void inode_changed(struct inode *inode)
{
    inode_changed_at(inode, timespec_now());
}

void inode_modified(struct inode *inode)
{
    inode->modified = timespec_now();
    inode_changed_at(inode, inode->modified);
}

void inode_lock_two(struct inode *first, struct inode *second)
{
    mutex_lock(&first->lock);
    if (second != first)
        mutex_lock_ranked(&second->lock, first->lock.rank + 1);
}

void inode_unlock_two(struct inode *first, struct inode *second)
{
    if (second != first)
        mutex_unlock(&second->lock);
    mutex_unlock(&first->lock);
}

void inode_cache_init(void)
{
    slab_cache_init(&anonymous_cache, "inode", sizeof(struct inode));
}
