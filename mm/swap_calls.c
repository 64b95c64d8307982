/*
 * swapon and swapoff, and /proc/swaps. An area's first page is the header that mkswap of util-linux writes:
 *
 *     byte 1024   version (1), last page, number of bad pages        byte 1536   the bad pages        byte 4086   "SWAPSPACE2"
 *
 * Nothing in it is trusted. A swap file must have all of its blocks; while it is in use it cannot be written or run (ETXTBSY), and its names stay (EPERM).
 * A disk is held for the area alone (kernel/dev/block_hold.c).
 *
 * Lock: calls_lock (mutex, RANK_DEVICE is above what opening a file takes, so files are opened before it) guards which areas there are, with swap_lock
 * for their states. A LEAVING one is its swapoff's, which empties it without the lock: that may take long, and /proc/swaps shows how far it is.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/swap.h"
#include "kernel/dev/block.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/fs/proc.h"
#include "kernel/log.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/pagecache.h"
#include "mm/report.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "mm/swap_io.h"
#include "mm/swapin.h"

enum {
    OWNERS_PER_FRAME = PAGE_SIZE / sizeof(void *),
    SECTORS_PER_PAGE = PAGE_SIZE / SECTOR_SIZE,
    KILOBYTES = PAGE_SIZE / 1024
};

static struct mutex calls_lock = MUTEX_INIT(calls_lock, RANK_DEVICE);

/* --- the header --------------------------------------------------------------------------------------------------- */

/* Reads the header of a file of `pages` pages. 0, -EINVAL, or why it cannot be read. */
static int header_read(struct file *file, uint64_t pages, union linux_swap_header *header)
{
    ssize_t length = file_read_kernel(file, header, PAGE_SIZE, 0);
    if (length < 0)
        return (int)length;
    if (length != PAGE_SIZE || memcmp(header->magic.text, LINUX_SWAP_MAGIC, sizeof(header->magic.text)) != 0)
        return -EINVAL;
    if (header->info.version != 1 || header->info.bad_count > LINUX_SWAP_BAD_MAX)
        return -EINVAL;
    if (header->info.last_page == 0 || header->info.last_page >= pages ||
        header->info.last_page >= (uint32_t)1 << SWAP_SLOT_BITS)
        return -EINVAL;
    return 0;
}

/* --- where the pages lie ------------------------------------------------------------------------------------------ */

/* Adds a page to the extents, which have room for `capacity`. 0 or -ENOMEM. */
static int extent_add(struct swap_area *area, unsigned *capacity, uint32_t slot, uint64_t sector)
{
    struct swap_extent *last = area->extent_count > 0 ? &area->extents[area->extent_count - 1] : NULL;
    if (last != NULL && sector == last->sector + (uint64_t)last->count * SECTORS_PER_PAGE) {
        last->count++;
        return 0;
    }
    if (area->extent_count == *capacity) {
        unsigned doubled = *capacity > 0 ? 2 * *capacity : 16;
        struct swap_extent *more = kmalloc(doubled * sizeof(*more));
        if (more == NULL)
            return -ENOMEM;
        if (last != NULL)
            memcpy(more, area->extents, area->extent_count * sizeof(*more));
        kfree(area->extents);
        area->extents = more;
        *capacity = doubled;
    }
    area->extents[area->extent_count++] = (struct swap_extent){slot, 1, sector};
    return 0;
}

static int extents_of_file(struct swap_area *area, struct object *object, uint32_t slots)
{
    unsigned capacity = 0;
    if (object->ops->locate == NULL)
        return -EINVAL;
    for (uint32_t slot = 0; slot < slots; slot++) {
        uint64_t sector;
        int error = object->ops->locate(object, slot, &area->device, &sector);
        if (error == -ENOENT)
            return -EINVAL; /* a hole */
        if (error == 0)
            error = extent_add(area, &capacity, slot, sector);
        if (error != 0)
            return error;
    }
    return 0;
}

/* The disk behind a device file, or null. */
static struct block_device *area_device(const struct inode *inode)
{
    return inode_is(inode, S_IFBLK) ? block_find_number((uint32_t)inode->device) : NULL;
}

static int extents_of_device(struct swap_area *area, const struct inode *inode, uint32_t slots)
{
    area->device = area_device(inode);
    area->extents = kmalloc(sizeof(*area->extents));
    if (area->extents == NULL)
        return -ENOMEM;
    area->extents[0] = (struct swap_extent){0, slots, 0};
    area->extent_count = 1;
    return 0;
}

/* --- an area's life ----------------------------------------------------------------------------------------------- */

/* Pages of what is to be an area; 0 for what cannot be one. */
static uint64_t file_pages(const struct file *file)
{
    const struct inode *inode = file->inode;
    if (inode_is(inode, S_IFREG))
        return inode_size(inode) >> PAGE_SHIFT;
    const struct block_device *device = area_device(inode);
    return device != NULL ? device->sectors / SECTORS_PER_PAGE : 0;
}

static void area_free(struct swap_area *area)
{
    kfree(area->map.used);
    kfree(area->owners);
    kfree(area->extents);
    kfree(area->path);
    if (area->file == NULL)
        return;
    if (inode_is(area->file->inode, S_IFREG))
        inode_names_release(area->file->inode);
    file_put(area->file);
}

/* Looks up what the area is called now: a directory above a swap file may have been renamed. calls_lock is held, or nobody else knows the area. */
static void area_name(struct swap_area *area)
{
    char *path = dentry_path(area->file->dentry, area->path, PATH_MAX);
    memmove(area->path, path, strlen(path) + 1);
}

/* The memory an area of `slots` slots needs, and its path for /proc/swaps. */
static int area_allocate(struct swap_area *area, uint32_t slots)
{
    size_t owners = (slots + OWNERS_PER_FRAME - 1) / OWNERS_PER_FRAME * sizeof(*area->owners);
    uint64_t *used = kmalloc(swapmap_size(slots));
    area->owners = kmalloc(owners);
    area->path = kmalloc(PATH_MAX);
    if (used == NULL || area->owners == NULL || area->path == NULL) {
        kfree(used);
        return -ENOMEM;
    }
    memset(area->owners, 0, owners);
    swapmap_init(&area->map, used, slots);
    area_name(area);
    return 0;
}

/* Takes the header's bad pages out. */
static int area_exclude_bad(struct swap_area *area, const union linux_swap_header *header)
{
    for (uint32_t i = 0; i < header->info.bad_count; i++) {
        uint32_t bad = header->info.bad[i];
        if (bad == 0 || bad > header->info.last_page)
            return -EINVAL;
        (void)swapmap_exclude(&area->map, bad);
    }
    area->pages = area->map.free;
    return area->pages > 0 ? 0 : -EINVAL;
}

/*
 * What was written to the disk or file before must not reach it later, over what will be swapped there: it is written now, and the page cache has
 * nothing of it afterwards. 0, or why it cannot be written.
 */
static int cache_settle(struct file *file)
{
    int error = file_sync(file, true);
    if (error == 0)
        pagecache_drop(file_object(file), 0, UINT64_MAX);
    return error;
}

/* Fills in everything but state and priority for the opened file. On errors area_free() cleans up. */
static int area_prepare(struct swap_area *area, union linux_swap_header *header)
{
    struct file *file = area->file;
    int error = inode_is(file->inode, S_IFREG) ? file_claim(file, FILE_SWAPS) : 0;
    if (error == 0)
        error = header_read(file, file_pages(file), header);
    if (error != 0)
        return error;
    uint32_t slots = header->info.last_page + 1;
    error = area_allocate(area, slots);
    if (error == 0)
        error = area_exclude_bad(area, header);
    if (error == 0)
        error = cache_settle(file);
    if (error != 0)
        return error;
    return inode_is(file->inode, S_IFREG) ? extents_of_file(area, &file->inode->object, slots)
                                          : extents_of_device(area, file->inode, slots);
}

/* The area that is on the same file or disk, or null; calls_lock is held. */
static struct swap_area *area_find(const struct inode *inode)
{
    for (struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS_MAX; area++) {
        if (area->state == SWAP_ABSENT)
            continue;
        const struct inode *other = area->file->inode;
        if (other == inode || (inode_is(inode, S_IFBLK) && inode_is(other, S_IFBLK) && other->device == inode->device))
            return area;
    }
    return NULL;
}

/* Priorities not asked for go down from -2, as Linux's. */
static int priority_next(void)
{
    int lowest = -1;
    for (const struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS_MAX; area++)
        lowest = area->state != SWAP_ABSENT && area->priority < lowest ? area->priority : lowest;
    return lowest - 1;
}

/* Puts a prepared area among the others. 0, -EPERM: there are too many (Linux's error). calls_lock is held. */
static int area_publish(const struct swap_area *prepared, uint32_t flags)
{
    struct swap_area *place = swap_areas;
    while (place < swap_areas + SWAP_AREAS_MAX && place->state != SWAP_ABSENT)
        place++;
    if (place == swap_areas + SWAP_AREAS_MAX)
        return -EPERM;
    int priority = (flags & LINUX_SWAP_PREFER) != 0 ? (int)(flags & LINUX_SWAP_PRIORITY) : priority_next();
    spin_lock(&swap_lock);
    *place = *prepared;
    place->priority = priority;
    place->state = SWAP_ACTIVE;
    spin_unlock(&swap_lock);
    log_write(LOG_INFO, "swap: %s: %u pages, priority %d, %u extents", place->path, place->pages, priority,
              place->extent_count);
    return 0;
}

/* Opens what is, or is to be, an area: then with O_EXCL, that a disk is nobody else's. */
static int area_open(const char *path, uint32_t flags, struct file **opened)
{
    struct file *file;
    int error = file_open(NULL, path, O_RDONLY | flags, 0, &file);
    if (error != 0)
        return error;
    if (!inode_is(file->inode, S_IFREG) && !inode_is(file->inode, S_IFBLK)) {
        file_put(file);
        return -EINVAL;
    }
    *opened = file;
    return 0;
}

/* Whether nothing can be written there. It is not opened for writing, which would be a claim of its own (FILE_WRITES). */
static bool is_read_only(const struct inode *inode)
{
    const struct block_device *device = area_device(inode);
    return inode_is(inode, S_IFREG) ? inode_is_read_only(inode) : device != NULL && device->read_only;
}

/* Opens what is to be an area, and takes it for that alone: area_free() gives it back. 0, -EBUSY, -EROFS, or as opening it. */
static int area_take(const char *path, struct file **taken)
{
    struct file *file;
    int error = area_open(path, O_EXCL, &file);
    if (error != 0)
        return error;
    if (is_read_only(file->inode))
        error = -EROFS;
    else if (inode_is(file->inode, S_IFREG))
        error = inode_names_keep(file->inode);
    if (error == 0)
        *taken = file;
    else
        file_put(file);
    return error;
}

static bool is_root(void)
{
    return process_current()->credentials.euid == 0;
}

int swap_start(const char *path, uint32_t flags)
{
    struct swap_area area = {0};
    union linux_swap_header *header = kmalloc(sizeof(*header));
    if (header == NULL)
        return -ENOMEM;
    int error = area_take(path, &area.file);
    if (error == 0)
        error = area_prepare(&area, header);
    kfree(header);
    if (error == 0) {
        mutex_lock(&calls_lock);
        error = area_publish(&area, flags);
        mutex_unlock(&calls_lock);
    }
    if (error != 0)
        area_free(&area);
    return error;
}

static void state_set(struct swap_area *area, enum swap_state state)
{
    spin_lock(&swap_lock);
    area->state = state;
    spin_unlock(&swap_lock);
}

/* Makes the file's area LEAVING; null: it is none, or another swapoff's. */
static struct swap_area *area_leave(const struct inode *inode)
{
    mutex_lock(&calls_lock);
    struct swap_area *area = area_find(inode);
    if (area != NULL && area->state == SWAP_LEAVING)
        area = NULL;
    if (area != NULL)
        state_set(area, SWAP_LEAVING);
    mutex_unlock(&calls_lock);
    return area;
}

/* An area with a priority that was not asked for has gone: those below it come up by one, as Linux's do. calls_lock and swap_lock are held. */
static void priorities_close(int gone)
{
    for (struct swap_area *area = swap_areas; gone < 0 && area < swap_areas + SWAP_AREAS_MAX; area++)
        area->priority += area->priority < gone;
}

/* Ends a LEAVING area that is empty. */
static void area_end(struct swap_area *area)
{
    mutex_lock(&calls_lock);
    struct swap_area ended = *area;
    spin_lock(&swap_lock);
    *area = (struct swap_area){.state = SWAP_ABSENT};
    priorities_close(ended.priority);
    spin_unlock(&swap_lock);
    mutex_unlock(&calls_lock);
    area_free(&ended);
}

int swap_stop(const char *path)
{
    struct file *file;
    int error = area_open(path, 0, &file);
    if (error != 0)
        return error;
    struct swap_area *area = area_leave(file->inode);
    file_put(file);
    if (area == NULL)
        return -EINVAL;
    error = swap_in_all(area);
    if (error == 0)
        area_end(area);
    else
        state_set(area, SWAP_ACTIVE);
    return error;
}

long sys_swapon(struct registers *regs)
{
    struct user_path path;
    uint32_t flags = (uint32_t)regs->rsi;
    if ((flags & ~(uint32_t)LINUX_SWAP_FLAGS) != 0)
        return -EINVAL;
    if (!is_root())
        return -EPERM;
    int error = user_path_get(&path, regs->rdi);
    if (error != 0)
        return error;
    error = swap_start(path.text, flags);
    user_path_put(&path);
    return error;
}

long sys_swapoff(struct registers *regs)
{
    struct user_path path;
    if (!is_root())
        return -EPERM;
    int error = user_path_get(&path, regs->rdi);
    if (error != 0)
        return error;
    error = swap_stop(path.text);
    user_path_put(&path);
    return error;
}

/* --- /proc -------------------------------------------------------------------------------------------------------- */

static void swaps_show(struct text *text)
{
    text_printf(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    mutex_lock(&calls_lock);
    for (struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS_MAX; area++) {
        if (area->state == SWAP_ABSENT)
            continue;
        area_name(area);
        bool partition = inode_is(area->file->inode, S_IFBLK);
        text_printf(text, "%s ", area->path);
        text_pad(text, 40);
        text_printf(text, "%s\t%u\t\t%u\t\t%d\n", partition ? "partition" : "file\t", area->pages * KILOBYTES,
                    area->used * KILOBYTES, area->priority);
    }
    mutex_unlock(&calls_lock);
}

static uint64_t page_cluster_get(unsigned which)
{
    (void)which;
    return atomic_load(&swap_cluster);
}

static int page_cluster_set(unsigned which, uint64_t order)
{
    (void)which;
    atomic_store(&swap_cluster, (unsigned)order);
    return 0;
}

static uint64_t patience_get(unsigned which)
{
    (void)which;
    return atomic_load(&swap_io_patience);
}

static int patience_set(unsigned which, uint64_t patience)
{
    (void)which;
    atomic_store(&swap_io_patience, patience);
    return 0;
}

void swap_calls_register(void)
{
    static const struct proc_number page_cluster = {"sys/vm/page-cluster", page_cluster_get, page_cluster_set, 0, 0, 5};
    static const struct proc_number patience = {"sys/vm/swap_patience_ms", patience_get, patience_set, 0, 1, 1000000};
    proc_register("swaps", swaps_show, NULL);
    proc_register_number(&page_cluster);
    proc_register_number(&patience);
}
