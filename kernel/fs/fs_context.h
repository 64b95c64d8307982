/*
 * Changing where a process looks for files from. The structure is in vfs.h.
 */
#ifndef KERNEL_FS_FS_CONTEXT_H
#define KERNEL_FS_FS_CONTEXT_H

#include "kernel/fs/vfs.h"

/* Take over the dentry's reference. */
void fs_context_set_cwd(struct fs_context *context, struct dentry *dentry);
void fs_context_set_root(struct fs_context *context, struct dentry *dentry);

/* The current directory and the root of a process, referenced. */
struct dentry *fs_context_cwd(struct fs_context *context);
struct dentry *fs_context_root(struct fs_context *context);

#endif
