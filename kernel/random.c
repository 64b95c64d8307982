/*
 * A random generator of the "fast key erasure" kind: ChaCha20 under a secret key; the first half of every block of output becomes the next key and
 * is never given out, so what was handed out before cannot be computed from the generator's later state.
 *
 * Samples are gathered in a pool of words without a lock and stirred into the key when the next block is generated. Locks: generator_lock (RANK_RANDOM).
 * Sources: RFC 8439 (ChaCha20); D. J. Bernstein, "Fast-key-erasure random-number generators", 2017.
 */
#include "kernel/random.h"

#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/time.h"
#include "kernel/x86.h"
#include "libc/string.h"

#define KEY_WORDS 8
#define POOL_WORDS 4
#define CHUNK 32 /* bytes of a block that are given out */

static struct spinlock generator_lock = SPINLOCK_INIT(RANK_RANDOM);
static uint32_t key[KEY_WORDS];
static uint8_t chunk[CHUNK]; /* generated; the first `chunk_left` bytes have not been given out */
static size_t chunk_left;
static _Atomic uint64_t pool[POOL_WORDS];
static _Atomic uint32_t pool_next;

static inline uint32_t rotate_left(uint32_t value, unsigned count)
{
    return value << count | value >> (32 - count);
}

static inline void quarter_round(uint32_t x[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 7);
}

static void double_round(uint32_t x[16])
{
    quarter_round(x, 0, 4, 8, 12);
    quarter_round(x, 1, 5, 9, 13);
    quarter_round(x, 2, 6, 10, 14);
    quarter_round(x, 3, 7, 11, 15);
    quarter_round(x, 0, 5, 10, 15);
    quarter_round(x, 1, 6, 11, 12);
    quarter_round(x, 2, 7, 8, 13);
    quarter_round(x, 3, 4, 9, 14);
}

void chacha20_block(const uint32_t state[16], uint8_t block[64])
{
    uint32_t x[16];
    memcpy(x, state, sizeof(x));
    for (unsigned i = 0; i < 10; i++)
        double_round(x);
    for (unsigned i = 0; i < 16; i++)
        x[i] += state[i];
    memcpy(block, x, sizeof(x));
}

/* Stirs the pool into the key. The lock is held. */
static void pool_drain(void)
{
    for (unsigned i = 0; i < POOL_WORDS; i++) {
        uint64_t sample = atomic_exchange_explicit(&pool[i], 0, memory_order_relaxed);
        key[2 * i] ^= (uint32_t)sample;
        key[2 * i + 1] ^= (uint32_t)(sample >> 32);
    }
}

/* The next CHUNK bytes; the key is replaced. The lock is held. */
static void generate(uint8_t out[CHUNK])
{
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}; /* RFC 8439's constants */
    uint8_t block[64];
    pool_drain();
    memcpy(&state[4], key, sizeof(key));
    chacha20_block(state, block);
    memcpy(key, block, sizeof(key));
    memcpy(out, block + sizeof(key), CHUNK);
}

/* Copies up to `length` bytes of the chunk at hand, which keeps no trace of them, or of a new one; returns how many. The lock is held. */
static size_t chunk_take(uint8_t *to, size_t length)
{
    if (chunk_left == 0) {
        generate(chunk);
        chunk_left = CHUNK;
    }
    size_t piece = (size_t)min_u64(length, chunk_left);
    chunk_left -= piece;
    memcpy(to, chunk + chunk_left, piece);
    memset(chunk + chunk_left, 0, piece);
    return piece;
}

void random_get(void *buffer, size_t length)
{
    uint8_t *to = buffer;
    while (length > 0) {
        spin_lock(&generator_lock);
        size_t piece = chunk_take(to, length);
        spin_unlock(&generator_lock);
        to += piece;
        length -= piece;
    }
}

uint64_t random_u64(void)
{
    uint64_t value;
    random_get(&value, sizeof(value));
    return value;
}

void random_add(uint64_t sample)
{
    uint32_t turn = atomic_fetch_add_explicit(&pool_next, 1, memory_order_relaxed);
    _Atomic uint64_t *word = &pool[turn % POOL_WORDS];
    uint64_t mixed = (sample ^ tsc_read()) * 0x9e3779b97f4a7c15; /* spreads few bits over the word */
    atomic_fetch_xor_explicit(word, mixed ^ mixed >> 29, memory_order_relaxed);
}

/* A number from the CPU's generator; false when it has none to give. */
static bool hardware_random(uint64_t *value)
{
    for (unsigned i = 0; cpu_features.rdrand && i < 16; i++) {
        bool valid;
        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(valid));
        if (valid)
            return true;
    }
    return false;
}

void random_init(void)
{
    uint64_t value;
    for (unsigned i = 0; i < POOL_WORDS; i++) {
        if (hardware_random(&value))
            random_add(value);
        random_add(time_realtime() ^ time_now());
        chunk_left = 0; /* so that the samples are stirred in */
        (void)random_u64();
    }
}
