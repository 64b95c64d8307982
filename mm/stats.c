/*
 * The memory system's counters and their names.
 */
#include "mm/stats.h"

_Atomic uint64_t stat_values[STAT_COUNT];

static const char *const names[STAT_COUNT] = {
    [STAT_PGFAULT] = "pgfault",
    [STAT_PGMAJFAULT] = "pgmajfault",
    [STAT_ZERO_FILLS] = "zero_fills",
    [STAT_COW_COPIES] = "cow_copies",
    [STAT_COW_REUSES] = "cow_reuses",
    [STAT_FILE_MAPS] = "file_maps",
    [STAT_MAP_AROUND] = "map_around",
    [STAT_FORKS] = "forks",
    [STAT_STACK_GROWTHS] = "stack_growths",
    [STAT_PGPGIN] = "pgpgin",
    [STAT_PGPGOUT] = "pgpgout",
    [STAT_CACHE_HITS] = "cache_hits",
    [STAT_CACHE_MISSES] = "cache_misses",
    [STAT_CACHE_WAITS] = "cache_waits",
    [STAT_CACHE_DROPS] = "cache_drops",
    [STAT_READAHEAD_ISSUED] = "readahead_issued",
    [STAT_READAHEAD_USED] = "readahead_used",
    [STAT_READAHEAD_WASTED] = "readahead_wasted",
    [STAT_READ_ERRORS] = "read_errors",
    [STAT_WRITE_ERRORS] = "write_errors",
    [STAT_THP_FAULT_ALLOC] = "thp_fault_alloc",
    [STAT_THP_FAULT_FALLBACK] = "thp_fault_fallback",
    [STAT_THP_COLLAPSE] = "thp_collapse_alloc",
    [STAT_THP_SPLIT] = "thp_split_page",
    [STAT_OOM_FAULTS] = "oom_faults",
    [STAT_PSWPIN] = "pswpin",
    [STAT_PSWPOUT] = "pswpout",
    [STAT_SWAP_READS] = "swap_reads",
    [STAT_SWAP_WRITES] = "swap_writes",
    [STAT_SWAP_AHEAD] = "swap_ra",
    [STAT_SWAP_AHEAD_USED] = "swap_ra_hit",
    [STAT_SWAP_AHEAD_WASTED] = "swap_ra_wasted",
    [STAT_SWAP_STREAM_USED] = "swap_ra_stream_hit",
    [STAT_SWAP_STREAM_WASTED] = "swap_ra_stream_wasted",
    [STAT_RESCUED_ANON] = "rescued_anon",
    [STAT_RESCUED_FILE] = "rescued_file",
    [STAT_FREED_CLEAN] = "freed_clean",
    [STAT_FREED_DIRTY] = "freed_dirty",
    [STAT_SWAP_FULL] = "swap_full",
    [STAT_SWAP_STUCK] = "swap_stuck",
    [STAT_LAZY_FREE] = "pglazyfree",
    [STAT_LAZY_FREED] = "pglazyfreed",
    [STAT_STANDBY_REUSED] = "standby_reused",
    [STAT_PROCESS_SWAPOUTS] = "process_swapouts",
    [STAT_PROCESS_SWAPINS] = "process_swapins",
    [STAT_PROCESS_SWAPOUTS_REFUSED] = "process_swapouts_refused",
};

const char *stat_name(enum stat stat)
{
    return names[stat];
}
