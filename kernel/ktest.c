/*
 * Runs the in-kernel tests that the linker has gathered and prints KTAP (version 1 of the kernel's test protocol):
 *
 *     ktest: begin
 *     KTAP version 1
 *     1..N
 *     ok 1 suite.name
 *     # tests/kernel/test_x.c:12: expected a == b
 *     not ok 2 suite.other
 *     ktest: end
 *
 * Threads that work by the clock rest meanwhile, so that a test may count what nobody but itself changes: frames, pages, transfers. What
 * works on demand goes on: the page-out daemon when memory is low, write-behind when much is dirty.
 *
 * Tests run one after the other in one thread; a test may start threads of its own and must wait for them. vm_check() follows each (the
 * invariant that it breaks is a panic that names it), and a count of what a test must not leave behind: a test that does has failed.
 */
#include "kernel/ktest.h"

#include "kernel/fs/write_behind.h"
#include "kernel/log.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/collapse.h"
#include "mm/slab.h"

extern const struct ktest __ktests_start[], __ktests_end[];

static _Atomic unsigned failures; /* of the running test; tests may fail in threads of theirs */

/* "all" is every suite but the one that fails on purpose; otherwise names of suites with commas between them. */
static bool is_wanted(const struct ktest *test, const char *which)
{
    if (strcmp(which, "all") == 0)
        return strcmp(test->suite, "deliberate") != 0;
    size_t length = strlen(test->suite);
    for (const char *name = which; name != NULL; name = strchr(name, ',')) {
        name += *name == ',';
        if (strncmp(name, test->suite, length) == 0 && (name[length] == ',' || name[length] == '\0'))
            return true;
    }
    return false;
}

/* The caches whose objects a test that is over has given back, all of them. Others keep what may be used again: inodes, names, cached pages. */
static const char *const returned[] = {"anon",    "area", "aspace", "rmap",    "thread",
                                       "process", "file", "pipe",   "sighand", "queued_signal"};

struct leftovers {
    uint64_t objects[ARRAY_LENGTH(returned)];
};

static void leftovers_add(struct slab_cache *cache, void *context)
{
    struct leftovers *leftovers = context;
    for (unsigned i = 0; i < ARRAY_LENGTH(returned); i++) {
        if (strcmp(cache->name, returned[i]) == 0)
            leftovers->objects[i] = slab_objects_used(cache);
    }
}

static struct leftovers leftovers_now(void)
{
    struct leftovers leftovers = {0};
    threads_reap();
    slab_caches_for_each(leftovers_add, &leftovers);
    return leftovers;
}

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void print(const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    log_raw(line);
}

void ktest_failed(const char *condition, const char *file, int line)
{
    failures++;
    print("# %s:%d: expected %s\n", file, line, condition);
}

enum { LEFTOVERS_PAUSES = 6000 };

/* Fails the running test if it has left objects behind; what ends in its own time, as threads do, gets a minute: the host may be busy. */
static void leftovers_check(const struct leftovers *before)
{
    struct leftovers now = leftovers_now();
    for (unsigned pause = 0; pause < LEFTOVERS_PAUSES && memcmp(&now, before, sizeof(now)) != 0; pause++) {
        (void)thread_sleep_until(time_now() + NS_PER_SECOND / 100, false);
        now = leftovers_now();
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(returned); i++) {
        if (now.objects[i] == before->objects[i])
            continue;
        failures++;
        print("# left behind: %s: %lu objects before, %lu after\n", returned[i], before->objects[i], now.objects[i]);
    }
}

static void test_run(const struct ktest *test)
{
    struct leftovers before = leftovers_now();
    failures = 0;
    test->run();
    leftovers_check(&before);
    vm_check();
}

/* See above. */
static void background_rest(void)
{
    write_behind_rest();
    collapse_rest();
}

unsigned ktest_run(const char *which)
{
    unsigned planned = 0, number = 0, failed = 0;
    for (const struct ktest *test = __ktests_start; test < __ktests_end; test++)
        planned += is_wanted(test, which);
    background_rest();
    print("ktest: begin\nKTAP version 1\n1..%u\n", planned);
    for (const struct ktest *test = __ktests_start; test < __ktests_end; test++) {
        if (!is_wanted(test, which))
            continue;
        test_run(test);
        failed += failures != 0;
        print("%sok %u %s.%s\n", failures != 0 ? "not " : "", ++number, test->suite, test->name);
    }
    print("ktest: end\n");
    return failed;
}
