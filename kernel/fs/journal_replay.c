/*
 * Replay; see journal_replay.h.
 *
 * A revoke record of transaction n keeps every copy of its block in transactions up to n from being written, and none in
 * later ones. Records are in a table by block number, the newest n of each; it grows by doubling.
 */
#include "kernel/fs/journal_replay.h"

#include "kernel/abi/errno.h"
#include "libc/string.h"

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };
enum { TABLE_FIRST = 256 };

struct revoke_entry {
    uint32_t block, sequence;
    bool used;
};

struct replay {
    const struct replay_disk *disk;
    const struct journal_super *super;
    struct replay_result *result;
    enum pass pass;
    uint32_t position, sequence; /* of the pass: block of the log, transaction */
    uint32_t steps;              /* blocks of the log that may still be looked at: it is a ring */
    uint32_t end;                /* known after the scan: the first transaction that is not whole */
    struct revoke_entry *table;
    uint32_t table_size, table_used;
    char *header, *block; /* buffers */
};

/* --- the table of revoked blocks ------------------------------------------------------------------------------------------ */

static struct revoke_entry *table_place(struct revoke_entry *table, uint32_t size, uint32_t block)
{
    uint32_t at = block * 2654435761u % size;
    while (table[at].used && table[at].block != block)
        at = (at + 1) % size;
    return &table[at];
}

static int table_grow(struct replay *replay)
{
    uint32_t size = replay->table_size == 0 ? TABLE_FIRST : 2 * replay->table_size;
    struct revoke_entry *table = replay->disk->allocate(size * sizeof *table);
    if (table == NULL)
        return -ENOMEM;
    memset(table, 0, size * sizeof *table);
    for (uint32_t i = 0; i < replay->table_size; i++) {
        if (replay->table[i].used)
            *table_place(table, size, replay->table[i].block) = replay->table[i];
    }
    if (replay->table != NULL)
        replay->disk->free(replay->table);
    replay->table = table;
    replay->table_size = size;
    return 0;
}

static int revoke_add(struct replay *replay, uint32_t block)
{
    if (2 * replay->table_used >= replay->table_size) {
        int error = table_grow(replay);
        if (error != 0)
            return error;
    }
    struct revoke_entry *entry = table_place(replay->table, replay->table_size, block);
    replay->table_used += !entry->used;
    *entry = (struct revoke_entry){.block = block, .sequence = replay->sequence, .used = true};
    return 0;
}

static bool is_revoked(const struct replay *replay, uint32_t block)
{
    if (replay->table_used == 0)
        return false;
    const struct revoke_entry *entry = table_place(replay->table, replay->table_size, block);
    return entry->used && !journal_is_before(entry->sequence, replay->sequence);
}

/* --- one block of the log after the other --------------------------------------------------------------------------------- */

/* Reads the next block of the ring. */
static int log_read(struct replay *replay, void *buffer)
{
    if (replay->steps == 0)
        return -EUCLEAN;
    replay->steps--;
    int error = replay->disk->read(replay->disk->context, replay->position, buffer);
    replay->position = replay->position + 1 == replay->super->blocks ? replay->super->first : replay->position + 1;
    return error;
}

static int copy_write(struct replay *replay, const struct journal_tag *tag)
{
    if (tag->block >= replay->disk->file_system_blocks)
        return -EUCLEAN;
    if (is_revoked(replay, tag->block)) {
        replay->result->revoked++;
        return 0;
    }
    if (tag->flags & JOURNAL_TAG_ESCAPED)
        journal_unescape(replay->block);
    replay->result->blocks++;
    return replay->disk->write(replay->disk->context, tag->block, replay->block);
}

/* The blocks behind the descriptor in `header`. */
static int descriptor_pass(struct replay *replay)
{
    struct journal_tag tag = {0};
    uint32_t offset = JOURNAL_HEADER_SIZE;
    while (!(tag.flags & JOURNAL_TAG_LAST)) {
        int error = journal_tag_parse(replay->header, replay->disk->block_size, &offset, &tag);
        if (error == 0)
            error = log_read(replay, replay->block);
        if (error == 0 && replay->pass == PASS_REPLAY)
            error = copy_write(replay, &tag);
        if (error != 0)
            return error;
    }
    return 0;
}

static int revoke_pass(struct replay *replay)
{
    uint32_t count = journal_revoke_count(replay->header, replay->disk->block_size);
    int error = 0;
    for (uint32_t i = 0; i < count && error == 0 && replay->pass == PASS_REVOKE; i++)
        error = revoke_add(replay, journal_revoke_block(replay->header, i));
    return error;
}

/* The block in `header`, which is of the current transaction. */
static int block_pass(struct replay *replay, unsigned kind)
{
    if (kind == JOURNAL_DESCRIPTOR)
        return descriptor_pass(replay);
    if (kind == JOURNAL_REVOKE)
        return revoke_pass(replay);
    replay->sequence++; /* committed */
    return 0;
}

/* What ends the scan without error: the log is whole up to here, and goes no further. */
static int log_pass(struct replay *replay, enum pass pass)
{
    replay->pass = pass;
    replay->position = replay->super->start;
    replay->sequence = replay->super->sequence;
    replay->steps = replay->super->blocks - replay->super->first;
    while (pass == PASS_SCAN || replay->sequence != replay->end) {
        int error = log_read(replay, replay->header);
        unsigned kind = error == 0 ? journal_block_parse(replay->header, replay->sequence) : 0;
        if (error == 0 && kind != 0)
            error = block_pass(replay, kind);
        if (pass == PASS_SCAN && (error == -EUCLEAN || (error == 0 && kind == 0)))
            break;
        if (error != 0)
            return error;
    }
    return 0;
}

static int replay_run(struct replay *replay)
{
    int error = log_pass(replay, PASS_SCAN);
    replay->end = replay->sequence;
    if (error == 0)
        error = log_pass(replay, PASS_REVOKE);
    if (error == 0)
        error = log_pass(replay, PASS_REPLAY);
    replay->result->transactions = replay->end - replay->super->sequence;
    replay->result->sequence = replay->end + 1; /* blocks of a transaction `end` that was not finished may be there */
    return error;
}

int journal_replay(const struct replay_disk *disk, const struct journal_super *super, struct replay_result *result)
{
    struct replay replay = {.disk = disk, .super = super, .result = result};
    *result = (struct replay_result){.sequence = super->sequence};
    if (super->start == 0)
        return 0;
    replay.header = disk->allocate(2 * (size_t)disk->block_size);
    if (replay.header == NULL)
        return -ENOMEM;
    replay.block = replay.header + disk->block_size;
    int error = replay_run(&replay);
    if (replay.table != NULL)
        disk->free(replay.table);
    disk->free(replay.header);
    return error;
}
