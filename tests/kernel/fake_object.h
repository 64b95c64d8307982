/*
 * An object for tests: its page i reads as the word i + 1 repeated, its pages 1000 and above cannot be read; writes are counted.
 */
#ifndef TESTS_KERNEL_FAKE_OBJECT_H
#define TESTS_KERNEL_FAKE_OBJECT_H

#include <stdatomic.h>

#include "mm/object.h"

#define FAKE_BAD_INDEX 1000

struct fake_object {
    struct object object;
    _Atomic unsigned reads, read_calls, writes, write_calls;
    _Atomic uint64_t written_sum; /* of the first words of the pages written */
    bool released;
};

/* Prepares a fake of `pages` pages. */
void fake_object_init(struct fake_object *fake, uint64_t pages);

/* Throws its pages away and drops the reference; expects it to be the last. */
void fake_object_end(struct fake_object *fake);

#endif
