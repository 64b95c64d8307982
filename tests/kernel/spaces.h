/*
 * Address spaces for tests: no program runs in them, they are read and written by mm/usercopy.h.
 */
#ifndef TESTS_KERNEL_SPACES_H
#define TESTS_KERNEL_SPACES_H

#include "mm/aspace.h"

#define SPACE_BASE ((vaddr_t)0x40000000)
#define SPACE_RW (AREA_READ | AREA_WRITE | AREA_MAY_WRITE)

/* Maps `pages` pages of zero fill at `at`; expects success. */
void space_map(struct aspace *aspace, vaddr_t at, uint64_t pages, uint32_t flags);

/* The same for pages of an object, from `first` on. */
void space_map_object(struct aspace *aspace, vaddr_t at, uint64_t pages, uint32_t flags, struct object *object,
                      uint64_t first);

/* One word, as the program would read and write it; expects success. */
uint64_t space_load(struct aspace *aspace, vaddr_t address);
void space_store(struct aspace *aspace, vaddr_t address, uint64_t value);

/* Mapped pages of all kinds. */
uint64_t space_resident(const struct aspace *aspace);

#endif
