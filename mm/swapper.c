/*
 * The swapper. See swapper.h.
 *
 * Only the swapper's thread changes a process's residence and begins holds, so it needs no lock for them. A look goes over all processes under process_lock
 * and keeps the one it acts on by a reference.
 */
#include "mm/swapper.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/proc.h"
#include "kernel/hold.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/time.h"
#include "mm/aspace.h"
#include "mm/balance.h"
#include "mm/frame.h"
#include "mm/hands.h"
#include "mm/pageout.h"
#include "mm/stats.h"
#include "mm/swap.h"
#include "mm/swapout.h"
#include "mm/vmtrace.h"

#define MILLISECOND (NS_PER_SECOND / 1000)
#define LOOK_NS (50 * MILLISECOND)
#define GIVE_UP_NS (2 * NS_PER_SECOND)

enum { FORGIVENESS = 8, SWAPOUT_MS = 2000, SWAPIN_MS = 2000, SETTING_MOST = 1000 * 1000 };

static _Atomic uint64_t swapout_ms = SWAPOUT_MS, swapin_ms = SWAPIN_MS;

/* The swapper's thread's. */
static struct {
    uint64_t urgent;   /* rounds of the daemon, at the last look */
    uint64_t looked;   /* time_now() of it */
    uint64_t short_ns; /* how long paging has not held minfree */
} swapper;

/* --- a look ------------------------------------------------------------------------------------------------------- */

static void shortage_look(uint64_t now)
{
    uint64_t urgent = pageout_counts().urgent, passed = now - swapper.looked;
    if (urgent != swapper.urgent)
        swapper.short_ns += passed;
    else
        swapper.short_ns -= min_u64(passed / FORGIVENESS, swapper.short_ns);
    swapper.urgent = urgent;
    swapper.looked = now;
}

/* Whether the process has memory, and will go on having it. process_lock is held. */
static bool process_counts(const struct process *process)
{
    return process->aspace != NULL && process->state != PROCESS_ZOMBIE && !process->exiting;
}

/* Whether it must stay in. process_lock is held. */
static bool process_is_fixed(const struct process *process)
{
    return process->pid == 1 || process->exec_thread != NULL;
}

/* Its size; in its turn it counts with what it had before, though it has to get at it first. process_lock is held. */
static uint64_t process_size(const struct process *process, uint64_t there_ns)
{
    const struct residence *residence = &process->residence;
    if (residence->out)
        return residence->pages;
    uint64_t frames = aspace_frames(process->aspace);
    return there_ns < swapin_ms * MILLISECOND ? max_u64(frames, residence->pages) : frames;
}

/* process_lock is held. */
static void process_look(struct balance *balance, struct process *process, uint64_t now)
{
    const struct residence *residence = &process->residence;
    bool out = atomic_load(&residence->out);
    if (!out && !process_counts(process))
        return;
    uint64_t there_ns = residence->since != 0 ? now - residence->since : UINT64_MAX;
    struct balance_process seen = {
        .who = process,
        .pages = process_size(process, there_ns),
        .there_ns = there_ns,
        .asleep_ns = hold_asleep(process),
        .fixed = !out && process_is_fixed(process),
        .out = out,
        .left_asleep = residence->left_asleep,
    };
    balance_add(balance, &seen);
}

/* What to do, with a reference to the process. */
static enum balance_action look(struct balance_process *process)
{
    uint64_t now = time_now();
    shortage_look(now);
    struct balance_rules rules = {.patience_ns = swapout_ms * MILLISECOND, .turn_ns = swapin_ms * MILLISECOND};
    struct balance_memory memory = {
        .frames = frames_total(),
        .free = pageout_free(),
        .lotsfree = hands_marks().lotsfree,
        .room = swap_free(),
        .short_ns = swapper.short_ns,
    };
    struct balance balance;
    balance_begin(&balance, &rules, &memory);
    spin_lock(&process_lock);
    list_for_each(link, &process_all) process_look(&balance, list_entry(link, struct process, all_link), now);
    enum balance_action action = balance_choose(&balance, process);
    if (action != BALANCE_STAY)
        process_get(process->who);
    spin_unlock(&process_lock);
    return action;
}

/* --- out and in --------------------------------------------------------------------------------------------------- */

/* Has the threads held; false when they do not come to rest. */
static bool process_rest(struct process *process)
{
    uint64_t end = time_now() + GIVE_UP_NS;
    hold_begin(process);
    while (!hold_is_complete(process)) {
        uint64_t now = time_now();
        if (now >= end || !hold_is_wanted(process))
            return false;
        (void)!wait_event_interruptible(&hold_news, hold_is_complete(process), min_u64(end, now + 10 * MILLISECOND));
    }
    return true;
}

/* Whether another process has the same memory (vfork). */
static bool memory_is_shared(const struct process *process)
{
    unsigned users = 0;
    spin_lock(&process_lock);
    list_for_each(link, &process_all) users += list_entry(link, struct process, all_link)->aspace == process->aspace;
    spin_unlock(&process_lock);
    return users > 1;
}

static void residence_set(struct process *process, bool out)
{
    process->residence.since = time_now();
    atomic_store(&process->residence.out, out);
}

static void take_out(const struct balance_process *chosen)
{
    struct process *process = chosen->who;
    struct aspace *aspace = NULL;
    if (!memory_is_shared(process) && process_rest(process))
        aspace = process_aspace(process);
    if (aspace == NULL) {
        hold_end(process);
        stat_count(STAT_PROCESS_SWAPOUTS_REFUSED);
        residence_set(process, false);
        return;
    }
    process->residence.pages = chosen->pages;
    process->residence.left_asleep = chosen->asleep_ns > 0;
    residence_set(process, true);
    stat_count(STAT_PROCESS_SWAPOUTS);
    uint64_t left = swap_out_aspace(aspace);
    vmtrace(VMTRACE_PROCESS_OUT, process->residence.left_asleep, (uint32_t)process->pid,
            chosen->pages - min_u64(left, chosen->pages));
    aspace_put(aspace);
    swapper.short_ns = process->residence.left_asleep ? swapper.short_ns / 2 : 0;
}

/* The process may have been killed since; then its memory is not wanted. */
static void bring_in(const struct balance_process *chosen)
{
    struct process *process = chosen->who;
    struct aspace *aspace = process_aspace(process);
    uint64_t count = 0;
    if (aspace != NULL && hold_is_wanted(process))
        count = swap_in_aspace(aspace, process->residence.pages);
    if (aspace != NULL)
        aspace_put(aspace);
    vmtrace(VMTRACE_PROCESS_IN, process->residence.left_asleep, (uint32_t)process->pid, count);
    stat_count(STAT_PROCESS_SWAPINS);
    residence_set(process, false);
    hold_end(process);
}

/* Until it is time to look again, or somebody has something to do who is held. */
static void look_wait(void)
{
    struct wait_entry entry;
    wait_prepare(&hold_news, &entry, false);
    (void)wait_sleep(time_now() + LOOK_NS);
    wait_finish(&entry);
}

static void swapper_main(void *argument)
{
    (void)argument;
    swapper.looked = time_now();
    for (;;) {
        struct balance_process process;
        enum balance_action action = look(&process);
        if (action == BALANCE_TAKE_OUT)
            take_out(&process);
        else if (action == BALANCE_BRING_IN)
            bring_in(&process);
        if (action != BALANCE_STAY)
            process_put(process.who);
        else
            look_wait();
    }
}

/* --- start and settings ------------------------------------------------------------------------------------------- */

static int setting_store(_Atomic uint64_t *setting, uint64_t least, const char *value, size_t length)
{
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9' || number > SETTING_MOST)
            return -EINVAL;
        number = 10 * number + (uint64_t)(value[i] - '0');
    }
    if (length == 0 || number < least || number > SETTING_MOST)
        return -EINVAL;
    atomic_store(setting, number);
    return 0;
}

static void swapout_show(struct text *text)
{
    text_printf(text, "%llu\n", (unsigned long long)atomic_load(&swapout_ms));
}

static int swapout_store(const char *value, size_t length)
{
    return setting_store(&swapout_ms, 0, value, length);
}

static void swapin_show(struct text *text)
{
    text_printf(text, "%llu\n", (unsigned long long)atomic_load(&swapin_ms));
}

static int swapin_store(const char *value, size_t length)
{
    return setting_store(&swapin_ms, 1, value, length);
}

void swapper_start(void)
{
    swapout_ms = min_u64(option_number("swapout_ms", SWAPOUT_MS), SETTING_MOST);
    swapin_ms = max_u64(min_u64(option_number("swapin_ms", SWAPIN_MS), SETTING_MOST), 1);
    proc_register("sys/vm/swapout_ms", swapout_show, swapout_store);
    proc_register("sys/vm/swapin_ms", swapin_show, swapin_store);
    if (thread_create_kernel("swapper", swapper_main, NULL) == NULL)
        panic("no memory for the swapper");
}
