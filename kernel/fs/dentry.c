/*
 * The dentry cache; the life of a dentry is drawn in dentry.h.
 *
 * Eviction is a clock of one hand over all cached dentries (L24): a name found since the last pass gets a second
 * chance. dentry_put() of a cached name takes no lock: it stays in memory, and eviction, under the lock, looks at the
 * count. A name that is unhashed ends with its last reference, at once: its file would keep its memory, or its blocks on
 * the disk. So that is a bit beside the count.
 */
#include "kernel/fs/dentry.h"

#include "kernel/fs/inode.h"
#include "kernel/panic.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

enum { DENTRY_BUCKETS = 4096, DENTRIES_MIN = 256, FRAMES_PER_DENTRY = 8 };

struct spinlock dentry_tree_lock = SPINLOCK_INIT(RANK_DENTRY);
static struct dentry *dentry_table[DENTRY_BUCKETS];
static struct list dentry_clock = LIST_INIT(dentry_clock); /* the hand is at its front */
static unsigned dentry_count, dentry_limit;
static struct slab_cache dentry_cache;

uint32_t name_hash(const char *name, size_t length)
{
    uint32_t hash = NAME_HASH_START;
    for (size_t i = 0; i < length; i++)
        hash = name_hash_add(hash, name[i]);
    return hash;
}

/* The bucket of a name with that hash in `parent`. */
static inline struct dentry **dentry_bucket(const struct dentry *parent, uint32_t hash)
{
    uint32_t mixed = (hash + (uint32_t)((uintptr_t)parent >> 4)) * 0x9e3779b1u;
    return &dentry_table[mixed >> 20 & (DENTRY_BUCKETS - 1)];
}

struct dentry *dentry_find_locked(struct dentry *parent, const char *name, size_t length, uint32_t hash)
{
    for (struct dentry *dentry = *dentry_bucket(parent, hash); dentry != NULL; dentry = dentry->hash_next) {
        if (dentry->hash == hash && dentry->parent == parent && dentry->name_length == length &&
            memcmp(dentry->name, name, length) == 0) {
            atomic_store_explicit(&dentry->used, true, memory_order_relaxed);
            return dentry;
        }
    }
    return NULL;
}

static void dentry_hash_insert(struct dentry *dentry)
{
    struct dentry **bucket = dentry_bucket(dentry->parent, dentry->hash);
    dentry->hash_next = *bucket;
    *bucket = dentry;
}

static void dentry_hash_remove(struct dentry *dentry)
{
    struct dentry **place = dentry_bucket(dentry->parent, dentry->hash);
    while (*place != dentry)
        place = &(*place)->hash_next;
    *place = dentry->hash_next;
}

/*
 * A directory has one name, so that the tree is a tree. False: it has another already, which only a damaged disk can
 * bring about. Under the dentry lock.
 */
static bool dentry_claim_directory(struct dentry *dentry, struct inode *inode)
{
    if (inode == NULL || !inode_is(inode, S_IFDIR))
        return true;
    if (inode->directory != NULL)
        return false;
    inode->directory = dentry;
    return true;
}

static void dentry_release_directory(struct dentry *dentry)
{
    if (dentry->inode != NULL && dentry->inode->directory == dentry)
        dentry->inode->directory = NULL;
}

static void dentry_free_memory(struct dentry *dentry)
{
    if (dentry->name != dentry->short_name)
        kfree(dentry->name);
    slab_free(&dentry_cache, dentry);
}

/* An unhashed dentry with one reference and no inode; `parent` null: its own. */
static struct dentry *dentry_alloc(struct dentry *parent, const char *name, size_t length, uint32_t hash)
{
    struct dentry *dentry = slab_alloc(&dentry_cache, FRAME_ZERO);
    if (dentry == NULL)
        return NULL;
    dentry->name = length < sizeof dentry->short_name ? dentry->short_name : kmalloc(length + 1);
    if (dentry->name == NULL) {
        slab_free(&dentry_cache, dentry);
        return NULL;
    }
    memcpy(dentry->name, name, length);
    dentry->name[length] = '\0';
    dentry->name_length = (uint8_t)length;
    dentry->hash = hash;
    dentry->references = DENTRY_UNHASHED + 1;
    list_init(&dentry->children);
    dentry->parent = dentry;
    if (parent != NULL) {
        dentry->parent = parent;
        dentry_get(parent);
    }
    return dentry;
}

struct dentry *dentry_create_root(struct inode *inode, const char *name)
{
    struct dentry *dentry = dentry_alloc(NULL, name, strlen(name), 0);
    if (dentry == NULL)
        inode_put(inode);
    else {
        dentry->inode = inode;
        dentry_lock();
        (void)dentry_claim_directory(dentry, inode); /* one more for a file reached without a path does no harm */
        dentry_unlock();
    }
    return dentry;
}

struct dentry *dentry_create_deleted(struct dentry *parent, const char *name, struct inode *inode)
{
    size_t length = strlen(name);
    struct dentry *dentry = dentry_alloc(parent, name, length, name_hash(name, length));
    if (dentry == NULL) {
        inode_put(inode);
        return NULL;
    }
    dentry->inode = inode;
    dentry->deleted = true;
    return dentry;
}

/*
 * Takes a dentry without references out of the tree, under the lock, and puts it on `dead`. The reference to the parent
 * stays until dentries_bury().
 */
static void dentry_condemn(struct dentry *dentry, struct list *dead)
{
    assert(dentry_references(dentry) == 0);
    dentry_release_directory(dentry);
    if (dentry_is_hashed(dentry))
        dentry_hash_remove(dentry);
    if (list_is_linked(&dentry->sibling))
        list_remove(&dentry->sibling);
    if (list_is_linked(&dentry->clock_link)) {
        list_remove(&dentry->clock_link);
        dentry_count--;
    }
    list_push_back(dead, &dentry->clock_link);
}

/*
 * Gives one reference back; a dentry that ends by it goes on `dead`. One that can be found stays, and may be evicted as
 * soon as the count is down, so nothing of it is read after that: the count itself tells whether it can be found, and of
 * all who give back a name that somebody unhashes meanwhile exactly one sees that it was the last.
 */
static void dentry_drop(struct dentry *dentry, struct list *dead)
{
    if (atomic_fetch_sub_explicit(&dentry->references, 1, memory_order_acq_rel) != DENTRY_UNHASHED + 1)
        return;
    dentry_lock();
    dentry_condemn(dentry, dead);
    dentry_unlock();
}

/*
 * Frees what is on `dead`, and the parents that end by it: a loop, since a chain of removed directories may be of any
 * depth.
 */
static void dentries_bury(struct list *dead)
{
    struct list *link;
    while ((link = list_pop_front(dead)) != NULL) {
        struct dentry *dentry = list_entry(link, struct dentry, clock_link);
        struct dentry *parent = dentry->parent == dentry ? NULL : dentry->parent;
        if (dentry->inode != NULL)
            inode_put(dentry->inode);
        dentry_free_memory(dentry);
        if (parent != NULL)
            dentry_drop(parent, dead);
    }
}

void dentry_put(struct dentry *dentry)
{
    struct list dead = LIST_INIT(dead);
    dentry_drop(dentry, &dead);
    dentries_bury(&dead);
}

unsigned dentries_shrink(unsigned wanted)
{
    struct list dead = LIST_INIT(dead);
    unsigned done = 0;
    dentry_lock();
    for (unsigned left = 2 * dentry_count; left > 0 && done < wanted; left--) {
        struct dentry *dentry = list_entry(dentry_clock.next, struct dentry, clock_link);
        if (dentry->references == 0 && !dentry->used) { /* an unhashed one is its last user's to end */
            dentry_condemn(dentry, &dead);
            done++;
            continue;
        }
        dentry->used = false;
        list_remove(&dentry->clock_link);
        list_push_back(&dentry_clock, &dentry->clock_link);
    }
    dentry_unlock();
    dentries_bury(&dead);
    return done;
}

static bool dentry_belongs_to(const struct dentry *dentry, const struct filesystem *filesystem)
{
    const struct inode *inode = dentry->inode != NULL ? dentry->inode : dentry->parent->inode;
    return inode != NULL && inode->filesystem == filesystem;
}

void dentries_discard(struct filesystem *filesystem)
{
    bool progress = true;
    while (progress) {
        struct list dead = LIST_INIT(dead);
        dentry_lock();
        list_for_each_safe(link, after, &dentry_clock)
        {
            struct dentry *dentry = list_entry(link, struct dentry, clock_link);
            if (dentry->references == 0 && dentry_belongs_to(dentry, filesystem))
                dentry_condemn(dentry, &dead);
        }
        dentry_unlock();
        progress = !list_is_empty(&dead);
        dentries_bury(&dead);
    }
}

/* Makes a fresh dentry findable, with its inode or none. False for a second name of a directory. */
static bool dentry_publish(struct dentry *dentry, struct inode *inode)
{
    bool too_many = false;
    dentry_lock();
    bool only_one = dentry_claim_directory(dentry, inode);
    if (only_one) {
        dentry->inode = inode;
        dentry->used = true;
        dentry_hash_insert(dentry);
        atomic_fetch_and_explicit(&dentry->references, ~(uint32_t)DENTRY_UNHASHED, memory_order_relaxed);
        list_push_back(&dentry->parent->children, &dentry->sibling);
        list_push_back(&dentry_clock, &dentry->clock_link);
        too_many = ++dentry_count > dentry_limit;
    }
    dentry_unlock();
    if (too_many)
        dentries_shrink(dentry_limit / 16);
    return only_one;
}

static struct dentry *dentry_find(struct dentry *parent, const char *name, size_t length, uint32_t hash)
{
    dentry_lock();
    struct dentry *child = dentry_find_locked(parent, name, length, hash);
    if (child != NULL)
        dentry_get(child);
    dentry_unlock();
    return child;
}

/* A dentry for what a lookup has found; the inode's reference (null: none) is taken over. */
static int dentry_enter(struct dentry *parent, const char *name, size_t length, uint32_t hash, struct inode *inode,
                        bool cached, struct dentry **child)
{
    struct dentry *fresh = dentry_alloc(parent, name, length, hash);
    int error = fresh == NULL ? -ENOMEM : 0;
    if (fresh != NULL && !cached)
        fresh->inode = inode;
    else if (fresh != NULL && !dentry_publish(fresh, inode))
        error = -ELOOP;
    if (error == 0) {
        *child = fresh;
        return 0;
    }
    if (fresh != NULL)
        dentry_put(fresh);
    if (inode != NULL)
        inode_put(inode);
    return error;
}

int dentry_lookup_locked(struct dentry *parent, const char *name, size_t length, uint32_t hash, struct dentry **child)
{
    struct inode *directory = parent->inode;
    struct inode *inode = NULL;
    *child = dentry_find(parent, name, length, hash);
    if (*child != NULL)
        return 0;
    if (directory->ops == NULL || directory->ops->lookup == NULL)
        return -ENOTDIR;
    int error = directory->links == 0 ? -ENOENT : directory->ops->lookup(directory, name, length, &inode);
    bool cached = !directory->filesystem->type->uncached && directory->links > 0;
    if (error != 0 && (error != -ENOENT || !cached))
        return error;
    return dentry_enter(parent, name, length, hash, inode, cached, child);
}

int dentry_lookup(struct dentry *parent, const char *name, size_t length, uint32_t hash, struct dentry **child)
{
    struct inode *directory = parent->inode;
    mutex_lock(&directory->lock);
    int error = dentry_lookup_locked(parent, name, length, hash, child);
    mutex_unlock(&directory->lock);
    return error;
}

void dentry_instantiate(struct dentry *dentry, struct inode *inode)
{
    dentry_lock();
    assert(dentry->inode == NULL);
    dentry->inode = inode;
    (void)dentry_claim_directory(dentry, inode); /* a new directory, or a made-up mount point */
    dentry_unlock();
}

/*
 * Nobody can find it any more; it stays in the clock until the last reference goes. True if there is none: then it is the
 * caller's to end, and else that of the last user, who may be about to ask for the lock.
 */
static bool dentry_unhash_deleted(struct dentry *dentry)
{
    dentry_hash_remove(dentry);
    list_remove(&dentry->sibling);
    dentry->deleted = true;
    return atomic_fetch_or_explicit(&dentry->references, DENTRY_UNHASHED, memory_order_acq_rel) == 0;
}

/* The cached names in a directory that goes away: all are negative, as it is empty, and each keeps the directory. */
static void dentry_condemn_children(struct dentry *dentry, struct list *dead)
{
    list_for_each_safe(link, after, &dentry->children)
    {
        struct dentry *child = list_entry(link, struct dentry, sibling);
        if (dentry_unhash_deleted(child))
            dentry_condemn(child, dead);
    }
}

struct inode *dentry_unlinked(struct dentry *dentry)
{
    struct list dead = LIST_INIT(dead);
    struct inode *inode = NULL;
    dentry_lock();
    dentry_condemn_children(dentry, &dead);
    if (dentry_references(dentry) == 1 && list_is_empty(&dentry->children)) {
        dentry_release_directory(dentry);
        inode = dentry->inode;
        dentry->inode = NULL;
    } else {
        (void)dentry_unhash_deleted(dentry);
    }
    dentry_unlock();
    dentries_bury(&dead);
    return inode;
}

static void dentry_swap_names(struct dentry *first, struct dentry *second)
{
    bool first_short = first->name == first->short_name;
    bool second_short = second->name == second->short_name;
    char *long_first = first->name, *long_second = second->name;
    char buffer[sizeof first->short_name];
    memcpy(buffer, first->short_name, sizeof buffer);
    memcpy(first->short_name, second->short_name, sizeof buffer);
    memcpy(second->short_name, buffer, sizeof buffer);
    first->name = second_short ? first->short_name : long_second;
    second->name = first_short ? second->short_name : long_first;
    uint8_t length = first->name_length;
    first->name_length = second->name_length;
    second->name_length = length;
    uint32_t hash = first->hash;
    first->hash = second->hash;
    second->hash = hash;
}

/* Swaps the places of two dentries that are not in the hash; with the references to their parents. */
static void dentry_swap_places(struct dentry *first, struct dentry *second)
{
    struct dentry *parent = first->parent;
    dentry_swap_names(first, second);
    first->parent = second->parent;
    second->parent = parent;
    list_remove(&first->sibling);
    list_push_back(&first->parent->children, &first->sibling);
}

void dentry_move(struct dentry *from, struct dentry *to)
{
    struct list dead = LIST_INIT(dead);
    dentry_lock();
    dentry_condemn_children(to, &dead);
    dentry_hash_remove(from);
    (void)dentry_unhash_deleted(to);
    dentry_swap_places(from, to);
    dentry_hash_insert(from);
    dentry_unlock();
    dentries_bury(&dead);
}

void dentry_exchange(struct dentry *first, struct dentry *second)
{
    dentry_lock();
    dentry_hash_remove(first);
    dentry_hash_remove(second);
    list_remove(&second->sibling);
    dentry_swap_places(first, second);
    list_push_back(&second->parent->children, &second->sibling);
    dentry_hash_insert(first);
    dentry_hash_insert(second);
    dentry_unlock();
}

bool dentry_is_ancestor(struct dentry *ancestor, struct dentry *dentry)
{
    dentry_lock();
    while (dentry != ancestor && dentry->parent != dentry)
        dentry = dentry->parent;
    dentry_unlock();
    return dentry == ancestor;
}

void dentry_cache_init(void)
{
    slab_cache_init(&dentry_cache, "dentry", sizeof(struct dentry));
    dentry_limit = (unsigned)max_u64(DENTRIES_MIN, frames_total() / FRAMES_PER_DENTRY);
}
