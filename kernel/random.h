/*
 * Random numbers for programs (getrandom, /dev/urandom, AT_RANDOM) and for the kernel's own layouts.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include "kernel/types.h"

/* Seeds the generator from RDRAND where the CPU has it, the time-stamp counter and the clocks. Once, after time_init(). */
void random_init(void);

/* Fills `buffer` with random bytes. Any context. Before random_init() they are predictable. */
void random_get(void *buffer, size_t length);
uint64_t random_u64(void);

/* Stirs in something an outsider cannot know, such as when an interrupt came. Any context, a few instructions. */
void random_add(uint64_t sample);

/* One block of the ChaCha20 function (RFC 8439, 2.3) over 16 words: key, counter and nonce laid out as there. Pure. */
void chacha20_block(const uint32_t state[16], uint8_t block[64]);

#endif
