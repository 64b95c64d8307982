/*
 * The end of memory. See oom.h.
 *
 * Lock: oom.lock (mutex, only ever tried for): one choice at a time.
 */
#include "mm/oom.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/hands.h"
#include "mm/inject.h"
#include "mm/pageout.h"
#include "mm/swap.h"
#include "mm/swapin.h"

#define OOM_PATIENCE (5 * NS_PER_SECOND)
#define OOM_AGAIN (NS_PER_SECOND / 5)
#define OOM_PAUSE (10 * NS_PER_SECOND / 1000)

enum { ATTEMPTS_MAX = 1000 };

static struct {
    struct mutex lock;
    struct process *victim; /* the last one, referenced, until it is gone */
    uint64_t killed_at;
    _Atomic uint64_t kills;
} oom = {.lock = MUTEX_INIT(oom.lock, RANK_HANDS)};

uint64_t oom_kills(void)
{
    return atomic_load_explicit(&oom.kills, memory_order_relaxed);
}

/* What the death of its last user would free, about, in pages. */
static uint64_t aspace_weight(const struct aspace *aspace)
{
    return aspace->overlay.count + aspace->resident_shm;
}

/* What there is of memory and swap, in pages. */
static uint64_t pages_total(void)
{
    return frames_total() + swap_total();
}

int64_t oom_points(uint64_t pages, int adjustment, uint64_t total)
{
    if (adjustment == -OOM_ADJUSTMENT_MAX)
        return OOM_NEVER;
    return (int64_t)pages + adjustment * (int64_t)(total / OOM_ADJUSTMENT_MAX);
}

uint64_t oom_score(int64_t points, uint64_t total)
{
    if (points == OOM_NEVER)
        return 0;
    return (uint64_t)((1000 + points * 1000 / (int64_t)total) * 2 / 3);
}

static bool has_memory(const struct process *process)
{
    return process->aspace != NULL && process->state != PROCESS_ZOMBIE;
}

/* The points of a process; OOM_NEVER also for one that has nothing to give, or was chosen before. process_lock is held. */
static int64_t process_points(const struct process *process)
{
    if (process->pid == 1 || !has_memory(process) || process->exiting || process->oom_killed)
        return OOM_NEVER;
    return oom_points(aspace_weight(process->aspace), process->oom_adjustment, pages_total());
}

uint64_t oom_process_score(const struct process *process)
{
    spin_lock(&process_lock);
    int64_t points = process_points(process);
    spin_unlock(&process_lock);
    return oom_score(points, pages_total());
}

void oom_adjustment_copy(struct process *child, const struct process *parent)
{
    child->oom_adjustment = (int)parent->oom_adjustment;
    child->oom_adjustment_least = (int)parent->oom_adjustment_least;
}

int oom_adjustment_set(struct process *process, int64_t value)
{
    bool root = process_current()->credentials.euid == 0;
    if (value < -OOM_ADJUSTMENT_MAX || value > OOM_ADJUSTMENT_MAX)
        return -EINVAL;
    if (!root && value < process->oom_adjustment_least)
        return -EACCES;
    process->oom_adjustment = (int)value;
    if (root)
        process->oom_adjustment_least = (int)value;
    return 0;
}

/* The process with most points, referenced, and what it weighs; or null. *dying: one that was chosen before has its memory still. */
static struct process *victim_choose(uint64_t *weight, bool *dying)
{
    struct process *victim = NULL;
    int64_t most = OOM_NEVER;
    *weight = 0;
    *dying = false;
    spin_lock(&process_lock);
    list_for_each(link, &process_all)
    {
        struct process *process = list_entry(link, struct process, all_link);
        int64_t points = process_points(process);
        *dying |= process->oom_killed && has_memory(process);
        if (points == OOM_NEVER || points < most)
            continue;
        victim = process;
        most = points;
        *weight = aspace_weight(process->aspace);
    }
    if (victim != NULL) {
        process_get(victim);
        victim->oom_killed = true;
    }
    spin_unlock(&process_lock);
    return victim;
}

static void victim_kill(struct process *victim, uint64_t weight)
{
    struct signal_info info = {.signal = SIGKILL, .code = SI_KERNEL};
    log_write(LOG_ERROR, "out of memory: killed process %d (%s), which has %lu kB", victim->pid, victim->name,
              (unsigned long)(weight * (PAGE_SIZE / 1024)));
    atomic_fetch_add_explicit(&oom.kills, 1, memory_order_relaxed);
    signal_send_process(victim, &info);
}

/* Whether the last victim still has its memory, and may yet give it back. */
static bool victim_is_dying(void)
{
    if (oom.victim == NULL)
        return false;
    spin_lock(&process_lock);
    bool dying = has_memory(oom.victim);
    spin_unlock(&process_lock);
    uint64_t since = time_now() - oom.killed_at;
    /* Who was told of the same end of memory, and comes here only now, tries again first: there is memory by now. */
    if (since < OOM_AGAIN || (dying && since < OOM_PATIENCE))
        return true;
    process_put(oom.victim);
    oom.victim = NULL;
    return false;
}

/*
 * Chooses and kills, unless the last victim is still on its way. False: there is nobody to kill, and nobody whose end is to be waited for. A victim may be
 * long in ending: it may wait for a mutex whose holder waits for memory. So the next one is another, and the holder's turn comes. Before all of them goes
 * a swapoff, which takes the memory, and needs it least.
 */
static bool oom_kill(unsigned attempts)
{
    uint64_t weight;
    bool dying;
    if (swap_in_all_stop(OOM_PATIENCE, OOM_AGAIN) || victim_is_dying())
        return true;
    struct process *victim = victim_choose(&weight, &dying);
    if (victim == NULL)
        return dying && attempts < ATTEMPTS_MAX;
    victim_kill(victim, weight);
    oom.victim = victim;
    oom.killed_at = time_now();
    return true;
}

bool oom_relieve(unsigned attempts)
{
    bool struck = injection_has_struck();
    if (struck || signal_is_fatal_pending())
        return false;
    bool killed = true;
    if (pageout_free() >
        hands_marks().desfree) { /* there is some again: somebody else was killed meanwhile, or has ended */
        killed = attempts < ATTEMPTS_MAX;
    } else if (mutex_trylock(
                   &oom.lock)) { /* else somebody else is choosing. Not waited for: the caller may hold any mutex */
        killed = oom_kill(attempts);
        mutex_unlock(&oom.lock);
    }
    if (!killed || signal_is_fatal_pending())
        return false;
    (void)thread_sleep_until(time_now() + OOM_PAUSE, false);
    return !signal_is_fatal_pending();
}
