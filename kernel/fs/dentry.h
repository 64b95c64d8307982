/*
 * The dentry cache: names of files in memory, so that walking a path asks no file system for what was asked before.
 *
 *     unhashed (made by dentry_lookup, not yet findable)
 *        | dentry_lookup                      eviction: no references, not used lately
 *        v                                       ^
 *     hashed, with an inode  <--- create ---  hashed, negative (no such name)
 *        |        |                              ^
 *        |        +---- unlink, nobody else -----+
 *        +---- unlink while in use: deleted, unhashed; freed with its last reference
 *
 * A dentry holds a reference to its parent, so eviction takes leaves first. Names of a file system marked `uncached`
 * are never hashed.
 *
 * Lock: the dentry lock (spin, RANK_DENTRY) guards the whole tree; a cached path is walked under one acquisition of it
 * (path.c).
 */
#ifndef KERNEL_FS_DENTRY_H
#define KERNEL_FS_DENTRY_H

#include "kernel/fs/vfs.h"

extern struct spinlock dentry_tree_lock;

static inline void dentry_lock(void)
{
    spin_lock(&dentry_tree_lock);
}

static inline void dentry_unlock(void)
{
    spin_unlock(&dentry_tree_lock);
}

/* The hash of a name, built up character by character. */
static inline uint32_t name_hash_add(uint32_t hash, char character)
{
    return (hash ^ (uint8_t)character) * 0x01000193u;
}
enum { NAME_HASH_START = 0x811c9dc5 };
uint32_t name_hash(const char *name, size_t length);

/* The cached child of that name, not referenced, or null. Under the dentry lock. `hash` is of the name. */
struct dentry *dentry_find_locked(struct dentry *parent, const char *name, size_t length, uint32_t hash);

/*
 * The child of that name, asked of the file system if it is not cached; referenced, negative if there is none (-ENOENT
 * in an uncached file system). The directory's lock is held. 0 or -Exxx. Sleeps.
 */
int dentry_lookup_locked(struct dentry *parent, const char *name, size_t length, uint32_t hash,
                         struct dentry **child) must_check;
/* The same, taking the directory's lock. */
int dentry_lookup(struct dentry *parent, const char *name, size_t length, uint32_t hash,
                  struct dentry **child) must_check;

/* A root or nameless dentry, its own parent, unhashed; takes over the inode's reference (also when it fails: null). */
struct dentry *dentry_create_root(struct inode *inode, const char *name) must_check;

/* A dentry whose name `parent` does not have; takes over the inode's reference (also when it fails: null). */
struct dentry *dentry_create_deleted(struct dentry *parent, const char *name, struct inode *inode) must_check;

/* Gives a negative dentry its inode (the reference is taken over): a file was created. */
void dentry_instantiate(struct dentry *dentry, struct inode *inode);

/*
 * The name has been removed: becomes negative, or unhashed if somebody uses it. The directory's lock is held. Returns
 * the inode's reference to be given back after unlocking (the file may end then, which takes time), or null.
 */
struct inode *dentry_unlinked(struct dentry *dentry) must_check;

/* `from` now has the place of `to` (negative or replaced); both directories are locked. */
void dentry_move(struct dentry *from, struct dentry *to);

/* `first` and `second` have changed places. */
void dentry_exchange(struct dentry *first, struct dentry *second);

/* Whether `ancestor` is `dentry` or above it, in the same file system. */
bool dentry_is_ancestor(struct dentry *ancestor, struct dentry *dentry);

/* Evicts up to `wanted` dentries nobody uses; returns how many. Sleeps (inodes may end). */
unsigned dentries_shrink(unsigned wanted);

/* Evicts all cached names of a file system. Sleeps. */
void dentries_discard(struct filesystem *filesystem);

void dentry_cache_init(void);

#endif
