/*
 * Handles and the running transaction; the journal's beginning and end. See journal.h; commits are in journal_commit.c.
 */
#include "kernel/fs/journal.h"

#include "kernel/abi/errno.h"
#include "kernel/dev/block.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "libc/string.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

/* Records of a transaction: a share of the log and of memory, as their pages are pinned. */
enum { LIMIT_LOG_SHARE = 4, LIMIT_MEMORY_SHARE = 16, LIMIT_MAX = 1024, LIMIT_MIN = 16, SETTLED_BLOCKS = 4 };

enum { SECTORS_PER_BLOCK = PAGE_SIZE / SECTOR_SIZE };

/* --- records -------------------------------------------------------------------------------------------------------------- */

static uint32_t *chain_of(const struct journal *journal, const struct transaction *transaction, uint32_t block)
{
    return &transaction->chains[block * 2654435761u % journal->capacity];
}

static struct journal_record *record_find(const struct journal *journal, const struct transaction *transaction,
                                          uint32_t block)
{
    uint32_t at = *chain_of(journal, transaction, block);
    while (at != 0 && (transaction->records[at].block != block || transaction->records[at].page == NULL))
        at = transaction->records[at].next;
    return at != 0 ? &transaction->records[at] : NULL;
}

/* False if the transaction has no room, which the handles' credits should have prevented. */
static bool record_add(struct journal *journal, struct page *page)
{
    struct transaction *transaction = journal->running;
    uint32_t *chain = chain_of(journal, transaction, page->index);
    if (transaction->count + 1 == journal->capacity)
        return false;
    transaction->records[++transaction->count] = (struct journal_record){
        .page = page, .block = page->index, .next = *chain};
    *chain = transaction->count;
    page_pin(page);
    return true;
}

void journal_dirty(struct journal *journal, struct page *page)
{
    if (!journal_has_log(journal)) {
        page_busy_wait(page);
        assert(page_make_dirty(page) == 0); /* a disk has nothing to reserve */
        page_put(page);
        return;
    }
    spin_lock(&journal->lock);
    assert(journal->handles > 0 || journal->locked);
    bool done = record_find(journal, journal->running, page->index) != NULL || record_add(journal, page);
    spin_unlock(&journal->lock);
    if (!done)
        journal_fail(journal, "a transaction is too large", -ENOSPC);
}

static void freed_add(struct transaction *transaction, uint32_t block)
{
    if (transaction->freed < journal_revokes_max(PAGE_SIZE))
        transaction->freed_blocks[transaction->freed++] = block;
    else
        transaction->freed_too_many = true;
}

void journal_forget(struct journal *journal, uint32_t block)
{
    if (!journal_has_log(journal))
        return;
    spin_lock(&journal->lock);
    struct journal_record *record = record_find(journal, journal->running, block);
    struct page *page = record != NULL ? record->page : NULL;
    if (record != NULL)
        record->page = NULL;
    record = journal->committing != NULL ? record_find(journal, journal->committing, block) : NULL;
    if (record != NULL)
        record->forgotten = true;
    freed_add(journal->running, block);
    spin_unlock(&journal->lock);
    if (page != NULL)
        page_unpin(page);
}

void journal_promise(struct journal *journal)
{
    spin_lock(&journal->lock);
    journal->running->promised++;
    spin_unlock(&journal->lock);
}

/* --- handles -------------------------------------------------------------------------------------------------------------- */

/* Whether a handle for so many blocks fits into the running transaction; one that is alone always does. */
static bool has_room(const struct journal *journal, unsigned credits)
{
    const struct transaction *running = journal->running;
    uint32_t expected = running->count + running->promised + journal->credits;
    return !journal_has_log(journal) || expected == 0 || expected + credits + SETTLED_BLOCKS <= journal->limit;
}

/* One attempt: 0, or -EAGAIN with *full saying whether a commit or only waiting helps. */
static int handle_open(struct journal *journal, unsigned credits, bool *full)
{
    int error = -EAGAIN;
    spin_lock(&journal->lock);
    *full = !journal->locked;
    if (!journal->locked && journal->error != 0) {
        error = -EROFS;
    } else if (!journal->locked && has_room(journal, credits)) {
        journal->handles++;
        journal->credits += credits;
        error = 0;
    }
    spin_unlock(&journal->lock);
    return error;
}

int journal_start(struct journal *journal, unsigned credits)
{
    bool full;
    int error;
    might_sleep();
    while ((error = handle_open(journal, credits, &full)) == -EAGAIN) {
        if (full)
            error = journal_commit(journal);
        else
            wait_event(&journal->waiters, !journal->locked);
        if (full && error != 0)
            break;
    }
    if (error == 0)
        lock_note_taken(journal, RANK_JOURNAL);
    return error;
}

void journal_stop(struct journal *journal, unsigned credits)
{
    lock_note_released(journal);
    spin_lock(&journal->lock);
    assert(journal->handles > 0 && journal->credits >= credits);
    journal->credits -= credits;
    bool last = --journal->handles == 0 && journal->locked;
    spin_unlock(&journal->lock);
    if (last)
        wait_wake_all(&journal->waiters);
}

static unsigned handles_open(struct journal *journal)
{
    spin_lock(&journal->lock);
    unsigned handles = journal->handles;
    spin_unlock(&journal->lock);
    return handles;
}

/* Waits until no handle is open and keeps it so. commit_lock is held. */
void journal_handles_lock(struct journal *journal)
{
    spin_lock(&journal->lock);
    journal->locked = true;
    spin_unlock(&journal->lock);
    wait_event(&journal->waiters, handles_open(journal) == 0);
}

void journal_handles_unlock(struct journal *journal)
{
    spin_lock(&journal->lock);
    journal->locked = false;
    spin_unlock(&journal->lock);
    wait_wake_all(&journal->waiters);
}

int journal_commit(struct journal *journal)
{
    spin_lock(&journal->lock);
    uint32_t wanted = journal->running->sequence;
    spin_unlock(&journal->lock);
    mutex_lock(&journal->commit_lock);
    int error = journal->error != 0 ? -EIO : 0;
    if (error == 0 && journal->running->sequence == wanted) /* else another thread has committed it meanwhile */
        error = journal_commit_locked(journal, false);
    mutex_unlock(&journal->commit_lock);
    return error;
}

void journal_fail(struct journal *journal, const char *what, int error)
{
    int none = 0;
    if (!atomic_compare_exchange_strong(&journal->error, &none, error))
        return;
    log_write(LOG_ERROR, "journal on %s: %s, error %d: read-only from now on", journal->device->name, what, -error);
    journal->ops->failed(journal->owner);
    wait_wake_all(&journal->waiters);
}

/* --- beginning and end ------------------------------------------------------------------------------------------------------ */

/* A page with changes that will never be committed: the disk, or the log, has what is valid. */
static void page_forsake(struct object *metadata, struct page *page)
{
    uint32_t index = page->index;
    page_busy_wait(page);
    if (page_has(page, PAGE_DIRTY))
        page_clear_dirty(page);
    page_put(page);
    page_unpin(page);
    pagecache_drop(metadata, index, index);
}

static void transaction_free(struct journal *journal, struct transaction *transaction)
{
    for (uint32_t i = 1; i <= transaction->count; i++) {
        if (transaction->records[i].page != NULL)
            page_forsake(journal->metadata, transaction->records[i].page);
    }
    kfree(transaction->records);
    kfree(transaction->chains);
    kfree(transaction->freed_blocks);
    *transaction = (struct transaction){.sequence = transaction->sequence};
}

static int transaction_alloc(struct journal *journal, struct transaction *transaction)
{
    transaction->records = kmalloc(journal->capacity * sizeof *transaction->records);
    transaction->chains = kmalloc(journal->capacity * sizeof *transaction->chains);
    transaction->freed_blocks = kmalloc(journal_revokes_max(PAGE_SIZE) * sizeof *transaction->freed_blocks);
    bool complete = transaction->records != NULL && transaction->chains != NULL && transaction->freed_blocks != NULL;
    return complete ? 0 : -ENOMEM;
}

void journal_init(struct journal *journal, struct block_device *device, struct object *metadata,
                  const struct journal_ops *ops, void *owner)
{
    memset(journal, 0, sizeof *journal);
    journal->ops = ops;
    journal->owner = owner;
    journal->device = device;
    journal->metadata = metadata;
    journal->errors_seen = object_errors(metadata);
    journal->running = &journal->transactions[0];
    mutex_init(&journal->commit_lock, RANK_COMMIT);
    spin_init(&journal->lock, RANK_HANDLES);
    waitqueue_init(&journal->waiters);
}

int journal_super_write(struct journal *journal)
{
    journal_super_update(journal->super_raw, &journal->super);
    int error = block_write_sync(journal->device, (uint64_t)journal->blocks[0] * SECTORS_PER_BLOCK, journal->super_raw,
                                 PAGE_SIZE);
    return error != 0 ? error : block_flush_sync(journal->device);
}

void journal_abandon(struct journal *journal)
{
    if (!journal_has_log(journal))
        return;
    transaction_free(journal, &journal->transactions[0]);
    transaction_free(journal, &journal->transactions[1]);
    journal->committing = NULL;
    kfree(journal->super_raw);
    kfree(journal->blocks);
    if (journal->buffers != NULL)
        journal_buffers_destroy(journal->buffers);
    journal->super_raw = NULL;
    journal->blocks = NULL;
    journal->buffers = NULL;
}

/* Memory for everything that is needed later: from here on nothing is allocated. */
static int journal_alloc(struct journal *journal)
{
    uint64_t limit = min_u64((journal->super.blocks - journal->super.first) / LIMIT_LOG_SHARE, LIMIT_MAX);
    journal->limit = (uint32_t)max_u64(min_u64(limit, frames_total() / LIMIT_MEMORY_SHARE), LIMIT_MIN);
    journal->capacity = 2 * journal->limit;
    journal->super_raw = kmalloc(PAGE_SIZE);
    journal->buffers = journal_buffers_create();
    int error = transaction_alloc(journal, &journal->transactions[0]);
    if (error == 0)
        error = transaction_alloc(journal, &journal->transactions[1]);
    return journal->super_raw == NULL || journal->buffers == NULL ? -ENOMEM : error;
}

int journal_open(struct journal *journal, uint32_t *blocks, const struct journal_super *super)
{
    journal->super = *super;
    journal->super.start = journal->super.first;
    journal->super.error = 0;
    if (super->has_features)
        journal->super.incompatible |= JOURNAL_INCOMPAT_REVOKE;
    journal->blocks = blocks;
    journal->head = super->first;
    journal->used = 0;
    journal->running->sequence = super->sequence;
    journal->errors_seen = object_errors(journal->metadata);
    int error = journal_alloc(journal);
    if (error == 0)
        error = block_read_sync(journal->device, (uint64_t)blocks[0] * SECTORS_PER_BLOCK, journal->super_raw,
                                PAGE_SIZE);
    if (error == 0)
        error = journal_super_write(journal);
    if (error != 0)
        journal_abandon(journal);
    return error;
}

int journal_close(struct journal *journal)
{
    mutex_lock(&journal->commit_lock);
    int error = journal->error != 0 ? -EIO : journal_commit_locked(journal, true);
    if (error == 0 && journal_has_log(journal)) {
        journal->super.start = 0;
        journal->super.sequence = journal->running->sequence;
        error = journal_super_write(journal);
    }
    mutex_unlock(&journal->commit_lock);
    if (error == 0)
        journal_abandon(journal);
    return error;
}
