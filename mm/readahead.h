/*
 * Read-ahead (L29): which pages of a file to bring in before they are asked for.
 *
 *     READAHEAD_OFF       nothing
 *     READAHEAD_SIMPLE    the lecture's rule: page i after page i - 1 also fetches i + 1
 *     READAHEAD_ADAPTIVE  a window that doubles from window to window, up to 512 KB:
 *
 *               start                trigger                 end
 *                 |  window before     |   newest window      |
 *       ----------+--------------------+----------------------+- - - - - - - - - - - - +
 *             ^ the reader             ^ when it comes here   |  the next window       |  is started: the disk always
 *                                                             + - - - - - - - - - - - -+  has one window to work on
 *
 * Each open file and each mapped area has a struct readahead. The policy here is pure: it looks at no page and starts nothing (mm/readahead_io.c does),
 * so it is compiled for the host as well. It is asked when a page is not in memory, and when a page that it brought in is first used.
 *
 * No lock: an area's belongs to its address space's mutex; threads that read one open file at the same time may mix their hints, which costs a
 * window at worst, as every result is checked against the file's size.
 */
#ifndef MM_READAHEAD_H
#define MM_READAHEAD_H

#include "kernel/types.h"

enum readahead_mode { READAHEAD_OFF, READAHEAD_SIMPLE, READAHEAD_ADAPTIVE, READAHEAD_MODES };

/* What the program said about its use (posix_fadvise, madvise). */
enum readahead_advice { READAHEAD_NORMAL, READAHEAD_SEQUENTIAL, READAHEAD_RANDOM };

enum {
    READAHEAD_FIRST = 4, /* pages of a file's first window */
    READAHEAD_MAX = 128, /* of the largest: 512 KB */
    READAHEAD_CLUSTER =
        16, /* read around a fault that continues nothing: text and data of programs come in such pieces */
    READAHEAD_PATIENCE = 16, /* faults that continue nothing, more than hits, until the cluster is halved */
};

/* All zero is a file not read so far. */
struct readahead {
    uint64_t next;         /* the page after the last one asked for; kept by readahead_note() */
    uint64_t trigger, end; /* the newest window is [trigger, end): who reaches it starts the next. Empty: none */
    uint32_t window;       /* pages of the newest window, halved by every access that continues nothing */
    uint32_t misses; /* of a mapping: faults that continued nothing, minus pages that were read around one and used */
    uint8_t advice;  /* enum readahead_advice */
};

/* Pages to start: [first, first + count). Of them [asked, asked + demanded) are asked for already, the others are read ahead. */
struct readahead_range {
    uint64_t first, asked;
    uint32_t count, demanded;
    bool stream; /* a window: the next page is asked for after this one, and would be read in a row with others again */
};

/* One question. */
struct readahead_access {
    uint64_t index;  /* of the page that is asked for */
    uint64_t wanted; /* how many the caller will ask for from there on, at least 1 */
    uint64_t pages;  /* of the file */
    bool absent;     /* the page is not in memory; else it is one that was read ahead and is used for the first time */
    bool mapped;     /* by a page fault: all of its cluster that is in memory is mapped with it, and asks no more */
};

/* Every access is noted, so that the next one is seen to continue it. */
static inline void readahead_note(struct readahead *state, uint64_t index)
{
    state->next = index + 1;
}

/*
 * How many pages that were read ahead a read may use from `index` on before one is due that the policy must be asked about: the newest window's first, or
 * each where the next page is started by the one before it. A question about the others would start nothing.
 */
static inline uint64_t readahead_silent(const struct readahead *state, enum readahead_mode mode, uint64_t index)
{
    if (mode == READAHEAD_SIMPLE)
        return 0;
    if (index >= state->end)
        return UINT64_MAX;
    return index < state->trigger ? state->trigger - index : 0;
}

/* What to start now; count 0: nothing. Ranges never reach beyond the file. */
struct readahead_range readahead_decide(struct readahead *state, enum readahead_mode mode,
                                        const struct readahead_access *access);

#endif
