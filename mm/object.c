/*
 * Objects: their common beginning and end.
 */
#include "mm/object.h"

#include "kernel/panic.h"

void object_init(struct object *object, enum object_kind kind, const struct object_ops *ops)
{
    object->ops = ops;
    object->kind = kind;
    object->is_hugetlb = false;
    atomic_store_explicit(&object->references, 1, memory_order_relaxed);
    spin_init(&object->lock, RANK_OBJECT);
    radix_init(&object->pages);
    list_init(&object->dirty);
    list_init(&object->private_mappings);
    object->dirty_pages = 0;
    object->dirty_link = (struct list){NULL, NULL};
    object->writers = 0;
    atomic_store_explicit(&object->size, 0, memory_order_relaxed);
    radix_init(&object->overlay);
    object->promised = 0;
    atomic_store_explicit(&object->held, 0, memory_order_relaxed);
    mutex_init(&object->shm_lock, RANK_SHM);
    atomic_store_explicit(&object->write_errors, 0, memory_order_relaxed);
    atomic_store_explicit(&object->put_off, 0, memory_order_relaxed);
}

void object_note_error(struct object *object, int error)
{
    uint32_t old = object_errors(object), next;
    do
        next = ((old >> 12) + 1) << 12 | (uint32_t)-error;
    while (!atomic_compare_exchange_weak_explicit(&object->write_errors, &old, next, memory_order_relaxed,
                                                  memory_order_relaxed));
}

void object_put(struct object *object)
{
    uint32_t references = atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel);
    assert(references != 0);
    if (references == 1 && object->ops->release != NULL)
        object->ops->release(object);
}
