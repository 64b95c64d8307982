/* Copies and zeros of many bytes: every length and alignment to the byte, and the vector register that is borrowed for them comes back. */
#include "mm/bulk.h"

#include "kernel/ktest.h"
#include "kernel/lock.h"
#include "mm/slab.h"

enum { ROOM = 3 * PAGE_SIZE, EDGE = 64 };

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8) + 1);
}

/* Whether `to` has `length` bytes of the pattern from `from` on, and its surroundings are 0xcc. */
static bool is_copied(const uint8_t *to, size_t from, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (to[i] != pattern(from + i))
            return false;
    }
    for (size_t i = 1; i <= EDGE; i++) {
        if (to[-(ptrdiff_t)i] != 0xcc || to[length + i - 1] != 0xcc)
            return false;
    }
    return true;
}

static const size_t lengths[] = {0,   1,   15,  16,  31,   32,   33,   63,   64,   65,
                                 100, 511, 512, 513, 1000, 2048, 4095, 4096, 4097, 8000};

KTEST(bulk, copies_are_exact_and_touch_nothing_else)
{
    uint8_t *from = kmalloc(ROOM), *to = kmalloc(ROOM);
    for (size_t i = 0; i < ROOM; i++)
        from[i] = pattern(i);
    for (unsigned i = 0; i < ARRAY_LENGTH(lengths); i++) {
        for (size_t shift = 0; shift < 3; shift++) {
            uint8_t *place = to + EDGE + 5 * shift;
            memset(to, 0xcc, ROOM);
            bulk_copy(place, from + 3 * shift, lengths[i]);
            KTEST_EXPECT(is_copied(place, 3 * shift, lengths[i]));
        }
    }
    kfree(from);
    kfree(to);
}

KTEST(bulk, short_copies_in_a_row_are_exact)
{
    volatile size_t lengths_of[] = {40, BULK_RUN, 77}; /* not known to the compiler, as they never are */
    struct bulk_register saved;
    uint8_t *from = kmalloc(ROOM), *to = kmalloc(ROOM);
    for (size_t i = 0; i < ROOM; i++)
        from[i] = pattern(i);
    memset(to, 0xcc, ROOM);
    interrupts_push_off();
    bulk_begin(&saved);
    bulk_move(to + EDGE, from, lengths_of[0], &saved);
    bulk_move(to + 4 * EDGE, from + 40, lengths_of[1], &saved);
    bulk_end(&saved);
    bulk_copy_short(to + 4 * EDGE + BULK_RUN + 2 * EDGE, from + 9, lengths_of[2]);
    interrupts_pop();
    KTEST_EXPECT(is_copied(to + EDGE, 0, 40) && is_copied(to + 4 * EDGE, 40, BULK_RUN));
    KTEST_EXPECT(is_copied(to + 4 * EDGE + BULK_RUN + 2 * EDGE, 9, 77));
    kfree(from);
    kfree(to);
}

KTEST(bulk, zeros_are_exact)
{
    uint8_t *memory = kmalloc(ROOM);
    for (unsigned i = 0; i < ARRAY_LENGTH(lengths); i++) {
        size_t wrong = 0;
        memset(memory, 0xcc, ROOM);
        bulk_zero(memory + EDGE, lengths[i]);
        for (size_t at = 0; at < ROOM; at++)
            wrong += memory[at] != (at >= EDGE && at < EDGE + lengths[i] ? 0 : 0xcc);
        KTEST_EXPECT(wrong == 0);
    }
    kfree(memory);
}

KTEST(bulk, the_borrowed_register_comes_back)
{
    uint8_t *from = kmalloc(PAGE_SIZE), *to = kmalloc(PAGE_SIZE);
    uint64_t before = 0x123456789abcdef, copied, zeroed, own;
    interrupts_push_off(); /* nobody else uses it meanwhile */
    __asm__ volatile("movq %%xmm0, %0" : "=r"(own));
    __asm__ volatile("movq %0, %%xmm0" ::"r"(before));
    bulk_copy(to, from, PAGE_SIZE);
    __asm__ volatile("movq %%xmm0, %0" : "=r"(copied));
    bulk_zero(to, PAGE_SIZE);
    __asm__ volatile("movq %%xmm0, %0" : "=r"(zeroed));
    __asm__ volatile("movq %0, %%xmm0" ::"r"(own));
    interrupts_pop();
    KTEST_EXPECT(copied == before && zeroed == before);
    kfree(from);
    kfree(to);
}
