/*
 * Open files, for the system calls and file systems.
 */
#ifndef KERNEL_FS_FILE_H
#define KERNEL_FS_FILE_H

#include "kernel/abi/fcntl.h"
#include "kernel/fs/vfs.h"

/* No file is longer: a page's index has 32 bits. */
#define CACHE_FILE_MAX ((uint64_t)UINT32_MAX << PAGE_SHIFT)

/* The most bytes that the file can have: calls for more get -EFBIG. */
static inline uint64_t inode_size_max(const struct inode *inode)
{
    return inode->filesystem != NULL ? inode->filesystem->max_file_size : CACHE_FILE_MAX;
}

static inline uint32_t file_flags(const struct file *file)
{
    return atomic_load_explicit(&file->flags, memory_order_relaxed);
}

/* Of the four access modes the two with bit 0 set, O_WRONLY and the one without a name, do not read. */
static inline bool file_is_readable(const struct file *file)
{
    return (file_flags(file) & (O_WRONLY | O_PATH)) == 0;
}

static inline bool file_is_writable(const struct file *file)
{
    uint32_t access = file_flags(file) & (O_ACCMODE | O_PATH);
    return access == O_WRONLY || access == O_RDWR;
}

static inline bool file_is_nonblocking(const struct file *file)
{
    return (file_flags(file) & O_NONBLOCK) != 0;
}

/*
 * An opened file for `dentry` (null: nameless) and `inode`; takes over neither reference but takes its own. Null
 * without memory.
 */
struct file *file_allocate(struct dentry *dentry, struct inode *inode, const struct file_ops *ops,
                           uint32_t flags) must_check;

/* Ends a file from file_allocate() whose close operation must not run, as it was never opened. Null is allowed. */
void file_discard(struct file *file);

/* Opens the file `inode`, reached by `dentry` (null: nameless), which exists: permissions are checked by the caller. */
int file_open_inode(struct dentry *dentry, struct inode *inode, uint32_t flags, struct file **result) must_check;

/* read and write at an offset given and moved along; for sendfile and the like, too. */
ssize_t file_read_at(struct file *file, struct uio *uio, uint64_t *offset) must_check;
ssize_t file_write_at(struct file *file, struct uio *uio, uint64_t *offset) must_check;

/* The object whose cached pages are the file's contents, or null: it has none, such as a pipe. */
struct object *file_object(const struct file *file);

/*
 * read and pread in short, for plain files whose bytes are at hand; `offset` as for file_read(). The count, or -EAGAIN:
 * take the long way. The file is open for reading.
 */
ssize_t file_read_quick(struct file *file, vaddr_t buffer, size_t length, const uint64_t *offset) must_check;

/* The same for write and pwrite, for bytes that lie within the file already. */
ssize_t file_write_quick(struct file *file, vaddr_t buffer, size_t length, const uint64_t *offset) must_check;

/* Makes the data of a file and what is needed to find it stable. 0 or -Exxx. */
int file_sync(struct file *file, bool data_only) must_check;

/* POLLIN ... that hold now, for any file. */
unsigned file_poll(struct file *file, struct waitqueue *queue[2]);

/* Sets the size: permissions and type are checked by the caller. Takes the inode's lock. 0 or -Exxx. */
int inode_truncate(struct inode *inode, uint64_t size) must_check;

/* The same for a caller who does not have the file open for writing: -ETXTBSY, too, if a program runs from it or it is an area of swap. */
int inode_truncate_unopened(struct inode *inode, uint64_t size) must_check;

/*
 * A hole: the bytes [start, end) of a regular file that lie within its size read as zeros, also through mappings, and whole pages are given back;
 * private copies stay. 0, -EOPNOTSUPP (not the file system's), -ENOMEM, -EIO. Sleeps.
 */
int inode_punch(struct inode *inode, uint64_t start, uint64_t end) must_check;

/* Before a file grows by a write at `start`: zeros from its end on in its last page, if it is on a disk. The inode is locked. 0 or -Exxx. */
int inode_clear_gap(struct inode *inode, uint64_t start) must_check;

/* A cached page with valid contents, pinned (page_unpin() ends it). 0, -EIO, -ENOMEM. Sleeps. */
int cache_page_pinned(struct object *object, uint64_t index, struct page **page) must_check;

/* Through the page cache (cache_io.c): bytes of `object`, which ends at `size`. `file` keeps the read-ahead state. */
ssize_t cache_read(struct file *file, struct object *object, uint64_t size, struct uio *uio,
                   uint64_t offset) must_check;
/*
 * The common read in short: bytes of one page that is in memory, from byte `offset` of a plain file on. The count, or
 * -EAGAIN: take the long way.
 */
ssize_t cache_read_quick(struct file *file, vaddr_t buffer, size_t length, uint64_t offset) must_check;
/*
 * The common overwrite in short: bytes that are mapped, into one page that is in memory, within the file. The count, or -EAGAIN: take the long way, which
 * begins anew. What the disk does not take later is fsync's to report, here and in cache_write().
 */
ssize_t cache_write_quick(struct file *file, vaddr_t buffer, size_t length, uint64_t offset) must_check;
/* Into a file, moving *offset; O_APPEND of the file is obeyed. */
ssize_t cache_write(struct file *file, struct uio *uio, uint64_t *offset) must_check;
/* Into an object of fixed size (a disk). The inode's lock orders writers. */
ssize_t cache_write_fixed(struct inode *inode, struct object *object, uint64_t size, struct uio *uio,
                          uint64_t offset) must_check;

void file_cache_init(void);

#endif
