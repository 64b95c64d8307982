/* The census of WIRED frames: its sum is that of its owners, and an owner's frames are counted while it has them. */
#include "mm/census.h"

#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

enum { FRAMES = 21 };

struct count {
    const char *name;
    uint64_t frames, sum;
    unsigned owners, named;
};

static void owner_count(const char *name, uint64_t frames, void *context)
{
    struct count *count = context;
    count->owners++;
    count->sum += frames;
    if (strcmp(name, count->name) == 0) {
        count->frames = frames;
        count->named++;
    }
}

static uint64_t frames_of(const char *name)
{
    struct count count = {.name = name};
    census_for_each(owner_count, &count);
    KTEST_EXPECT(count.named == 1);
    return count.frames;
}

KTEST(census, what_an_owner_takes_is_counted_while_it_has_it)
{
    uint64_t before = frames_of("kmalloc"), all = census_count();
    void *memory = kmalloc(FRAMES * PAGE_SIZE);
    KTEST_EXPECT(frames_of("kmalloc") == before + FRAMES && census_count() >= all + FRAMES);
    kfree(memory);
    KTEST_EXPECT(frames_of("kmalloc") == before);
}

KTEST(census, no_more_is_counted_than_is_wired)
{
    struct count count = {.name = "slabs"};
    census_for_each(owner_count, &count);
    KTEST_EXPECT(count.named == 1 && count.owners > 3 && count.owners <= CENSUS_MAX);
    KTEST_EXPECT(count.sum < frames_in_state(PAGE_WIRED));
}
