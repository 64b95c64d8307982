/*
 * Paths, the name cache, mounts, and files of tmpfs, from inside the kernel.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/statfs.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/shm.h"
#include "tests/kernel/crew.h"

/* Looks a path up: 0 or -Exxx; the inode number in *number (may be null). */
static int look(const char *path, unsigned flags, uint64_t *number)
{
    struct dentry *dentry;
    int error = path_lookup(NULL, path, flags, &dentry);
    if (error != 0)
        return error;
    if (number != NULL)
        *number = dentry->inode->number;
    dentry_put(dentry);
    return 0;
}

static int make(const char *path, uint32_t mode)
{
    struct path_walk walk;
    int error = path_walk(&walk, NULL, path, WALK_PARENT);
    if (error != 0)
        return error;
    error = name_create(&walk, mode, 0, NULL);
    dentry_put(walk.at);
    return error;
}

static int make_link(const char *path, const char *target)
{
    struct path_walk walk;
    int error = path_walk(&walk, NULL, path, WALK_PARENT);
    if (error != 0)
        return error;
    error = name_symlink(&walk, target);
    dentry_put(walk.at);
    return error;
}

static int drop(const char *path, bool directory)
{
    struct path_walk walk;
    int error = path_walk(&walk, NULL, path, WALK_PARENT);
    if (error != 0)
        return error;
    error = name_unlink(&walk, directory);
    dentry_put(walk.at);
    return error;
}

static ssize_t put_bytes(struct file *file, const char *bytes, size_t length, uint64_t offset)
{
    struct uio uio;
    uio_init_kernel(&uio, (void *)bytes, length, false);
    return file_write(file, &uio, &offset);
}

KTEST(vfs, paths)
{
    uint64_t root = 0, other = 0;
    KTEST_EXPECT(look("/", 0, &root) == 0);
    KTEST_EXPECT(look("/..", 0, &other) == 0 && other == root);
    KTEST_EXPECT(look("//bin/../bin/./sh", LOOKUP_FOLLOW, NULL) == 0);
    KTEST_EXPECT(look("/bin/sh/", LOOKUP_FOLLOW, NULL) == -ENOTDIR);
    KTEST_EXPECT(look("/bin/sh/x", LOOKUP_FOLLOW, NULL) == -ENOTDIR);
    KTEST_EXPECT(look("/bin/", LOOKUP_DIRECTORY, NULL) == 0);
    KTEST_EXPECT(look("/bin/sh", LOOKUP_FOLLOW | LOOKUP_DIRECTORY, NULL) == -ENOTDIR);
    KTEST_EXPECT(look("/nowhere", 0, NULL) == -ENOENT);
    KTEST_EXPECT(look("/nowhere", 0, NULL) == -ENOENT); /* now by a negative dentry */
    KTEST_EXPECT(look("", 0, NULL) == -ENOENT);
    KTEST_EXPECT(look("/dev/null", 0, NULL) == 0);
    KTEST_EXPECT(look("/dev/../dev/null", 0, NULL) == 0); /* out of a mounted file system and in again */
    KTEST_EXPECT(look("/dev/shm/..", 0, &other) == 0);
    KTEST_EXPECT(look("/dev", 0, &root) == 0 && other == root);
}

KTEST(vfs, symbolic_links)
{
    char name[32], target[32];
    KTEST_EXPECT(make("/tmp/links", S_IFDIR | 0755) == 0);
    KTEST_EXPECT(make_link("/tmp/links/loop", "loop") == 0);
    KTEST_EXPECT(look("/tmp/links/loop", LOOKUP_FOLLOW, NULL) == -ELOOP);
    KTEST_EXPECT(look("/tmp/links/loop", 0, NULL) == 0);
    KTEST_EXPECT(make("/tmp/links/0", S_IFREG | 0644) == 0);
    for (unsigned i = 1; i <= LINKS_FOLLOWED_MAX + 1; i++) {
        snprintf(name, sizeof name, "/tmp/links/%u", i);
        snprintf(target, sizeof target, "../links/%u", i - 1);
        KTEST_EXPECT(make_link(name, target) == 0);
    }
    KTEST_EXPECT(look("/tmp/links/40", LOOKUP_FOLLOW, NULL) == 0);
    KTEST_EXPECT(look("/tmp/links/41", LOOKUP_FOLLOW, NULL) == -ELOOP);
    KTEST_EXPECT(drop("/tmp/links", true) == -ENOTEMPTY);
    for (unsigned i = 0; i <= LINKS_FOLLOWED_MAX + 1; i++) {
        snprintf(name, sizeof name, "/tmp/links/%u", i);
        KTEST_EXPECT(drop(name, false) == 0);
    }
    KTEST_EXPECT(drop("/tmp/links/loop", false) == 0);
    KTEST_EXPECT(drop("/tmp/links", true) == 0);
    KTEST_EXPECT(look("/tmp/links", 0, NULL) == -ENOENT);
}

KTEST(vfs, names_are_evicted)
{
    char name[48];
    KTEST_EXPECT(look("/bin/sh", LOOKUP_FOLLOW, NULL) == 0);
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "/bin/there-is-no-such-name-%u", i);
        KTEST_EXPECT(look(name, 0, NULL) == -ENOENT);
    }
    KTEST_EXPECT(dentries_shrink(1000) > 0);
    while (dentries_shrink(1000) > 0)
        continue;
    KTEST_EXPECT(look("/bin/sh", LOOKUP_FOLLOW, NULL) == 0);
    KTEST_EXPECT(look("/dev/shm", 0, NULL) == 0); /* mount points stay */
}

KTEST(vfs, mounting)
{
    struct file *file;
    KTEST_EXPECT(make("/tmp/mnt", S_IFDIR | 0755) == 0);
    KTEST_EXPECT(mount_filesystem("none", "/tmp/mnt", "nosuchtype", 0, "") == -ENODEV);
    KTEST_EXPECT(mount_filesystem("none", "/tmp/nowhere/x", "tmpfs", 0, "") == -ENOENT);
    KTEST_EXPECT(mount_filesystem("/dev/null", "/tmp/mnt", "ext2", 0, "") == -ENOTBLK);
    KTEST_EXPECT(mount_filesystem("none", "/tmp/mnt", "tmpfs", 0, "") == 0);
    KTEST_EXPECT(make("/tmp/mnt/inside", S_IFREG | 0644) == 0);
    KTEST_EXPECT(drop("/tmp/mnt", true) == -EBUSY);
    KTEST_EXPECT(file_open(NULL, "/tmp/mnt/inside", O_RDWR, 0, &file) == 0);
    KTEST_EXPECT(unmount_filesystem("/tmp/mnt") == -EBUSY);
    file_put(file);
    KTEST_EXPECT(unmount_filesystem("/tmp/mnt/inside") == -EINVAL);
    KTEST_EXPECT(unmount_filesystem("/tmp/mnt") == 0);
    KTEST_EXPECT(look("/tmp/mnt/inside", 0, NULL) == -ENOENT);
    KTEST_EXPECT(unmount_filesystem("/tmp/mnt") == -EINVAL);
    KTEST_EXPECT(drop("/tmp/mnt", true) == 0);
}

/* What is written to a mounted tmpfs comes back when the mount goes. */
KTEST(tmpfs, memory_comes_back)
{
    static char block[3 * PAGE_SIZE];
    struct file *file;
    char name[32];
    KTEST_EXPECT(make("/tmp/mnt", S_IFDIR | 0755) == 0);
    uint64_t pages = shm_pages();
    KTEST_EXPECT(mount_filesystem("none", "/tmp/mnt", "tmpfs", 0, "") == 0);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "/tmp/mnt/%u", i);
        KTEST_EXPECT(file_open(NULL, name, O_RDWR | O_CREAT, 0644, &file) == 0);
        KTEST_EXPECT(put_bytes(file, block, sizeof block, 100) == sizeof block);
        KTEST_EXPECT(inode_size(file->inode) == sizeof block + 100);
        file_put(file);
    }
    KTEST_EXPECT(shm_pages() == pages + 400);
    KTEST_EXPECT(drop("/tmp/mnt/7", false) == 0);
    KTEST_EXPECT(shm_pages() == pages + 396);
    KTEST_EXPECT(unmount_filesystem("/tmp/mnt") == 0);
    KTEST_EXPECT(shm_pages() == pages);
    KTEST_EXPECT(drop("/tmp/mnt", true) == 0);
}

KTEST(tmpfs, pages_are_not_dropped)
{
    char text[8] = "";
    struct file *file;
    KTEST_EXPECT(file_open(NULL, "/tmp/kept", O_RDWR | O_CREAT | O_TRUNC, 0644, &file) == 0);
    KTEST_EXPECT(put_bytes(file, "kept", 4, 2 * PAGE_SIZE) == 4);
    (void)pagecache_shrink(UINT64_MAX);
    KTEST_EXPECT(file_read_kernel(file, text, sizeof text, 2 * PAGE_SIZE) == 4 && memcmp(text, "kept", 4) == 0);
    KTEST_EXPECT(file_read_kernel(file, text, sizeof text, PAGE_SIZE) == sizeof text && text[0] == 0);
    KTEST_EXPECT(inode_truncate(file->inode, 2 * PAGE_SIZE + 2) == 0);
    KTEST_EXPECT(inode_truncate(file->inode, 2 * PAGE_SIZE + 4) == 0);
    KTEST_EXPECT(file_read_kernel(file, text, sizeof text, 2 * PAGE_SIZE) == 4 && memcmp(text, "ke\0\0", 4) == 0);
    file_put(file);
    KTEST_EXPECT(drop("/tmp/kept", false) == 0);
}

/* A mount takes half of memory, then says that the disk is full. */
KTEST(tmpfs, has_a_limit)
{
    static char block[16 * PAGE_SIZE];
    struct file *file;
    uint64_t offset = 0;
    ssize_t count;
    if (frames_free() < frames_total() * 3 / 4)
        return; /* too little memory left to try */
    KTEST_EXPECT(file_open(NULL, "/tmp/large", O_RDWR | O_CREAT, 0644, &file) == 0);
    while ((count = put_bytes(file, block, sizeof block, offset)) > 0)
        offset += (uint64_t)count;
    KTEST_EXPECT(count == -ENOSPC);
    KTEST_EXPECT(offset >> PAGE_SHIFT <= frames_total() / 2 && offset >> PAGE_SHIFT >= frames_total() / 2 - 16);
    KTEST_EXPECT(inode_truncate(file->inode, 0) == 0);
    KTEST_EXPECT(put_bytes(file, block, sizeof block, 0) == sizeof block);
    file_put(file);
    KTEST_EXPECT(drop("/tmp/large", false) == 0);
}

/* Several threads make, find and remove the same names. */
static void crowd(unsigned self, void *context)
{
    struct file *file;
    char name[32];
    (void)context;
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "/tmp/crowd/%u", (i * 7 + self) % 5);
        int error = file_open(NULL, name, O_RDWR | O_CREAT, 0644, &file);
        KTEST_EXPECT(error == 0);
        if (error != 0)
            continue;
        KTEST_EXPECT(put_bytes(file, "x", 1, self) == 1);
        file_put(file);
        error = drop(name, false);
        KTEST_EXPECT(error == 0 || error == -ENOENT);
    }
}

/* What /tmp has left: changed by its own files only, whoever else fills the cache. */
static struct linux_statfs tmp_status(void)
{
    struct linux_statfs status = {0};
    struct dentry *dentry;
    int error = path_lookup(NULL, "/tmp", 0, &dentry);
    KTEST_EXPECT(error == 0);
    if (error != 0)
        return status;
    struct filesystem *filesystem = dentry->inode->filesystem;
    KTEST_EXPECT(filesystem->type->statfs(filesystem, &status) == 0);
    dentry_put(dentry);
    return status;
}

/* Whether /tmp has as much left as `before`, soon: names that are being evicted hold their files for a moment. */
static bool tmp_comes_back(const struct linux_statfs *before)
{
    struct linux_statfs now = tmp_status();
    for (unsigned pause = 0; pause < 600; pause++) {
        if (now.blocks_free >= before->blocks_free && now.files_free >= before->files_free)
            return true;
        (void)thread_sleep_until(time_now() + NS_PER_SECOND / 20, false);
        now = tmp_status();
    }
    return false;
}

KTEST(vfs, a_crowd_at_one_directory)
{
    struct linux_statfs before = tmp_status();
    KTEST_EXPECT(before.blocks_free > 0 && before.files_free > 0);
    KTEST_EXPECT(make("/tmp/crowd", S_IFDIR | 0755) == 0);
    crew_run(crew_size(), crowd, NULL);
    KTEST_EXPECT(drop("/tmp/crowd", true) == 0);
    KTEST_EXPECT(tmp_comes_back(&before));
}

/* What half of the threads look up and give back again and again, without a lock, while the others make and remove /tmp/glimpse. */
struct glimpsed {
    const char *name;
    uint32_t mode; /* of /tmp/glimpse */
};

static void glimpse(unsigned self, void *context)
{
    const struct glimpsed *glimpsed = context;
    for (unsigned i = 0; i < 1000; i++) {
        int error = self % 2 == 0 ? look(glimpsed->name, 0, NULL) : make("/tmp/glimpse", glimpsed->mode);
        KTEST_EXPECT(error == 0 || error == (self % 2 == 0 ? -ENOENT : -EEXIST));
        if (self % 2 != 0) {
            error = drop("/tmp/glimpse", (glimpsed->mode & S_IFMT) == S_IFDIR);
            KTEST_EXPECT(error == 0 || error == -ENOENT);
        }
    }
}

/* A file whose name goes while somebody gives it back ends with the last who does: nobody may think it is another. */
KTEST(vfs, a_removed_file_does_not_stay)
{
    struct linux_statfs before = tmp_status();
    struct glimpsed file = {"/tmp/glimpse", S_IFREG | 0644};
    crew_run(crew_size(), glimpse, &file);
    KTEST_EXPECT(look("/tmp/glimpse", 0, NULL) == -ENOENT);
    KTEST_EXPECT(tmp_comes_back(&before));
}

/* The same of a directory, which the names that were looked for in it in vain keep. */
KTEST(vfs, a_removed_directory_does_not_stay)
{
    struct linux_statfs before = tmp_status();
    struct glimpsed absent = {"/tmp/glimpse/absent", S_IFDIR | 0755};
    crew_run(crew_size(), glimpse, &absent);
    KTEST_EXPECT(look("/tmp/glimpse", 0, NULL) == -ENOENT);
    KTEST_EXPECT(tmp_comes_back(&before));
}
