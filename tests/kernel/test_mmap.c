/*
 * mmap, munmap and mprotect from their arguments to areas: which flags become what, and which error wins. (2,047 combinations against Linux:
 * tests/user/vm_errno.c.)
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/ktest.h"
#include "kernel/layout.h"
#include "kernel/syscall_list.h"
#include "mm/aspace.h"
#include "mm/object.h"
#include "tests/kernel/spaces.h"

enum { RW = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

static long map(struct aspace *aspace, vaddr_t at, uint64_t length, uint64_t rights, uint64_t flags)
{
    uint64_t arguments[6] = {at, length, rights, flags, (uint64_t)-1, 0};
    return space_call(aspace, sys_mmap, arguments);
}

static long unmap(struct aspace *aspace, vaddr_t at, uint64_t length)
{
    uint64_t arguments[6] = {at, length};
    return space_call(aspace, sys_munmap, arguments);
}

static long protect(struct aspace *aspace, vaddr_t at, uint64_t length, uint64_t rights)
{
    uint64_t arguments[6] = {at, length, rights};
    return space_call(aspace, sys_mprotect, arguments);
}

KTEST(mmap, flags_become_areas)
{
    struct aspace *aspace = aspace_create();
    KTEST_EXPECT(map(aspace, SPACE_BASE, 1, RW, ANONYMOUS | MAP_FIXED) == (long)SPACE_BASE);
    KTEST_EXPECT(aspace->total_pages == 1 &&
                 space_flags(aspace, SPACE_BASE) == SPACE_RW); /* the length is rounded up */
    vaddr_t next = SPACE_BASE + 4 * PAGE_SIZE;
    KTEST_EXPECT(map(aspace, next, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED) == (long)next);
    KTEST_EXPECT(space_flags(aspace, next) == (AREA_READ | AREA_MAY_WRITE | AREA_SHARED));
    KTEST_EXPECT(space_area(aspace, next)->object->kind == OBJECT_SHM);
    next += 4 * PAGE_SIZE;
    KTEST_EXPECT(map(aspace, next, PAGE_SIZE, RW, ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN | MAP_STACK) == (long)next);
    KTEST_EXPECT((space_flags(aspace, next) & (AREA_GROWSDOWN | AREA_NOHUGE)) == (AREA_GROWSDOWN | AREA_NOHUGE));
    next += 4 * PAGE_SIZE;
    uint64_t resident = space_resident(aspace);
    KTEST_EXPECT(map(aspace, next, 3 * PAGE_SIZE, RW, ANONYMOUS | MAP_FIXED | MAP_POPULATE) == (long)next);
    KTEST_EXPECT(space_resident(aspace) == resident + 3);
    long hinted = map(aspace, SPACE_BASE, PAGE_SIZE, RW, ANONYMOUS);
    KTEST_EXPECT(hinted > 0 && hinted != (long)SPACE_BASE); /* a hint that is taken is only a hint */
    KTEST_EXPECT(map(aspace, next + 99 * PAGE_SIZE + 5, PAGE_SIZE, RW, ANONYMOUS) == (long)(next + 99 * PAGE_SIZE));
    aspace_put(aspace);
}

KTEST(mmap, each_violation_has_its_error)
{
    struct aspace *aspace = aspace_create();
    uint64_t unaligned[6] = {0, PAGE_SIZE, RW, ANONYMOUS, (uint64_t)-1, 1};
    KTEST_EXPECT(space_call(aspace, sys_mmap, unaligned) == -EINVAL);
    KTEST_EXPECT(map(aspace, 0, 0, RW, ANONYMOUS) == -EINVAL);
    KTEST_EXPECT(map(aspace, 0, PAGE_SIZE, RW, MAP_ANONYMOUS) == -EINVAL);
    KTEST_EXPECT(map(aspace, 0, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN) == -EINVAL);
    KTEST_EXPECT(map(aspace, SPACE_BASE + 1, PAGE_SIZE, RW, ANONYMOUS | MAP_FIXED) == -EINVAL);
    KTEST_EXPECT(map(aspace, 0, UINT64_MAX, RW, ANONYMOUS) == -ENOMEM);
    KTEST_EXPECT(map(aspace, 0, USER_END + PAGE_SIZE, RW, ANONYMOUS) == -ENOMEM);
    KTEST_EXPECT(map(aspace, USER_END, PAGE_SIZE, RW, ANONYMOUS | MAP_FIXED) == -ENOMEM);
    KTEST_EXPECT(map(aspace, SPACE_BASE, PAGE_SIZE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE) == (long)SPACE_BASE);
    KTEST_EXPECT(map(aspace, SPACE_BASE, PAGE_SIZE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE) == -EEXIST);
    KTEST_EXPECT(aspace->areas.count == 1 && aspace->total_pages == 1);
    aspace_put(aspace);
}

KTEST(mmap, unmapping_and_protecting_go_by_whole_pages)
{
    struct aspace *aspace = aspace_create();
    KTEST_EXPECT(map(aspace, SPACE_BASE, 8 * PAGE_SIZE, RW, ANONYMOUS | MAP_FIXED) == (long)SPACE_BASE);
    KTEST_EXPECT(unmap(aspace, SPACE_BASE + 1, PAGE_SIZE) == -EINVAL && unmap(aspace, SPACE_BASE, 0) == -EINVAL);
    KTEST_EXPECT(unmap(aspace, SPACE_BASE + 2 * PAGE_SIZE, 1) == 0 && aspace->areas.count == 2 &&
                 aspace->total_pages == 7);
    KTEST_EXPECT(unmap(aspace, SPACE_BASE + 100 * PAGE_SIZE, PAGE_SIZE) == 0);
    KTEST_EXPECT(protect(aspace, SPACE_BASE + 1, PAGE_SIZE, PROT_READ) == -EINVAL);
    KTEST_EXPECT(protect(aspace, SPACE_BASE, 0, PROT_READ) == 0 &&
                 protect(aspace, SPACE_BASE, PAGE_SIZE, 0x40) == -EINVAL);
    KTEST_EXPECT(protect(aspace, SPACE_BASE + PAGE_SIZE, 2 * PAGE_SIZE, PROT_READ) == -ENOMEM); /* a hole */
    KTEST_EXPECT(protect(aspace, SPACE_BASE + 4 * PAGE_SIZE, 1, PROT_READ) == 0);
    KTEST_EXPECT((space_flags(aspace, SPACE_BASE + 4 * PAGE_SIZE) & AREA_RIGHTS) == AREA_READ);
    KTEST_EXPECT((space_flags(aspace, SPACE_BASE + 5 * PAGE_SIZE) & AREA_RIGHTS) == (AREA_READ | AREA_WRITE));
    KTEST_EXPECT(protect(aspace, SPACE_BASE + 6 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_GROWSDOWN) == -EINVAL);
    vm_check();
    aspace_put(aspace);
}
