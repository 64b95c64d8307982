/*
 * The vDSO's memory; contract in vdso.h.
 */
#include "kernel/vdso.h"

#include "kernel/abi/errno.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/shm.h"

/* kernel/vdso_image.asm */
extern const char vdso_image[], vdso_image_end[];

static struct object *object;           /* null: no vDSO */
static volatile struct vdso_data *data; /* in the direct map */

/* The page at an index of the object, zeroed, pinned for good; null without memory. */
static void *page_create(uint64_t index)
{
    struct page *page;
    if (page_get(object, index, 0, &page, NULL) != 0)
        return NULL;
    page_pin(page);
    page_put(page);
    return page_address(page);
}

void vdso_update(void)
{
    if (data != NULL)
        data->realtime_offset = time_realtime_offset();
}

void vdso_init(void)
{
    size_t size = (size_t)(vdso_image_end - vdso_image);
    assert(size <= VDSO_DATA);
    object = shm_object_create(VDSO_SIZE, false);
    void *image = object != NULL ? page_create(0) : NULL;
    void *values = image != NULL ? page_create(1) : NULL;
    if (values == NULL) {
        log_write(LOG_WARNING, "vdso: no memory");
        object = NULL;
        return;
    }
    memcpy(image, vdso_image, size);
    time_scale((struct vdso_data *)values);
    data = values;
    vdso_update();
}

int vdso_map(struct aspace *aspace, vaddr_t *at)
{
    struct map_request request = {
        .length = VDSO_SIZE,
        .flags = AREA_READ | AREA_EXEC | AREA_SHARED | AREA_VDSO,
        .object = object,
    };
    *at = 0;
    return object != NULL ? aspace_map(aspace, &request, at) : 0;
}
