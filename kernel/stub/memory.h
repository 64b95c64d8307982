/*
 * Memory for the debugger: read and written through the page tables by hand, so that no access can fault.
 *
 * Only RAM is touched: reading a device's register may change the device. Writes go to the frame by the direct map, whatever the page's rights are: so
 * breakpoints get into text. A page that several processes share is written for all of them.
 */
#ifndef KERNEL_STUB_MEMORY_H
#define KERNEL_STUB_MEMORY_H

#include "kernel/types.h"

struct pagetable;

/* How many bytes from `address` on were read; `table` is for addresses of user space, null for none. */
size_t stub_read(const struct pagetable *table, vaddr_t address, void *to, size_t length);

/* The same for writing. */
size_t stub_write(const struct pagetable *table, vaddr_t address, const void *from, size_t length);

#endif
