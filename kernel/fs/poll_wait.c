/*
 * Waiting for several files at once; see poll_wait.h.
 */
#include "kernel/fs/poll_wait.h"

#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "mm/slab.h"

/* Looks at one file; with `prepare`, also becomes a sleeper on its queues. */
static void item_look(struct poll_item *item, bool prepare)
{
    struct waitqueue *queues[2] = {NULL, NULL};
    if (item->file == NULL)
        return;
    unsigned events = file_poll(item->file, queues);
    for (unsigned i = 0; prepare && i < ARRAY_LENGTH(queues); i++) {
        item->waiting[i] = queues[i] != NULL;
        if (queues[i] != NULL)
            wait_prepare(queues[i], &item->entries[i], true);
    }
    if (prepare) /* something may have happened before the queues were entered */
        events = file_poll(item->file, queues);
    item->ready = events & (item->wanted | POLLERR | POLLHUP);
}

static int items_look(struct poll_item *items, unsigned count, bool prepare)
{
    int ready = 0;
    for (unsigned i = 0; i < count; i++) {
        item_look(&items[i], prepare);
        ready += items[i].ready != 0;
    }
    return ready;
}

static void items_finish(struct poll_item *items, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < ARRAY_LENGTH(items[i].entries); k++) {
            if (items[i].waiting[k])
                wait_finish(&items[i].entries[k]);
            items[i].waiting[k] = false;
        }
    }
}

int poll_wait(struct poll_item *items, unsigned count, uint64_t deadline, bool immediately)
{
    struct waitqueue nothing; /* so that a wait for no file at all is a sleep */
    struct wait_entry entry;
    int ready = items_look(items, count, false), error = 0;
    waitqueue_init(&nothing);
    while (ready == 0 && error == 0 && !immediately) {
        wait_prepare(&nothing, &entry, true);
        ready = items_look(items, count, true);
        if (ready == 0)
            error = wait_sleep(deadline);
        items_finish(items, count);
        wait_finish(&entry);
        if (ready == 0)
            ready = items_look(items, count, false);
    }
    return ready == 0 && error == -EINTR ? -EINTR : ready;
}

struct poll_item *poll_items_create(unsigned count)
{
    return kmalloc(max_u64(count, 1) * sizeof(struct poll_item));
}

void poll_items_free(struct poll_item *items, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (items[i].file != NULL)
            file_put(items[i].file);
    }
    kfree(items);
}
