/*
 * /proc/PID/maps and smaps from inside: lines in Linux's format, sums that agree with what an address space has. (tests/user/vm_proc.c and vm_smaps.c compare
 * every field with Linux's.)
 */
#include "kernel/ktest.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/evict.h"
#include "mm/frame.h"
#include "mm/object.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

enum { KILOBYTES = PAGE_SIZE / 1024 };

/* What a file of /proc/PID shows of an address space. */
static struct text report(struct aspace *aspace, const char *name)
{
    static struct process process; /* nothing but its memory is looked at */
    process.aspace = aspace;
    struct text text = proc_text_of(&process, name);
    process.aspace = NULL;
    return text;
}

KTEST(report_areas, maps_has_a_line_for_each_area)
{
    struct fake_object fake;
    struct aspace *aspace = aspace_create();
    fake_object_init(&fake, 8);
    space_map(aspace, SPACE_BASE, 2, SPACE_RW);
    space_map(aspace, SPACE_BASE + 4 * PAGE_SIZE, 1, AREA_READ | AREA_EXEC);
    space_map_object(aspace, SPACE_BASE + 8 * PAGE_SIZE, 2, AREA_READ | AREA_SHARED, &fake.object, 3);
    space_map(aspace, SPACE_BASE + 16 * PAGE_SIZE, 1, 0);
    struct text text = report(aspace, "maps");
    KTEST_EXPECT(strcmp(text.data, "40000000-40002000 rw-p 00000000 00:00 0 \n"
                                   "40004000-40005000 r-xp 00000000 00:00 0 \n"
                                   "40008000-4000a000 r--s 00003000 00:00 0 \n"
                                   "40010000-40011000 ---p 00000000 00:00 0 \n") == 0);
    text_release(&text);
    aspace_put(aspace);
    fake_object_end(&fake);
}

KTEST(report_areas, shared_memory_and_the_heap_have_names)
{
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(PAGE_SIZE, false);
    space_map(aspace, SPACE_BASE, 2, SPACE_RW | AREA_HEAP);
    aspace->brk_start = SPACE_BASE;
    aspace->brk = SPACE_BASE + PAGE_SIZE;
    space_map_object(aspace, SPACE_BASE + 4 * PAGE_SIZE, 1, SPACE_RW | AREA_SHARED, object, 0);
    space_map(aspace, SPACE_BASE + 8 * PAGE_SIZE, 1, SPACE_RW | AREA_STACK);
    aspace->stack_top = SPACE_BASE + 9 * PAGE_SIZE;
    struct text text = report(aspace, "maps");
    const char *heap = strstr(text.data, "[heap]\n"), *zero = strstr(text.data, "/dev/zero (deleted)\n");
    KTEST_EXPECT(heap == text.data + 73 && zero != NULL && zero > heap);
    KTEST_EXPECT(text_count(&text, "[stack]\n") == 1 && text_count(&text, "\n") == 3);
    text_release(&text);
    aspace_put(aspace);
    object_put(object);
}

KTEST(report_areas, smaps_counts_what_is_mapped_alone_and_with_others)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 8, SPACE_RW | AREA_NOHUGE);
    for (uint64_t i = 0; i < 4; i++)
        space_store(aspace, SPACE_BASE + i * PAGE_SIZE, i);
    (void)space_load(aspace, SPACE_BASE + 5 * PAGE_SIZE); /* the page of zeros, which is nobody's */
    struct text text = report(aspace, "smaps");
    KTEST_EXPECT(text_number(&text, "Size") == 8 * KILOBYTES && text_number(&text, "Rss") == 4 * KILOBYTES);
    KTEST_EXPECT(text_number(&text, "Pss") == 4 * KILOBYTES && text_number(&text, "Private_Dirty") == 4 * KILOBYTES);
    KTEST_EXPECT(text_number(&text, "Anonymous") == 4 * KILOBYTES && text_number(&text, "Swap") == 0);
    text_release(&text);
    struct aspace *child = aspace_fork(aspace);
    space_store(child, SPACE_BASE, 9);
    for (uint64_t i = 1; i < 4; i++)
        KTEST_EXPECT(space_load(child, SPACE_BASE + i * PAGE_SIZE) == i &&
                     space_load(aspace, SPACE_BASE + i * PAGE_SIZE) == i);
    text = report(child, "smaps");
    KTEST_EXPECT(text_number(&text, "Rss") == 4 * KILOBYTES && text_number(&text, "Pss") == 2 * KILOBYTES + 2);
    KTEST_EXPECT(text_number(&text, "Shared_Dirty") == 3 * KILOBYTES);
    KTEST_EXPECT(text_number(&text, "Private_Dirty") == KILOBYTES &&
                 text_count(&text, "VmFlags: rd wr mr mw me ") == 1);
    text_release(&text);
    aspace_put(child);
    aspace_put(aspace);
}

KTEST(report_areas, smaps_tells_what_is_on_swap_and_locked)
{
    swap_begin();
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 4, SPACE_RW | AREA_NOHUGE);
    space_map(aspace, SPACE_BASE + 8 * PAGE_SIZE, 1, SPACE_RW | AREA_LOCKED);
    for (uint64_t i = 0; i < 3; i++)
        space_store(aspace, SPACE_BASE + i * PAGE_SIZE, i);
    space_store(aspace, SPACE_BASE + 8 * PAGE_SIZE, 8);
    KTEST_EXPECT(space_evict_page(aspace, SPACE_BASE + PAGE_SIZE));
    struct text text = report(aspace, "smaps");
    KTEST_EXPECT(text_number(&text, "Swap") == KILOBYTES && text_number(&text, "SwapPss") == KILOBYTES);
    KTEST_EXPECT(text_number(&text, "Rss") == 2 * KILOBYTES && text_number(&text, "Locked") == 0);
    KTEST_EXPECT(text_count(&text, "Locked:                4 kB\n") == 1 && text_count(&text, " lo ") == 1);
    text_release(&text);
    aspace_put(aspace);
    swap_finish();
}

/* Sends the pages of a shared-memory object to swap. */
static void object_evict(struct object *object, uint64_t pages)
{
    struct evict_batch batch;
    evict_batch_init(&batch);
    for (uint64_t i = 0; i < pages; i++) {
        const struct anon *anon = radix_find(&object->overlay, i);
        KTEST_EXPECT(evict_page(&batch, anon->page));
    }
    evict_write(&batch);
    swap_wait_written();
    standby_empty();
}

/* The first area's "Swap" of smaps. */
static uint64_t swapped_kilobytes(struct aspace *aspace)
{
    struct text text = report(aspace, "smaps");
    uint64_t kilobytes = text_number(&text, "Swap");
    text_release(&text);
    return kilobytes;
}

/* The sum over all lines of that name. */
static uint64_t text_sum(const struct text *text, const char *name)
{
    uint64_t sum = 0;
    size_t length = strlen(name);
    for (const char *line = text->data; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (strncmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *digit = line + length + 1;
        uint64_t number = 0;
        while (*digit == ' ')
            digit++;
        for (; *digit >= '0' && *digit <= '9'; digit++)
            number = 10 * number + (uint64_t)(*digit - '0');
        sum += number;
    }
    return sum;
}

KTEST(report_areas, smaps_rollup_is_the_sum)
{
    static const char *const names[] = {"Rss",           "Pss",        "Pss_Dirty", "Shared_Dirty", "Private_Clean",
                                        "Private_Dirty", "Referenced", "Anonymous", "Swap",         "Locked"};
    swap_begin();
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(2 * PAGE_SIZE, false);
    space_map(aspace, SPACE_BASE, 4, SPACE_RW | AREA_NOHUGE);
    space_map(aspace, SPACE_BASE + 8 * PAGE_SIZE, 1, SPACE_RW | AREA_LOCKED);
    space_map_object(aspace, SPACE_BASE + 16 * PAGE_SIZE, 2, SPACE_RW | AREA_SHARED, object, 0);
    for (uint64_t i = 0; i < 18; i++) {
        if (i < 4 || i == 8 || i == 16)
            space_store(aspace, SPACE_BASE + i * PAGE_SIZE, i);
    }
    KTEST_EXPECT(space_evict_page(aspace, SPACE_BASE + PAGE_SIZE));
    struct text areas = report(aspace, "smaps"), rollup = report(aspace, "smaps_rollup");
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
        KTEST_EXPECT(text_number(&rollup, names[i]) == text_sum(&areas, names[i]));
    KTEST_EXPECT(text_number(&rollup, "Rss") == 5 * KILOBYTES && text_number(&rollup, "Swap") == KILOBYTES);
    KTEST_EXPECT(text_number(&rollup, "Pss_Anon") == 4 * KILOBYTES && text_number(&rollup, "Pss_File") == 0);
    KTEST_EXPECT(text_number(&rollup, "Pss_Shmem") == KILOBYTES && text_number(&rollup, "Locked") == KILOBYTES);
    KTEST_EXPECT(text_count(&rollup, "40000000-40012000 ---p 00000000 00:00 0 ") == 1 &&
                 text_count(&rollup, " [rollup]\n") == 1);
    text_release(&areas);
    text_release(&rollup);
    aspace_put(aspace);
    object_put(object);
    swap_finish();
}

KTEST(report_areas, smaps_finds_swapped_shared_memory_below_a_private_mapping)
{
    swap_begin();
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(4 * PAGE_SIZE, false);
    space_map_object(aspace, SPACE_BASE, 4, SPACE_RW, object, 0);
    space_map_object(aspace, SPACE_BASE + 8 * PAGE_SIZE, 4, SPACE_RW | AREA_SHARED, object, 0);
    for (uint64_t i = 0; i < 4; i++)
        space_store(aspace, SPACE_BASE + (8 + i) * PAGE_SIZE, i);
    space_store(aspace, SPACE_BASE + PAGE_SIZE, 77); /* a copy of its own */
    KTEST_EXPECT(swapped_kilobytes(aspace) == 0);
    object_evict(object, 4);
    KTEST_EXPECT(swapped_kilobytes(aspace) == 3 * KILOBYTES);
    KTEST_EXPECT(space_evict_page(aspace, SPACE_BASE + PAGE_SIZE) && swapped_kilobytes(aspace) == 4 * KILOBYTES);
    KTEST_EXPECT(aspace_protect(aspace, SPACE_BASE, 4 * PAGE_SIZE, AREA_READ) == 0);
    KTEST_EXPECT(swapped_kilobytes(aspace) == 5 * KILOBYTES); /* as Linux counts what cannot be written */
    aspace_put(aspace);
    object_put(object);
    swap_finish();
}

KTEST(report_areas, a_process_without_memory_has_empty_files)
{
    struct text maps = report(NULL, "maps"), smaps = report(NULL, "smaps");
    KTEST_EXPECT(maps.data[0] == '\0' && smaps.data[0] == '\0');
    text_release(&maps);
    text_release(&smaps);
}
