/* Random numbers that are the same everywhere, and the end of a test that finds itself unable to go on. */
#ifndef TESTS_USER_RANDOM_H
#define TESTS_USER_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What comes next is determined by this; the test may set it. */
static uint64_t random_state = 1;

/* From 0 to limit - 1: Knuth's linear congruential generator, its upper bits. */
static inline unsigned random_below(unsigned limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((random_state >> 33) % limit);
}

/* Ends the program, which needs that to be true, with the reason in errno. */
static inline void must(int truth, const char *what)
{
    if (truth)
        return;
    perror(what);
    exit(1);
}

#endif
