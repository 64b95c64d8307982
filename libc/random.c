/* Pseudo-random numbers: a 64-bit linear congruential generator, whose high bits are used.  (Knuth, TAOCP 2, 3.3.4) */
#include <stdint.h>
#include <stdlib.h>

static uint64_t state = 1;

static inline uint64_t state_next(uint64_t seed)
{
    return seed * 6364136223846793005 + 1442695040888963407;
}

void srand(unsigned seed)
{
    state = seed;
}

int rand(void)
{
    state = state_next(state);
    return (int)(state >> 33);
}

int rand_r(unsigned *seed)
{
    uint64_t next = state_next(state_next(*seed));

    *seed = (unsigned)(next >> 32);
    return (int)(next >> 33);
}

void srandom(unsigned seed)
{
    srand(seed);
}

long random(void)
{
    return rand();
}
