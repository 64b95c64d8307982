/* Names of kernel functions by address, for backtraces. */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include <stdint.h>

/*
 * The function that holds `address`, and in *offset how far into it; NULL when the address is not in the kernel's text.
 * Takes no lock and allocates nothing: a panic may call it.
 */
const char *symbol_find(uintptr_t address, uintptr_t *offset);

#endif
