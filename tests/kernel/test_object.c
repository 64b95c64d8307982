/* Objects: the last reference releases, errors are told to each who asks once, sizes are rounded up to pages. */
#include "mm/object.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"

static struct object object;
static unsigned releases;

static void release(struct object *released)
{
    releases += released == &object;
}

static const struct object_ops ops = {.release = release};

KTEST(object, the_last_reference_releases_it)
{
    releases = 0;
    object_init(&object, OBJECT_FILE, &ops);
    KTEST_EXPECT(object.references == 1 && object.pages.count == 0 && object_pages(&object) == 0);
    object_get(&object);
    object_put(&object);
    KTEST_EXPECT(releases == 0 && object.references == 1);
    object_put(&object);
    KTEST_EXPECT(releases == 1);
}

KTEST(object, errors_are_told_once_to_each)
{
    object_init(&object, OBJECT_FILE, &ops);
    uint32_t one = object_errors(&object), two = one;
    KTEST_EXPECT(object_error_since(&object, one) == 0);
    object_note_error(&object, -EIO);
    KTEST_EXPECT(object_error_since(&object, one) == -EIO);
    one = object_errors(&object);
    KTEST_EXPECT(object_error_since(&object, one) == 0 && object_error_since(&object, two) == -EIO);
    object_note_error(&object, -EIO); /* the same again is another one */
    KTEST_EXPECT(object_error_since(&object, one) == -EIO);
    object_note_error(&object, -ENOSPC);
    KTEST_EXPECT(object_error_since(&object, two) == -ENOSPC);
}

KTEST(object, pages_are_the_size_rounded_up)
{
    static const uint64_t sizes[][2] = {{0, 0}, {1, 1}, {PAGE_SIZE, 1}, {PAGE_SIZE + 1, 2}, {100 * PAGE_SIZE, 100}};
    object_init(&object, OBJECT_FILE, &ops);
    for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++) {
        atomic_store(&object.size, sizes[i][0]);
        KTEST_EXPECT(object_pages(&object) == sizes[i][1]);
    }
}
