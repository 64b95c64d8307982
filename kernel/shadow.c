/*
 * The shadow's memory and what it says. See shadow.h for the picture.
 *
 *     image        shadow_start(), before the first C function that is watched: a table in the image itself
 *     RAM          shadow_init(): a frame for every 8 frames that the direct map has; then FREE frames are closed
 *     stacks       with each stack, as long as it is mapped
 *
 * Compiled without the checks, as the other files in the Makefile's list UNWATCHED. Locks: none; bytes of the shadow belong to who owns the memory, and no
 * two owners share 8 bytes of that.
 */
#include "kernel/shadow.h"

#include "boot/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/shadow_map.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/census.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/pagetable.h"

#ifdef CLOCKHAND_SHADOW

#define STACKS_SIZE (2 * (uint64_t)KERNEL_STACK_SIZE * KSTACKS_MAX)
#define FRAMES_PER_SHADOW SHADOW_UNIT
#define IMAGE_SHADOW_SIZE LARGE_SIZE /* of an image of 16 MB at most: one table */
#define SHADOW_TABLE_BITS (PTE_P | PTE_RW | PTE_A)
#define SHADOW_BITS (PTE_RW | PTE_D | PTE_XD)

extern const uint8_t __kernel_end[];
extern const uint8_t boot_stack_guard[]; /* start.asm: a page, and the boot stack behind it */
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

struct table {
    pte_t entries[TABLE_ENTRIES];
} __attribute__((aligned(4096)));

/* One for each of the three entries of the top level that shadow needs, which must be there from the start; and two for the image. */
static struct table direct_pointers, area_pointers, image_pointers, image_directory, image_table;
static uint8_t image_shadow[IMAGE_SHADOW_SIZE] __attribute__((aligned(4096)));

static vaddr_t watched_end; /* of the direct map; 0: none of it yet */
static _Atomic uint64_t shadow_frames;

bool shadow_watches(vaddr_t address)
{
    if (address >= KERNEL_BASE)
        return address < (vaddr_t)__kernel_end;
    if (address >= DIRECT_MAP_BASE && address < DIRECT_MAP_END)
        return address < watched_end;
    return address - KSTACK_AREA_BASE < STACKS_SIZE;
}

/* --- what it says --------------------------------------------------------------------------------------------------- */

static void shadow_fill(vaddr_t address, size_t length, uint8_t byte)
{
    if (length > 0 && shadow_watches(address))
        memset(shadow_of(address), byte, length / SHADOW_UNIT);
}

void shadow_close(const void *address, size_t length, enum shadow_kind kind)
{
    shadow_fill((vaddr_t)address, length, (uint8_t)kind);
}

void shadow_open(const void *address, size_t length)
{
    shadow_fill((vaddr_t)address, length, 0);
}

static void trail_set(uint32_t *trail, const uint64_t *frame)
{
    trail[0] = (uint32_t)frame[1];
    frame = (const uint64_t *)frame[0];
    trail[1] = frame != NULL ? (uint32_t)frame[1] : 0;
}

void shadow_object_open(void *object, size_t length, size_t room)
{
    struct shadow_trail *trail = (struct shadow_trail *)((char *)object + room);
    const uint64_t *frame = __builtin_frame_address(0);
    size_t whole = round_down(length, SHADOW_UNIT);
    if (!shadow_watches((vaddr_t)object))
        return;
    trail_set(trail->allocated, (const uint64_t *)frame[0]);
    shadow_open(object, whole);
    shadow_close((char *)object + whole, room + sizeof(*trail) - whole, SHADOW_OBJECT_GAP);
    if (whole < length)
        *shadow_of((vaddr_t)object + whole) = (uint8_t)(length - whole);
}

void shadow_object_close(void *object, size_t room)
{
    struct shadow_trail *trail = (struct shadow_trail *)((char *)object + room);
    const uint64_t *frame = __builtin_frame_address(0);
    trail_set(trail->freed, (const uint64_t *)frame[0]);
    shadow_close(object, room, SHADOW_OBJECT_FREE);
    shadow_close(trail, sizeof(*trail), SHADOW_OBJECT_GAP);
}

/* The end of the stack that `address` lies in; where it is no stack that ends like that, `address`. */
static vaddr_t stack_end(vaddr_t address)
{
    if (address - KSTACK_AREA_BASE < STACKS_SIZE)
        return round_up(address, KERNEL_STACK_SIZE);
    if (address - (vaddr_t)boot_stack_guard < PAGE_SIZE + KERNEL_STACK_SIZE)
        return (vaddr_t)boot_stack_guard + PAGE_SIZE + KERNEL_STACK_SIZE;
    return address;
}

void shadow_leave_stack(vaddr_t address)
{
    address = round_down(address, SHADOW_UNIT);
    shadow_open((void *)address, stack_end(address) - address);
}

/* --- where it is ---------------------------------------------------------------------------------------------------- */

static pte_t table_entry(const struct bootinfo *info, const void *of_image)
{
    return (info->kernel_base + ((vaddr_t)of_image - KERNEL_BASE)) | SHADOW_TABLE_BITS;
}

static void top_set(const struct bootinfo *info, const void *watched, const struct table *table)
{
    pte_t *top = direct_map(info->page_table);
    top[level_index((vaddr_t)shadow_of((vaddr_t)watched), LEVEL_TOP)] = table_entry(info, table);
}

/* Called by kernel_entry on the boot stack, which it makes one to be watched. Nothing else has run yet. */
void shadow_start(const struct bootinfo *info);
void shadow_start(const struct bootinfo *info)
{
    vaddr_t image = (vaddr_t)shadow_of(KERNEL_BASE);
    top_set(info, (void *)DIRECT_MAP_BASE, &direct_pointers);
    top_set(info, (void *)KERNEL_AREA_BASE, &area_pointers);
    top_set(info, (void *)KERNEL_BASE, &image_pointers);
    image_pointers.entries[level_index(image, LEVEL_1G)] = table_entry(info, &image_directory);
    image_directory.entries[level_index(image, LEVEL_2M)] = table_entry(info, &image_table);
    for (uint64_t i = 0; i < IMAGE_SHADOW_SIZE / PAGE_SIZE; i++)
        image_table.entries[i] = table_entry(info, image_shadow + i * PAGE_SIZE) | PTE_D | PTE_G | PTE_XD;
    for (void (*const *constructor)(void) = __init_array_start; constructor < __init_array_end; constructor++)
        (*constructor)();
}

/* Maps a new frame of zeros at a page of the shadow. */
static bool shadow_page_create(vaddr_t page)
{
    struct page *frame = frame_alloc(FRAME_WIRED | FRAME_ZERO);
    if (frame == NULL)
        return false;
    if (kernel_map(page, page_physical(frame), PAGE_SIZE, SHADOW_BITS) != 0) {
        frame_free(frame);
        return false;
    }
    shadow_frames++;
    return true;
}

static void shadow_page_destroy(vaddr_t page)
{
    struct walk walk;
    if (!pagetable_walk(&kernel_table, page, &walk))
        return;
    struct page *frame = page_of_frame(pte_frame(walk.value, walk.level) >> PAGE_SHIFT);
    kernel_unmap(page, PAGE_SIZE);
    frame_free(frame);
    shadow_frames--;
}

/* The shadow of a stack and its guard: whole pages. */
static vaddr_t stack_shadow(vaddr_t stack)
{
    return (vaddr_t)shadow_of(stack - KERNEL_STACK_SIZE);
}

enum { STACK_SHADOW_SIZE = 2 * KERNEL_STACK_SIZE / SHADOW_UNIT };

_Static_assert(STACK_SHADOW_SIZE % PAGE_SIZE == 0, "no page of shadow belongs to two stacks");

void shadow_stack_destroy(vaddr_t stack)
{
    for (uint64_t at = 0; at < STACK_SHADOW_SIZE; at += PAGE_SIZE)
        shadow_page_destroy(stack_shadow(stack) + at);
}

bool shadow_stack_create(vaddr_t stack)
{
    for (uint64_t at = 0; at < STACK_SHADOW_SIZE; at += PAGE_SIZE) {
        if (shadow_page_create(stack_shadow(stack) + at))
            continue;
        shadow_stack_destroy(stack);
        return false;
    }
    return true;
}

static bool any_is_mapped(pfn_t frame)
{
    for (pfn_t end = frame + FRAMES_PER_SHADOW; frame < end; frame++) {
        if (kernel_is_mapped((vaddr_t)direct_map(frame << PAGE_SHIFT), PAGE_SIZE))
            return true;
    }
    return false;
}

static uint64_t shadow_frames_count(void)
{
    return shadow_frames;
}

void shadow_init(void)
{
    assert((vaddr_t)__kernel_end - KERNEL_BASE <= IMAGE_SHADOW_SIZE * SHADOW_UNIT);
    for (pfn_t frame = 0; frame < frame_limit; frame += FRAMES_PER_SHADOW) {
        vaddr_t memory = (vaddr_t)direct_map(frame << PAGE_SHIFT);
        if (any_is_mapped(frame) && !shadow_page_create((vaddr_t)shadow_of(memory)))
            panic("no memory for the shadow of frame %#lx", frame);
    }
    watched_end = (vaddr_t)direct_map(frame_limit << PAGE_SHIFT);
    for (pfn_t frame = 0; frame < frame_limit; frame++) {
        if (page_of_frame(frame)->state == PAGE_FREE)
            shadow_close(page_address(page_of_frame(frame)), PAGE_SIZE, SHADOW_FRAME_FREE);
    }
    census_add("shadow", shadow_frames_count);
}

#endif
