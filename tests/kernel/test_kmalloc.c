/* kmalloc: memory of any size, zeroed and aligned, in no more frames than it needs; what cannot be had. */
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/census.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "tests/kernel/crew.h"

/* Up to 8 MB, or an eighth of the memory: so many neighbouring frames can be freed of what is cached. */
static void allocate_all_sizes(void)
{
    size_t largest = min_u64((size_t)8 << 20, frames_total() * PAGE_SIZE / 8);
    for (size_t size = 1; size <= largest; size += size / 3 + 1) {
        uint8_t *memory = kmalloc(size);
        KTEST_EXPECT(memory != NULL);
        if (memory == NULL)
            continue;
        KTEST_EXPECT(memory[0] == 0 && memory[size / 2] == 0 && memory[size - 1] == 0);
        memset(memory, 0xee, size);
        kfree(memory);
    }
}

KTEST(kmalloc, every_size_is_had_zeroed_and_comes_back)
{
    KTEST_EXPECT(frames_come_back(allocate_all_sizes));
    KTEST_EXPECT(kmalloc((size_t)1 << 40) == NULL);
}

KTEST(kmalloc, what_is_too_large_is_refused)
{
    KTEST_EXPECT(kmalloc(((size_t)64 << 20) + 1) == NULL && kmalloc(SIZE_MAX) == NULL);
    kfree(NULL);
}

KTEST(kmalloc, a_buffer_is_a_page_when_it_cannot_be_more)
{
    size_t small = 100, large = 5 * PAGE_SIZE, too_large = SIZE_MAX;
    void *buffers[] = {kmalloc_buffer(&small), kmalloc_buffer(&large), kmalloc_buffer(&too_large)};
    for (unsigned i = 0; i < ARRAY_LENGTH(buffers); i++)
        KTEST_EXPECT(buffers[i] != NULL);
    KTEST_EXPECT(small == 100 && (large == 5 * PAGE_SIZE || large == PAGE_SIZE) && too_large == PAGE_SIZE);
    for (unsigned i = 0; i < ARRAY_LENGTH(buffers); i++)
        kfree(buffers[i]);
}

static void frames_count(const char *name, uint64_t frames, void *context)
{
    if (strcmp(name, "kmalloc") == 0)
        *(uint64_t *)context = frames;
}

KTEST(kmalloc, a_run_has_the_frames_it_needs_and_no_more)
{
    uint64_t before = 0, with = 0, after = 0;
    census_for_each(frames_count, &before);
    char *memory = kmalloc(5 * PAGE_SIZE + 1);
    census_for_each(frames_count, &with);
    KTEST_EXPECT(with == before + 6 && is_aligned((uintptr_t)memory, PAGE_SIZE));
    for (unsigned i = 0; i < 6; i++)
        KTEST_EXPECT(page_of_address(memory + i * PAGE_SIZE)->state == PAGE_WIRED);
    kfree(memory);
    census_for_each(frames_count, &after);
    KTEST_EXPECT(after == before);
}

KTEST(kmalloc, small_ones_share_frames_and_are_apart)
{
    char *memory[32];
    for (unsigned i = 0; i < ARRAY_LENGTH(memory); i++) {
        memory[i] = kmalloc(24);
        KTEST_EXPECT(memory[i] != NULL && is_aligned((uintptr_t)memory[i], 16));
        memset(memory[i], (int)i, 24);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(memory); i++) {
        KTEST_EXPECT(memory[i][0] == (char)i && memory[i][23] == (char)i);
        kfree(memory[i]);
    }
}
