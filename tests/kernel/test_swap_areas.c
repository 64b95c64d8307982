/*
 * Swap areas on files: headers that are refused, holes, bad pages, several areas at once by their priorities.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/swap.h"
#include "kernel/dev/block.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 20, SLOTS = PAGES - 1, BATCH = 8 };

#define FIRST "/ktest-swap1"
#define SECOND "/ktest-swap2"

static struct file *file_make(const char *path)
{
    struct file *file;
    KTEST_EXPECT(file_open(NULL, path, O_RDWR | O_CREAT | O_TRUNC, 0600, &file) == 0);
    return file;
}

static void page_write(struct file *file, void *page, uint64_t number)
{
    struct uio uio;
    uint64_t offset = number << PAGE_SHIFT;
    uio_init_kernel(&uio, page, PAGE_SIZE, false);
    KTEST_EXPECT(file_write(file, &uio, &offset) == PAGE_SIZE);
}

static void file_remove(const char *path)
{
    struct path_walk walk;
    KTEST_EXPECT(path_walk(&walk, NULL, path, WALK_PARENT) == 0 && name_unlink(&walk, false) == 0);
    dentry_put(walk.at);
}

/* The header that mkswap would write for PAGES pages; to be freed. */
static union linux_swap_header *header_make(void)
{
    union linux_swap_header *header = kmalloc(sizeof(*header));
    memset(header, 0, sizeof(*header));
    header->info.version = 1;
    header->info.last_page = PAGES - 1;
    memcpy(header->magic.text, LINUX_SWAP_MAGIC, sizeof(header->magic.text));
    return header;
}

/* A file of PAGES pages, all of them there but `hole`, with that header. */
static void file_prepare(const char *path, union linux_swap_header *header, uint64_t hole)
{
    struct file *file = file_make(path);
    for (uint64_t i = PAGES; i-- > 0;) {
        if (i != hole)
            page_write(file, header, i);
    }
    file_put(file);
}

/* What swapon says of such a file. Where it says 0, swapoff does, too. */
static int swapon_says(union linux_swap_header *header, uint64_t hole)
{
    file_prepare(FIRST, header, hole);
    int result = swap_start(FIRST, 0);
    KTEST_EXPECT(swap_stop(FIRST) == (result == 0 ? 0 : -EINVAL));
    file_remove(FIRST);
    return result;
}

KTEST(swap_areas, what_cannot_be_written_is_refused)
{
    struct file *file = file_make("/tmp/ktest-swap"), *disk;
    KTEST_EXPECT(file_open(NULL, SWAP_PARTITION, O_RDONLY, 0, &disk) == 0);
    struct block_device *device = block_find_number((uint32_t)disk->inode->device);
    struct filesystem *filesystem = file->inode->filesystem;
    file_put(file);
    device->read_only = true;
    filesystem->read_only = true;
    KTEST_EXPECT(swap_start(SWAP_PARTITION, 0) == -EROFS && swap_start("/tmp/ktest-swap", 0) == -EROFS);
    filesystem->read_only = false;
    device->read_only = false;
    KTEST_EXPECT(swap_start("/tmp/ktest-swap", 0) == -EINVAL);
    file_put(disk);
    file_remove("/tmp/ktest-swap");
    swap_begin(); /* it is nobody's, as before */
    swap_finish();
}

KTEST(swap_areas, a_header_is_not_trusted)
{
    union linux_swap_header *header = header_make();
    KTEST_EXPECT(swapon_says(header, UINT64_MAX) == 0);
    header->magic.text[9] = '1';
    KTEST_EXPECT(swapon_says(header, UINT64_MAX) == -EINVAL);
    header->magic.text[9] = '2';
    header->info.version = 2;
    KTEST_EXPECT(swapon_says(header, UINT64_MAX) == -EINVAL);
    header->info.version = 1;
    static const uint32_t wrong_ends[] = {0, PAGES, UINT32_MAX};
    for (unsigned i = 0; i < sizeof(wrong_ends) / sizeof(wrong_ends[0]); i++) {
        header->info.last_page = wrong_ends[i];
        KTEST_EXPECT(swapon_says(header, UINT64_MAX) == -EINVAL);
    }
    header->info.last_page = 1;
    KTEST_EXPECT(swapon_says(header, UINT64_MAX) == 0);
    header->info.bad_count = 1; /* all there is */
    header->info.bad[0] = 1;
    KTEST_EXPECT(swapon_says(header, UINT64_MAX) == -EINVAL);
    kfree(header);
}

KTEST(swap_areas, a_list_of_bad_pages_is_not_trusted)
{
    union linux_swap_header *header = header_make();
    static const uint32_t wrong_counts[] = {LINUX_SWAP_BAD_MAX + 1, UINT32_MAX}, wrong_pages[] = {0, PAGES, UINT32_MAX};
    for (unsigned i = 0; i < sizeof(wrong_counts) / sizeof(wrong_counts[0]); i++) {
        header->info.bad_count = wrong_counts[i];
        KTEST_EXPECT(swapon_says(header, UINT64_MAX) == -EINVAL);
    }
    header->info.bad_count = 2;
    header->info.bad[0] = 3;
    for (unsigned i = 0; i < sizeof(wrong_pages) / sizeof(wrong_pages[0]); i++) {
        header->info.bad[1] = wrong_pages[i];
        KTEST_EXPECT(swapon_says(header, UINT64_MAX) == -EINVAL);
    }
    kfree(header);
}

KTEST(swap_areas, a_file_has_no_holes)
{
    union linux_swap_header *header = header_make();
    KTEST_EXPECT(swapon_says(header, 1) == -EINVAL && swapon_says(header, PAGES / 2) == -EINVAL);
    header->info.last_page = PAGES / 2 - 1; /* the hole is behind the area */
    KTEST_EXPECT(swapon_says(header, PAGES / 2) == 0);
    kfree(header);
}

/* The area on that file, or null. */
static struct swap_area *area_on(const char *path)
{
    for (unsigned i = 0; i < SWAP_AREAS_MAX; i++) {
        if (swap_areas[i].state != SWAP_ABSENT && strcmp(swap_areas[i].path, path) == 0)
            return &swap_areas[i];
    }
    return NULL;
}

KTEST(swap_areas, bad_pages_are_never_used)
{
    static const uint32_t bad[] = {4, 9, PAGES - 1, 9}; /* one twice */
    union linux_swap_header *header = header_make();
    header->info.bad_count = 4;
    memcpy(header->info.bad, bad, sizeof(bad));
    file_prepare(FIRST, header, UINT64_MAX);
    KTEST_EXPECT(swap_start(FIRST, 0) == 0 && swap_total() == SLOTS - 3 && area_on(FIRST)->pages == SLOTS - 3);
    standby_empty();
    struct aspace *aspace = space_filled(SLOTS, 100);
    (void)space_evict(aspace, SLOTS);
    KTEST_EXPECT(swap_used() == SLOTS - 3 && swap_free() == 0);
    spin_lock(&swap_lock);
    for (unsigned i = 0; i < 4; i++)
        KTEST_EXPECT(swap_owner_locked(area_on(FIRST), bad[i]) == NULL);
    spin_unlock(&swap_lock);
    standby_empty();
    space_verify(aspace, SLOTS, 100);
    aspace_put(aspace);
    KTEST_EXPECT(swap_stop(FIRST) == 0 && swap_total() == 0);
    file_remove(FIRST);
    kfree(header);
}

/* Begins two areas. */
static void two_begin(int first_priority, int second_priority)
{
    union linux_swap_header *header = header_make();
    file_prepare(FIRST, header, UINT64_MAX);
    file_prepare(SECOND, header, UINT64_MAX);
    KTEST_EXPECT(swap_start(FIRST, LINUX_SWAP_PREFER | (uint64_t)first_priority) == 0);
    KTEST_EXPECT(swap_start(SECOND, LINUX_SWAP_PREFER | (uint64_t)second_priority) == 0);
    KTEST_EXPECT(area_on(FIRST)->priority == first_priority && area_on(SECOND)->priority == second_priority);
    kfree(header);
    standby_empty();
}

static void two_finish(struct aspace *aspace, uint64_t pages)
{
    vm_check();
    standby_empty();
    space_verify(aspace, pages, 100);
    aspace_put(aspace);
    KTEST_EXPECT(swap_used() == 0 && swap_stop(FIRST) == 0 && swap_stop(SECOND) == 0 && swap_total() == 0);
    file_remove(FIRST);
    file_remove(SECOND);
}

KTEST(swap_areas, the_highest_priority_is_filled_first)
{
    enum { BOTH = SLOTS + BATCH };
    for (unsigned high = 0; high < 2; high++) {
        two_begin(high == 0 ? 9 : 5, high == 0 ? 5 : 9);
        struct swap_area *first = area_on(high == 0 ? FIRST : SECOND), *second = area_on(high == 0 ? SECOND : FIRST);
        struct aspace *aspace = space_filled(BOTH, 100);
        (void)space_evict(aspace, BATCH);
        KTEST_EXPECT(first->used == BATCH && second->used == 0);
        (void)space_evict(aspace, BOTH);
        KTEST_EXPECT(first->used == SLOTS && second->used == BATCH);
        two_finish(aspace, BOTH);
    }
}

KTEST(swap_areas, equal_areas_fill_evenly)
{
    two_begin(3, 3);
    const struct swap_area *first = area_on(FIRST), *second = area_on(SECOND);
    struct aspace *aspace = space_filled(4 * BATCH, 100);
    for (unsigned pages = BATCH; pages <= 4 * BATCH; pages += BATCH) {
        (void)space_evict(aspace, pages);
        unsigned more = first->used > second->used ? first->used : second->used;
        KTEST_EXPECT(first->used + second->used == pages && more <= pages / 2 + BATCH / 2);
    }
    KTEST_EXPECT(first->used == 2 * BATCH && second->used == 2 * BATCH);
    two_finish(aspace, 4 * BATCH);
}
