/*
 * What tests ask of the memory system: /proc/sys/vm/check runs vm_check() when it is read; /proc/frames shows how many frames are in each state,
 * and whose the WIRED ones are (mm/census.h); a number written to /proc/sys/vm/fail_frame or fail_slab makes every n-th allocation fail, one to fail_once the n-th, but
 * not the writer's own (mm/inject.h).
 */
#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/fs/proc.h"
#include "kernel/thread.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/census.h"
#include "mm/frame.h"
#include "mm/inject.h"
#include "mm/report.h"
#include "mm/slab.h"

typedef unsigned long long ull;

static void frames_owner_show(const char *name, uint64_t frames, void *context)
{
    text_printf(context, "wired_%s %llu\n", name, (ull)frames);
}

static void frames_show(struct text *text)
{
    static const char *const names[] = {"free", "detached", "active", "standby", "wired", "absent"};
    for (unsigned state = 0; state < ARRAY_LENGTH(names); state++)
        text_printf(text, "%s %llu\n", names[state], (ull)frames_in_state((enum page_state)state));
    census_for_each(frames_owner_show, text);
}

static void check_show(struct text *text)
{
    vm_check();
    text_printf(text, "ok\n");
}

/* Injected failures: of two kinds, and the single one of either. */
static const struct {
    uint64_t (*get)(void);
    void (*set)(uint64_t number);
} injections[] = {
    {frame_fails_every, frame_fail_every}, {slab_fails_every, slab_fail_every}, {injection_once_left, injection_once}};

static uint64_t injection_get(unsigned which)
{
    return injections[which].get();
}

static int injection_change(unsigned which, uint64_t number)
{
    thread_current()->spared = true;
    injections[which].set(number);
    return 0;
}

static const struct proc_number injection_files[] = {
    {"sys/vm/fail_frame", injection_get, injection_change, 0, 0, UINT64_MAX},
    {"sys/vm/fail_slab", injection_get, injection_change, 1, 0, UINT64_MAX},
    {"sys/vm/fail_once", injection_get, injection_change, 2, 0, UINT64_MAX},
};

static void fail_in_show(struct text *text)
{
    text_printf(text, "%s\n", atomic_load(&injection_in_kernel) ? "kernel" : "all");
}

static int fail_in_store(const char *value, size_t length)
{
    bool kernel = strcmp(value, "kernel") == 0;
    (void)length;
    if (!kernel && strcmp(value, "all") != 0)
        return -EINVAL;
    atomic_store(&injection_in_kernel, kernel);
    return 0;
}

void report_check_register(void)
{
    proc_register("frames", frames_show, NULL);
    proc_register("sys/vm/check", check_show, NULL);
    for (unsigned i = 0; i < ARRAY_LENGTH(injection_files); i++)
        proc_register_number(&injection_files[i]);
    proc_register("sys/vm/fail_in", fail_in_show, fail_in_store);
}
