/*
 * Signals that were sent and not yet delivered; contracts in signal.h.
 *
 * `set` says which; the queue holds what is known about each. A standard signal (below SIGRTMIN) is in the queue at
 * most once, a real-time signal as often as it was sent. Either is there once more for each POSIX timer that has sent
 * it: a timer sees to it itself that no more than one of its signals is pending. The bit goes with the last entry. Without memory for an
 * entry the bit alone is kept: the signal arrives, its sender unknown; but what a program queues (sigqueue) is counted and carries a value,
 * so that is refused. What mostly happens, one standard signal at a time, needs no entry: there is room for one in `first`, which is older
 * than the queue.
 */
#include "kernel/abi/errno.h"
#include "kernel/signal.h"
#include "mm/frame.h"
#include "mm/slab.h"

struct queued_signal {
    struct list link;
    struct signal_info info;
};

/*
 * Signals the program caused by its own last instruction come first, so that their handler finds that instruction's
 * registers.
 */
static const uint64_t SYNCHRONOUS = (uint64_t)1 << (SIGSEGV - 1) | (uint64_t)1 << (SIGBUS - 1) |
                                    (uint64_t)1 << (SIGILL - 1) | (uint64_t)1 << (SIGTRAP - 1) |
                                    (uint64_t)1 << (SIGFPE - 1) | (uint64_t)1 << (SIGSYS - 1);

static struct slab_cache queued_cache;

void pending_module_init(void)
{
    slab_cache_init(&queued_cache, "queued_signal", sizeof(struct queued_signal));
}

void pending_init(struct pending *pending)
{
    pending->set = 0;
    pending->first.signal = 0;
    list_init(&pending->queue);
}

/*
 * Whether each one counts: a real-time signal that a program sends otherwise than by kill(). Not by tgkill() either: libc sends its own two so, for
 * pthread_cancel() and timer_delete(), which count on their arrival and carry no value.
 */
static inline bool is_queued_by_program(const struct signal_info *info)
{
    return info->signal >= SIGRTMIN && info->code < 0 && info->code != SI_TKILL && !info->from_timer;
}

int pending_add(struct pending *pending, const struct signal_info *info)
{
    uint64_t bit = signal_bit(info->signal);
    if (info->signal < SIGRTMIN && (pending->set & bit) != 0 && !info->from_timer)
        return 0;
    if (pending->set == 0 && info->signal < SIGRTMIN) {
        pending->set = bit;
        pending->first = *info;
        return 0;
    }
    struct queued_signal *queued = slab_alloc(&queued_cache, FRAME_NOWAIT);
    if (queued == NULL && is_queued_by_program(info))
        return -EAGAIN;
    pending->set |= bit;
    if (queued != NULL) {
        queued->info = *info;
        list_push_back(&pending->queue, &queued->link);
    }
    return 0;
}

/* The oldest entry for `signal` in the queue, or null. */
static struct queued_signal *queue_find(struct pending *pending, int signal)
{
    list_for_each(link, &pending->queue)
    {
        struct queued_signal *queued = list_entry(link, struct queued_signal, link);
        if (queued->info.signal == signal)
            return queued;
    }
    return NULL;
}

/* Takes the entry with `info`, in `first` or in the queue, away, and the bit with the last of its signal. */
static void entry_remove(struct pending *pending, struct signal_info *info)
{
    int signal = info->signal;
    if (info == &pending->first) {
        info->signal = 0;
    } else {
        struct queued_signal *queued = container_of(info, struct queued_signal, info);
        list_remove(&queued->link);
        slab_free(&queued_cache, queued);
    }
    if (pending->first.signal != signal && queue_find(pending, signal) == NULL)
        pending->set &= ~signal_bit(signal);
}

int pending_take(struct pending *pending, uint64_t wanted, struct signal_info *info)
{
    uint64_t ready = pending->set & wanted;
    if (ready == 0)
        return 0;
    uint64_t first = (ready & SYNCHRONOUS) != 0 ? ready & SYNCHRONOUS : ready;
    int signal = __builtin_ctzll(first) + 1;
    struct queued_signal *queued = pending->first.signal == signal ? NULL : queue_find(pending, signal);
    struct signal_info *known = queued != NULL ? &queued->info : &pending->first;
    if (known->signal == signal) {
        *info = *known;
        entry_remove(pending, known);
    } else {
        *info = (struct signal_info){.signal = signal, .code = SI_USER};
        pending->set &= ~signal_bit(signal);
    }
    return signal;
}

static inline bool is_of_timer(const struct signal_info *info, int signal, int timer)
{
    return info->signal == signal && info->from_timer && info->pid == timer;
}

struct signal_info *pending_find_timer(struct pending *pending, int signal, int timer)
{
    if ((pending->set & signal_bit(signal)) == 0)
        return NULL;
    if (is_of_timer(&pending->first, signal, timer))
        return &pending->first;
    list_for_each(link, &pending->queue)
    {
        struct queued_signal *queued = list_entry(link, struct queued_signal, link);
        if (is_of_timer(&queued->info, signal, timer))
            return &queued->info;
    }
    return NULL;
}

void pending_discard_timer(struct pending *pending, int signal, int timer)
{
    struct signal_info *info = pending_find_timer(pending, signal, timer);
    if (info != NULL)
        entry_remove(pending, info);
}

void pending_discard(struct pending *pending, uint64_t set)
{
    if ((pending->set & set) == 0)
        return;
    pending->set &= ~set;
    if (pending->first.signal != 0 && (signal_bit(pending->first.signal) & set) != 0)
        pending->first.signal = 0;
    list_for_each_safe(link, after, &pending->queue)
    {
        struct queued_signal *queued = list_entry(link, struct queued_signal, link);
        if ((signal_bit(queued->info.signal) & set) != 0) {
            list_remove(&queued->link);
            slab_free(&queued_cache, queued);
        }
    }
}
