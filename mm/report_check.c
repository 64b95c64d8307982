/*
 * What tests ask of the memory system: /proc/sys/vm/check runs vm_check() when it is read; /proc/frames shows how many frames are in each state,
 * and whose the WIRED ones are (mm/census.h); a number written to /proc/sys/vm/fail_frame or fail_slab makes every n-th allocation fail, but not
 * the writer's own (mm/inject.h).
 */
#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/fs/proc.h"
#include "kernel/thread.h"
#include "libc/format.h"
#include "mm/aspace.h"
#include "mm/census.h"
#include "mm/frame.h"
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

/* A decimal number that is all of `value`; false if it is none. */
static bool decimal_parse(const char *value, uint64_t *number)
{
    *number = 0;
    for (; *value >= '0' && *value <= '9'; value++)
        *number = *number * 10 + (uint64_t)(*value - '0');
    return *value == '\0';
}

static int injection_store(const char *value, void (*fail_every)(uint64_t n))
{
    uint64_t every;
    if (!decimal_parse(value, &every))
        return -EINVAL;
    thread_current()->spared = true;
    fail_every(every);
    return 0;
}

static void fail_frame_show(struct text *text)
{
    text_printf(text, "%llu\n", (ull)frame_fails_every());
}

static int fail_frame_store(const char *value, size_t length)
{
    (void)length;
    return injection_store(value, frame_fail_every);
}

static void fail_slab_show(struct text *text)
{
    text_printf(text, "%llu\n", (ull)slab_fails_every());
}

static int fail_slab_store(const char *value, size_t length)
{
    (void)length;
    return injection_store(value, slab_fail_every);
}

void report_check_register(void)
{
    proc_register("frames", frames_show, NULL);
    proc_register("sys/vm/check", check_show, NULL);
    proc_register("sys/vm/fail_frame", fail_frame_show, fail_frame_store);
    proc_register("sys/vm/fail_slab", fail_slab_show, fail_slab_store);
}
