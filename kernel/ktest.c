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
 * Tests run one after the other in one thread; a test may start threads of its own and must wait for them. vm_check() follows each (the
 * invariant that it breaks is a panic that names it).
 */
#include "kernel/ktest.h"

#include "kernel/log.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/aspace.h"

extern const struct ktest __ktests_start[], __ktests_end[];

static _Atomic unsigned failures; /* of the running test; tests may fail in threads of theirs */

/* "all" is every suite but the one that fails on purpose. */
static bool is_wanted(const struct ktest *test, const char *which)
{
    if (strcmp(which, "all") == 0)
        return strcmp(test->suite, "deliberate") != 0;
    return strcmp(which, test->suite) == 0;
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

unsigned ktest_run(const char *which)
{
    unsigned planned = 0, number = 0, failed = 0;
    for (const struct ktest *test = __ktests_start; test < __ktests_end; test++)
        planned += is_wanted(test, which);
    print("ktest: begin\nKTAP version 1\n1..%u\n", planned);
    for (const struct ktest *test = __ktests_start; test < __ktests_end; test++) {
        if (!is_wanted(test, which))
            continue;
        failures = 0;
        test->run();
        vm_check();
        failed += failures != 0;
        print("%sok %u %s.%s\n", failures != 0 ? "not " : "", ++number, test->suite, test->name);
    }
    print("ktest: end\n");
    return failed;
}
