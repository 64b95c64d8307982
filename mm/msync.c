/*
 * msync and mincore: what of a mapping is on its device, what is in memory.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/cpu.h"
#include "kernel/fs/file.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/anon.h"
#include "mm/map.h"
#include "mm/object.h"
#include "mm/pagecache.h"
#include "mm/shm.h"
#include "mm/translation.h"
#include "mm/usercopy.h"

/* A shared file's part of a range, kept by its file while the mutex is not held. */
struct sync_part {
    struct file *file;
    uint64_t first, last;
    vaddr_t next;
};

/* Finds the next area at or after `start`; 0, -ENOMEM at a hole (part->next is set even then, at the end to `end`), -EBUSY. */
static int sync_find(struct aspace *aspace, vaddr_t start, vaddr_t end, uint64_t flags, struct sync_part *part)
{
    *part = (struct sync_part){.next = end};
    struct area *area = area_tree_find_from(&aspace->areas, start);
    if (area == NULL || area->start >= end)
        return -ENOMEM;
    int error = area->start > start ? -ENOMEM : 0;
    start = max_u64(start, area->start);
    part->next = min_u64(end, area->end);
    if ((flags & MS_INVALIDATE) != 0 && (area->flags & AREA_LOCKED) != 0)
        return -EBUSY;
    if ((flags & MS_SYNC) == 0 || area->file == NULL || area->object == NULL || !area_is_shared(area))
        return error;
    part->file = area->file;
    file_get(part->file);
    part->first = area_index(area, start);
    part->last = area_index(area, part->next) - 1;
    return error;
}

static int sync_range(struct aspace *aspace, vaddr_t start, vaddr_t end, uint64_t flags)
{
    int result = 0;
    while (start < end) {
        struct sync_part part;
        mutex_lock(&aspace->lock);
        int error = sync_find(aspace, start, end, flags, &part);
        mutex_unlock(&aspace->lock);
        if (error == -EBUSY)
            return error;
        result = error != 0 ? error : result;
        if (part.file != NULL) {
            error = file_sync(part.file, true);
            file_put(part.file);
            if (error != 0)
                return error;
        }
        start = part.next;
    }
    return result;
}

long sys_msync(struct registers *regs)
{
    vaddr_t start = regs->rdi;
    uint64_t length = round_up(regs->rsi, PAGE_SIZE), flags = regs->rdx;
    if ((flags & ~(uint64_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || !is_aligned(start, PAGE_SIZE) ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (start + length < start)
        return -ENOMEM;
    return length == 0 ? 0 : sync_range(thread_current()->aspace, start, start + length, flags);
}

/* Whether the page at `address` would be had without I/O and without a new page. */
static bool page_is_resident(struct aspace *aspace, const struct area *area, vaddr_t address)
{
    uint64_t index = area_index(area, address);
    const struct anon *anon = area_is_shared(area) ? NULL : radix_find(&aspace->overlay, address >> PAGE_SHIFT);
    if (anon != NULL)
        return !anon_is_absent(anon);
    if (area->object == NULL) {
        spin_lock(&aspace->table_lock);
        bool mapped = translation_find_locked(aspace, address, 0) != NULL;
        spin_unlock(&aspace->table_lock);
        return mapped;
    }
    if (area->object->kind != OBJECT_SHM)
        return pagecache_resident(area->object, index, index) != 0;
    return shm_is_resident(area->object, index);
}

enum { INCORE_BATCH = 256 };

/* The answers for up to `count` pages, as far as there are areas; returns how many. */
static unsigned incore_find(struct aspace *aspace, vaddr_t start, unsigned count, uint8_t *answers)
{
    unsigned found = 0;
    mutex_lock(&aspace->lock);
    for (; found < count; found++, start += PAGE_SIZE) {
        const struct area *area = area_tree_find(&aspace->areas, start);
        if (area == NULL)
            break;
        answers[found] = page_is_resident(aspace, area, start);
    }
    mutex_unlock(&aspace->lock);
    return found;
}

long sys_mincore(struct registers *regs)
{
    struct aspace *aspace = thread_current()->aspace;
    vaddr_t start = regs->rdi, vector = regs->rdx;
    uint8_t answers[INCORE_BATCH];
    if (!is_aligned(start, PAGE_SIZE))
        return -EINVAL;
    if (!user_range_ok(start, regs->rsi))
        return -ENOMEM;
    uint64_t pages = round_up(regs->rsi, PAGE_SIZE) >> PAGE_SHIFT;
    if (!user_range_ok(vector, pages))
        return -EFAULT;
    while (pages > 0) {
        unsigned count = incore_find(aspace, start, (unsigned)min_u64(pages, INCORE_BATCH), answers);
        if (count == 0)
            return -ENOMEM;
        if (copy_to_user(vector, answers, count) != 0)
            return -EFAULT;
        start += (uint64_t)count << PAGE_SHIFT;
        vector += count;
        pages -= count;
    }
    return 0;
}
