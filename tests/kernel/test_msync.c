/*
 * msync: what a shared mapping has modified is on its device when the call returns; mincore: what of a mapping is in memory.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/mman.h"
#include "kernel/fs/dentry.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "mm/pagecache.h"
#include "mm/usercopy.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

#define NAME "/ktest-msync"

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static long call(struct aspace *aspace, space_system_call *system_call, uint64_t page, uint64_t pages, uint64_t third)
{
    uint64_t arguments[6] = {page_at(page), pages << PAGE_SHIFT, third};
    return space_call(aspace, system_call, arguments);
}

/* A file of the root disk, mapped from SPACE_BASE on, page by page: shared, private, shared. */
static struct file *file_mapped(struct aspace *aspace)
{
    struct file *file;
    vaddr_t at;
    KTEST_EXPECT(file_open(NULL, NAME, O_RDWR | O_CREAT | O_TRUNC, 0644, &file) == 0);
    KTEST_EXPECT(inode_truncate(file->inode, 3 * PAGE_SIZE) == 0);
    for (unsigned i = 0; i < 3; i++) {
        struct map_request request = {
            .address = page_at(i),
            .fixed = true,
            .length = PAGE_SIZE,
            .offset = i * PAGE_SIZE,
            .object = &file->inode->object,
            .file = file,
            .flags = SPACE_RW | (i != 1 ? AREA_SHARED : 0),
        };
        KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0);
        space_store(aspace, page_at(i), i + 1);
    }
    return file;
}

static void file_end(struct file *file)
{
    struct path_walk walk;
    file_put(file);
    KTEST_EXPECT(path_walk(&walk, NULL, NAME, WALK_PARENT) == 0 && name_unlink(&walk, false) == 0);
    dentry_put(walk.at);
}

KTEST(msync, shared_pages_are_written)
{
    struct aspace *aspace = aspace_create();
    struct file *file = file_mapped(aspace);
    struct object *object = &file->inode->object;
    KTEST_EXPECT(object->dirty_pages == 2);
    KTEST_EXPECT(call(aspace, sys_msync, 1, 1, MS_SYNC) == 0 &&
                 object->dirty_pages == 2); /* a private copy is no file's */
    KTEST_EXPECT(call(aspace, sys_msync, 0, 3, MS_ASYNC) == 0 && call(aspace, sys_msync, 0, 3, 0) == 0 &&
                 object->dirty_pages == 2);
    KTEST_EXPECT(call(aspace, sys_msync, 0, 3, MS_SYNC) == 0 && object->dirty_pages == 0);
    vm_check();
    space_store(aspace, page_at(2), 30); /* faults: it is clean, and dirty again */
    KTEST_EXPECT(object->dirty_pages == 1);
    KTEST_EXPECT(call(aspace, sys_msync, 2, 1, MS_SYNC | MS_INVALIDATE) == 0 && object->dirty_pages == 0);
    pagecache_drop(object, 0, UINT64_MAX);
    aspace_put(aspace);
    pagecache_drop(object, 0, UINT64_MAX);
    uint64_t word = 0;
    KTEST_EXPECT(file_read_kernel(file, &word, sizeof word, 2 * PAGE_SIZE) == sizeof word &&
                 word == 30); /* from the disk */
    KTEST_EXPECT(file_read_kernel(file, &word, sizeof word, PAGE_SIZE) == sizeof word && word == 0);
    file_end(file);
}

KTEST(msync, errors)
{
    struct aspace *aspace = aspace_create();
    struct file *file = file_mapped(aspace);
    uint64_t crooked[6] = {page_at(0) + 1, PAGE_SIZE, MS_SYNC},
             wrap[6] = {page_at(0), UINT64_MAX - 2 * PAGE_SIZE, MS_SYNC};
    KTEST_EXPECT(space_call(aspace, sys_msync, crooked) == -EINVAL && space_call(aspace, sys_msync, wrap) == -ENOMEM);
    KTEST_EXPECT(call(aspace, sys_msync, 0, 1, MS_SYNC | MS_ASYNC) == -EINVAL &&
                 call(aspace, sys_msync, 0, 1, 64) == -EINVAL);
    KTEST_EXPECT(call(aspace, sys_msync, 2, 3, MS_SYNC) == -ENOMEM &&
                 file->inode->object.dirty_pages == 0); /* done, and a hole */
    KTEST_EXPECT(call(aspace, sys_msync, 9, 1, MS_ASYNC) == -ENOMEM && call(aspace, sys_msync, 9, 0, MS_SYNC) == 0);
    space_map(aspace, page_at(4), 1, SPACE_RW | AREA_LOCKED);
    KTEST_EXPECT(call(aspace, sys_msync, 4, 1, MS_INVALIDATE) == -EBUSY && call(aspace, sys_msync, 4, 1, MS_SYNC) == 0);
    aspace_put(aspace);
    file_end(file);
}

/* mincore's answers for up to eight pages as a number, the first one's in the lowest bit. */
static unsigned in_core(struct aspace *aspace, uint64_t page, uint64_t pages)
{
    unsigned answer = 0;
    uint8_t bytes[8];
    KTEST_EXPECT(call(aspace, sys_mincore, page, pages, page_at(500)) == 0);
    KTEST_EXPECT(copy_from_aspace(aspace, bytes, page_at(500), pages) == 0);
    for (unsigned i = 0; i < pages; i++)
        answer |= (bytes[i] & 1u) << i;
    return answer;
}

KTEST(mincore, tells_what_is_in_memory)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(4 * PAGE_SIZE, true);
    fake_object_init(&fake, 8);
    space_map(aspace, page_at(500), 1, SPACE_RW);
    space_map(aspace, page_at(0), 4, SPACE_RW | AREA_NOHUGE);
    space_map_object(aspace, page_at(4), 4, SPACE_RW, &fake.object, 4);
    space_map_object(aspace, page_at(10), 4, SPACE_RW | AREA_SHARED, object, 0);
    object_put(object);
    KTEST_EXPECT(in_core(aspace, 0, 8) == 0 && in_core(aspace, 10, 4) == 0);
    space_store(aspace, page_at(1), 1);
    space_store(aspace, page_at(12), 1);
    pagecache_prefetch(&fake.object, &(struct readahead_range){.first = 6, .count = 1, .asked = 6, .demanded = 1});
    KTEST_EXPECT(in_core(aspace, 0, 8) == (1 << 1 | 1 << 6) &&
                 in_core(aspace, 10, 4) == 1 << 2); /* in memory, mapped or not */
    (void)space_evict_page(aspace, page_at(1));
    KTEST_EXPECT(call(aspace, sys_mincore, 8, 1, page_at(500)) == -ENOMEM &&
                 call(aspace, sys_mincore, 0, 1, page_at(600)) == -EFAULT);
    KTEST_EXPECT(call(aspace, sys_mincore, 0, 0, page_at(500)) == 0);
    vm_check();
    aspace_put(aspace);
    fake_object_end(&fake);
}
