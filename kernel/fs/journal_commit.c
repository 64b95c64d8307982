/*
 * Commit: a transaction from memory to the log; and checkpoint, which empties the log. See journal.h.
 *
 *     handles end -> data of files -> settle -> [ buffers: descriptor, 31 copies ] -> log, as often as needed
 *                                                      |                                       |
 *                                         the last copy is made: handles again        flush, commit block, flush
 *
 * The commit block is written when everything it makes valid is stable, so it needs no checksum.
 */
#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/fs/journal.h"
#include "kernel/iowait.h"
#include "kernel/panic.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

enum { BUFFERS = 32, COPIES = BUFFERS - 1, SECTORS_PER_BLOCK = PAGE_SIZE / SECTOR_SIZE };

/* What one round of writing needs, allocated once. */
struct journal_buffers {
    struct block_request requests[BUFFERS];
    struct journal_tag tags[COPIES];
    unsigned count; /* filled */
    char *bytes;    /* BUFFERS blocks */
};

/* Who waits for a round: the transfers of all journals wake the same queue, whose sleepers look at their own count. */
struct round {
    _Atomic unsigned left;
    _Atomic int error;
};

static struct waitqueue round_waiters = WAITQUEUE_INIT(round_waiters);

struct journal_buffers *journal_buffers_create(void)
{
    struct journal_buffers *buffers = kmalloc(sizeof *buffers);
    if (buffers == NULL)
        return NULL;
    buffers->bytes = kmalloc(BUFFERS * PAGE_SIZE);
    if (buffers->bytes != NULL)
        return buffers;
    kfree(buffers);
    return NULL;
}

void journal_buffers_destroy(struct journal_buffers *buffers)
{
    kfree(buffers->bytes);
    kfree(buffers);
}

/* The next buffer to be filled. */
static char *buffer_next(struct journal_buffers *buffers)
{
    return buffers->bytes + PAGE_SIZE * buffers->count++;
}

/* --- one round: the filled buffers to the log's head ---------------------------------------------------------------------------- */

/* In interrupt context. The round is gone as soon as its sleeper sees that nothing is left. */
static void round_ended(struct block_request *request)
{
    struct round *round = request->private;
    if (request->status != 0)
        atomic_store(&round->error, request->status);
    atomic_fetch_sub(&round->left, 1);
    wait_wake_all(&round_waiters);
}

static uint32_t log_advance(struct journal *journal)
{
    uint32_t block = journal->blocks[journal->head];
    journal->head = journal->head + 1 == journal->super.blocks ? journal->super.first : journal->head + 1;
    journal->used++;
    return block;
}

/* Writes the filled buffers and waits. 0 or -EIO. */
static int round_write(struct journal *journal)
{
    struct journal_buffers *buffers = journal->buffers;
    struct round round = {.left = buffers->count};
    struct list requests;
    list_init(&requests);
    for (unsigned i = 0; i < buffers->count; i++) {
        struct block_request *request = &buffers->requests[i];
        block_request_init(request, journal->device, BLOCK_WRITE, (uint64_t)log_advance(journal) * SECTORS_PER_BLOCK,
                           buffers->bytes + PAGE_SIZE * i, PAGE_SIZE);
        request->done = round_ended;
        request->private = &round;
        list_push_back(&requests, &request->user_link);
    }
    buffers->count = 0;
    block_submit_list(&requests);
    unsigned waits = iowait_begin();
    wait_event(&round_waiters, atomic_load(&round.left) == 0);
    iowait_end(waits);
    return round.error;
}

/* --- a transaction -------------------------------------------------------------------------------------------------------------- */

/* Fills the buffers with a descriptor and the copies of the records from *next on. */
static void copies_fill(struct journal *journal, const struct transaction *transaction, uint32_t *next)
{
    struct journal_buffers *buffers = journal->buffers;
    char *descriptor = buffer_next(buffers);
    uint32_t count = 0;
    for (; *next <= transaction->count && count < COPIES; ++*next) {
        const struct journal_record *record = &transaction->records[*next];
        if (record->page == NULL)
            continue;
        char *copy = buffer_next(buffers);
        memcpy(copy, page_address(record->page), PAGE_SIZE);
        bool escape = journal_must_escape(copy);
        if (escape)
            journal_escape(copy);
        buffers->tags[count++] = (struct journal_tag){.block = record->block,
                                                      .flags = escape ? JOURNAL_TAG_ESCAPED : 0};
    }
    journal_descriptor_encode(descriptor, PAGE_SIZE, transaction->sequence, buffers->tags, count);
    if (count == 0)
        buffers->count = 0; /* only records of freed blocks were left */
}

static int revokes_write(struct journal *journal, const struct transaction *transaction)
{
    if (transaction->freed == 0 || !journal->super.has_features)
        return 0;
    journal_revoke_encode(buffer_next(journal->buffers), PAGE_SIZE, transaction->sequence, transaction->freed_blocks,
                          transaction->freed);
    return round_write(journal);
}

static int commit_block_write(struct journal *journal, const struct transaction *transaction)
{
    uint64_t now = time_realtime();
    int error = block_flush_sync(journal->device);
    if (error != 0)
        return error;
    journal_commit_encode(buffer_next(journal->buffers), PAGE_SIZE, transaction->sequence,
                          (int64_t)(now / NS_PER_SECOND), (uint32_t)(now % NS_PER_SECOND));
    error = round_write(journal);
    return error != 0 ? error : block_flush_sync(journal->device);
}

/* Blocks of the log that the transaction takes at most. */
static uint32_t blocks_needed(const struct transaction *transaction)
{
    return transaction->count + transaction->count / COPIES + 4; /* descriptors, one not full; revoke; commit */
}

static uint32_t log_room(const struct journal *journal)
{
    return journal->super.blocks - journal->super.first - journal->used;
}

/* The transaction to the log. With `release`, handles may begin as soon as its pages are copied. */
static int transaction_write(struct journal *journal, const struct transaction *transaction, bool release)
{
    uint32_t next = 1;
    int error = blocks_needed(transaction) <= log_room(journal) ? revokes_write(journal, transaction) : -ENOSPC;
    while (next <= transaction->count && error == 0) {
        copies_fill(journal, transaction, &next);
        if (next > transaction->count && release) {
            journal_handles_unlock(journal);
            release = false;
        }
        error = journal->buffers->count > 0 ? round_write(journal) : 0;
    }
    if (release)
        journal_handles_unlock(journal);
    return error == 0 ? commit_block_write(journal, transaction) : error;
}

/* One page of a committed transaction: from now on write-back may bring it home. */
static void record_release(struct journal *journal, const struct journal_record *record)
{
    struct page *page = record->page;
    if (page == NULL)
        return;
    page_busy_wait(page);
    spin_lock(&journal->lock);
    bool forgotten = record->forgotten;
    spin_unlock(&journal->lock);
    if (!forgotten)
        assert(page_make_dirty(page) == 0); /* a disk has nothing to reserve */
    page_put(page);
    page_unpin(page);
}

static void transaction_empty(struct journal *journal, struct transaction *transaction)
{
    spin_lock(&journal->lock);
    journal->committing = NULL;
    transaction->count = transaction->freed = 0;
    transaction->freed_too_many = false;
    memset(transaction->chains, 0, journal->capacity * sizeof *transaction->chains);
    spin_unlock(&journal->lock);
}

static void transaction_release(struct journal *journal, struct transaction *transaction)
{
    for (uint32_t i = 1; i <= transaction->count; i++)
        record_release(journal, &transaction->records[i]);
    transaction_empty(journal, transaction);
    journal->ops->committed(journal->owner, transaction->sequence & 1);
}

/* The other transaction becomes the running one. */
static struct transaction *transaction_switch(struct journal *journal)
{
    spin_lock(&journal->lock);
    struct transaction *old = journal->running;
    struct transaction *next = &journal->transactions[old == &journal->transactions[0]];
    next->sequence = old->sequence + 1;
    old->promised = 0;
    journal->committing = old;
    journal->running = next;
    spin_unlock(&journal->lock);
    return old;
}

/* Dirty metadata goes home. 0, or an error that this or an earlier write has had: then the log is what is valid. */
static int metadata_write(struct journal *journal)
{
    int error = pagecache_sync(journal->metadata, 0, UINT64_MAX);
    uint32_t seen = journal->errors_seen;
    journal->errors_seen = object_errors(journal->metadata);
    return error != 0 ? error : object_error_since(journal->metadata, seen);
}

/* Everything committed goes home, and the log is empty (J2). No handle is open, and the running transaction has nothing yet. */
static int journal_checkpoint(struct journal *journal)
{
    int error = metadata_write(journal);
    if (error == 0)
        error = block_flush_sync(journal->device);
    if (error != 0)
        return error;
    journal->super.start = journal->head;
    journal->super.sequence = journal->running->sequence;
    journal->used = 0;
    return journal_super_write(journal);
}

/* Commits what settle() has completed; the handles are locked out, and let in again on return or earlier. */
static int log_commit(struct journal *journal, bool empty_log)
{
    struct transaction *transaction = transaction_switch(journal);
    uint32_t ring = journal->super.blocks - journal->super.first;
    empty_log |= transaction->freed_too_many || (transaction->freed > 0 && !journal->super.has_features) ||
                 journal->used + blocks_needed(transaction) > ring / 2;
    int error = transaction_write(journal, transaction, !empty_log);
    if (error == 0)
        transaction_release(journal, transaction);
    if (error == 0 && empty_log)
        error = journal_checkpoint(journal);
    if (error != 0)
        journal_fail(journal, "the disk does not take it", error);
    if (empty_log)
        journal_handles_unlock(journal);
    return error;
}

/* Without a log: home at once. */
static int plain_commit(struct journal *journal)
{
    (void)transaction_switch(journal);
    spin_lock(&journal->lock);
    journal->committing = NULL;
    spin_unlock(&journal->lock);
    journal_handles_unlock(journal);
    int error = metadata_write(journal);
    int flushed = block_flush_sync(journal->device);
    return error != 0 ? error : flushed;
}

static bool nothing_happened(struct journal *journal)
{
    spin_lock(&journal->lock);
    const struct transaction *running = journal->running;
    bool nothing = journal->handles == 0 && running->count == 0 && running->promised == 0 && running->freed == 0;
    spin_unlock(&journal->lock);
    return nothing;
}

int journal_commit_locked(struct journal *journal, bool empty_log)
{
    if (journal_has_log(journal) && !empty_log && nothing_happened(journal))
        return block_flush_sync(journal->device); /* for the data that the caller has written */
    journal_handles_lock(journal);
    int error = journal->ops->write_data(journal->owner);
    if (error == 0)
        error = journal->error != 0 ? -EIO : journal->ops->settle(journal->owner);
    if (error == 0)
        return journal_has_log(journal) ? log_commit(journal, empty_log) : plain_commit(journal);
    journal_handles_unlock(journal);
    if (error != -ENOMEM && journal_has_log(journal))
        journal_fail(journal, "metadata cannot be read", error);
    return error;
}
