/*
 * Address spaces for tests: no program runs in them, they are read and written by mm/usercopy.h.
 */
#ifndef TESTS_KERNEL_SPACES_H
#define TESTS_KERNEL_SPACES_H

#include "kernel/registers.h"
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

/* A new address space with `pages` pages from SPACE_BASE on, none of them large; page i begins with the word first + i. */
struct aspace *space_filled(uint64_t pages, uint64_t first);

/* Expects that it still holds these words. */
void space_verify(struct aspace *aspace, uint64_t pages, uint64_t first);

/* The anon of its private page `page`, or null. */
struct anon *space_anon(struct aspace *aspace, uint64_t page);

/* Evicts those of its first `pages` pages that are in memory, as the clock would, and waits until they are written; returns how many could be. */
unsigned space_evict(struct aspace *aspace, uint64_t pages);

/* A system call of a program in that address space: its result. `arguments` are up to six, as in a call. */
typedef long space_system_call(struct registers *regs);
long space_call(struct aspace *aspace, space_system_call *call, const uint64_t arguments[6]);

/* Evicts a private page as the clock would, once it is written to swap takes its frame for another use. False: it could not go. */
bool space_evict_page(struct aspace *aspace, vaddr_t address);

/* The area at an address, or null; its flags but for AREA_COMMITTED, which tells of its past, or 0. */
struct area *space_area(struct aspace *aspace, vaddr_t address);
uint32_t space_flags(struct aspace *aspace, vaddr_t address);

/* Mapped pages of all kinds. */
uint64_t space_resident(const struct aspace *aspace);

#endif
