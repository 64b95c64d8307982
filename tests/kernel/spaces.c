/* Address spaces for tests; see spaces.h. */
#include "tests/kernel/spaces.h"

#include "kernel/ktest.h"
#include "mm/anon.h"
#include "mm/evict.h"
#include "mm/usercopy.h"
#include "tests/kernel/swap_area.h"

void space_map_object(struct aspace *aspace, vaddr_t at, uint64_t pages, uint32_t flags, struct object *object,
                      uint64_t first)
{
    struct map_request request = {
        .address = at,
        .length = pages << PAGE_SHIFT,
        .flags = flags,
        .fixed = true,
        .object = object,
        .offset = first << PAGE_SHIFT,
    };
    vaddr_t result = 0;
    KTEST_EXPECT(aspace_map(aspace, &request, &result) == 0 && result == at);
}

void space_map(struct aspace *aspace, vaddr_t at, uint64_t pages, uint32_t flags)
{
    space_map_object(aspace, at, pages, flags, NULL, 0);
}

uint64_t space_load(struct aspace *aspace, vaddr_t address)
{
    uint64_t value = 0;
    KTEST_EXPECT(copy_from_aspace(aspace, &value, address, sizeof(value)) == 0);
    return value;
}

void space_store(struct aspace *aspace, vaddr_t address, uint64_t value)
{
    KTEST_EXPECT(copy_to_aspace(aspace, address, &value, sizeof(value)) == 0);
}

struct aspace *space_filled(uint64_t pages, uint64_t first)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, pages, SPACE_RW | AREA_NOHUGE);
    for (uint64_t i = 0; i < pages; i++)
        space_store(aspace, SPACE_BASE + (i << PAGE_SHIFT), first + i);
    return aspace;
}

void space_verify(struct aspace *aspace, uint64_t pages, uint64_t first)
{
    for (uint64_t i = 0; i < pages; i++)
        KTEST_EXPECT(space_load(aspace, SPACE_BASE + (i << PAGE_SHIFT)) == first + i);
}

struct anon *space_anon(struct aspace *aspace, uint64_t page)
{
    return radix_find(&aspace->overlay, (SPACE_BASE >> PAGE_SHIFT) + page);
}

unsigned space_evict(struct aspace *aspace, uint64_t pages)
{
    struct evict_batch batch;
    unsigned evicted = 0;
    evict_batch_init(&batch);
    for (uint64_t i = 0; i < pages; i++) {
        const struct anon *anon = space_anon(aspace, i);
        if (anon != NULL && !anon_is_absent(anon))
            evicted += evict_page(&batch, anon->page);
    }
    evict_write(&batch);
    swap_wait_written();
    return evicted;
}

long space_call(struct aspace *aspace, space_system_call *call, const uint64_t arguments[6])
{
    struct registers regs = {
        .rdi = arguments[0],
        .rsi = arguments[1],
        .rdx = arguments[2],
        .r10 = arguments[3],
        .r8 = arguments[4],
        .r9 = arguments[5],
    };
    aspace_use(aspace);
    long result = call(&regs);
    aspace_use(NULL);
    return result;
}

bool space_evict_page(struct aspace *aspace, vaddr_t address)
{
    struct evict_batch batch;
    const struct anon *anon = radix_find(&aspace->overlay, address >> PAGE_SHIFT);
    if (anon == NULL || anon_is_absent(anon))
        return false;
    evict_batch_init(&batch);
    bool evicted = evict_page(&batch, anon->page);
    evict_write(&batch);
    swap_wait_written();
    standby_empty();
    return evicted && anon_is_absent(anon);
}

struct area *space_area(struct aspace *aspace, vaddr_t address)
{
    return area_tree_find(&aspace->areas, address);
}

uint32_t space_flags(struct aspace *aspace, vaddr_t address)
{
    const struct area *area = space_area(aspace, address);
    return area != NULL ? area->flags & ~(uint32_t)AREA_COMMITTED : 0;
}

uint64_t space_resident(const struct aspace *aspace)
{
    return aspace->resident_anon + aspace->resident_file + aspace->resident_shm;
}
