/*
 * Replay: what a journal says that its file system does not have yet is written into the file system (after a power cut).
 *
 * Three passes over the log from its start, as everybody does who reads this format: how far it is whole, which blocks are
 * revoked, and then the copies, oldest first. No hardware and no locks: reading and writing are the caller's functions.
 */
#ifndef KERNEL_FS_JOURNAL_REPLAY_H
#define KERNEL_FS_JOURNAL_REPLAY_H

#include "kernel/fs/journal_format.h"

struct replay_disk {
    uint32_t block_size, file_system_blocks;
    /* Block `index` of the journal into the buffer. 0 or -Exxx. */
    int (*read)(void *context, uint32_t index, void *buffer);
    /* A block of the file system. */
    int (*write)(void *context, uint32_t block, const void *buffer);
    void *(*allocate)(size_t size); /* null without memory */
    void (*free)(void *memory);
    void *context;
};

struct replay_result {
    uint32_t transactions, blocks, revoked;
    uint32_t sequence; /* for the first transaction written from now on: whatever the log still has is invalid to it */
};

/*
 * Replays the log that `super` describes; the caller then makes what was written stable and the log empty. 0, -EIO, -ENOMEM,
 * -EUCLEAN for a log that cannot be.
 */
int journal_replay(const struct replay_disk *disk, const struct journal_super *super, struct replay_result *result);

#endif
