/*
 * Shared anonymous memory. See shm.h.
 */
#include "mm/shm.h"

#include "kernel/abi/errno.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/commit.h"
#include "mm/rmap.h"
#include "mm/slab.h"

static _Atomic uint64_t page_count;

uint64_t shm_pages(void)
{
    return atomic_load_explicit(&page_count, memory_order_relaxed);
}

void shm_pages_add(const struct object *object, int64_t count)
{
    atomic_fetch_add_explicit(&page_count, (uint64_t)count, memory_order_relaxed);
    if (object->promised == 0)
        commit_shared(count);
}

static void shm_release(struct object *object)
{
    shm_truncate(object, 0);
    commit_shared(-(int64_t)object->promised);
    kfree(object);
}

static const struct object_ops shm_ops = {.release = shm_release};

struct object *shm_object_create(uint64_t size, bool reserve)
{
    uint64_t pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct object *object = !reserve || commit_may(pages) ? kmalloc(sizeof(*object)) : NULL;
    if (object == NULL)
        return NULL;
    object_init(object, OBJECT_SHM, &shm_ops);
    atomic_store_explicit(&object->size, size, memory_order_relaxed);
    object->promised = reserve ? pages : 0;
    commit_shared((int64_t)object->promised);
    return object;
}

/* A zeroed page at an index that has none. shm_lock is held. */
static int shm_page_create(struct object *object, uint64_t index, struct page **page)
{
    if (object->promised == 0 && !commit_may(1))
        return -ENOSPC;
    struct anon *anon = anon_create(FRAME_ZERO);
    if (anon == NULL)
        return -ENOMEM;
    *page = atomic_load_explicit(&anon->page, memory_order_relaxed);
    page_set(*page, PAGE_SHM);
    if (overlay_insert(&object->overlay, index, anon) == 0) {
        shm_pages_add(object, 1);
        return 0;
    }
    page_put(*page);
    anon_put(anon);
    return -ENOMEM;
}

int shm_page_get(struct object *object, uint64_t index, unsigned flags, struct page **page, bool *major)
{
    int error;
    mutex_lock(&object->shm_lock);
    struct anon *anon = radix_find(&object->overlay, index);
    if (anon != NULL) {
        error = anon_page_get(anon, page, major);
        if (error == 0)
            page_set(*page, PAGE_SHM); /* a page from swap does not know */
    } else if ((flags & PAGE_GET_CACHED) != 0) {
        error = -ENOENT;
    } else {
        error = shm_page_create(object, index, page);
    }
    mutex_unlock(&object->shm_lock);
    return error;
}

struct page *shm_page_find_pinned(struct object *object, uint64_t index)
{
    struct page *page;
    if (shm_page_get(object, index, PAGE_GET_CACHED, &page, NULL) != 0)
        return NULL;
    page_pin(page);
    page_put(page);
    return page;
}

/* Unmaps the anon's page everywhere; an absent one is mapped nowhere, and nobody maps it while shm_lock is held. */
static void shm_unmap(struct anon *anon)
{
    struct page *page;
    if (!anon_is_absent(anon) && anon_page_get(anon, &page, NULL) == 0) {
        rmap_remove_all(page);
        page_put(page);
    }
}

void shm_punch(struct object *object, uint64_t first, uint64_t last)
{
    struct anon *anon;
    mutex_lock(&object->shm_lock);
    for (uint64_t index = first; index <= last && (anon = radix_next(&object->overlay, &index, last)) != NULL;
         index++) {
        shm_unmap(anon);
        radix_remove(&object->overlay, index);
        shm_pages_add(object, -1);
        anon_put(anon);
    }
    mutex_unlock(&object->shm_lock);
}

int shm_clear(struct object *object, uint64_t first, uint64_t last)
{
    struct page *page;
    int error = 0;
    for (uint64_t index = first; index <= last && error == 0; index++) {
        error = shm_page_get(object, index, PAGE_GET_CACHED, &page, NULL);
        if (error == 0) {
            error = page_make_dirty(page);
            if (error == 0)
                memset(page_address(page), 0, PAGE_SIZE);
            page_put(page);
        } else if (error == -ENOENT) {
            error = 0;
        }
    }
    return error;
}

void shm_truncate(struct object *object, uint64_t index)
{
    shm_punch(object, index, UINT64_MAX - 1);
}
