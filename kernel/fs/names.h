/*
 * Changing names: what mkdir, mknod, symlink, link, unlink, rmdir and rename do once their paths have been walked.
 *
 * Each function takes the directories' locks itself, checks permissions and the rules of POSIX, has the file system do
 * it, and keeps the dentry cache right.
 */
#ifndef KERNEL_FS_NAMES_H
#define KERNEL_FS_NAMES_H

#include "kernel/fs/path.h"

/*
 * Makes a file of the type and permissions in `mode` (the umask is applied) in the directory walk->at. -EEXIST if the
 * name is taken. *result (may be null) is referenced.
 */
int name_create(const struct path_walk *walk, uint32_t mode, uint64_t device, struct dentry **result) must_check;
/*
 * A file without a name in `directory` (O_TMPFILE), which name_link() may give one if it is `linkable`. -EOPNOTSUPP where the
 * file system has none. *result is referenced.
 */
int name_create_nameless(struct dentry *directory, uint32_t mode, bool linkable, struct dentry **result) must_check;
int name_symlink(const struct path_walk *walk, const char *target) must_check;
int name_link(const struct path_walk *walk, struct inode *inode) must_check;
/* unlink, or rmdir with `directory`. */
int name_unlink(const struct path_walk *walk, bool directory) must_check;
/* renameat2 with RENAME_* flags, in directories of one file system. */
int name_rename(const struct path_walk *from, const struct path_walk *to, unsigned flags) must_check;

/*
 * From now on the file's names cannot be removed or renamed (-EPERM), so that swapoff finds what swapon was given. 0; -EBUSY: that is so already; -ENOENT: it
 * has no name any more. Sleeps.
 */
int inode_names_keep(struct inode *inode) must_check;
void inode_names_release(struct inode *inode);

/* The running process's umask. */
uint32_t umask_current(void);

/* Owner, group and inherited set-group-ID bit of a new file in `directory`; for file systems' create(). */
void inode_set_owner(struct inode *inode, const struct inode *directory);

#endif
