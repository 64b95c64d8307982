/*
 * The kernel's way to user memory: resolve and pin the page, then copy through the direct map.
 *
 * The kernel never dereferences a user address, so it never takes a page fault on one, and SMAP stays on for good. A page
 * not there is brought in by fault_resolve() as for an access by the program itself; a bad address is -EFAULT (L5, L18), a page that is not
 * there and finds no memory -ENOMEM: both are meant where only -EFAULT is named here.
 *
 * All functions sleep and may take the address space's mutex: no lock of rank RANK_ASPACE or above may be held, no page BUSY, unless the pages
 * were pinned before (user_pin).
 */
#ifndef MM_USERCOPY_H
#define MM_USERCOPY_H

#include "kernel/types.h"

struct aspace;
struct page;

/* 0 or -EFAULT; after an error a prefix may have been copied. The running thread's address space. */
int copy_from_user(void *to, vaddr_t from, size_t length) must_check;
int copy_to_user(vaddr_t to, const void *from, size_t length) must_check;
int zero_user(vaddr_t to, size_t length) must_check;

/*
 * Calls action(memory, argument, length) on the bytes at `address`, which lie in one page, where they are; they can be written.
 * 0, -EFAULT or -ENOMEM. The action must not sleep: the page table's lock is held. Running address space.
 */
typedef void user_action(void *memory, void *argument, size_t length);
int user_write_in_place(vaddr_t address, size_t length, user_action *action, void *argument) must_check;

/*
 * A NUL-terminated string into `to`; its length without the NUL, -EFAULT, or -ENAMETOOLONG if it does not fit in `size`: then its first
 * `size` bytes are there.
 */
ssize_t copy_string_from_user(char *to, vaddr_t from, size_t size) must_check;

/* The same on another address space (ptrace-like calls, /proc/PID/cmdline). */
int copy_from_aspace(struct aspace *aspace, void *to, vaddr_t from, size_t length) must_check;
int copy_to_aspace(struct aspace *aspace, vaddr_t to, const void *from, size_t length) must_check;

/*
 * As much of it as is mapped right now, up to the first page that is not. Returns how many bytes; brings nothing in and does not sleep, so that locks may
 * be held and pages BUSY.
 */
size_t copy_mapped_from_aspace(struct aspace *aspace, void *to, vaddr_t from, size_t length) must_check;

/* The same for writing to the running thread's address space. */
size_t copy_mapped_to_user(vaddr_t to, const void *from, size_t length) must_check;

/* How many bytes from `address` on the program could write right now without a fault, up to `length`. Does not sleep. */
size_t user_mapped(vaddr_t address, size_t length) must_check;

/*
 * Has them there, page by page, as the program's own writes would. How many there were until the first that cannot be had, or, if there was none, -EFAULT or
 * -ENOMEM. Page-out may take them again at any time.
 */
ssize_t user_bring_in(vaddr_t address, size_t length) must_check;

/*
 * Bytes [offset, offset + length) of a run of pinned pages, the first of which begins at offset 0, to user memory. 0 or -EFAULT; after an error a
 * prefix may have been copied.
 */
int copy_pages_to_aspace(struct aspace *aspace, vaddr_t to, struct page *const *pages, size_t offset,
                         size_t length) must_check;

/* The page behind a user address, faulted in for reading or writing and pinned; -EFAULT, -ENOMEM. user_unpin() gives it back. */
int user_pin(struct aspace *aspace, vaddr_t address, bool write, struct page **page) must_check;
void user_unpin(struct page *page, bool written);

/* Whether [address, address + length) lies in user space at all, without looking at mappings. */
static inline bool user_range_ok(vaddr_t address, uint64_t length)
{
    return length <= 0x00007ffffffff000ULL && address <= 0x00007ffffffff000ULL - length;
}

/* Atomic compare-exchange and load of a 32-bit word (futex). 0 or -EFAULT. */
int user_load_u32(vaddr_t address, uint32_t *value) must_check;
int user_exchange_u32(vaddr_t address, uint32_t expected, uint32_t desired, uint32_t *old) must_check;

#endif
