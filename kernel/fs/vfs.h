/*
 * Files: what the rest of the kernel knows of them, whatever file system or device is behind.
 *
 *     descriptor table -> struct file (offset, flags) -> struct dentry (name) -> struct inode (the file; embeds its
 *     struct object)
 *
 * A dentry tree caches names (dentry.h): a dentry without an inode says that the name does not exist. A mounted file
 * system's root dentry covers the dentry it is mounted on, so a path is one dentry.
 *
 * Locks: inode->lock (RANK_INODE; RANK_DIRECTORY for a directory's entries) guards size, block map, attributes; one
 * spin lock (RANK_DENTRY) guards the dentry tree and where processes stand in it; a file's offset has its own mutex
 * (RANK_FILE_OFFSET). Of these only the last is held while user memory is touched, for faults take address-space locks,
 * which come before the inode's.
 */
#ifndef KERNEL_FS_VFS_H
#define KERNEL_FS_VFS_H

#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/types.h"
#include "kernel/uio.h"
#include "mm/object.h"
#include "mm/readahead.h"

struct inode;
struct dentry;
struct file;
struct filesystem;
struct waitqueue;
struct map_request;
struct linux_statfs;
struct block_device;
struct file_locks;
struct pipe;
struct epoll_item;

struct timespec64 {
    int64_t seconds;
    uint32_t nanoseconds;
};

/* What a directory reader is called with for each entry; returns false when its buffer is full. `type` is DT_*. */
typedef bool directory_emit(void *context, const char *name, size_t length, uint64_t inode, unsigned type,
                            uint64_t next_offset);

/*
 * Operations on names and attributes. `dir` is locked by the caller (directory lock); null: -ENOTDIR / -EPERM as fits.
 * All may sleep.
 */
struct inode_ops {
    int (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **result); /* referenced; -ENOENT */
    int (*create)(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t device,
                  struct inode **result); /* files, directories, devices, fifos, by mode's type */
    int (*symlink)(struct inode *dir, const char *name, size_t length, const char *target, struct inode **result);
    int (*link)(struct inode *dir, const char *name, size_t length, struct inode *inode);
    int (*unlink)(struct inode *dir, const char *name, size_t length,
                  struct inode *inode); /* rmdir too: checked to be empty by the file system */
    int (*rename)(struct inode *from_dir, const char *from, size_t from_length, struct inode *to_dir, const char *to,
                  size_t to_length, struct inode *inode, struct inode *replaced);
    int (*exchange)(struct inode *dir, const char *name, size_t length, struct inode *other_dir, const char *other,
                    size_t other_length, struct inode *inode, struct inode *other_inode); /* null: -EINVAL */
    int (*create_nameless)(struct inode *dir, uint32_t mode, struct inode **result);      /* O_TMPFILE; links: 0 */
    ssize_t (*readlink)(struct inode *inode, char *buffer, size_t size);                  /* not NUL-terminated */
    int (*follow)(struct inode *inode, struct dentry **result);                           /* magic links of /proc */
    int (*set_attributes)(struct inode *inode); /* mode, owner, times in the inode have changed */
    /* Before the cache is cut for truncate(): with the old size still valid, and again when nothing behind `size` becomes dirty any more. May be null. */
    void (*shrink)(struct inode *inode, uint64_t size);
    int (*truncate)(struct inode *inode, uint64_t size); /* grow or shrink; the cache is cut by the caller */
    /* The pages [first, after) become a hole: fallocate, madvise. The inode is locked. Null: -EOPNOTSUPP */
    int (*punch)(struct inode *inode, uint64_t first, uint64_t after);
};

/* Operations on an open file. Null members: -EINVAL or the default through the page cache. */
struct file_ops {
    int (*open)(struct file *file);
    void (*close)(struct file *file); /* the last reference has gone */
    ssize_t (*read)(struct file *file, struct uio *uio, uint64_t offset);
    ssize_t (*write)(struct file *file, struct uio *uio, uint64_t offset);
    int (*readdir)(struct file *file, uint64_t *offset, directory_emit *emit, void *context);
    long (*ioctl)(struct file *file, unsigned command, uint64_t argument);
    /*
     * POLLIN … bits that hold now; *queue (may be null) is woken when they change. At most two queues: fill queue[0],
     * queue[1].
     */
    unsigned (*poll)(struct file *file, struct waitqueue *queue[2]);
    /* Sets request->object, with a reference for the caller, or null: zero fill; default: a regular inode's. */
    int (*map)(struct file *file, struct map_request *request);
    int (*sync)(struct file *file, bool data_only);
    /* Whose pages are read and written; default: a regular inode's, and none for others. */
    struct object *(*object)(const struct file *file);
    bool stream;      /* no offset: pipes, terminals */
    const char *name; /* of a nameless file's kind, for /proc; null: none */
};

/* The file system's own inode structure embeds this one; inode_init() (inode.h) prepares it. */
struct inode {
    struct object object; /* its pages; references count here. object.size is the file's size */
    const struct inode_ops *ops;
    const struct file_ops *file_ops;
    struct filesystem *filesystem;
    struct mutex lock; /* RANK_INODE, or RANK_DIRECTORY for a directory */
    uint64_t number;
    uint32_t mode; /* S_IF* and permissions */
    uint32_t uid, gid;
    uint32_t links;
    bool linkable;           /* made without a name, and may get one: O_TMPFILE; under `lock` */
    _Atomic bool names_kept; /* an active area of swap: inode_names_keep(); changes under `lock` */
    uint64_t device;         /* of a device file: dev_t */
    uint64_t blocks;         /* 512-byte units in use; of files that live in memory: inode_blocks() */
    struct timespec64 accessed, modified, changed;
    uint64_t
        access_settled; /* until CPU 0 has counted so many ticks, `accessed` need not be looked at; 0 after a change */
    void *data;         /* the file system's or device's own */
    struct pipe *fifo;  /* of a fifo that is open, or of a pipe; under `lock` */
    _Atomic int32_t claims;   /* writers, or minus those that programs run from, or FILE_SWAPS: inode_claim() */
    struct file_locks *locks; /* advisory locks, once there have been any: file_lock.c */
    struct dentry *directory; /* a directory's one name in the cache, or null; under the dentry lock */
    struct inode *hash_next;  /* inode cache */
    bool hashed;
};

enum { DENTRY_UNHASHED = 1 << 30 }; /* in a dentry's `references`: it cannot be found, and ends with the last one */

/*
 * One name in one directory. Everything but `references` is under the dentry lock; parent, name and inode of a dentry
 * that is referenced change only by rename and unlink, whose callers hold the directory's lock too.
 */
struct dentry {
    _Atomic uint32_t references; /* a count, and DENTRY_UNHASHED */
    uint32_t hash;               /* of parent and name */
    struct dentry *parent;       /* referenced; the root's is itself */
    struct inode *inode;         /* referenced; null: a name that does not exist */
    struct dentry *mounted;      /* root of the file system mounted here, or null */
    struct dentry *covers;       /* of a mounted root: the dentry it is mounted on; referenced */
    struct dentry *hash_next;
    struct list clock_link;        /* all cached dentries, as eviction visits them */
    struct list children, sibling; /* cached names of a directory */
    bool deleted;                  /* the name is gone */
    _Atomic bool used;             /* found since eviction last passed (L24) */
    uint8_t name_length;
    char *name; /* short_name, or from kmalloc; NUL-terminated */
    char short_name[40];
};

struct file {
    _Atomic uint32_t references;
    _Atomic uint32_t flags; /* O_* without the creation flags; F_SETFL changes some */
    struct dentry *dentry;  /* null for pipes and other nameless files */
    struct inode *inode;
    const struct file_ops *ops;
    struct mutex offset_lock; /* RANK_FILE_OFFSET; not taken while references == 1 */
    uint64_t offset;
    struct readahead ahead; /* of this file's reads (L29) */
    uint32_t error_seen;    /* write errors already reported to this file's fsync: a stamp of its object */
    pid_t owner;            /* F_SETOWN */
    int32_t claim;          /* its part of inode->claims */
    bool holds_device;      /* a disk opened with O_EXCL */
    void *data;             /* tty, pipe end, … */
    _Atomic(struct epoll_item *) watched; /* its places in epolls: epoll.c */
};

struct filesystem_type {
    const char *name;
    bool needs_device;
    /* Mounts: *root is the root directory's inode, referenced. */
    int (*mount)(struct filesystem *filesystem, struct block_device *device, const char *options, struct inode **root);
    void (*unmount)(struct filesystem *filesystem);
    int (*remount)(struct filesystem *filesystem, bool read_only); /* before the flag changes; null: nothing to do */
    int (*sync)(struct filesystem *filesystem);
    int (*statfs)(struct filesystem *filesystem, struct linux_statfs *result);
    void (*evict)(
        struct inode
            *inode); /* the last reference has gone: delete a file without links, write another back. May be null */
    void (*free_inode)(struct inode *inode); /* frees the memory */
    bool uncached;                           /* names come and go by themselves (/proc): never cached */
    struct filesystem_type *next;
};

struct filesystem {
    const struct filesystem_type *type;
    struct block_device *device;
    struct dentry *root;
    char source[64];
    uint64_t number; /* st_dev */
    bool read_only;
    uint64_t flags;           /* MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME: shown and, where it matters, obeyed */
    uint64_t max_file_size;   /* bytes; longer writes get -EFBIG */
    _Atomic uint64_t changed; /* when metadata was first changed since the last sync; 0: not at all */
    struct mutex rename_lock; /* RANK_RENAME */
    struct list link;         /* all mounts */
    void *data;
};

/* Where a process looks for files from. */
struct fs_context {
    _Atomic uint32_t references;
    struct dentry *root, *cwd; /* referenced; under the dentry lock */
    _Atomic uint32_t umask;
};

enum lookup_flags {
    LOOKUP_FOLLOW = 1 << 0,    /* a symbolic link at the end is followed */
    LOOKUP_DIRECTORY = 1 << 1, /* the result must be a directory */
};

enum {
    PATH_MAX = 4096,         /* of a path, its NUL included */
    NAME_MAX = 255,          /* of one name, without NUL */
    LINKS_FOLLOWED_MAX = 40, /* symbolic links in one path: then -ELOOP */
    LINKS_MAX = 32000,       /* names of one file */
};

/*
 * The dentry of `path` (kernel memory), relative to `at` (null: the running process's current directory), referenced.
 * Credentials are the running process's.
 */
int path_lookup(struct dentry *at, const char *path, unsigned flags, struct dentry **result) must_check;
/*
 * A flag that no program can give: opened to be executed, which asks for the permission to execute in the place of that to read. No
 * terminal becomes the controlling one, and a fifo's other end is not waited for.
 */
#define OPEN_TO_EXECUTE 0x40000000u
#define OPEN_PROGRAM (OPEN_TO_EXECUTE | O_RDONLY | O_NONBLOCK | O_NOCTTY)

/* Opens (and creates) a file: O_* flags and mode as open(2); or a program for exec. */
int file_open(struct dentry *at, const char *path, uint32_t flags, uint32_t mode, struct file **result) must_check;
/* A file not reached by a path: pipes, memfd, … Takes over the inode's reference. */
struct file *file_create(struct inode *inode, const struct file_ops *ops, uint32_t flags) must_check;

static inline void file_get(struct file *file)
{
    atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
}
void file_put(struct file *file); /* sleeps */

/*
 * Until it is unclaimed, the inode is written or cut (FILE_WRITES), or a program runs from it (FILE_RUNS), or it is swapped to (FILE_SWAPS, once).
 * -ETXTBSY if it is used in another way.
 */
enum file_claim { FILE_WRITES = 1, FILE_RUNS = -1, FILE_SWAPS = INT32_MIN };
int inode_claim(struct inode *inode, enum file_claim claim) must_check;
void inode_unclaim(struct inode *inode, enum file_claim claim);

/* The same of the file's inode, until the file is closed. Once a file. */
int file_claim(struct file *file, enum file_claim claim) must_check;
void dentry_put(struct dentry *dentry);
static inline bool dentry_is_hashed(const struct dentry *dentry)
{
    return (atomic_load_explicit(&dentry->references, memory_order_relaxed) & DENTRY_UNHASHED) == 0;
}
static inline uint32_t dentry_references(const struct dentry *dentry)
{
    return atomic_load_explicit(&dentry->references, memory_order_relaxed) & ~(uint32_t)DENTRY_UNHASHED;
}
static inline void dentry_get(struct dentry *dentry)
{
    atomic_fetch_add_explicit(&dentry->references, 1, memory_order_relaxed);
}
static inline void inode_get(struct inode *inode)
{
    object_get(&inode->object);
}
static inline void inode_put(struct inode *inode)
{
    object_put(&inode->object);
}

ssize_t file_read(struct file *file, struct uio *uio,
                  uint64_t *offset) must_check; /* null offset: the file's own, moved along */
ssize_t file_write(struct file *file, struct uio *uio, uint64_t *offset) must_check;
/* Kernel-side read of exact bytes through the cache, e.g. an ELF header; returns the count. */
ssize_t file_read_kernel(struct file *file, void *buffer, size_t length, uint64_t offset) must_check;

/*
 * The absolute path of a dentry as the running process sees it, in `buffer`; returns a pointer into it. "(deleted)" is
 * added as Linux does.
 */
char *dentry_path(struct dentry *dentry, char *buffer, size_t size);

/* Whether the running process may do `mask` (4 read, 2 write, 1 execute) with the inode: 0 or -EACCES. */
int inode_permission(const struct inode *inode, unsigned mask) must_check;

int mount_filesystem(const char *source, const char *target, const char *type, uint64_t flags,
                     const char *options) must_check;
int unmount_filesystem(const char *target) must_check;
void filesystem_register(struct filesystem_type *type);
void filesystems_sync(void); /* sync(2); sleeps */
/* Writes what has been changed at or before `before`, as time_now() tells it. Sleeps. */
void filesystems_sync_older(uint64_t before);
/*
 * The machine is to be switched off: everything is written, and disks are left in good order. Nothing can be written
 * afterwards.
 */
void filesystems_stop(void);

/*
 * Character devices: devfs calls open with file->ops already set to the driver's. Without a name it has no node in
 * /dev.
 */
void chardev_register(const char *name, uint32_t major, uint32_t minor, uint32_t mode, const struct file_ops *ops,
                      void *data);

void vfs_init(void);

/*
 * Mounts the root file system (ext2): the option root, else ram0, else the partition with this GUID, else vda2; then /dev, /proc, /tmp.
 * Panics with a clear line if there is no root. Sleeps.
 */
void vfs_mount_root(const uint8_t guid[16]);

struct fs_context *fs_context_create(void) must_check; /* at the root */
struct fs_context *fs_context_copy(struct fs_context *from) must_check;
void fs_context_put(struct fs_context *context);

#endif
