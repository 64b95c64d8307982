/*
 * The policy of read-ahead. See readahead.h for the picture.
 */
#include "mm/readahead.h"

/* The pages that the caller asks for and are to be started: no more than a window of them at once. */
static uint64_t access_demands(const struct readahead_access *access)
{
    return access->absent ? min_u64(access->wanted, READAHEAD_MAX) : 0;
}

static struct readahead_range range_make(const struct readahead_access *access, uint64_t first, uint64_t count)
{
    struct readahead_range range = {.first = first, .asked = access->index};
    if (first < access->pages) {
        range.count = (uint32_t)min_u64(count, access->pages - first);
        range.demanded = (uint32_t)access_demands(access);
    }
    return range;
}

static struct readahead_range range_of_stream(const struct readahead_access *access, uint64_t first, uint64_t count)
{
    struct readahead_range range = range_make(access, first, count);
    range.stream = true;
    return range;
}

/* Only what is asked for. */
static struct readahead_range decide_demanded(const struct readahead_access *access)
{
    return range_make(access, access->index, access_demands(access));
}

/* Whether the access goes on where the last one ended, or is within the page or the cluster of pages that it ended with. */
static bool is_sequential(const struct readahead *state, const struct readahead_access *access)
{
    uint64_t reach = access->mapped ? READAHEAD_CLUSTER : 1;
    return access->index + 1 - state->next <= reach; /* unsigned: an index further below is far above */
}

static struct readahead_range decide_simple(const struct readahead *state, const struct readahead_access *access)
{
    bool continues = access->wanted > 1 || (access->index > 0 && is_sequential(state, access));
    if (!continues)
        return decide_demanded(access);
    return range_make(access, access->index, min_u64(access->wanted, READAHEAD_MAX) + 1);
}

static bool in_newest_window(const struct readahead *state, uint64_t index)
{
    return state->trigger <= index && index < state->end;
}

/* The reader has reached the newest window: the one behind it is due. */
static struct readahead_range window_next(struct readahead *state, const struct readahead_access *access)
{
    state->window = (uint32_t)min_u64(max_u64(READAHEAD_FIRST, 2 * (uint64_t)state->window), READAHEAD_MAX);
    state->trigger = state->end;
    state->end += state->window;
    return range_of_stream(access, state->trigger, state->window);
}

/* A stream begins, or goes on where its window is lost: a window from the page itself on. */
static struct readahead_range window_first(struct readahead *state, const struct readahead_access *access)
{
    uint64_t demands = access_demands(access);
    uint64_t size = max_u64(2 * (uint64_t)state->window, max_u64(2 * demands, READAHEAD_FIRST));
    if (access->mapped)
        size = max_u64(size, READAHEAD_CLUSTER);
    if (state->advice == READAHEAD_SEQUENTIAL)
        size = READAHEAD_MAX;
    size = min_u64(size, READAHEAD_MAX);
    state->window = (uint32_t)size;
    state->trigger = access->index + min_u64(demands, size - 1);
    state->end = access->index + size;
    return range_of_stream(access, access->index, size);
}

/* A page of a window has gone before it was used: memory is too short for so large a window. */
static struct readahead_range window_shrink(struct readahead *state, const struct readahead_access *access)
{
    state->window /= 4; /* window_first() doubles it */
    return window_first(state, access);
}

/* Around a fault that continues nothing: the aligned cluster, smaller the less it is used. */
static struct readahead_range decide_around(struct readahead *state, const struct readahead_access *access)
{
    uint64_t cluster = READAHEAD_CLUSTER;
    for (uint32_t misses = state->misses++; misses >= READAHEAD_PATIENCE && cluster > 1; misses -= READAHEAD_PATIENCE)
        cluster /= 2;
    return range_make(access, round_down(access->index, cluster), cluster);
}

static struct readahead_range decide_random(struct readahead *state, const struct readahead_access *access)
{
    state->window /= 2;
    state->trigger = state->end = 0;
    if (access->mapped && access->absent)
        return decide_around(state, access);
    return decide_demanded(access);
}

static struct readahead_range decide_adaptive(struct readahead *state, const struct readahead_access *access)
{
    if (!access->absent && state->misses > 0)
        state->misses--;
    bool reached = in_newest_window(state, access->index), sequential = is_sequential(state, access);
    if (!access->absent) /* else of an older window, or of another reader's */
        return reached ? window_next(state, access) : decide_demanded(access);
    if (reached || (sequential && access->index < state->end))
        return window_shrink(state, access);
    if (sequential || state->advice == READAHEAD_SEQUENTIAL)
        return window_first(state, access);
    return decide_random(state, access);
}

struct readahead_range readahead_decide(struct readahead *state, enum readahead_mode mode,
                                        const struct readahead_access *access)
{
    if (mode == READAHEAD_OFF || state->advice == READAHEAD_RANDOM)
        return decide_demanded(access);
    if (mode == READAHEAD_SIMPLE)
        return decide_simple(state, access);
    return decide_adaptive(state, access);
}
