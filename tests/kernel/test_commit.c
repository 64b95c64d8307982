/*
 * Promises of memory: what counts and for how long, and what each mode refuses. No program runs, so nobody else makes any.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "mm/commit.h"
#include "mm/frame.h"
#include "mm/object.h"
#include "mm/swap.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + page * PAGE_SIZE;
}

/* mmap() of `pages` pages anywhere. */
static int map_anywhere(struct aspace *aspace, uint64_t pages, uint32_t flags)
{
    vaddr_t at;
    struct map_request request = {.length = pages << PAGE_SHIFT, .flags = flags};
    if ((flags & AREA_WRITE) != 0)
        request.flags |= AREA_MAY_WRITE;
    return aspace_map(aspace, &request, &at);
}

/* The mode, for the test's duration. */
static void mode_set(enum commit_mode mode)
{
    KTEST_EXPECT(commit_set_mode(mode) == 0);
}

KTEST(commit, what_may_be_written_counts)
{
    uint64_t before = commit_of_areas();
    struct aspace *aspace = aspace_create();
    space_map(aspace, page_at(0), 8, SPACE_RW);
    space_map(aspace, page_at(20), 4, AREA_READ | AREA_MAY_WRITE);
    space_map(aspace, page_at(40), 16, SPACE_RW | AREA_NORESERVE);
    KTEST_EXPECT(aspace->committed_pages == 8 && commit_of_areas() == before + 8);
    KTEST_EXPECT((space_area(aspace, page_at(0))->flags & AREA_COMMITTED) != 0);
    KTEST_EXPECT(aspace_protect(aspace, page_at(2), 2 * PAGE_SIZE, AREA_READ) == 0 && aspace->committed_pages == 8);
    KTEST_EXPECT(aspace_protect(aspace, page_at(21), 2 * PAGE_SIZE, AREA_READ | AREA_WRITE) == 0);
    KTEST_EXPECT(aspace->committed_pages == 10);
    KTEST_EXPECT(aspace_protect(aspace, page_at(40), 16 * PAGE_SIZE, AREA_READ) == 0 &&
                 aspace_protect(aspace, page_at(40), 16 * PAGE_SIZE, AREA_READ | AREA_WRITE) == 0);
    KTEST_EXPECT(aspace->committed_pages == 10);
    KTEST_EXPECT(aspace_unmap(aspace, page_at(1), 21 * PAGE_SIZE) == 0 && aspace->committed_pages == 2);
    vm_check();
    aspace_put(aspace);
    KTEST_EXPECT(commit_of_areas() == before);
}

KTEST(commit, a_child_is_promised_the_same_again)
{
    uint64_t before = commit_of_areas();
    struct aspace *parent = aspace_create();
    space_map(parent, page_at(0), 8, SPACE_RW);
    space_map(parent, page_at(10), 4, SPACE_RW | AREA_DONTFORK);
    struct aspace *child = aspace_fork(parent);
    KTEST_EXPECT(child->committed_pages == 8 && commit_of_areas() == before + 20);
    aspace_put(parent);
    KTEST_EXPECT(commit_of_areas() == before + 8);
    vm_check();
    aspace_put(child);
    KTEST_EXPECT(commit_of_areas() == before);
}

KTEST(commit, shared_memory_is_promised_whole_or_page_by_page)
{
    uint64_t before = commit_total(), areas = commit_of_areas();
    struct aspace *aspace = aspace_create();
    for (unsigned reserve = 0; reserve < 2; reserve++) {
        struct object *object = shm_object_create(8 * PAGE_SIZE, reserve);
        KTEST_EXPECT(commit_total() == before + 8 * reserve);
        space_map_object(aspace, SPACE_BASE, 8, SPACE_RW | AREA_SHARED, object, 0);
        object_put(object);
        space_store(aspace, page_at(3), 3);
        KTEST_EXPECT(commit_total() == before + (reserve ? 8 : 1) && commit_of_areas() == areas);
        vm_check();
        KTEST_EXPECT(aspace_unmap(aspace, SPACE_BASE, 8 * PAGE_SIZE) == 0 && commit_total() == before);
    }
    aspace_put(aspace);
}

/* MAP_FIXED over one's own memory asks for nothing more; what is too much is refused before anything is lost. */
KTEST(commit, what_is_replaced_counts_once)
{
    struct aspace *aspace = aspace_create();
    struct map_request request = {.address = SPACE_BASE, .fixed = true, .flags = SPACE_RW};
    vaddr_t at;
    mode_set(COMMIT_STRICT);
    uint64_t most = commit_limit() - commit_total(), before = commit_of_areas();
    space_map(aspace, SPACE_BASE, most - 4, SPACE_RW);
    space_store(aspace, page_at(1), 17);
    request.length = (most + 1) << PAGE_SHIFT;
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == -ENOMEM && space_load(aspace, page_at(1)) == 17);
    request.length = most << PAGE_SHIFT;
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == 0 && commit_of_areas() == before + most);
    KTEST_EXPECT(space_load(aspace, page_at(1)) == 0);
    request.address = page_at(most / 2); /* half of what is there, half behind it */
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == -ENOMEM && commit_of_areas() == before + most);
    request.fixed_noreplace = true;
    KTEST_EXPECT(aspace_map(aspace, &request, &at) == -ENOMEM);
    vm_check();
    aspace_put(aspace);
    mode_set(COMMIT_HEURISTIC);
    KTEST_EXPECT(commit_of_areas() == before);
}

KTEST(commit, each_mode_refuses_what_it_has_to)
{
    struct aspace *aspace = aspace_create();
    uint64_t too_much = 4 * frames_total() + commit_limit(), half = (commit_limit() - commit_total()) / 2 + 1;
    KTEST_EXPECT(map_anywhere(aspace, too_much, SPACE_RW) == -ENOMEM);
    KTEST_EXPECT(map_anywhere(aspace, too_much, SPACE_RW | AREA_NORESERVE) == 0);
    mode_set(COMMIT_ALWAYS);
    KTEST_EXPECT(map_anywhere(aspace, too_much, SPACE_RW) == 0 && commit_knows_noreserve());
    mode_set(COMMIT_STRICT);
    KTEST_EXPECT(!commit_knows_noreserve() && map_anywhere(aspace, 1, SPACE_RW) == -ENOMEM);
    KTEST_EXPECT(map_anywhere(aspace, too_much, AREA_READ) == 0); /* no promise */
    aspace_put(aspace);
    aspace = aspace_create();
    space_map(aspace, SPACE_BASE, half, SPACE_RW);
    KTEST_EXPECT(map_anywhere(aspace, half, SPACE_RW) == -ENOMEM &&
                 shm_object_create(half << PAGE_SHIFT, true) == NULL);
    KTEST_EXPECT(aspace_fork(aspace) == NULL && map_anywhere(aspace, half / 2, SPACE_RW) == 0);
    space_map(aspace, page_at(2 * half), half, AREA_READ | AREA_MAY_WRITE);
    KTEST_EXPECT(aspace_protect(aspace, page_at(2 * half), half << PAGE_SHIFT, AREA_READ | AREA_WRITE) == -ENOMEM);
    vm_check();
    aspace_put(aspace);
    mode_set(COMMIT_HEURISTIC);
    KTEST_EXPECT(commit_set_mode((enum commit_mode)3) == -EINVAL);
}

/* The number that a file of /proc has. */
static uint64_t file_number(const char *path)
{
    struct text text = proc_text(path);
    uint64_t number = 0;
    for (const char *digit = text.data; *digit >= '0' && *digit <= '9'; digit++)
        number = 10 * number + (uint64_t)(*digit - '0');
    text_release(&text);
    return number;
}

KTEST(commit, the_part_of_memory_is_a_ratio_or_a_size)
{
    uint64_t limit = commit_limit(), kilobytes = PAGE_SIZE / 1024;
    KTEST_EXPECT(proc_text_store("sys/vm/overcommit_kbytes", "4004") == 0);
    KTEST_EXPECT(commit_limit() == 4004 / kilobytes + swap_total());
    KTEST_EXPECT(file_number("sys/vm/overcommit_ratio") == 0 && file_number("sys/vm/overcommit_kbytes") == 4004);
    KTEST_EXPECT(proc_text_store("sys/vm/overcommit_ratio", "50") == 0 && commit_limit() == limit);
    KTEST_EXPECT(file_number("sys/vm/overcommit_ratio") == 50 && file_number("sys/vm/overcommit_kbytes") == 0);
}
