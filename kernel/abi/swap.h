/* swapon(2)'s flags and the header of a swap area (include/linux/swap.h), in Linux's interface. */
#ifndef KERNEL_ABI_SWAP_H
#define KERNEL_ABI_SWAP_H

#include "kernel/types.h"

enum {
    LINUX_SWAP_PRIORITY = 0x7fff,
    LINUX_SWAP_PREFER = 0x8000,   /* the priority is given */
    LINUX_SWAP_DISCARD = 0x10000, /* a wish; as the two that follow it */
    LINUX_SWAP_FLAGS = 0x7ffff,
    LINUX_SWAP_BAD_MAX = 637,
};

#define LINUX_SWAP_MAGIC "SWAPSPACE2"

union linux_swap_header {
    struct {
        uint8_t reserved[4096 - 10];
        char text[10];
    } magic;
    struct {
        uint8_t boot[1024];
        uint32_t version, last_page, bad_count;
        uint8_t uuid[16];
        char label[16];
        uint32_t padding[117];
        uint32_t bad[LINUX_SWAP_BAD_MAX];
    } info;
};
_Static_assert(sizeof(union linux_swap_header) == 4096, "ABI");

#endif
