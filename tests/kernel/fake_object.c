/* An object for tests; see fake_object.h. */
#include "tests/kernel/fake_object.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "mm/pagecache.h"
#include "mm/writeback.h"

static struct fake_object *fake_of(struct object *object)
{
    return container_of(object, struct fake_object, object);
}

static void fake_read(struct object *object, struct page **pages, unsigned count)
{
    struct fake_object *fake = fake_of(object);
    atomic_fetch_add(&fake->read_calls, 1);
    atomic_fetch_add(&fake->reads, count);
    for (unsigned i = 0; i < count; i++) {
        uint64_t *words = page_address(pages[i]);
        uint32_t index = pages[i]->index;
        for (unsigned j = 0; j < PAGE_SIZE / sizeof(*words); j++)
            words[j] = index + 1;
        page_io_done(pages[i], index < FAKE_BAD_INDEX ? 0 : -EIO);
    }
}

static void fake_write(struct object *object, struct page **pages, unsigned count)
{
    struct fake_object *fake = fake_of(object);
    atomic_fetch_add(&fake->write_calls, 1);
    atomic_fetch_add(&fake->writes, count);
    for (unsigned i = 0; i < count; i++) {
        atomic_fetch_add(&fake->written_sum, *(uint64_t *)page_address(pages[i]));
        page_io_done(pages[i], 0);
    }
}

static void fake_release(struct object *object)
{
    writeback_leave(object);
    fake_of(object)->released = true;
}

static const struct object_ops fake_ops = {.read = fake_read, .write = fake_write, .release = fake_release};

void fake_object_init(struct fake_object *fake, uint64_t pages)
{
    *fake = (struct fake_object){0};
    object_init(&fake->object, OBJECT_FILE, &fake_ops);
    atomic_store(&fake->object.size, pages << PAGE_SHIFT);
}

void fake_object_end(struct fake_object *fake)
{
    pagecache_truncate(&fake->object, 0);
    object_put(&fake->object);
    KTEST_EXPECT(fake->released);
}
