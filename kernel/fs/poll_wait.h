/*
 * Waiting for several files at once: the common part of poll and select.
 */
#ifndef KERNEL_FS_POLL_WAIT_H
#define KERNEL_FS_POLL_WAIT_H

#include "kernel/fs/vfs.h"
#include "kernel/wait.h"

/* One file and what is wanted of it. */
struct poll_item {
    struct file *file; /* referenced; null: reports `ready` as it is set beforehand */
    unsigned wanted;   /* POLL* bits; POLLERR and POLLHUP are reported in any case */
    unsigned ready;    /* the result */
    struct wait_entry entries[2];
    bool waiting[2]; /* the entries in use */
};

/*
 * Fills in `ready` of every item and returns how many are not 0; sleeps until there is one, until `deadline` (as
 * wait_sleep(); 0: for ever) or, with `immediately`, not at all. -EINTR when a signal came first.
 */
int poll_wait(struct poll_item *items, unsigned count, uint64_t deadline, bool immediately) must_check;

/* Items for `count` files, zeroed; null without memory. poll_items_free() gives the files back. */
struct poll_item *poll_items_create(unsigned count) must_check;
void poll_items_free(struct poll_item *items, unsigned count);

#endif
