/*
 * Breakpoints and watchpoints: see points.h.
 */
#include "kernel/stub/points.h"

#include "kernel/abi/errno.h"
#include "kernel/stub/memory.h"
#include "mm/pagetable.h"

#define POINTS_MAX 64
#define HARDWARE_POINTS 4
#define BREAKPOINT 0xcc /* INT3 */

static struct breakpoint {
    vaddr_t address; /* 0: unused */
    const struct pagetable *table;
    uint8_t saved;
} breakpoints[POINTS_MAX];

static struct hardware_point {
    vaddr_t address;
    size_t length; /* 0: unused */
    enum point_kind kind;
} hardware[HARDWARE_POINTS];

/* --- software ------------------------------------------------------------------------------------------------------ */

static struct breakpoint *breakpoint_find(vaddr_t address)
{
    for (unsigned i = 0; i < POINTS_MAX; i++) {
        if (breakpoints[i].address == address)
            return &breakpoints[i];
    }
    return NULL;
}

static int breakpoint_set(const struct pagetable *table, vaddr_t address)
{
    const uint8_t instruction = BREAKPOINT;
    struct breakpoint *point = breakpoint_find(address);
    if (address == 0)
        return -EFAULT;
    if (point != NULL)
        return 0;
    point = breakpoint_find(0);
    if (point == NULL)
        return -ENOSPC;
    if (stub_read(table, address, &point->saved, 1) != 1 || stub_write(table, address, &instruction, 1) != 1)
        return -EFAULT;
    point->table = table;
    point->address = address;
    return 0;
}

static int breakpoint_clear(vaddr_t address)
{
    struct breakpoint *point = address != 0 ? breakpoint_find(address) : NULL;
    if (point == NULL)
        return -ENOENT;
    (void)stub_write(point->table, address, &point->saved, 1); /* gone with its process, perhaps */
    point->address = 0;
    return 0;
}

bool point_is_at(vaddr_t address)
{
    return address != 0 && breakpoint_find(address) != NULL;
}

/* --- hardware ------------------------------------------------------------------------------------------------------ */

static bool is_possible(enum point_kind kind, vaddr_t address, size_t length)
{
    if (kind == POINT_EXECUTE)
        return length == 1;
    bool size = length == 1 || length == 2 || length == 4 || length == 8;
    return size && (address & (length - 1)) == 0;
}

static struct hardware_point *hardware_find(enum point_kind kind, vaddr_t address, size_t length)
{
    for (unsigned i = 0; i < HARDWARE_POINTS; i++) {
        struct hardware_point *point = &hardware[i];
        if (point->length == length && (length == 0 || (point->kind == kind && point->address == address)))
            return point;
    }
    return NULL;
}

static int hardware_set(enum point_kind kind, vaddr_t address, size_t length)
{
    if (kind == POINT_READ) /* the CPU has none that a write does not trigger */
        return -EINVAL;
    if (!is_possible(kind, address, length))
        return -EINVAL;
    if (hardware_find(kind, address, length) != NULL)
        return 0;
    struct hardware_point *point = hardware_find(kind, 0, 0);
    if (point == NULL)
        return -ENOSPC;
    *point = (struct hardware_point){address, length, kind};
    return 0;
}

static int hardware_clear(enum point_kind kind, vaddr_t address, size_t length)
{
    struct hardware_point *point = length > 0 ? hardware_find(kind, address, length) : NULL;
    if (point == NULL)
        return -ENOENT;
    point->length = 0;
    return 0;
}

/* DR7's four bits for a point: what, and how many bytes. */
static uint64_t condition_bits(const struct hardware_point *point)
{
    static const uint8_t conditions[POINT_KINDS] = {[POINT_EXECUTE] = 0, [POINT_WRITE] = 1, [POINT_ACCESS] = 3};
    static const uint8_t lengths[] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};
    return conditions[point->kind] | (uint64_t)lengths[point->length] << 2;
}

void points_load(void)
{
    uint64_t control = 1 << 10; /* always 1 */
    uint64_t off = control;
    __asm__ volatile("mov %0, %%dr7" ::"r"(off));
    __asm__ volatile("mov %0, %%dr0" ::"r"(hardware[0].address));
    __asm__ volatile("mov %0, %%dr1" ::"r"(hardware[1].address));
    __asm__ volatile("mov %0, %%dr2" ::"r"(hardware[2].address));
    __asm__ volatile("mov %0, %%dr3" ::"r"(hardware[3].address));
    for (unsigned i = 0; i < HARDWARE_POINTS; i++) {
        if (hardware[i].length > 0)
            control |= (uint64_t)2 << (2 * i) | condition_bits(&hardware[i]) << (16 + 4 * i);
    }
    __asm__ volatile("mov %0, %%dr7" ::"r"(control));
}

bool point_hit(uint64_t dr6, enum point_kind *kind, vaddr_t *address)
{
    for (unsigned i = 0; i < HARDWARE_POINTS; i++) {
        if ((dr6 >> i & 1) == 0 || hardware[i].length == 0)
            continue;
        *kind = hardware[i].kind;
        *address = hardware[i].address;
        return true;
    }
    return false;
}

/* --- both ---------------------------------------------------------------------------------------------------------- */

int point_set(const struct pagetable *table, enum point_kind kind, vaddr_t address, size_t length)
{
    return kind == POINT_SOFTWARE ? breakpoint_set(table, address) : hardware_set(kind, address, length);
}

int point_clear(enum point_kind kind, vaddr_t address, size_t length)
{
    return kind == POINT_SOFTWARE ? breakpoint_clear(address) : hardware_clear(kind, address, length);
}

void points_clear(void)
{
    for (unsigned i = 0; i < POINTS_MAX; i++) {
        if (breakpoints[i].address != 0)
            (void)!breakpoint_clear(breakpoints[i].address);
    }
    for (unsigned i = 0; i < HARDWARE_POINTS; i++)
        hardware[i].length = 0;
}
