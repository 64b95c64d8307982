/*
 * Files that live in memory, on their way to swap and back: of tmpfs, written and read by calls and through shared and private mappings. The test
 * boot's own swap partition is used.
 */
#include "mm/shm.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/fs/names.h"
#include "kernel/fs/path.h"
#include "kernel/ktest.h"
#include "kernel/uio.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/commit.h"
#include "mm/evict.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { PAGES = 32 };

static const char path[] = "/tmp/shm";

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static ssize_t put_word(struct file *file, uint64_t page, uint64_t word)
{
    struct uio uio;
    uint64_t offset = page << PAGE_SHIFT;
    uio_init_kernel(&uio, &word, sizeof word, false);
    return file_write_at(file, &uio, &offset);
}

static uint64_t get_word(struct file *file, uint64_t page)
{
    uint64_t word = UINT64_MAX;
    KTEST_EXPECT(file_read_kernel(file, &word, sizeof word, page << PAGE_SHIFT) == sizeof word);
    return word;
}

/* A new file of PAGES pages, each with its number + 100. */
static struct file *file_make(void)
{
    struct file *file = NULL;
    KTEST_EXPECT(file_open(NULL, path, O_RDWR | O_CREAT | O_EXCL, 0644, &file) == 0);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(put_word(file, i, i + 100) == sizeof(uint64_t));
    KTEST_EXPECT(inode_truncate(file->inode, PAGES << PAGE_SHIFT) == 0);
    return file;
}

static void file_verify(struct file *file, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i <= last; i++)
        KTEST_EXPECT(get_word(file, i) == i + 100);
}

/* Its name goes, too. */
static void file_end(struct file *file)
{
    struct path_walk walk;
    file_put(file);
    KTEST_EXPECT(path_walk(&walk, NULL, path, WALK_PARENT) == 0);
    KTEST_EXPECT(name_unlink(&walk, false) == 0);
    dentry_put(walk.at);
}

/* The anon of a page; it stays while shm_lock is held, or nobody takes it away. */
static struct anon *anon_at(struct file *file, uint64_t page)
{
    struct object *object = &file->inode->object;
    spin_lock(&object->lock);
    struct anon *anon = radix_find(&object->overlay, page);
    spin_unlock(&object->lock);
    return anon;
}

/* Evicts its pages as the clock would; returns how many could be. Once they are written, their frames are taken for other uses. */
static unsigned file_evict(struct file *file)
{
    struct evict_batch batch;
    unsigned evicted = 0;
    evict_batch_init(&batch);
    mutex_lock(&file->inode->object.shm_lock); /* so that no anon goes meanwhile */
    for (uint64_t i = 0; i < PAGES; i++) {
        const struct anon *anon = anon_at(file, i);
        struct page *page = anon != NULL ? atomic_load(&anon->page) : NULL;
        evicted += page != NULL && evict_page(&batch, page);
    }
    mutex_unlock(&file->inode->object.shm_lock);
    evict_write(&batch);
    swap_wait_written();
    standby_empty();
    return evicted;
}

/* A space that maps all of it; the object's reference is the area's. */
static struct aspace *space_of(struct file *file, uint32_t flags)
{
    struct aspace *aspace = aspace_create();
    space_map_object(aspace, SPACE_BASE, PAGES, SPACE_RW | flags, &file->inode->object, 0);
    return aspace;
}

KTEST(shm, a_files_pages_leave_in_one_write_and_come_back)
{
    swap_begin();
    uint64_t marked = busy_shm_pages();
    struct file *file = file_make();
    struct aspace *aspace = space_of(file, AREA_SHARED);
    space_store(aspace, page_at(3), 103);
    KTEST_EXPECT(space_load(aspace, page_at(4)) == 104 && space_resident(aspace) >= 2);
    KTEST_EXPECT(busy_shm_pages() == marked + PAGES && inode_blocks(file->inode) == PAGES * 8);
    uint64_t writes = stat_get(STAT_SWAP_WRITES), reads = stat_get(STAT_PSWPIN);
    KTEST_EXPECT(file_evict(file) == PAGES && stat_get(STAT_SWAP_WRITES) == writes + 1);
    KTEST_EXPECT(swap_used() == PAGES && space_resident(aspace) == 0 && anon_is_absent(anon_at(file, 0)));
    KTEST_EXPECT(busy_shm_pages() == marked && inode_blocks(file->inode) == PAGES * 8);
    vm_check();
    file_verify(file, 0, PAGES / 2);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(space_load(aspace, page_at(i)) == i + 100);
    KTEST_EXPECT(stat_get(STAT_PSWPIN) == reads + PAGES && busy_shm_pages() == marked + PAGES);
    aspace_put(aspace);
    file_end(file);
    KTEST_EXPECT(swap_used() == 0 && busy_shm_pages() == marked);
    swap_finish();
}

KTEST(shm, an_unchanged_page_keeps_its_block_and_a_written_one_loses_it)
{
    swap_begin();
    struct file *file = file_make();
    (void)file_evict(file);
    file_verify(file, 0, PAGES - 1);
    KTEST_EXPECT(swap_used() == PAGES);
    KTEST_EXPECT(put_word(file, 5, 1) == sizeof(uint64_t) && swap_used() == PAGES - 1);
    uint64_t written = stat_get(STAT_PSWPOUT);
    KTEST_EXPECT(file_evict(file) == PAGES && stat_get(STAT_PSWPOUT) == written + 1);
    KTEST_EXPECT(get_word(file, 5) == 1 && get_word(file, 6) == 106);
    vm_check();
    file_end(file);
    swap_finish();
}

KTEST(shm, holes_and_cuts_give_blocks_back)
{
    swap_begin();
    struct file *file = file_make();
    struct aspace *aspace = space_of(file, AREA_SHARED);
    (void)file_evict(file);
    KTEST_EXPECT(inode_punch(file->inode, 4 << PAGE_SHIFT, (8 << PAGE_SHIFT) + 4) == 0);
    KTEST_EXPECT(inode_blocks(file->inode) == (PAGES - 4) * 8 && swap_used() == PAGES - 4 - 1); /* page 8 has changed */
    KTEST_EXPECT(get_word(file, 4) == 0 && get_word(file, 7) == 0 && get_word(file, 8) == 0 &&
                 get_word(file, 3) == 103);
    KTEST_EXPECT(inode_blocks(file->inode) == (PAGES - 4) * 8); /* read(2) leaves a hole a hole */
    KTEST_EXPECT(space_load(aspace, page_at(5)) == 0 && inode_blocks(file->inode) == (PAGES - 3) * 8);
    vm_check();
    KTEST_EXPECT(inode_truncate(file->inode, 10 << PAGE_SHIFT) == 0 &&
                 inode_truncate(file->inode, PAGES << PAGE_SHIFT) == 0);
    KTEST_EXPECT(inode_blocks(file->inode) == 7 * 8 && get_word(file, 9) == 109 && get_word(file, 10) == 0);
    KTEST_EXPECT(space_load(aspace, page_at(9)) == 109 && space_load(aspace, page_at(10)) == 0);
    KTEST_EXPECT(inode_truncate(file->inode, 0) == 0 && inode_blocks(file->inode) == 0 && swap_used() == 0);
    aspace_put(aspace);
    file_end(file);
    swap_finish();
}

KTEST(shm, private_copies_are_nobody_elses)
{
    swap_begin();
    struct file *file = file_make();
    struct aspace *parent = space_of(file, 0);
    space_store(parent, page_at(1), 1);
    struct aspace *child = aspace_fork(parent);
    KTEST_EXPECT(space_load(child, page_at(2)) == 102);
    (void)file_evict(file);
    KTEST_EXPECT(put_word(file, 2, 2) == sizeof(uint64_t) && put_word(file, 1, 3) == sizeof(uint64_t));
    KTEST_EXPECT(space_load(parent, page_at(1)) == 1 && space_load(child, page_at(1)) == 1);
    KTEST_EXPECT(space_load(parent, page_at(2)) == 2 && space_load(parent, page_at(9)) == 109);
    vm_check();
    KTEST_EXPECT(inode_truncate(file->inode, PAGE_SIZE) == 0 && space_resident(parent) <= 1);
    KTEST_EXPECT(fault_resolve(parent, page_at(1), FAULT_READ) == FAULT_BUS_ADRERR);
    KTEST_EXPECT(inode_truncate(file->inode, 2 * PAGE_SIZE) == 0);
    KTEST_EXPECT(space_load(parent, page_at(1)) == 0 && space_load(child, page_at(1)) == 0);
    aspace_put(parent);
    aspace_put(child);
    file_end(file);
    swap_finish();
}

KTEST(shm, swapoff_brings_everything_back)
{
    swap_begin();
    struct file *file = file_make();
    KTEST_EXPECT(file_evict(file) == PAGES);
    KTEST_EXPECT(swap_stop(SWAP_PARTITION) == 0 && swap_used() == 0);
    for (uint64_t i = 0; i < PAGES; i++)
        KTEST_EXPECT(!anon_is_absent(anon_at(file, i)));
    file_verify(file, 0, PAGES - 1);
    KTEST_EXPECT(file_evict(file) == 0); /* there is nowhere to go */
    vm_check();
    file_end(file);
}

KTEST(shm, pages_are_promised_one_by_one)
{
    uint64_t before = commit_total(), rest;
    struct file *file = file_make();
    KTEST_EXPECT(commit_total() == before + PAGES);
    KTEST_EXPECT(inode_truncate(file->inode, (PAGES + 2) << PAGE_SHIFT) == 0 && commit_total() == before + PAGES);
    KTEST_EXPECT(commit_set_mode(COMMIT_STRICT) == 0);
    rest = commit_limit() - commit_total();
    struct object *taken = shm_object_create(rest << PAGE_SHIFT, true);
    struct aspace *aspace = space_of(file, AREA_SHARED);
    KTEST_EXPECT(taken != NULL && put_word(file, PAGES, 1) == -ENOSPC && put_word(file, 0, 100) == sizeof(uint64_t));
    KTEST_EXPECT(get_word(file, PAGES) == 0 && commit_total() == before + PAGES + rest);
    KTEST_EXPECT(inode_punch(file->inode, 3 << PAGE_SHIFT, 4 << PAGE_SHIFT) == 0);
    KTEST_EXPECT(fault_resolve(aspace, page_at(3), FAULT_WRITE) == FAULT_RESOLVED);
    KTEST_EXPECT(put_word(file, PAGES, 1) == -ENOSPC);
    KTEST_EXPECT(commit_set_mode(COMMIT_HEURISTIC) == 0);
    object_put(taken);
    aspace_put(aspace);
    file_end(file);
    KTEST_EXPECT(commit_total() == before);
}

/* What the threads of a crew do at once to one file. */
struct crowd {
    struct file *file;
    struct aspace *aspace;
    _Atomic unsigned wrong;
};

static void crowd_work(unsigned self, void *context)
{
    struct crowd *crowd = context;
    struct inode *inode = crowd->file->inode;
    for (unsigned i = 0; i < 40; i++) {
        uint64_t page = (i * 7 + self) % PAGES;
        switch ((i + self) % 4) {
        case 0:
            (void)file_evict(crowd->file);
            break;
        case 1:
            KTEST_EXPECT(inode_punch(inode, page << PAGE_SHIFT, (page + 2) << PAGE_SHIFT) == 0);
            break;
        case 2:
            KTEST_EXPECT(put_word(crowd->file, page, page + 100) == sizeof(uint64_t));
            break;
        default: {
            uint64_t word = space_load(crowd->aspace, page_at(page));
            atomic_fetch_add(&crowd->wrong, word != 0 && word != page + 100);
        }
        }
    }
}

/* Writing, mapping, punching and evicting the same pages. */
KTEST(shm, a_crowd_at_one_file)
{
    swap_begin();
    struct crowd crowd = {.file = file_make()};
    crowd.aspace = space_of(crowd.file, AREA_SHARED);
    crew_run(crew_size(), crowd_work, &crowd);
    KTEST_EXPECT(crowd.wrong == 0);
    vm_check();
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t word = get_word(crowd.file, i);
        KTEST_EXPECT((word == 0 || word == i + 100) && space_load(crowd.aspace, page_at(i)) == word);
    }
    aspace_put(crowd.aspace);
    file_end(crowd.file);
    KTEST_EXPECT(swap_used() == 0);
    swap_finish();
}
