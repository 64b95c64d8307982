/*
 * Advisory locks; see file_lock.h.
 *
 * A new lock replaces what its owner holds in its range: old locks inside vanish, those that stick out are cut, and one
 * around it is cut in two.
 */
#include "kernel/fs/file_lock.h"

#include "kernel/abi/fcntl.h"
#include "kernel/wait.h"
#include "mm/slab.h"

struct file_locks {
    struct list list; /* struct file_lock */
    struct waitqueue released;
};

static bool lock_overlaps(const struct file_lock *a, const struct file_lock *b)
{
    return a->kind == b->kind && a->start <= b->end && b->start <= a->end;
}

static bool lock_conflicts(const struct file_lock *held, const struct file_lock *wanted)
{
    return lock_overlaps(held, wanted) && held->owner != wanted->owner &&
           (held->type == F_WRLCK || wanted->type == F_WRLCK);
}

static const struct file_lock *locks_find_conflict(const struct file_locks *locks, const struct file_lock *wanted)
{
    list_for_each(link, &locks->list)
    {
        const struct file_lock *held = list_entry(link, struct file_lock, link);
        if (lock_conflicts(held, wanted))
            return held;
    }
    return NULL;
}

static void lock_free(struct file_lock *lock)
{
    list_remove(&lock->link);
    kfree(lock);
}

/*
 * Takes the range of `wanted` out of `held`, of the same owner. `spare` is used, and set to null, if two pieces remain.
 */
static void lock_cut(struct file_lock *held, const struct file_lock *wanted, struct file_lock **spare)
{
    bool left = held->start<wanted->start, right = held->end> wanted->end;
    if (left && right) {
        struct list *link = &(*spare)->link;
        **spare = *held;
        (*spare)->start = wanted->end + 1;
        list_insert_after(&held->link, link);
        *spare = NULL;
        held->end = wanted->start - 1;
    } else if (left) {
        held->end = wanted->start - 1;
    } else if (right) {
        held->start = wanted->end + 1;
    } else {
        lock_free(held);
    }
}

/* Puts `fresh` in, joined with neighbours of the same owner and type. */
static void locks_insert(struct file_locks *locks, struct file_lock *fresh)
{
    list_for_each_safe(link, after, &locks->list)
    {
        struct file_lock *held = list_entry(link, struct file_lock, link);
        if (held->owner != fresh->owner || held->kind != fresh->kind || held->type != fresh->type)
            continue;
        if (held->end != UINT64_MAX && held->end + 1 == fresh->start)
            fresh->start = held->start;
        else if (fresh->end != UINT64_MAX && fresh->end + 1 == held->start)
            fresh->end = held->end;
        else
            continue;
        lock_free(held);
    }
    list_push_back(&locks->list, &fresh->link);
}

/* The commit: cannot fail. Both spares are from kmalloc; what is not used is null afterwards or still there. */
static void locks_apply(struct file_locks *locks, const struct file_lock *wanted, struct file_lock *spare[2])
{
    list_for_each_safe(link, after, &locks->list)
    {
        struct file_lock *held = list_entry(link, struct file_lock, link);
        if (held->owner == wanted->owner && lock_overlaps(held, wanted))
            lock_cut(held, wanted, &spare[0]);
    }
    if (wanted->type == F_UNLCK)
        return;
    *spare[1] = *wanted;
    locks_insert(locks, spare[1]);
    spare[1] = NULL;
}

static struct file_locks *locks_of(struct inode *inode)
{
    if (inode->locks == NULL) {
        struct file_locks *locks = kmalloc(sizeof *locks);
        if (locks == NULL)
            return NULL;
        list_init(&locks->list);
        waitqueue_init(&locks->released);
        inode->locks = locks;
    }
    return inode->locks;
}

/* One attempt: 0, -EAGAIN, -ENOLCK. */
static int file_lock_try(struct inode *inode, const struct file_lock *wanted, struct file_lock *spare[2])
{
    mutex_lock(&inode->lock);
    struct file_locks *locks = locks_of(inode);
    int error = locks == NULL ? -ENOLCK : 0;
    if (error == 0 && wanted->type != F_UNLCK && locks_find_conflict(locks, wanted) != NULL)
        error = -EAGAIN;
    if (error == 0)
        locks_apply(locks, wanted, spare);
    mutex_unlock(&inode->lock);
    if (error == 0)
        wait_wake_all(&locks->released);
    return error;
}

static bool file_lock_is_free(struct inode *inode, const struct file_lock *wanted)
{
    mutex_lock(&inode->lock);
    bool is_free = locks_find_conflict(inode->locks, wanted) == NULL;
    mutex_unlock(&inode->lock);
    return is_free;
}

int file_lock_set(struct inode *inode, const struct file_lock *wanted, bool wait)
{
    struct file_lock *spare[2] = {kmalloc(sizeof(struct file_lock)), kmalloc(sizeof(struct file_lock))};
    int error = spare[0] == NULL || spare[1] == NULL ? -ENOLCK : file_lock_try(inode, wanted, spare);
    while (error == -EAGAIN && wait) {
        error = wait_event_interruptible(&inode->locks->released, file_lock_is_free(inode, wanted), 0);
        if (error == 0)
            error = file_lock_try(inode, wanted, spare);
    }
    kfree(spare[0]);
    kfree(spare[1]);
    return error;
}

void file_lock_test(struct inode *inode, struct file_lock *wanted)
{
    mutex_lock(&inode->lock);
    const struct file_lock *held = inode->locks != NULL ? locks_find_conflict(inode->locks, wanted) : NULL;
    if (held != NULL)
        *wanted = *held;
    else
        wanted->type = F_UNLCK;
    mutex_unlock(&inode->lock);
}

void file_locks_release_owner(struct inode *inode, const void *owner)
{
    struct file_locks *locks = inode->locks;
    mutex_lock(&inode->lock);
    list_for_each_safe(link, after, &locks->list)
    {
        struct file_lock *held = list_entry(link, struct file_lock, link);
        if (held->owner == owner)
            lock_free(held);
    }
    mutex_unlock(&inode->lock);
    wait_wake_all(&locks->released);
}

void file_locks_destroy(struct file_locks *locks)
{
    list_for_each_safe(link, after, &locks->list) lock_free(list_entry(link, struct file_lock, link));
    kfree(locks);
}
