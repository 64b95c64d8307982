/*
 * Moving anonymous pages to and from their swap blocks: a fixed pool of requests, so that page-out never waits for memory to free memory.
 *
 *     swap_io_read, swap_io_write:  BUSY pages whose blocks lie in a row ---> one request ---> interrupt: each page ends
 *         read:   BUSY given back; read ahead: to standby, where whoever wants it finds it (L22)
 *         write:  to standby if it is still unmapped and unpinned, else BUSY given back
 *         failed: a page read is FAILED, and the next finder takes it from its anon; a page written is DIRTY again, its block is retired
 *
 * Some requests are kept for reads, so that a fault never waits for the writer's whole queue. While pages are on their way out a timer watches: when none
 * has arrived for the patience, that is said in the log, once, and counted (swap_stuck in /proc/vmstat); whoever waits for them goes on waiting.
 */
#ifndef MM_SWAP_IO_H
#define MM_SWAP_IO_H

#include "kernel/list.h"
#include "kernel/types.h"

struct page;

#define SWAP_IO_PAGES 32 /* in one request: 128 KB */

/*
 * Starts reading pages[0 .. count), BUSY with PAGE_IO set, from the blocks their anons have, which are in a row. Null stands for a block that nobody wants:
 * a few of these between two others are read, too, but to nowhere, unless one is bad. Sleeps while all requests are out.
 */
void swap_io_read(struct page **pages, unsigned count);

/*
 * Starts writing clean, unmapped, BUSY pages to their anons' blocks, which are in a row. Sleeps while the writer's requests are out. The pages are not the
 * caller's any more.
 */
void swap_io_write(struct page **pages, unsigned count);

/* Pages to be read together: rows of blocks, or nearly, of which the last is open; the requests of the others wait for it. */
struct swap_rows {
    unsigned count;
    uint32_t block;                    /* of the first page of the open row */
    struct page *pages[SWAP_IO_PAGES]; /* null: a block that nobody wants */
    struct list requests;
};

void swap_rows_init(struct swap_rows *rows);

/*
 * Adds a new page for the anon that owns `block`, if it has none in memory, which *added says; it begins a new row if the block does not follow the open
 * one closely. `flags`: as for swap_install(). False: memory is short. Sleeps.
 */
bool swap_rows_add(struct swap_rows *rows, uint32_t block, unsigned flags, bool *added) must_check;

/* Starts all the transfers, and empties the rows. Sleeps. */
void swap_rows_read(struct swap_rows *rows);

/* Pages on their way out now. */
uint64_t swap_io_writing(void);

/* How long none of them may arrive before that is reported, in ms: /proc/sys/vm/swap_patience_ms. */
extern _Atomic uint64_t swap_io_patience;

void swap_io_init(void);

#endif
