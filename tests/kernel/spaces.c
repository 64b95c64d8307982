/* Address spaces for tests; see spaces.h. */
#include "tests/kernel/spaces.h"

#include "kernel/ktest.h"
#include "mm/usercopy.h"

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

uint64_t space_resident(const struct aspace *aspace)
{
    return aspace->resident_anon + aspace->resident_file + aspace->resident_shm;
}
