/*
 * What every host test has: numbered results in the Test Anything Protocol, and random numbers that repeat.
 *
 * A test ends with the plan, `1..checks`, and status 1 if there were failures.
 */
#ifndef TESTS_HOST_SUPPORT_TAP_H
#define TESTS_HOST_SUPPORT_TAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static unsigned checks, failures;
static uint64_t seed = 1;

/* Knuth's linear congruential generator, its upper bits. */
static inline unsigned random_below(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % limit);
}

static inline void check(bool condition, const char *name)
{
    checks++;
    failures += !condition;
    printf("%s %u - %s\n", condition ? "ok" : "not ok", checks, name);
}

#endif
