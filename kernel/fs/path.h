/*
 * Walking paths: from a string to a dentry.
 */
#ifndef KERNEL_FS_PATH_H
#define KERNEL_FS_PATH_H

#include "kernel/fs/vfs.h"

enum walk_flags {
    WALK_FOLLOW = LOOKUP_FOLLOW,
    WALK_DIRECTORY = LOOKUP_DIRECTORY,
    WALK_PARENT = 1 << 8, /* stop before the last name, which is copied to `name` */
    WALK_CREATE = 1 << 9, /* the last name may be missing: then `missing` is set and the result is the parent */
    WALK_FILE = 1 << 10,  /* it is no directory: a slash behind it is -EISDIR */
};

struct path_walk {
    struct dentry *at;   /* the result, referenced */
    bool missing;        /* WALK_CREATE: see there */
    bool slash;          /* the path ended in a slash: it means a directory */
    uint8_t name_length; /* of the last name; 0 if the path ended in "/", "." or ".." */
    uint32_t name_hash;
    char name[NAME_MAX + 1];
    enum walk_last { LAST_NAME, LAST_ROOT, LAST_DOT, LAST_DOT_DOT } last;

    /* While walking. */
    unsigned flags, links;
    struct dentry *root;
    struct dentry *held[2]; /* references to give back when the lock is not held */
    const char *rest;       /* of the path */
    char *buffer;           /* where the path is after a symbolic link was followed */
};

/*
 * Walks `path` from `at` (null: the running process's current directory). 0 with walk->at referenced and the name
 * filled in as the flags say, or -Exxx: -ENOENT, -ENOTDIR, -EISDIR, -EACCES, -ELOOP, -ENAMETOOLONG, -ENOMEM, -EIO. Sleeps.
 */
int path_walk(struct path_walk *walk, struct dentry *at, const char *path, unsigned flags) must_check;

/* A path in a program's memory, copied. Short ones need no memory but this. */
struct user_path {
    const char *text;
    size_t length;
    char *allocated;
    char small[256];
};

/* 0, -EFAULT, -ENAMETOOLONG, -ENOMEM. An empty path is allowed here. */
int user_path_get(struct user_path *path, vaddr_t from) must_check;
void user_path_put(struct user_path *path);

/*
 * The dentry that the *at() calls start from: descriptor `fd`, or AT_FDCWD (result null, which path_walk()
 * understands). For an absolute path the descriptor is not looked at. *result is referenced unless null. 0, -EBADF,
 * -ENOTDIR.
 */
int path_start(int fd, const char *path, struct dentry **result) must_check;

/* The two together with a walk: what most system calls begin with. */
int path_walk_user(struct path_walk *walk, int fd, vaddr_t path, unsigned flags) must_check;

/*
 * The inode a call is about: `path` relative to fd, or fd itself when the path is empty and AT_EMPTY_PATH is among the
 * flags; AT_SYMLINK_NOFOLLOW is obeyed. Referenced, as is *dentry, which keeps the file system mounted; that is null for a
 * nameless file. Both are for path_inode_put().
 */
int path_inode_user(int fd, vaddr_t path, int at_flags, struct inode **inode, struct dentry **dentry) must_check;
void path_inode_put(struct inode *inode, struct dentry *dentry);

#endif
