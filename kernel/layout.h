/*
 * The kernel's virtual memory layout (L18), and the way between a physical address and its place in the direct map.
 *
 *   0000000000000000 - 00007fffffffefff  the process: its program, heap, mappings and stacks
 *                                        (the top page stays empty, so that no canonical sum leaves user space)
 *            the hole: not canonical, every access faults
 *   ffff800000000000 - ffffbfffffffffff  direct map: physical address + DIRECT_MAP_BASE, RAM only, up to 64 TB
 *   ffffc00000000000 - ffffffff7fffffff  kernel areas: stacks with guard pages, device registers
 *   ffffffff80000000 - ffffffffffffffff  the kernel image, in the top 2 GB (-mcmodel=kernel)
 *
 * Shared with the loader, so it needs nothing but fixed-width types.
 */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#include <stdint.h>

#define USER_END 0x00007ffffffff000ULL /* first address that is not user space */
#ifdef CLOCKHAND_HOST
#define DIRECT_MAP_BASE 0x200000000000ULL /* of a host test's machine: tests/host/support/machine.h */
#else
#define DIRECT_MAP_BASE 0xffff800000000000ULL
#endif
#define DIRECT_MAP_END 0xffffc00000000000ULL
#define KERNEL_AREA_BASE 0xffffc00000000000ULL
#define KERNEL_AREA_END 0xffffffff80000000ULL
#define KERNEL_BASE 0xffffffff80000000ULL

/* The kernel areas: the frame array (mm/frame_init.c), stacks, device registers (mm/kmap.c). One entry of the top level. */
#define PAGE_ARRAY_BASE (KERNEL_AREA_BASE + 0x0000000000ULL)
#define KSTACK_AREA_BASE (KERNEL_AREA_BASE + 0x4000000000ULL)
#define MMIO_AREA_BASE (KERNEL_AREA_BASE + 0x6000000000ULL)

/* The direct-map address of physical address `physical`. Mapped only if that is RAM. */
static inline void *direct_map(uint64_t physical)
{
    return (void *)(DIRECT_MAP_BASE + physical);
}

/* The physical address behind a direct-map pointer. Not for addresses of the kernel image or of kernel areas. */
static inline uint64_t direct_map_physical(const void *pointer)
{
    return (uint64_t)pointer - DIRECT_MAP_BASE;
}

#endif
