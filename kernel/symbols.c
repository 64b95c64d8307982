/*
 * Names of kernel functions by address, for backtraces.
 *
 * The build links the kernel twice: nm lists the functions of the first link, tests/symbols.sh turns the list into the
 * tables below, and the second link has them in. They stand behind all code, so no address changes between the two.
 *
 *   symbol_addresses[i]  low 32 bits of where function i starts, ascending (the upper 32 bits are all ones)
 *   symbol_offsets[i]    where its name starts in symbol_names
 */
#include "kernel/symbols.h"

#include <stddef.h>

extern const uint32_t symbol_count;
extern const uint32_t symbol_addresses[];
extern const uint32_t symbol_offsets[];
extern const char symbol_names[];

extern const char __text_start[];
extern const char __text_end[];

const char *symbol_find(uintptr_t address, uintptr_t *offset)
{
    if (address < (uintptr_t)__text_start || address >= (uintptr_t)__text_end)
        return NULL;
    uint32_t low = (uint32_t)address;
    uint32_t first = 0, end = symbol_count; /* the answer, if any, is the last entry of [first, end) not above low */
    while (end - first > 1) {
        uint32_t middle = first + (end - first) / 2;
        if (symbol_addresses[middle] <= low)
            first = middle;
        else
            end = middle;
    }
    if (end == first || symbol_addresses[first] > low)
        return NULL;
    *offset = low - symbol_addresses[first];
    return symbol_names + symbol_offsets[first];
}
