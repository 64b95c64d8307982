/*
 * Kernel virtual areas: stacks and device registers. See kernel/layout.h for where they are.
 *
 *     KSTACK_AREA_BASE  | guard | stack 0 | guard | stack 1 | guard | ...        each KERNEL_STACK_SIZE; a guard is never mapped
 *     MMIO_AREA_BASE    | device | device | ...                                  given out from below, never taken back
 *
 * A stack that is freed stays mapped on a list for the next thread: unmapping would mean telling every CPU. The list is emptied when memory runs
 * out, down to STACKS_KEPT when a stack is allocated. Free stacks are linked through their lowest word.
 *
 * Lock: kmap.lock (RANK_KERNEL_TABLE) guards the list, the bitmap and the next free address; it is not held while tables change.
 */
#include "mm/kmap.h"

#include "kernel/layout.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/shadow.h"
#include "kernel/thread.h"
#include "mm/census.h"
#include "mm/frame.h"
#include "mm/pagetable.h"

#define STACK_FRAMES (KERNEL_STACK_SIZE / PAGE_SIZE)
#define STACK_STRIDE (2 * (vaddr_t)KERNEL_STACK_SIZE)
#define STACKS_KEPT 16
#define BITS_PER_WORD 64
#define STACK_BITS (PTE_RW | PTE_D | PTE_XD)
#define FIRMWARE_BITS (PTE_D | PTE_XD)

/* With the page attribute table as cpu.c sets it. */
#define MMIO_UNCACHED (PTE_RW | PTE_D | PTE_XD | PTE_PCD | PTE_PWT)
#define MMIO_WRITE_COMBINING (PTE_RW | PTE_D | PTE_XD | PTE_PWT)

struct free_stack {
    struct free_stack *next;
};

static struct {
    struct spinlock lock;
    struct free_stack *free;
    unsigned free_count;
    uint64_t stacks;                            /* places in use */
    unsigned search_from;                       /* word of `used` where a free place may be */
    uint64_t used[KSTACKS_MAX / BITS_PER_WORD]; /* bit per place: a stack is mapped there */
    vaddr_t mmio_next;
} kmap = {.lock = SPINLOCK_INIT(RANK_KERNEL_TABLE), .mmio_next = MMIO_AREA_BASE};

static vaddr_t place_address(unsigned place)
{
    return KSTACK_AREA_BASE + place * STACK_STRIDE + KERNEL_STACK_SIZE;
}

static unsigned address_place(vaddr_t stack)
{
    return (unsigned)((stack - KSTACK_AREA_BASE) / STACK_STRIDE);
}

/* Reserves a place for a stack; returns its address, or 0. */
static vaddr_t place_take(void)
{
    vaddr_t stack = 0;
    spin_lock(&kmap.lock);
    for (unsigned word = kmap.search_from; word < ARRAY_LENGTH(kmap.used) && stack == 0; word++) {
        kmap.search_from = word;
        if (kmap.used[word] == UINT64_MAX)
            continue;
        unsigned bit = (unsigned)__builtin_ctzll(~kmap.used[word]);
        kmap.used[word] |= (uint64_t)1 << bit;
        stack = place_address(word * BITS_PER_WORD + bit);
        kmap.stacks++;
    }
    spin_unlock(&kmap.lock);
    return stack;
}

static void place_give(vaddr_t stack)
{
    unsigned place = address_place(stack);
    unsigned word = place / BITS_PER_WORD;
    spin_lock(&kmap.lock);
    kmap.used[word] &= ~((uint64_t)1 << place % BITS_PER_WORD);
    kmap.stacks--;
    if (word < kmap.search_from)
        kmap.search_from = word;
    spin_unlock(&kmap.lock);
}

/* Unmaps the lowest `pages` pages of a stack and frees their frames. */
static void stack_unmap(vaddr_t stack, unsigned pages)
{
    struct page *frames[STACK_FRAMES];
    for (unsigned i = 0; i < pages; i++) {
        struct walk walk;
        bool mapped = pagetable_walk(&kernel_table, stack + i * PAGE_SIZE, &walk);
        assert(mapped);
        frames[i] = page_of_frame(pte_frame(walk.value, walk.level) >> PAGE_SHIFT);
    }
    kernel_unmap(stack, pages * PAGE_SIZE);
    for (unsigned i = 0; i < pages; i++)
        frame_free(frames[i]);
}

/*
 * Maps new frames at a place; false without memory, and then nothing is mapped. They are zeroed: a stack is written in parts, and what else is in them may
 * have been a program's or the firmware's code, which an emulator takes for code, at a hundred times the price of each write, until all of it is overwritten.
 */
static bool stack_map(vaddr_t stack)
{
    for (unsigned i = 0; i < STACK_FRAMES; i++) {
        struct page *page = frame_alloc(FRAME_WIRED | FRAME_ZERO);
        if (page != NULL && kernel_map(stack + i * PAGE_SIZE, page_physical(page), PAGE_SIZE, STACK_BITS) == 0)
            continue;
        if (page != NULL)
            frame_free(page);
        if (i > 0)
            stack_unmap(stack, i);
        return false;
    }
    return true;
}

/* A free stack from the list if there are more than `kept`, or 0. */
static vaddr_t stack_pop(unsigned kept)
{
    struct free_stack *stack = NULL;
    spin_lock(&kmap.lock);
    if (kmap.free_count > kept) {
        stack = kmap.free;
        kmap.free = stack->next;
        kmap.free_count--;
    }
    spin_unlock(&kmap.lock);
    return (vaddr_t)stack;
}

/* Unmaps free stacks until `kept` are left; returns how many frames that freed. */
static uint64_t stacks_trim(unsigned kept)
{
    uint64_t frames = 0;
    vaddr_t stack;
    while ((stack = stack_pop(kept)) != 0) {
        stack_unmap(stack, STACK_FRAMES);
        shadow_stack_destroy(stack);
        place_give(stack);
        frames += STACK_FRAMES;
    }
    return frames;
}

static uint64_t stacks_reclaim(void)
{
    return stacks_trim(0);
}

vaddr_t kstack_alloc(void)
{
    if (kmap.free_count > STACKS_KEPT) /* a look without the lock: it need not be exact */
        stacks_trim(STACKS_KEPT);
    vaddr_t stack = stack_pop(0);
    if (stack != 0)
        return stack;
    stack = place_take();
    if (stack == 0)
        return 0;
    if (shadow_stack_create(stack)) {
        if (stack_map(stack))
            return stack;
        shadow_stack_destroy(stack);
    }
    place_give(stack);
    return 0;
}

void kstack_free(vaddr_t stack)
{
    struct free_stack *free = (struct free_stack *)stack;
    assert(!kstack_is_guard(stack) && is_aligned(stack, KERNEL_STACK_SIZE));
    shadow_open(free, KERNEL_STACK_SIZE);
    spin_lock(&kmap.lock);
    free->next = kmap.free;
    kmap.free = free;
    kmap.free_count++;
    spin_unlock(&kmap.lock);
}

bool kstack_is_guard(vaddr_t address)
{
    if (address < KSTACK_AREA_BASE || address >= KSTACK_AREA_BASE + KSTACKS_MAX * STACK_STRIDE)
        return false;
    return (address - KSTACK_AREA_BASE) % STACK_STRIDE < KERNEL_STACK_SIZE;
}

/* Maps physical bytes [physical, physical + length) in the MMIO area; the pages they lie in are mapped whole. */
static void *area_map(paddr_t physical, uint64_t length, pte_t bits)
{
    paddr_t start = round_down(physical, PAGE_SIZE);
    uint64_t size = round_up(physical + length, PAGE_SIZE) - start;
    uint64_t alignment = size >= LARGE_SIZE ? LARGE_SIZE : PAGE_SIZE; /* large mappings get large pages */
    spin_lock(&kmap.lock);
    vaddr_t address = round_up(kmap.mmio_next, alignment) + (start & (alignment - 1));
    kmap.mmio_next = address + size + PAGE_SIZE;
    spin_unlock(&kmap.lock);
    if (kernel_map(address, start, size, bits) != 0) {
        log_write(LOG_ERROR, "kmap: no memory to map %#lx bytes at %#lx", (unsigned long)length,
                  (unsigned long)physical);
        return NULL;
    }
    return (void *)(address + (physical - start));
}

void *mmio_map(paddr_t physical, uint64_t length, bool write_combining)
{
    return area_map(physical, length, write_combining ? MMIO_WRITE_COMBINING : MMIO_UNCACHED);
}

const void *firmware_map(paddr_t physical, uint64_t length)
{
    const void *direct = direct_map(physical);
    if (kernel_is_mapped((vaddr_t)direct, length))
        return direct;
    return area_map(physical, length, FIRMWARE_BITS);
}

/* Frames of all stacks, free ones that are kept too. */
static uint64_t stack_frames(void)
{
    return kmap.stacks * STACK_FRAMES; /* one load: exact when nobody makes a stack */
}

static uint64_t kernel_table_frames(void)
{
    return kernel_table.tables;
}

void kmap_init(void)
{
    frame_reclaimer_add(stacks_reclaim);
    census_add("stacks", stack_frames);
    census_add("kernel_tables", kernel_table_frames);
}
