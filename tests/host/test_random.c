/*
 * The random generator: RFC 8439's example of ChaCha20, and that what comes out looks random and never repeats.
 *
 * Links: kernel/random.c
 */
#include <stdio.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "tests/host/support/tap.h"

enum { BYTES = 1 << 20 };

struct cpu_features cpu_features;
static uint8_t bytes[BYTES];

void spin_lock(struct spinlock *lock)
{
    (void)lock;
}

void spin_unlock(struct spinlock *lock)
{
    (void)lock;
}

uint64_t time_now(void)
{
    return 1;
}

uint64_t time_realtime(void)
{
    return 2;
}

/* RFC 8439, 2.3.2. */
static bool example_is_right(void)
{
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    static const uint8_t wanted[] = {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15,
                                     0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4};
    uint8_t block[64];
    for (unsigned i = 0; i < 32; i++)
        ((uint8_t *)&state[4])[i] = (uint8_t)i;
    state[12] = 1;
    state[13] = 0x09000000;
    state[14] = 0x4a000000;
    chacha20_block(state, block);
    return memcmp(block, wanted, sizeof(wanted)) == 0 && block[63] == 0x4e;
}

/* Every byte value about equally often: chi-squared with 255 degrees of freedom, far beyond any plausible limit either way is wrong. */
static bool bytes_look_random(void)
{
    double sum = 0, expected = BYTES / 256.0;
    unsigned counts[256] = {0};
    for (unsigned i = 0; i < BYTES; i++)
        counts[bytes[i]]++;
    for (unsigned i = 0; i < 256; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return sum > 150 && sum < 400;
}

int main(void)
{
    check(example_is_right(), "ChaCha20 as in RFC 8439");
    random_init();
    random_get(bytes, sizeof(bytes));
    check(bytes_look_random(), "a megabyte looks random");
    check(random_u64() != random_u64(), "numbers differ");
    uint8_t guarded[7] = {0};
    random_get(guarded + 1, 5);
    check(guarded[0] == 0 && guarded[6] == 0, "no byte too many");
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}
