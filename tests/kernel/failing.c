/* Work whose allocations fail; see failing.h. */
#include "tests/kernel/failing.h"

#include "kernel/ktest.h"
#include "kernel/log.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/inject.h"
#include "mm/slab.h"
#include "mm/swap.h"

enum { CACHES_MAX = 64, RUNS_MAX = 2000, PAUSES = 100 };
#define PAUSE_NS (NS_PER_SECOND / 100)

/* The objects in use, cache by cache, in the order of slab_caches_for_each(). */
struct objects {
    unsigned caches;
    const char *name[CACHES_MAX];
    uint64_t used[CACHES_MAX];
};

static void objects_add(struct slab_cache *cache, void *context)
{
    struct objects *objects = context;
    KTEST_EXPECT(objects->caches < CACHES_MAX);
    if (objects->caches == CACHES_MAX)
        return;
    objects->name[objects->caches] = cache->name;
    objects->used[objects->caches++] = slab_objects_used(cache);
}

static void objects_count(struct objects *objects)
{
    objects->caches = 0;
    slab_caches_for_each(objects_add, objects);
}

/* The first cache that has more than before, or -1; a front list stays with the CPU that was the first to need it. */
static int objects_more(const struct objects *before, const struct objects *now)
{
    for (unsigned i = 0; i < now->caches; i++) {
        if (now->used[i] > (i < before->caches ? before->used[i] : 0) && strcmp(now->name[i], "slab_front") != 0)
            return (int)i;
    }
    return -1;
}

/* What ends in its own time, as a transfer does, gets a while. */
static void objects_expect(const struct objects *before, uint64_t number)
{
    static struct objects now;
    char text[120];
    int more;
    objects_count(&now);
    for (unsigned pause = 0; pause < PAUSES && objects_more(before, &now) >= 0; pause++) {
        (void)thread_sleep_until(time_now() + PAUSE_NS, false);
        objects_count(&now);
    }
    if ((more = objects_more(before, &now)) < 0)
        return;
    snprintf(text, sizeof(text), "no %s left behind after allocation %llu has failed: %llu before, %llu after",
             now.name[more], (unsigned long long)number, (unsigned long long)before->used[more],
             (unsigned long long)now.used[more]);
    ktest_failed(text, __FILE__, __LINE__);
}

/* One run, with the allocation of that number failing; whether there was one. 0: none fails. */
static bool failing_try(const struct failing *failing, uint64_t number)
{
    static struct objects before;
    objects_count(&before);
    failing->make();
    injection_once(number);
    failing->work();
    bool failed = injection_once_left() == 0;
    injection_once(0);
    (void)injection_has_struck();
    failing->verify();
    vm_check();
    failing->end();
    KTEST_EXPECT(swap_used() == 0);
    if (number > 0) /* else it was the first: names and nodes that it was the first to need stay */
        objects_expect(&before, number);
    return failed;
}

void failing_run(const struct failing *failing)
{
    uint64_t number = 1;
    (void)failing_try(failing, 0);
    /* Twice: threads of page-out may have been before the work once. */
    while (number < RUNS_MAX && (failing_try(failing, number) || failing_try(failing, number)))
        number++;
    KTEST_EXPECT(number > failing->least && number < RUNS_MAX);
    log_write(LOG_INFO, "test: %lu allocations, each has failed once", (unsigned long)(number - 1));
}
