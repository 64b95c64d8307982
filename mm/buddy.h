/*
 * The buddy allocator: free frames in runs of 2^order, aligned to their size (Knuth, The Art of Computer Programming, 2.5).
 *
 *     order 2  |       0        |       4        |      frames 4..7 are one free run, whose head is frame 4
 *     order 1  |   0   |   2    |                       a run's buddy differs from it in one bit of the frame number
 *     order 0  | 0 | 1 |                                both free: they merge into one run of the next order
 *
 * All state is in struct page: the head of a free run has its order and is on that order's list, the run's other frames have
 * PAGE_ORDER_INSIDE. Hardware-free: the caller has the lock, and the host's tests run this file as it is.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/frame.h"

#define BUDDY_ORDERS (FRAME_ORDER_MAX + 1)

struct buddy {
    struct page *pages;              /* indexed by frame number ... */
    pfn_t limit;                     /* ... below this one */
    uint64_t frames;                 /* free */
    uint32_t nonempty;               /* bit o: list o is not empty */
    uint64_t runs[BUDDY_ORDERS];     /* lengths of the lists */
    struct list lists[BUDDY_ORDERS]; /* heads of free runs, by order */
};

void buddy_init(struct buddy *buddy, struct page *pages, pfn_t limit);

/* The head of a run of 2^order frames, or null. Their state is still FREE: the caller changes it. */
struct page *buddy_take(struct buddy *buddy, unsigned order);

/* Takes back 2^order frames in any state from `page`, which is aligned to them; makes them FREE. Their poison flag is the caller's. */
void buddy_give(struct buddy *buddy, struct page *page, unsigned order);

/* Gives frames [start, end), which lie below the limit, as the largest runs they contain. */
void buddy_give_range(struct buddy *buddy, pfn_t start, pfn_t end);

/* Panics unless lists, counts, orders and states agree; every frame is looked at. */
void buddy_check(const struct buddy *buddy);

#endif
