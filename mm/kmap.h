/*
 * Kernel virtual areas (KERNEL_AREA_BASE ..): kernel stacks with an unmapped guard page below each, and device registers.
 */
#ifndef MM_KMAP_H
#define MM_KMAP_H

#include "kernel/types.h"

/* Kernel stacks at most; from KSTACK_AREA_BASE on each has its size for itself and as much for its guard. */
#define KSTACKS_MAX 32768

/* A kernel stack of KERNEL_STACK_SIZE bytes; returns its lowest address, or 0 without memory. Recently freed ones are kept mapped and reused. May wait. */
vaddr_t kstack_alloc(void) must_check;
void kstack_free(vaddr_t stack); /* any context that holds no spin lock at or above RANK_KERNEL_TABLE */

/* Whether `address` lies in the guard page of a kernel stack: a stack overflow. */
bool kstack_is_guard(vaddr_t address);

/* Maps device registers uncached (or write-combining, for framebuffers) and returns their address; null without memory. Never unmapped. */
void *mmio_map(paddr_t physical, uint64_t length, bool write_combining);

/* Physical memory that is not in the direct map (ACPI tables in reserved ranges), read-only cached. */
const void *firmware_map(paddr_t physical, uint64_t length);

void kmap_init(void);

#endif
