/*
 * process_vm_readv and _writev: streams of segments between the kernel's memory, here, and another address space.
 */
#include "mm/process_vm.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/syscall_list.h"
#include "libc/string.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 4 };

static vaddr_t page_at(uint64_t page)
{
    return SPACE_BASE + (page << PAGE_SHIFT);
}

static char bytes[PAGES * PAGE_SIZE];

/* A local side of `length` bytes of `bytes`. */
static struct uio *local_side(struct uio *uio, size_t length, bool into)
{
    uio_init_kernel(uio, bytes, length, into);
    return uio;
}

KTEST(process_vm, segments_are_one_stream)
{
    struct uio uio;
    struct aspace *aspace = aspace_create();
    const struct uio_segment segments[] = {{page_at(0) + 4090, 10}, {page_at(2), 0}, {page_at(3) + 1, 3}};
    space_map(aspace, SPACE_BASE, PAGES, SPACE_RW);
    memcpy(bytes, "0123456789abcdef", 16);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 16, false), segments, 3) == 13);
    KTEST_EXPECT((space_load(aspace, page_at(1)) & 0xffffffff) == 0x39383736 &&
                 (space_load(aspace, page_at(3)) >> 8 & 0xffffff) == 0x636261);
    memset(bytes, 0, sizeof(bytes));
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 12, true), segments, 3) ==
                 12); /* the local side ends first */
    KTEST_EXPECT(memcmp(bytes, "0123456789ab\0\0", 14) == 0);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 5, true), segments, 0) == 0);
    vm_check();
    aspace_put(aspace);
}

KTEST(process_vm, what_was_moved_before_a_bad_page_counts)
{
    struct uio uio;
    struct aspace *aspace = aspace_create();
    const struct uio_segment across = {page_at(0) + 100, 3 * PAGE_SIZE}, bad = {page_at(7), 8};
    const struct uio_segment both[] = {{page_at(0), 8}, {page_at(7), 8}, {page_at(0), 8}};
    space_map(aspace, SPACE_BASE, 2, SPACE_RW);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, sizeof(bytes), true), &across, 1) == 2 * PAGE_SIZE - 100);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 8, true), &bad, 1) == -EFAULT);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 24, true), both, 3) == 8);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 24, false), both, 3) == 8);
    aspace_put(aspace);
}

KTEST(process_vm, rights_are_those_of_the_other_process)
{
    struct uio uio;
    struct aspace *aspace = aspace_create(), *child;
    const struct uio_segment segment = {page_at(0), 8}, none = {page_at(1), 8}, private = {page_at(2), 8};
    space_map(aspace, page_at(0), 1, AREA_READ);
    space_map(aspace, page_at(1), 1, 0);
    space_map(aspace, page_at(2), 1, SPACE_RW);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 8, true), &segment, 1) == 8);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 8, false), &segment, 1) == -EFAULT);
    KTEST_EXPECT(process_vm_copy(aspace, local_side(&uio, 8, true), &none, 1) == -EFAULT);
    space_store(aspace, page_at(2), 1);
    child = aspace_fork(aspace);
    memset(bytes, 7, 8);
    KTEST_EXPECT(process_vm_copy(child, local_side(&uio, 8, false), &private, 1) == 8); /* copies first */
    KTEST_EXPECT(space_load(aspace, page_at(2)) == 1 && space_load(child, page_at(2)) == 0x0707070707070707);
    vm_check();
    aspace_put(child);
    aspace_put(aspace);
}

KTEST(process_vm, arguments_are_checked)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 1, SPACE_RW);
    uint64_t flags[6] = {1, SPACE_BASE, 1, SPACE_BASE, 1, 1}, many[6] = {1, SPACE_BASE, 1025, SPACE_BASE, 1, 0};
    uint64_t remote[6] = {1, SPACE_BASE, 1, SPACE_BASE, 1025, 0}, bad[6] = {1, page_at(9), 1, SPACE_BASE, 1, 0};
    uint64_t empty[6] = {1, SPACE_BASE, 0, SPACE_BASE, 0, 0},
             nobody[6] = {(uint64_t)-5, SPACE_BASE, 1, SPACE_BASE, 1, 0};
    space_store(aspace, SPACE_BASE, SPACE_BASE + 100);
    space_store(aspace, SPACE_BASE + 8, 8);
    KTEST_EXPECT(space_call(aspace, sys_process_vm_readv, flags) == -EINVAL);
    KTEST_EXPECT(space_call(aspace, sys_process_vm_readv, many) == -EINVAL &&
                 space_call(aspace, sys_process_vm_writev, remote) == -EINVAL);
    KTEST_EXPECT(space_call(aspace, sys_process_vm_readv, bad) == -EFAULT &&
                 space_call(aspace, sys_process_vm_readv, empty) == 0);
    KTEST_EXPECT(space_call(aspace, sys_process_vm_writev, nobody) == -ESRCH);
    aspace_put(aspace);
}
