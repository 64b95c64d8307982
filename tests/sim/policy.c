/* The textbook policies; see policy.h. */
#include "tests/sim/policy.h"

#include <stdlib.h>

enum { NOWHERE = UINT32_MAX };

/* An array of `count` numbers, all `value`. */
static uint32_t *array_make(size_t count, uint32_t value)
{
    uint32_t *array = malloc((count + 1) * sizeof *array);
    if (array == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        array[i] = value;
    return array;
}

/* For every reference, the number of the next one to the same page. */
static uint32_t *next_uses(const struct trace *trace)
{
    uint32_t *seen = array_make(trace->pages, NOWHERE), *next = array_make(trace->length, 0);
    for (size_t i = trace->length; i-- > 0;) {
        next[i] = seen[trace->references[i]];
        seen[trace->references[i]] = (uint32_t)i;
    }
    free(seen);
    return next;
}

/* A heap of uses to come, the last first. Each page in memory is there with its next use; uses that have passed stay and are never on top. */
struct future {
    uint32_t *use; /* the number of a reference, or NOWHERE */
    uint32_t *page;
    size_t count;
};

static void future_swap(struct future *future, size_t a, size_t b)
{
    uint32_t use = future->use[a], page = future->page[a];
    future->use[a] = future->use[b];
    future->page[a] = future->page[b];
    future->use[b] = use;
    future->page[b] = page;
}

static void future_add(struct future *future, uint32_t use, uint32_t page)
{
    size_t at = future->count++;
    future->use[at] = use;
    future->page[at] = page;
    for (; at > 0 && future->use[(at - 1) / 2] < future->use[at]; at = (at - 1) / 2)
        future_swap(future, at, (at - 1) / 2);
}

static uint32_t future_take(struct future *future)
{
    uint32_t page = future->page[0];
    future_swap(future, 0, --future->count);
    for (size_t at = 0;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < future->count && future->use[child + 1] > future->use[child])
            child++;
        if (child >= future->count || future->use[child] <= future->use[at])
            return page;
        future_swap(future, at, child);
        at = child;
    }
}

uint64_t opt_faults(const struct trace *trace)
{
    uint32_t *next = next_uses(trace), *present = array_make(trace->pages, 0);
    struct future future = {.use = array_make(trace->length, 0), .page = array_make(trace->length, 0)};
    uint64_t faults = 0, used = 0;
    for (size_t i = 0; i < trace->length; i++) {
        uint32_t page = trace->references[i];
        if (!present[page]) {
            faults++;
            if (used == trace->frames)
                present[future_take(&future)] = 0;
            else
                used++;
            present[page] = 1;
        }
        future_add(&future, next[i], page);
    }
    free(next);
    free(present);
    free(future.use);
    free(future.page);
    return faults;
}

/* Pages in the order of their last use: a circular list through `pages`, which is its head. */
struct recency {
    uint32_t *before, *after;
};

static void recency_remove(struct recency *list, uint32_t page)
{
    list->after[list->before[page]] = list->after[page];
    list->before[list->after[page]] = list->before[page];
}

static void recency_append(struct recency *list, uint32_t head, uint32_t page)
{
    list->before[page] = list->before[head];
    list->after[page] = head;
    list->after[list->before[head]] = page;
    list->before[head] = page;
}

uint64_t lru_faults(const struct trace *trace)
{
    uint32_t head = trace->pages, *present = array_make(trace->pages, 0);
    struct recency list = {.before = array_make(trace->pages + 1, head), .after = array_make(trace->pages + 1, head)};
    uint64_t faults = 0, used = 0;
    for (size_t i = 0; i < trace->length; i++) {
        uint32_t page = trace->references[i];
        if (present[page]) {
            recency_remove(&list, page);
        } else {
            faults++;
            if (used == trace->frames) {
                present[list.after[head]] = 0;
                recency_remove(&list, list.after[head]);
            } else {
                used++;
            }
            present[page] = 1;
        }
        recency_append(&list, head, page);
    }
    free(present);
    free(list.before);
    free(list.after);
    return faults;
}

uint64_t fifo_faults(const struct trace *trace, bool random)
{
    uint32_t *present = array_make(trace->pages, 0), *frames = array_make(trace->frames, NOWHERE);
    uint64_t faults = 0, hand = 0, seed = 1;
    for (size_t i = 0; i < trace->length; i++) {
        uint32_t page = trace->references[i];
        if (present[page])
            continue;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t at = random && faults >= trace->frames ? (seed >> 33) % trace->frames : hand++ % trace->frames;
        faults++;
        if (frames[at] != NOWHERE)
            present[frames[at]] = 0;
        frames[at] = page;
        present[page] = 1;
    }
    free(present);
    free(frames);
    return faults;
}

const char *policy_name(enum policy policy)
{
    static const char *const names[POLICIES] = {"OPT", "LRU", "FIFO", "random", "one", "two", "adaptive"};
    return names[policy];
}

uint64_t policy_faults(enum policy policy, const struct trace *trace)
{
    switch (policy) {
    case POLICY_OPT:
        return opt_faults(trace);
    case POLICY_LRU:
        return lru_faults(trace);
    case POLICY_FIFO:
        return fifo_faults(trace, false);
    case POLICY_RANDOM:
        return fifo_faults(trace, true);
    default:
        return clock_faults(trace, policy);
    }
}
