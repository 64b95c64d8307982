/*
 * fork's address spaces (L34): copies are private, shared memory stays shared, long chains of forks stay right, and without memory there is no
 * child, not a part of one.
 */
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/object.h"
#include "mm/slab.h"
#include "mm/stats.h"
#include "mm/usercopy.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/spaces.h"

enum { CHAIN = 100 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

KTEST(fork, stores_are_not_seen_by_the_other)
{
    struct aspace *parent = aspace_create();
    space_map(parent, SPACE_BASE, 8, SPACE_RW);
    space_store(parent, page_at(1), 10);
    space_store(parent, page_at(2), 20);
    struct aspace *child = aspace_fork(parent);
    KTEST_EXPECT(space_load(child, page_at(1)) == 10 && space_load(child, page_at(3)) == 0);
    vm_check();
    space_store(child, page_at(1), 11);
    space_store(parent, page_at(2), 21);
    space_store(parent, page_at(3), 31);
    KTEST_EXPECT(space_load(parent, page_at(1)) == 10 && space_load(child, page_at(1)) == 11);
    KTEST_EXPECT(space_load(parent, page_at(2)) == 21 && space_load(child, page_at(2)) == 20);
    KTEST_EXPECT(space_load(child, page_at(3)) == 0);
    vm_check();
    aspace_put(parent);
    KTEST_EXPECT(space_load(child, page_at(1)) == 11 && space_load(child, page_at(2)) == 20);
    vm_check();
    aspace_put(child);
}

KTEST(fork, the_last_owner_writes_without_a_copy)
{
    struct aspace *parent = aspace_create();
    space_map(parent, SPACE_BASE, 8, SPACE_RW);
    space_store(parent, page_at(1), 10);
    struct aspace *child = aspace_fork(parent);
    aspace_put(child);
    uint64_t copies = stat_get(STAT_COW_COPIES), reuses = stat_get(STAT_COW_REUSES);
    space_store(parent, page_at(1), 11);
    KTEST_EXPECT(stat_get(STAT_COW_COPIES) == copies && stat_get(STAT_COW_REUSES) == reuses + 1);
    aspace_put(parent);
}

KTEST(fork, shared_memory_stays_shared)
{
    struct aspace *parent = aspace_create();
    struct object *object = shm_object_create(8 * PAGE_SIZE, true);
    space_map_object(parent, SPACE_BASE, 8, SPACE_RW | AREA_SHARED, object, 0);
    object_put(object);
    space_store(parent, page_at(1), 10);
    struct aspace *child = aspace_fork(parent);
    space_store(child, page_at(1), 11);
    space_store(child, page_at(2), 22);
    KTEST_EXPECT(space_load(parent, page_at(1)) == 11 && space_load(parent, page_at(2)) == 22);
    KTEST_EXPECT(parent->resident_shm == 2 && parent->overlay.count == 0);
    vm_check();
    aspace_put(parent);
    KTEST_EXPECT(space_load(child, page_at(2)) == 22);
    aspace_put(child);
    vm_check();
}

KTEST(fork, private_file_pages_are_copied_once)
{
    struct fake_object fake;
    struct aspace *parent = aspace_create();
    fake_object_init(&fake, 16);
    space_map_object(parent, SPACE_BASE, 16, SPACE_RW, &fake.object, 0);
    space_store(parent, page_at(1), 100);
    struct aspace *child = aspace_fork(parent);
    KTEST_EXPECT(space_load(child, page_at(1)) == 100 && space_load(child, page_at(2)) == 3);
    space_store(child, page_at(2), 200);
    KTEST_EXPECT(space_load(parent, page_at(2)) == 3);
    vm_check();
    aspace_put(parent);
    aspace_put(child);
    fake_object_end(&fake);
}

KTEST(fork, a_chain_of_forks_keeps_every_page_right)
{
    struct aspace *chain[CHAIN];
    chain[0] = aspace_create();
    space_map(chain[0], SPACE_BASE, CHAIN, SPACE_RW);
    for (unsigned i = 0; i < CHAIN; i++) {
        if (i > 0)
            chain[i] = aspace_fork(chain[i - 1]);
        space_store(chain[i], page_at(i), i + 1);
        space_store(chain[i], page_at(0) + 8, i);
    }
    vm_check();
    for (unsigned i = 0; i < CHAIN; i++) {
        KTEST_EXPECT(space_load(chain[i], page_at(0) + 8) == i);
        for (unsigned page = 0; page < CHAIN; page++)
            KTEST_EXPECT(space_load(chain[i], page_at(page)) == (page <= i ? page + 1 : 0));
    }
    for (unsigned i = 0; i < CHAIN; i += 2)
        aspace_put(chain[i]);
    vm_check();
    for (unsigned i = 1; i < CHAIN; i += 2) {
        KTEST_EXPECT(space_load(chain[i], page_at(i)) == i + 1);
        aspace_put(chain[i]);
    }
    vm_check();
}

/* What an access costs, in everything there is to count. */
struct access_cost {
    uint64_t faults, copies, allocations;
    unsigned levels; /* of the tree that finds the page */
};

static void allocations_add(struct slab_cache *cache, void *context)
{
    *(uint64_t *)context += slab_allocations(cache);
}

static struct access_cost cost_of(struct aspace *aspace, vaddr_t address, bool store)
{
    uint64_t before = 0, after = 0, faults = aspace->faults_minor, copies = stat_get(STAT_COW_COPIES);
    slab_caches_for_each(allocations_add, &before);
    enum fault_result result = fault_resolve(aspace, address, store ? FAULT_WRITE : FAULT_READ);
    slab_caches_for_each(allocations_add, &after);
    KTEST_EXPECT(result == FAULT_RESOLVED);
    return (struct access_cost){aspace->faults_minor - faults, stat_get(STAT_COW_COPIES) - copies, after - before,
                                radix_depth(&aspace->overlay, address >> PAGE_SHIFT)};
}

KTEST(fork, an_access_costs_the_same_at_every_depth)
{
    struct aspace *chain[CHAIN];
    struct access_cost first[2] = {{0}}, now[2];
    chain[0] = aspace_create();
    space_map(chain[0], SPACE_BASE, CHAIN, SPACE_RW | AREA_NOHUGE);
    for (unsigned i = 0; i < CHAIN; i++)
        space_store(chain[0], page_at(i), i + 1);
    for (unsigned i = 1; i < CHAIN; i++) {
        chain[i] = aspace_fork(chain[i - 1]);
        space_store(chain[i], page_at(99), i); /* so that the page tables are there */
        now[0] = cost_of(chain[i], page_at(50), false);
        now[1] = cost_of(chain[i], page_at(0), true);
        if (i == 1)
            memcpy(first, now, sizeof(first));
        KTEST_EXPECT(now[0].faults == 1 && now[0].copies == 0 && now[0].allocations <= first[0].allocations + 1);
        KTEST_EXPECT(now[1].faults == 1 && now[1].copies == 1 && now[1].allocations <= first[1].allocations + 1);
        KTEST_EXPECT(now[0].levels == first[0].levels);
    }
    for (unsigned i = 0; i < CHAIN; i++)
        aspace_put(chain[i]);
    vm_check();
}

KTEST(fork, areas_can_be_kept_from_the_child)
{
    struct aspace *parent = aspace_create();
    space_map(parent, SPACE_BASE, 4, SPACE_RW | AREA_DONTFORK);
    space_map(parent, page_at(8), 4, SPACE_RW | AREA_WIPEONFORK);
    space_store(parent, page_at(1), 1);
    space_store(parent, page_at(9), 2);
    struct aspace *child = aspace_fork(parent);
    KTEST_EXPECT(fault_resolve(child, page_at(1), FAULT_READ) == FAULT_MAPERR);
    KTEST_EXPECT(space_load(child, page_at(9)) == 0 && space_load(parent, page_at(9)) == 2);
    vm_check();
    aspace_put(child);
    aspace_put(parent);
}

KTEST(fork, a_pinned_page_stays_the_parents)
{
    struct aspace *parent = aspace_create();
    struct page *page;
    space_map(parent, SPACE_BASE, 4, SPACE_RW);
    space_store(parent, page_at(1), 1);
    KTEST_EXPECT(user_pin(parent, page_at(1), true, &page) == 0);
    struct aspace *child = aspace_fork(parent);
    *(uint64_t *)page_address(page) = 2; /* a read() into the parent's memory, still under way */
    user_unpin(page, true);
    space_store(parent, page_at(1) + 8, 3);
    KTEST_EXPECT(space_load(parent, page_at(1)) == 2 && space_load(child, page_at(1)) == 1);
    vm_check();
    aspace_put(child);
    aspace_put(parent);
}

KTEST(fork, a_large_page_that_is_shared_no_more_stays_large)
{
    struct aspace *parent = aspace_create();
    space_map(parent, SPACE_BASE, LARGE_SIZE / PAGE_SIZE, SPACE_RW | AREA_HUGE);
    space_store(parent, page_at(5), 1);
    uint64_t large = parent->large_mappings; /* none if memory is too fragmented */
    struct aspace *child = aspace_fork(parent);
    KTEST_EXPECT(space_load(child, page_at(5)) == 1);
    aspace_put(child);
    space_store(parent, page_at(6), 2);
    KTEST_EXPECT(parent->large_mappings == large && space_load(parent, page_at(5)) == 1);
    vm_check();
    aspace_put(parent);
}

KTEST(fork, large_pages_are_shared_and_split_by_a_store)
{
    struct aspace *parent = aspace_create();
    uint64_t pages = LARGE_SIZE / PAGE_SIZE;
    space_map(parent, SPACE_BASE, pages, SPACE_RW | AREA_HUGE);
    space_store(parent, page_at(5), 1);
    space_store(parent, page_at(6), 2);
    struct aspace *child = aspace_fork(parent);
    space_store(parent, page_at(5), 10);
    KTEST_EXPECT(space_load(child, page_at(5)) == 1 && space_load(child, page_at(6)) == 2);
    space_store(child, page_at(6), 20);
    KTEST_EXPECT(space_load(parent, page_at(6)) == 2 && space_load(parent, page_at(5)) == 10);
    vm_check();
    aspace_put(child);
    aspace_put(parent);
    vm_check();
}

/* Whether an address space is in order as far as anyone who holds its lock can see. */
static bool space_is_whole(struct aspace *aspace)
{
    mutex_lock(&aspace->lock);
    bool whole = area_tree_check(&aspace->areas) >= 0;
    uint64_t pages = 0, number = 0;
    for (const struct area *area = area_tree_first(&aspace->areas); area != NULL; area = area_next(area))
        pages += area_pages(area);
    whole &= pages == aspace->total_pages;
    for (; whole && radix_next(&aspace->overlay, &number, UINT64_MAX) != NULL; number++)
        whole = area_tree_find(&aspace->areas, number << PAGE_SHIFT) != NULL;
    mutex_unlock(&aspace->lock);
    return whole;
}

/* One of two threads forks until enough of that has failed, at every place where it can; the other looks at all address spaces meanwhile. */
static struct {
    struct aspace *parent;
    _Atomic bool done;
    unsigned failed, succeeded;
    bool whole; /* all that was seen */
} failing;

static void fork_while_watched(unsigned number, void *context)
{
    (void)context;
    if (number > 0) {
        while (!atomic_load(&failing.done)) {
            for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace))
                failing.whole &= space_is_whole(aspace);
        }
        return;
    }
    for (unsigned every = 2; every < 250; every += 3) {
        slab_fail_every(every);
        struct aspace *child = aspace_fork(failing.parent);
        slab_fail_every(0);
        *(child == NULL ? &failing.failed : &failing.succeeded) += 1;
        if (child == NULL)
            continue;
        failing.whole &= space_load(child, page_at(2)) == 2 && space_load(child, page_at(118)) == 118;
        aspace_put(child);
    }
    atomic_store(&failing.done, true);
}

KTEST(fork, nobody_finds_half_a_child)
{
    struct aspace *parent = aspace_create();
    failing.parent = parent;
    failing.failed = failing.succeeded = 0;
    failing.whole = true;
    atomic_store(&failing.done, false);
    for (uint64_t page = 0; page < 120; page += 2) { /* with holes between: an area each */
        space_map(parent, page_at(page), 1, SPACE_RW | (page % 10 == 0 ? AREA_DONTFORK : 0));
        space_store(parent, page_at(page), page);
    }
    crew_run(2, fork_while_watched, NULL);
    KTEST_EXPECT(failing.whole && failing.failed > 0 && failing.succeeded > 0);
    KTEST_EXPECT(space_load(parent, page_at(118)) == 118 && parent->areas.count == 60);
    vm_check();
    aspace_put(parent);
}
