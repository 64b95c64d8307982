/*
 * Counters of the memory system, shown in /proc/vmstat: events since boot. Linux's names where Linux has the event.
 */
#ifndef MM_STATS_H
#define MM_STATS_H

#include <stdatomic.h>

#include "kernel/types.h"

enum stat {
    STAT_PGFAULT,          /* page faults of user programs, minor and major */
    STAT_PGMAJFAULT,       /* those that waited for a transfer */
    STAT_ZERO_FILLS,       /* new anonymous pages, zeroed */
    STAT_COW_COPIES,       /* a page copied because it was shared */
    STAT_COW_REUSES,       /* a private page that turned out to have one owner: only made writable */
    STAT_FILE_MAPS,        /* file pages mapped by a fault on them */
    STAT_MAP_AROUND,       /* file pages mapped because a neighbour faulted */
    STAT_FORKS,            /* address spaces copied */
    STAT_STACK_GROWTHS,    /* stacks extended by a fault */
    STAT_PGPGIN,           /* file pages read from their devices */
    STAT_PGPGOUT,          /* file pages written to them */
    STAT_CACHE_HITS,       /* a page asked for was in memory, or on its way */
    STAT_CACHE_MISSES,     /* it was not */
    STAT_CACHE_WAITS,      /* page_get() had to sleep until somebody gave the page back: for the disk, mostly */
    STAT_CACHE_DROPS,      /* clean cached pages given up for their frames */
    STAT_READAHEAD_ISSUED, /* pages read before anybody asked for them (L29) */
    STAT_READAHEAD_USED,   /* of these: read or mapped */
    STAT_READAHEAD_WASTED, /* of these: given up before that */
    STAT_READ_ERRORS,      /* pages whose read failed */
    STAT_WRITE_ERRORS,
    STAT_THP_FAULT_ALLOC,    /* 2 MB pages made by a first touch */
    STAT_THP_FAULT_FALLBACK, /* first touches that found no contiguous run */
    STAT_THP_COLLAPSE,       /* 4 KB pages gathered into a 2 MB page */
    STAT_THP_SPLIT,          /* 2 MB mappings split */
    STAT_OOM_FAULTS,         /* faults that found no memory */
    STAT_PSWPIN,             /* anonymous pages read from swap */
    STAT_PSWPOUT,            /* anonymous pages written to swap */
    STAT_SWAP_READS,         /* requests these made */
    STAT_SWAP_WRITES,
    STAT_SWAP_AHEAD,        /* of pswpin: read because a neighbour was, or a stream is on its way there */
    STAT_SWAP_AHEAD_USED,   /* of these: wanted before their frames were */
    STAT_SWAP_AHEAD_WASTED, /* not so */
    STAT_SWAP_STREAM_USED,  /* of the used and of the wasted ones: those that a stream had read */
    STAT_SWAP_STREAM_WASTED,
    STAT_RESCUED_ANON, /* pages taken back from the standby list (L22) */
    STAT_RESCUED_FILE,
    STAT_FREED_CLEAN,      /* pages that page-out took from their users, and had nothing to write */
    STAT_FREED_DIRTY,      /* the same, to be written first */
    STAT_SWAP_FULL,        /* pages that stayed because there was no room on swap */
    STAT_SWAP_STUCK,       /* times that no page arrived on swap for the patience, though some were on their way */
    STAT_LAZY_FREE,        /* pages given up by MADV_FREE */
    STAT_LAZY_FREED,       /* of these: whose frames were taken before they were written again */
    STAT_STANDBY_REUSED,   /* pages whose frame was taken from the standby list for a new use */
    STAT_PROCESS_SWAPOUTS, /* whole processes swapped out (L8) */
    STAT_PROCESS_SWAPINS,  /* and back in */
    STAT_PROCESS_SWAPOUTS_REFUSED, /* chosen, but did not come to rest */
    STAT_COUNT,
};

extern _Atomic uint64_t stat_values[STAT_COUNT];

static inline void stat_add(enum stat stat, uint64_t amount)
{
    atomic_fetch_add_explicit(&stat_values[stat], amount, memory_order_relaxed);
}

static inline void stat_count(enum stat stat)
{
    stat_add(stat, 1);
}

static inline uint64_t stat_get(enum stat stat)
{
    return atomic_load_explicit(&stat_values[stat], memory_order_relaxed);
}

/* The counter's name in /proc/vmstat. */
const char *stat_name(enum stat stat);

#endif
