/*
 * The journal: changes of a file system's metadata reach the disk all or not at all, whenever the power goes.
 *
 *     journal_start --> change pages, journal_dirty() each --> journal_stop          a handle: one change, complete in itself
 *
 *                     every handle joins          commit: no handle is open
 *     transaction:    running -----------------> committing -----------------------> on the disk twice -----> log reused
 *                     pages are pinned and        data of files, copies to the log,    home by write-back      checkpoint
 *                     not written home            flush, commit block, flush           (pages now DIRTY)
 *
 * Ordered mode: what a transaction's new blocks of files hold is on the disk before the transaction is. The pages themselves are
 * copied into buffers allocated at the start, so a commit needs no memory; as soon as the last is copied, the next
 * transaction runs.
 *
 * J1  A page that a running or committing transaction has changed is pinned. If it is DIRTY, the log has an older version.
 * J2  The log's tail moves only while no handle is open, everything committed is home, and the disk's cache is flushed; so a
 *     page that is written home too early, with changes not committed, is put right by replay.
 * J3  A transaction begins only when the log has room for the largest one.
 *
 * Without a log (plain ext2) handles still keep a sync from seeing half a change; pages are DIRTY at once.
 *
 * Locks: commit_lock (RANK_COMMIT) is held by the one thread that commits; an open handle counts as a lock of rank
 * RANK_JOURNAL. `lock` (spin, RANK_HANDLES) guards handles, credits and both transactions' tables.
 */
#ifndef KERNEL_FS_JOURNAL_H
#define KERNEL_FS_JOURNAL_H

#include "kernel/fs/journal_format.h"
#include "kernel/lock.h"
#include "kernel/wait.h"

struct block_device;
struct journal_buffers;
struct object;
struct page;

/* What the file system does for its journal; `owner` is its own. Called by the thread that commits. */
struct journal_ops {
    /*
     * No handle is open: writes the data of files that got blocks and waits. Errors are kept for fsync; -ENOMEM: some is still to be written, so the
     * transaction cannot be committed yet.
     */
    int (*write_data)(void *owner);
    /* No handle is open: gives journal_dirty() what has changed in memory only. */
    int (*settle)(void *owner);
    /* The transaction of that parity is stable: what it freed may be used again. */
    void (*committed)(void *owner, unsigned parity);
    /* The disk does not take the log: nothing more can be written. */
    void (*failed)(void *owner);
};

/* A page of the metadata's object that a transaction has changed; its index is the block's number. */
struct journal_record {
    struct page *page;    /* pinned; null: the block was freed in the same transaction */
    uint32_t block, next; /* next: of its chain, as an index; 0 ends it (records[0] is not used) */
    bool forgotten;       /* freed by the next transaction while this one commits: not to be written home */
};

struct transaction {
    uint32_t sequence;
    uint32_t count;      /* records[1 .. count] */
    uint32_t promised;   /* blocks that settle() will add at most */
    uint32_t freed;      /* blocks to be revoked */
    bool freed_too_many; /* for one revoke block: the commit empties the log instead */
    struct journal_record *records;
    uint32_t *chains; /* of records, by block */
    uint32_t *freed_blocks;
};

struct journal {
    const struct journal_ops *ops;
    void *owner;
    struct block_device *device;
    struct object *metadata;
    struct mutex commit_lock;
    _Atomic int error; /* not 0: the journal has failed */

    struct spinlock lock;                     /* RANK_HANDLES: down to `transactions` */
    struct waitqueue waiters;                 /* for `locked` to end, for the last handle */
    unsigned handles, credits;                /* open ones, and what they may still add */
    bool locked;                              /* no handle may be opened */
    struct transaction *running, *committing; /* committing: null if none */
    struct transaction transactions[2];

    uint32_t limit, capacity; /* records of one transaction: as a rule, and at most */
    /* The log; used by the committing thread only. */
    uint32_t errors_seen; /* of `metadata`: a stamp */
    uint32_t *blocks;     /* where each block of it is on the disk; null: no log */
    struct journal_super super;
    void *super_raw;     /* its block */
    uint32_t head, used; /* where the next transaction goes; blocks between tail and head */
    struct journal_buffers *buffers;
};

/* A journal without a log. `device`: where `metadata` lies. */
void journal_init(struct journal *journal, struct block_device *device, struct object *metadata,
                  const struct journal_ops *ops, void *owner);
/*
 * Gives it a log, empty from now on: `blocks` (from kmalloc, taken over) has the place of each of super->blocks blocks on the
 * disk. super->sequence is the first transaction's. 0, -ENOMEM, -EIO. Sleeps.
 */
int journal_open(struct journal *journal, uint32_t *blocks, const struct journal_super *super) must_check;
/* Commits, brings everything home and leaves the log empty; a journal without log stays. 0, -EIO. */
int journal_close(struct journal *journal) must_check;
/* The same for one that has failed or is given up: nothing is written. */
void journal_abandon(struct journal *journal);

/* A handle for a change of up to `credits` blocks. 0; -EROFS once the journal has failed; -EIO, -ENOMEM. Sleeps. */
int journal_start(struct journal *journal, unsigned credits) must_check;
void journal_stop(struct journal *journal, unsigned credits);

/* A pinned page of metadata was changed under a handle, or in settle(). */
void journal_dirty(struct journal *journal, struct page *page);
/* A block was freed under a handle: its copies in the log are not to be replayed. The caller drops what is cached of it. */
void journal_forget(struct journal *journal, uint32_t block);
/* settle() will dirty one block more. */
void journal_promise(struct journal *journal);

/* Everything that handles have done before the call is stable when it returns. 0, -EIO, -ENOMEM. Sleeps; no handle is open. */
int journal_commit(struct journal *journal) must_check;

/* For the two files of the journal. */
int journal_super_write(struct journal *journal) must_check;
void journal_fail(struct journal *journal, const char *what, int error);
void journal_handles_lock(struct journal *journal);
void journal_handles_unlock(struct journal *journal);
int journal_commit_locked(struct journal *journal, bool empty_log) must_check;
struct journal_buffers *journal_buffers_create(void) must_check;
void journal_buffers_destroy(struct journal_buffers *buffers);

static inline bool journal_has_log(const struct journal *journal)
{
    return journal->blocks != NULL;
}

/* Which of the two transactions is running: changes with each commit. A handle is open or the journal is locked. */
static inline unsigned journal_parity(const struct journal *journal)
{
    return journal->running->sequence & 1;
}

#endif
