/*
 * Shadow memory: a byte for every 8 bytes of the kernel's memory, which says how many of them may be accessed (make SAN=1).
 *
 *     address    ffff800000000000 direct map | ffffc00000000000 kernel areas | ffffffff80000000 image
 *                         |                          | stacks                       |
 *     shadow     ffffec0000000000            | fffff40000000000              | fffffbfff0000000         address / 8 + SHADOW_OFFSET
 *
 *     byte       0: all 8; 1 .. 7: the first so many; enum shadow_kind: none, and why
 *
 * The compiler's code asks about every access (kernel/sanitizer_address.c), and marks the gaps between local variables and behind global ones by itself;
 * the allocators mark what is free and the gaps between their objects. Watched are RAM that the kernel manages, kernel stacks and the image; not the
 * frame array, device registers, and what devices do. It costs an eighth of the memory.
 *
 * In other kernels there is no shadow, and the functions below do nothing.
 */
#ifndef KERNEL_SHADOW_H
#define KERNEL_SHADOW_H

#include "kernel/types.h"

/* The first six are written by compiled code: gcc's asan.h. */
enum shadow_kind {
    SHADOW_STACK_LEFT = 0xf1,
    SHADOW_STACK_MIDDLE = 0xf2,
    SHADOW_STACK_RIGHT = 0xf3,
    SHADOW_STACK_GONE = 0xf8, /* a variable out of its scope */
    SHADOW_GLOBAL = 0xf9,
    SHADOW_OBJECT_FREE = 0xfb,
    SHADOW_OBJECT_GAP = 0xfc, /* between objects of a slab */
    SHADOW_RUN_GAP = 0xfe,    /* behind the end of a run of frames */
    SHADOW_FRAME_FREE = 0xff,
};

/* Who had an object of a slab: it stands behind the object. Return addresses, their low halves: the function, and its caller. */
struct shadow_trail {
    uint32_t allocated[2], freed[2];
};

#ifdef CLOCKHAND_SHADOW

enum { SHADOW_GAP = sizeof(struct shadow_trail) };

/* Nothing of [address, address + length) may be accessed, for reason `kind`; or all of it. Both ends at multiples of 8. */
void shadow_close(const void *address, size_t length, enum shadow_kind kind);
void shadow_open(const void *address, size_t length);

/* An object of `length` bytes in a place of `room`, the trail behind it, is given out, or free. */
void shadow_object_open(void *object, size_t length, size_t room);
void shadow_object_close(void *object, size_t room);

/* Panics unless [address, address + length) may be accessed: for copies that the compiler does not see. */
void shadow_check(const void *address, size_t length, bool write);

/* Shadow for a new kernel stack and the guard below it; false without memory. Sleeps, as does giving it back. */
bool shadow_stack_create(vaddr_t stack);
void shadow_stack_destroy(vaddr_t stack);

/* Once the frames and the tables are there: shadow for all RAM. */
void shadow_init(void);

/*
 * Bytes that a kernel with a shadow needs more than one without, on a machine with so many bytes of RAM: the shadow, its larger image
 * and stacks, the gaps between objects. The option mem= counts them apart, so that as much is left for the rest.
 */
static inline uint64_t shadow_cost(uint64_t memory)
{
    enum { COST_OF_IMAGE = 8 << 20 };
    return memory / 8 + COST_OF_IMAGE;
}

/* While gdb reads and writes memory nothing is watched. The other CPUs are halted. */
void shadow_rest(bool resting);

#else

enum { SHADOW_GAP = 0 };

static inline void shadow_close(const void *address, size_t length, enum shadow_kind kind)
{
    (void)address, (void)length, (void)kind;
}

static inline void shadow_open(const void *address, size_t length)
{
    (void)address, (void)length;
}

static inline void shadow_object_open(void *object, size_t length, size_t room)
{
    (void)object, (void)length, (void)room;
}

static inline void shadow_object_close(void *object, size_t room)
{
    (void)object, (void)room;
}

static inline void shadow_check(const void *address, size_t length, bool write)
{
    (void)address, (void)length, (void)write;
}

static inline bool shadow_stack_create(vaddr_t stack)
{
    (void)stack;
    return true;
}

static inline void shadow_stack_destroy(vaddr_t stack)
{
    (void)stack;
}

static inline void shadow_init(void)
{
}

static inline uint64_t shadow_cost(uint64_t memory)
{
    (void)memory;
    return 0;
}

static inline void shadow_rest(bool resting)
{
    (void)resting;
}

#endif

#endif
