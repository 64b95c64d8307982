/*
 * Commitment. See commit.h.
 */
#include "mm/commit.h"

#include <stdatomic.h>

#include "kernel/abi/errno.h"
#include "kernel/fs/proc.h"
#include "mm/frame.h"
#include "mm/swap.h"

enum { RATIO_DEFAULT = 50, RATIO_MOST = 10000 };

/* Each is atomic by itself; a setting holds for what is asked afterwards. */
static struct {
    _Atomic enum commit_mode mode;
    _Atomic uint64_t bound;        /* of memory: twice the percentage, or twice the kilobytes and 1: the one set last */
    _Atomic int64_t areas, shared; /* pages promised */
    _Atomic uint64_t changes;      /* of `areas`: commit_changes() */
} commit = {.mode = COMMIT_HEURISTIC, .bound = 2 * RATIO_DEFAULT};

static bool bound_is_kilobytes(uint64_t bound)
{
    return (bound & 1) != 0;
}

uint64_t commit_limit(void)
{
    uint64_t bound = atomic_load_explicit(&commit.bound, memory_order_relaxed);
    uint64_t pages = bound_is_kilobytes(bound) ? bound / 2 / (PAGE_SIZE / 1024) : frames_total() * (bound / 2) / 100;
    return pages + swap_total();
}

uint64_t commit_of_areas(void)
{
    return (uint64_t)atomic_load_explicit(&commit.areas, memory_order_acquire);
}

uint64_t commit_total(void)
{
    return commit_of_areas() + (uint64_t)atomic_load_explicit(&commit.shared, memory_order_relaxed);
}

static bool limit_allows(uint64_t pages, uint64_t released)
{
    uint64_t limit = commit_limit(), total = commit_total();
    total -= min_u64(released, total);
    return total <= limit && pages <= limit - total;
}

bool commit_may(uint64_t pages)
{
    return commit_may_instead(pages, 0);
}

bool commit_may_instead(uint64_t pages, uint64_t released)
{
    switch (atomic_load_explicit(&commit.mode, memory_order_relaxed)) {
    case COMMIT_ALWAYS:
        return true;
    case COMMIT_STRICT:
        return limit_allows(pages, released);
    default:
        return pages <= frames_total() || pages <= frames_total() + swap_total();
    }
}

bool commit_knows_noreserve(void)
{
    return atomic_load_explicit(&commit.mode, memory_order_relaxed) != COMMIT_STRICT;
}

void commit_areas(int64_t pages)
{
    atomic_fetch_add_explicit(&commit.changes, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&commit.areas, pages, memory_order_release);
}

uint64_t commit_changes(void)
{
    return atomic_load_explicit(&commit.changes, memory_order_acquire);
}

void commit_shared(int64_t pages)
{
    atomic_fetch_add_explicit(&commit.shared, pages, memory_order_relaxed);
}

/* --- settings ----------------------------------------------------------------------------------------------------- */

int commit_set_mode(enum commit_mode mode)
{
    if (mode > COMMIT_STRICT)
        return -EINVAL;
    atomic_store(&commit.mode, mode);
    return 0;
}

enum { NUMBER_MODE, NUMBER_RATIO, NUMBER_KILOBYTES };

static uint64_t number_get(unsigned which)
{
    if (which == NUMBER_MODE)
        return (uint64_t)commit.mode;
    uint64_t bound = atomic_load_explicit(&commit.bound, memory_order_relaxed);
    return bound_is_kilobytes(bound) == (which == NUMBER_KILOBYTES) ? bound / 2 : 0;
}

static int number_set(unsigned which, uint64_t value)
{
    if (which == NUMBER_MODE)
        return commit_set_mode((enum commit_mode)value);
    atomic_store(&commit.bound, 2 * value + (which == NUMBER_KILOBYTES));
    return 0;
}

void commit_register(void)
{
    static const struct proc_number numbers[] = {
        {"sys/vm/overcommit_memory", number_get, number_set, NUMBER_MODE, COMMIT_HEURISTIC, COMMIT_STRICT},
        {"sys/vm/overcommit_ratio", number_get, number_set, NUMBER_RATIO, 0, RATIO_MOST},
        {"sys/vm/overcommit_kbytes", number_get, number_set, NUMBER_KILOBYTES, 0, UINT64_MAX >> 12},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++)
        proc_register_number(&numbers[i]);
}
