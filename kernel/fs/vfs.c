/*
 * Start-up of everything about files.
 */
#include "kernel/fs/vfs.h"

#include "kernel/abi/statfs.h"
#include "kernel/dev/block.h"
#include "kernel/fs/chardev.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/devpts.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/ext2.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/page_io.h"
#include "kernel/fs/pipe.h"
#include "kernel/fs/proc.h"
#include "kernel/fs/text.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/fs/write_behind.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/pagecache.h"

void vfs_init(void)
{
    inode_cache_init();
    dentry_cache_init();
    file_cache_init();
    epoll_init();
    page_io_init();
    pipe_init();
    memory_devices_register();
    ext2_init();
    tmpfs_init();
    devfs_init();
    devpts_init();
    proc_init();
    write_behind_register();
}

static void noreturn_function vfs_no_root(const char *source, int error)
{
    struct text disks;
    text_init(&disks);
    for (unsigned i = 0; i < block_count(); i++)
        text_printf(&disks, " /dev/%s", block_at(i)->name);
    panic("cannot mount the root file system from %s: error %d; disks and partitions:%.*s", source, -error,
          (int)disks.length, disks.length > 0 ? disks.data : "");
}

static void vfs_mount(const char *source, const char *target, const char *type, uint64_t flags)
{
    int error = mount_filesystem(source, target, type, flags, "");
    if (error != 0)
        log_write(LOG_WARNING, "cannot mount %s on %s: error %d", type, target, -error);
}

/* The partition with this GUID; null if none has it, or it is all zeros. */
static const struct block_device *partition_find(const uint8_t guid[16])
{
    static const uint8_t none[16];
    for (unsigned i = 0; i < block_count() && memcmp(guid, none, sizeof(none)) != 0; i++) {
        const struct block_device *device = block_at(i);
        if (device->partition != 0 && memcmp(device->unique_guid, guid, sizeof(none)) == 0)
            return device;
    }
    return NULL;
}

/* The file of the disk with the root file system: as the option says, else in memory, else where the loader found it. */
static const char *root_source(const uint8_t guid[16])
{
    static char path[32];
    const char *option = option_text("root", NULL);
    const struct block_device *memory = block_find("ram0"), *partition = partition_find(guid);
    if (option != NULL && strcmp(option, "ram") != 0)
        return option;
    if (memory != NULL || option != NULL)
        return "/dev/ram0";
    snprintf(path, sizeof(path), "/dev/%s", partition != NULL ? partition->name : "vda2");
    return path;
}

void vfs_mount_root(const uint8_t guid[16])
{
    const char *source = root_source(guid);
    int error = mount_filesystem(source, "/", "ext2", 0, "");
    if (error != 0)
        vfs_no_root(source, error);
    vfs_mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID);
    vfs_mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC);
    vfs_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    vfs_mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV);
    vfs_mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV);
    write_behind_start();
}
