/* Kernel areas: stacks with their guards, given out once and given back; registers of a device that every PC has. */
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/pagetable.h"
#include "tests/kernel/crew.h"

#define STACKS 40

static void take_stacks(vaddr_t *stacks)
{
    for (unsigned i = 0; i < STACKS; i++) {
        stacks[i] = kstack_alloc();
        KTEST_EXPECT(stacks[i] != 0);
        memset((void *)stacks[i], (int)i, KERNEL_STACK_SIZE);
    }
}

KTEST(kmap, stacks_are_apart_and_guarded)
{
    vaddr_t stacks[STACKS];
    take_stacks(stacks);
    for (unsigned i = 0; i < STACKS; i++) {
        const uint8_t *bytes = (const uint8_t *)stacks[i];
        struct walk walk;
        KTEST_EXPECT(bytes[0] == i && bytes[KERNEL_STACK_SIZE - 1] == i);
        KTEST_EXPECT(!kstack_is_guard(stacks[i]) && !kstack_is_guard(stacks[i] + KERNEL_STACK_SIZE - 1));
        KTEST_EXPECT(kstack_is_guard(stacks[i] - 1) && !pagetable_walk(&kernel_table, stacks[i] - 1, &walk));
        KTEST_EXPECT(pagetable_walk(&kernel_table, stacks[i], &walk) && (walk.value & PTE_XD) != 0);
        kstack_free(stacks[i]);
    }
    KTEST_EXPECT(!kstack_is_guard((vaddr_t)stacks)); /* the boot stack or a stack of ours, but no guard */
    KTEST_EXPECT(!kstack_is_guard(0) && !kstack_is_guard(UINT64_MAX));
}

static void take_and_free_stacks(void)
{
    vaddr_t stacks[STACKS];
    uint64_t before = frames_settled();
    take_stacks(stacks);
    KTEST_EXPECT(frames_free() <= before - STACKS * KERNEL_STACK_SIZE / PAGE_SIZE);
    for (unsigned i = 0; i < STACKS; i++)
        kstack_free(stacks[i]);
}

KTEST(kmap, stacks_come_back)
{
    KTEST_EXPECT(frames_come_back(take_and_free_stacks));
}

static void fail_to_take_stacks(void)
{
    for (unsigned every = 1; every < 12; every++) {
        vaddr_t stacks[STACKS];
        unsigned count = 0;
        frame_fail_every(every);
        for (unsigned i = 0; i < STACKS; i++) {
            stacks[count] = kstack_alloc();
            count += stacks[count] != 0;
        }
        frame_fail_every(0);
        while (count > 0)
            kstack_free(stacks[--count]);
    }
}

KTEST(kmap, failed_stacks_leave_nothing_behind)
{
    KTEST_EXPECT(frames_come_back(fail_to_take_stacks));
}

static void work(unsigned number, void *context)
{
    (void)context;
    for (unsigned i = 0; i < 60; i++) {
        vaddr_t first = kstack_alloc(), second = kstack_alloc();
        KTEST_EXPECT(first != 0 && second != 0 && first != second);
        *(volatile unsigned *)(first + 64) = number;
        thread_yield();
        KTEST_EXPECT(*(volatile unsigned *)(first + 64) == number);
        kstack_free(first);
        kstack_free(second);
    }
}

KTEST(kmap, many_threads_take_stacks)
{
    crew_run(crew_size(), work, NULL);
}

/* The IO-APIC's index register: every PC has it there, and reading it changes nothing. */
KTEST(kmap, device_registers)
{
    const volatile uint32_t *registers = mmio_map(0xfec00000, PAGE_SIZE, false);
    KTEST_EXPECT(registers != NULL);
    struct walk walk;
    KTEST_EXPECT(pagetable_walk(&kernel_table, (vaddr_t)registers, &walk));
    KTEST_EXPECT((walk.value & (PTE_PCD | PTE_XD | PTE_RW)) == (PTE_PCD | PTE_XD | PTE_RW));
    const char *inside = mmio_map(0xfec00010, 4, false);
    KTEST_EXPECT(((uintptr_t)inside & (PAGE_SIZE - 1)) == 0x10);
    KTEST_EXPECT(*(const volatile uint32_t *)(inside - 0x10) == registers[0]);
}

KTEST(kmap, firmware_in_the_direct_map_is_not_mapped_again)
{
    struct page *page = frame_alloc(0);
    KTEST_EXPECT(firmware_map(page_physical(page), PAGE_SIZE) == page_address(page));
    frame_free(page);
    const uint8_t *rom = firmware_map(0xffff0, 16); /* the reset vector's ROM: not memory */
    KTEST_EXPECT(rom != NULL && rom != direct_map(0xffff0));
}
