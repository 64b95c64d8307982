/*
 * In-kernel test suites. A test registers itself by a line in any file below tests/kernel/:
 *
 *     KTEST(buddy, splits_and_merges)
 *     {
 *         KTEST_EXPECT(frames_free() == before);
 *     }
 *
 * The option `test=all` or `test=SUITE,...` runs them at the end of start-up, in thread context, and prints KTAP between the lines
 * `ktest: begin` and `ktest: end`.
 */
#ifndef KERNEL_KTEST_H
#define KERNEL_KTEST_H

#include "kernel/types.h"

struct ktest {
    const char *suite;
    const char *name;
    void (*run)(void);
};

#define KTEST(suite_, name_)                                                                                           \
    static void ktest_##suite_##_##name_(void);                                                                        \
    static const struct ktest ktest_entry_##suite_##_##name_                                                           \
        __attribute__((used, section(".ktests"), aligned(8))) = {#suite_, #name_, ktest_##suite_##_##name_};           \
    static void ktest_##suite_##_##name_(void)

/* Notes a failure with file, line and expression; the test goes on. */
#define KTEST_EXPECT(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            ktest_failed(#condition, __FILE__, __LINE__);                                                              \
    } while (0)

void ktest_failed(const char *condition, const char *file, int line);

/* Runs the suites that `which` names ("all" or one name); returns how many tests failed. Sleeps. */
unsigned ktest_run(const char *which);

#endif
