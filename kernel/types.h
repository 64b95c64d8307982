/*
 * The kernel's basic types.
 *
 * Three kinds of number name memory and must not be mixed up, so each has a type of its own:
 *
 *   paddr_t  a physical address, what a page-table entry holds
 *   vaddr_t  a virtual address, of the user's half or the kernel's
 *   pfn_t    a physical address divided by the page size: the number of a frame
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t;
typedef uint64_t vaddr_t;
typedef uint64_t pfn_t;

typedef int64_t ssize_t;
typedef int64_t off_t; /* a byte offset in a file */
typedef int32_t pid_t; /* of a process or a thread */

#define PAGE_SHIFT 12
#define PAGE_SIZE ((uint64_t)1 << PAGE_SHIFT)
#define LARGE_SHIFT 21
#define LARGE_SIZE ((uint64_t)1 << LARGE_SHIFT)
#define HUGE_SHIFT 30
#define HUGE_SIZE ((uint64_t)1 << HUGE_SHIFT)

#define CPUS_MAX 8

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of type `type` whose member `member` is at `pointer`. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#define must_check __attribute__((warn_unused_result))
#define noreturn_function __attribute__((noreturn))
#define cacheline_aligned __attribute__((aligned(64)))

static inline uint64_t round_down(uint64_t value, uint64_t unit)
{
    return value & ~(unit - 1);
}

/* `unit` a power of two; the caller has ruled out overflow. */
static inline uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

static inline bool is_aligned(uint64_t value, uint64_t unit)
{
    return (value & (unit - 1)) == 0;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
