/*
 * swapon and swapoff from inside: what is no area, or somebody else's, priorities, the whole area counted, /proc/swaps. The test boot's own swap partition
 * is used. (Files, several areas, bad headers: test_swap_areas.c. The programs: tests/swap-errors.t.)
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/swap.h"
#include "kernel/fs/file.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/pagecache.h"
#include "mm/swap.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

KTEST(swap_calls, what_is_no_area_is_refused)
{
    KTEST_EXPECT(swap_start("/dev/vda1", 0) == -EINVAL);
    KTEST_EXPECT(swap_start("/bin", 0) == -EINVAL && swap_start("/bin/sh", 0) == -EINVAL);
    KTEST_EXPECT(swap_start("/nothing", 0) == -ENOENT && swap_stop(SWAP_PARTITION) == -EINVAL);
    swap_begin();
    KTEST_EXPECT(swap_start(SWAP_PARTITION, 0) == -EBUSY);
    swap_finish();
}

/* Opens it for the caller alone, and closes it again. */
static int open_alone(const char *path)
{
    struct file *file;
    int error = file_open(NULL, path, O_RDWR | O_EXCL, 0, &file);
    if (error == 0)
        file_put(file);
    return error;
}

KTEST(swap_calls, a_disk_has_one_use)
{
    struct file *file;
    KTEST_EXPECT(swap_start("/dev/vda2", 0) == -EBUSY && swap_start("/dev/vda", 0) == -EBUSY); /* mounted */
    KTEST_EXPECT(open_alone("/dev/vda2") == -EBUSY && open_alone("/dev/vda") == -EBUSY && open_alone("/dev/vda1") == 0);
    swap_begin();
    KTEST_EXPECT(open_alone(SWAP_PARTITION) == -EBUSY && open_alone("/dev/vda1") == 0);
    KTEST_EXPECT(mount_filesystem(SWAP_PARTITION, "/", "ext2", 0, "") == -EBUSY);
    swap_finish();
    KTEST_EXPECT(file_open(NULL, SWAP_PARTITION, O_RDONLY | O_EXCL, 0, &file) == 0);
    KTEST_EXPECT((file->flags & O_EXCL) == 0);
    KTEST_EXPECT(swap_start(SWAP_PARTITION, 0) == -EBUSY);
    KTEST_EXPECT(mount_filesystem(SWAP_PARTITION, "/", "ext2", 0, "") == -EBUSY);
    file_put(file);
    KTEST_EXPECT(mount_filesystem(SWAP_PARTITION, "/", "ext2", 0, "") == -EINVAL && open_alone(SWAP_PARTITION) == 0);
}

KTEST(swap_calls, a_file_that_is_used_otherwise_is_no_area)
{
    static const enum file_claim claims[] = {FILE_RUNS, FILE_WRITES};
    struct file *file;
    KTEST_EXPECT(file_open(NULL, "/bin/sh", O_RDONLY, 0, &file) == 0);
    for (unsigned i = 0; i < 2; i++) {
        KTEST_EXPECT(inode_claim(file->inode, claims[i]) == 0 && inode_claim(file->inode, claims[i]) == 0);
        KTEST_EXPECT(inode_claim(file->inode, claims[1 - i]) == -ETXTBSY && swap_start("/bin/sh", 0) == -ETXTBSY);
        inode_unclaim(file->inode, claims[i]);
        inode_unclaim(file->inode, claims[i]);
    }
    KTEST_EXPECT(inode_claim(file->inode, FILE_SWAPS) == 0 && inode_claim(file->inode, FILE_SWAPS) == -ETXTBSY);
    KTEST_EXPECT(inode_claim(file->inode, FILE_RUNS) == -ETXTBSY && inode_claim(file->inode, FILE_WRITES) == -ETXTBSY);
    inode_unclaim(file->inode, FILE_SWAPS);
    KTEST_EXPECT(file->inode->claims == 0 && swap_start("/bin/sh", 0) == -EINVAL);
    file_put(file);
}

/* The state and priority of the only area. */
static const struct swap_area *only_area(void)
{
    const struct swap_area *found = NULL;
    for (unsigned i = 0; i < SWAP_AREAS_MAX; i++) {
        if (swap_areas[i].state != SWAP_ABSENT) {
            KTEST_EXPECT(found == NULL);
            found = &swap_areas[i];
        }
    }
    return found;
}

KTEST(swap_calls, an_area_has_its_pages_and_its_priority)
{
    KTEST_EXPECT(swap_total() == 0 && only_area() == NULL);
    KTEST_EXPECT(swap_start(SWAP_PARTITION, LINUX_SWAP_PREFER | 7) == 0);
    const struct swap_area *area = only_area();
    KTEST_EXPECT(area != NULL && area->state == SWAP_ACTIVE && area->priority == 7 && area->used == 0);
    KTEST_EXPECT(swap_total() == area->pages && swap_free() == area->pages && area->pages == area->map.blocks - 1);
    KTEST_EXPECT(swap_stop(SWAP_PARTITION) == 0 && only_area() == NULL && swap_total() == 0);
    swap_begin();
    KTEST_EXPECT(only_area()->priority == -2);
    swap_finish();
}

/* A page whose block is in the only area, in somebody's hands: swapoff waits for it. */
static void leave_or_look(unsigned number, void *context)
{
    struct page *page = context;
    if (number == 0) {
        KTEST_EXPECT(swap_stop(SWAP_PARTITION) == 0);
        return;
    }
    while (only_area()->state != SWAP_LEAVING)
        (void)thread_sleep_until(time_now() + NS_PER_SECOND / 1000, false);
    KTEST_EXPECT(swap_stop(SWAP_PARTITION) == -EINVAL && swap_start(SWAP_PARTITION, 0) == -EBUSY && swap_free() == 0);
    struct text text = proc_text("swaps");
    KTEST_EXPECT(text_count(&text, "\n" SWAP_PARTITION " ") == 1 && text_count(&text, "\t\t4\t\t-2\n") == 1);
    text_release(&text);
    page_put(page);
}

KTEST(swap_calls, an_area_that_leaves_is_shown_and_is_nobody_elses)
{
    swap_begin();
    struct aspace *aspace = space_filled(1, 7);
    KTEST_EXPECT(space_evict(aspace, 1) == 1);
    space_verify(aspace, 1, 7);
    struct page *page = atomic_load(&space_anon(aspace, 0)->page);
    page_busy_wait(page);
    crew_run(2, leave_or_look, page);
    KTEST_EXPECT(only_area() == NULL);
    space_verify(aspace, 1, 7);
    aspace_put(aspace);
}

KTEST(swap_calls, swaps_lists_it)
{
    static const char head[] = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
    struct text text = proc_text("swaps");
    KTEST_EXPECT(strcmp(text.data, head) == 0);
    text_release(&text);
    swap_begin();
    text = proc_text("swaps");
    KTEST_EXPECT(text_count(&text, "\n" SWAP_PARTITION " ") == 1 && text_count(&text, "partition\t") == 1);
    KTEST_EXPECT(text_count(&text, "\t\t0\t\t-2\n") == 1 && text_count(&text, "\n") == 2);
    text_release(&text);
    swap_finish();
}
