/*
 * /proc/PID/pagemap, walk and pagetable from inside: words of pages that are mapped, shared, on swap, and of nobody's; the entries of a walk; the tree.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/process.h"
#include "kernel/uio.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/object.h"
#include "mm/swap.h"
#include "mm/translation.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"
#include "tests/kernel/swap_area.h"

#define PRESENT ((uint64_t)1 << 63)
#define SWAPPED ((uint64_t)1 << 62)
#define SHARED ((uint64_t)1 << 61)
#define EXCLUSIVE ((uint64_t)1 << 56)
#define PLACE (((uint64_t)1 << 55) - 1)

/* Reads a binary file of an address space: what the read returns. */
static ssize_t records(struct aspace *aspace, const char *name, uint64_t offset, bool privileged, void *buffer,
                       size_t length)
{
    struct uio uio;
    uio_init_kernel(&uio, buffer, length, true);
    return proc_process_entry_find(name)->read(aspace, &uio, offset, privileged);
}

static uint64_t word_of(struct aspace *aspace, vaddr_t address, bool privileged)
{
    uint64_t word = 0;
    KTEST_EXPECT(records(aspace, "pagemap", address / PAGE_SIZE * 8, privileged, &word, 8) == 8);
    return word;
}

static uint64_t frame_of(struct aspace *aspace, vaddr_t address)
{
    const struct anon *anon = radix_find(&aspace->overlay, address >> PAGE_SHIFT);
    return page_frame(anon->page);
}

KTEST(report_tables, pagemap_tells_where_pages_are)
{
    swap_begin();
    struct aspace *aspace = aspace_create();
    struct object *object = shm_object_create(PAGE_SIZE, false);
    vaddr_t shared = SPACE_BASE + 8 * PAGE_SIZE, evicted = SPACE_BASE + PAGE_SIZE;
    space_map(aspace, SPACE_BASE, 4, SPACE_RW | AREA_NOHUGE);
    space_map_object(aspace, shared, 1, SPACE_RW | AREA_SHARED, object, 0);
    space_store(aspace, SPACE_BASE, 1);
    space_store(aspace, evicted, 2);
    space_store(aspace, shared, 3);
    KTEST_EXPECT(space_evict_page(aspace, evicted));
    uint32_t block = ((struct anon *)radix_find(&aspace->overlay, evicted >> PAGE_SHIFT))->block;
    uint64_t word = word_of(aspace, SPACE_BASE, true);
    KTEST_EXPECT((word & (PRESENT | SWAPPED | SHARED | EXCLUSIVE)) == (PRESENT | EXCLUSIVE));
    KTEST_EXPECT((word & PLACE) == frame_of(aspace, SPACE_BASE));
    word = word_of(aspace, evicted, true);
    KTEST_EXPECT(word == (SWAPPED | (uint64_t)swap_block_slot(block) << 5 | swap_block_area(block)));
    KTEST_EXPECT((word_of(aspace, shared, true) & (PRESENT | SHARED)) == (PRESENT | SHARED));
    KTEST_EXPECT(word_of(aspace, SPACE_BASE + 2 * PAGE_SIZE, true) == 0);
    KTEST_EXPECT(word_of(aspace, SPACE_BASE + 100 * PAGE_SIZE, true) == 0);
    struct aspace *child = aspace_fork(aspace);
    KTEST_EXPECT(space_load(child, SPACE_BASE) == 1 && space_load(aspace, SPACE_BASE) == 1);
    KTEST_EXPECT((word_of(aspace, SPACE_BASE, true) & EXCLUSIVE) == 0);
    aspace_put(child);
    aspace_put(aspace);
    object_put(object);
    swap_finish();
}

KTEST(report_tables, places_are_for_root_to_know)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 1, SPACE_RW);
    space_store(aspace, SPACE_BASE, 1);
    KTEST_EXPECT((word_of(aspace, SPACE_BASE, true) & PLACE) != 0);
    KTEST_EXPECT((word_of(aspace, SPACE_BASE, false) & (PRESENT | EXCLUSIVE | PLACE)) == (PRESENT | EXCLUSIVE));
    aspace_put(aspace);
}

KTEST(report_tables, records_are_whole_and_end_with_the_user_half)
{
    uint64_t words[3];
    struct aspace *aspace = aspace_create();
    uint64_t end = (USER_END + PAGE_SIZE) / PAGE_SIZE;
    KTEST_EXPECT(records(aspace, "pagemap", 4, true, words, 8) == -EINVAL);
    KTEST_EXPECT(records(aspace, "pagemap", 8, true, words, 7) == -EINVAL);
    KTEST_EXPECT(records(aspace, "walk", 8, true, words, 8) == -EINVAL);
    KTEST_EXPECT(records(aspace, "pagemap", 0, true, words, sizeof(words)) == sizeof(words));
    KTEST_EXPECT(records(aspace, "pagemap", end * 8, true, words, 8) == 0);
    aspace_put(aspace);
}

KTEST(report_tables, walk_has_the_entries_of_each_level)
{
    uint64_t path[4];
    struct walk walk;
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 2, SPACE_RW | AREA_NOHUGE);
    space_store(aspace, SPACE_BASE, 1);
    KTEST_EXPECT(records(aspace, "walk", SPACE_BASE / PAGE_SIZE * 32, true, path, 32) == 32);
    KTEST_EXPECT(pagetable_walk(&aspace->table, SPACE_BASE, &walk) && path[3] == walk.value);
    for (unsigned level = LEVEL_TOP; level > LEVEL_4K; level--)
        KTEST_EXPECT(path[LEVEL_TOP - level] == walk.path[level] && (walk.path[level] & PTE_P) != 0);
    KTEST_EXPECT(records(aspace, "walk", (SPACE_BASE / PAGE_SIZE + 1) * 32, true, path, 32) == 32);
    KTEST_EXPECT(path[2] != 0 && path[3] == 0);
    aspace_put(aspace);
}

KTEST(report_tables, pagetable_is_the_tree)
{
    static struct process process;
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 8, SPACE_RW | AREA_NOHUGE);
    process.aspace = aspace;
    struct text text = proc_text_of(&process, "pagetable");
    KTEST_EXPECT(strncmp(text.data, "1 tables, 4 kB\nPML4 at frame 0x", 31) == 0 && text_count(&text, "\n") == 2);
    text_release(&text);
    for (uint64_t i = 0; i < 4; i++)
        space_store(aspace, SPACE_BASE + i * PAGE_SIZE, 1);
    space_store(aspace, SPACE_BASE + 6 * PAGE_SIZE, 1);
    text = proc_text_of(&process, "pagetable");
    KTEST_EXPECT(strncmp(text.data, "4 tables, 16 kB\n", 16) == 0 && text_count(&text, "\n") == 7);
    KTEST_EXPECT(text_count(&text, "\n  [0] PDPT at frame 0x") == 1 &&
                 text_count(&text, "\n    [1] PD at frame 0x") == 1);
    KTEST_EXPECT(text_count(&text, "\n      [0] PT at frame 0x") == 1);
    KTEST_EXPECT(text_count(&text, "[0-3] 4K  40000000-40003fff frame 0x") == 1);
    KTEST_EXPECT(text_count(&text, "[6] 4K  40006000-40006fff frame 0x") == 1 &&
                 text_count(&text, " P RW US A D XD\n") == 2);
    text_release(&text);
    process.aspace = NULL;
    aspace_put(aspace);
}
