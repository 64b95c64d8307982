/* Page tables on the real machine: W^X of the image, no identity map, the direct map; a table of one's own. The random test is on the host. */
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "mm/frame.h"
#include "mm/pagetable.h"
#include "tests/kernel/crew.h"

extern const char __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[], __bss_end[];

/* Whether every page of [start, end), but for the guard below the boot stack, is mapped with exactly the bits `value` among `mask`. */
static bool is_mapped_with(const char *start, const char *end, pte_t mask, pte_t value)
{
    for (vaddr_t address = (vaddr_t)start; address < (vaddr_t)end; address += PAGE_SIZE) {
        struct walk walk;
        if (cpu_is_boot_guard(address))
            continue;
        if (!pagetable_walk(&kernel_table, address, &walk) || (walk.value & mask) != value)
            return false;
    }
    return true;
}

KTEST(pagetable, image_is_writable_or_executable)
{
    pte_t mask = PTE_RW | PTE_XD | PTE_US;
    KTEST_EXPECT(is_mapped_with(__text_start, __text_end, mask, 0));
    KTEST_EXPECT(is_mapped_with(__rodata_start, __rodata_end, mask, PTE_XD));
    KTEST_EXPECT(is_mapped_with(__data_start, __bss_end, mask, PTE_RW | PTE_XD));
}

KTEST(pagetable, nothing_is_mapped_in_the_lower_half)
{
    for (unsigned i = 0; i < TABLE_ENTRIES / 2; i++)
        KTEST_EXPECT(kernel_table.top[i] == 0);
}

KTEST(pagetable, direct_map_covers_memory_and_is_not_executable)
{
    unsigned large = 0;
    for (pfn_t pfn = 1; pfn < frame_limit; pfn += 61) {
        struct walk walk;
        if (page_of_frame(pfn)->state == PAGE_ABSENT)
            continue;
        KTEST_EXPECT(pagetable_walk(&kernel_table, (vaddr_t)direct_map(pfn << PAGE_SHIFT), &walk));
        KTEST_EXPECT((walk.value & (PTE_RW | PTE_XD | PTE_US)) == (PTE_RW | PTE_XD));
        large += walk.level > LEVEL_4K;
    }
    KTEST_EXPECT(large > 0); /* L15, L16 */
}

KTEST(pagetable, frame_array_is_mapped_everywhere)
{
    for (pfn_t pfn = 0; pfn < frame_limit; pfn += PAGE_SIZE / sizeof(struct page)) {
        struct walk walk;
        KTEST_EXPECT(pagetable_walk(&kernel_table, (vaddr_t)page_of_frame(pfn), &walk));
        KTEST_EXPECT((walk.value & PTE_RW) != 0 || page_of_frame(pfn)->state == PAGE_ABSENT);
    }
}

static void map_split_unmap(void)
{
    struct pagetable table;
    struct walk walk;
    KTEST_EXPECT(pagetable_create(&table) == 0);
    KTEST_EXPECT(pagetable_map(&table, 0x40000000, 0x200000, LEVEL_2M, PTE_US | PTE_RW | PTE_D) == 0);
    KTEST_EXPECT(pagetable_map(&table, 0x7ffffffff000, 0x5000, LEVEL_4K, PTE_US) == 0);
    KTEST_EXPECT(table.tables == 6 && table.aside_count == 1);
    KTEST_EXPECT(pagetable_walk(&table, 0x40012345, &walk) && walk.level == LEVEL_2M);
    pagetable_split(&table, 0x40012345);
    KTEST_EXPECT(pagetable_walk(&table, 0x40012345, &walk) && walk.level == LEVEL_4K);
    KTEST_EXPECT(pte_frame(walk.value, LEVEL_4K) == 0x212000);
    KTEST_EXPECT((walk.value & (PTE_RW | PTE_US | PTE_D | PTE_PS)) == (PTE_RW | PTE_US | PTE_D));
    pagetable_check(&table);
    pagetable_unmap_range(&table, 0, USER_END + PAGE_SIZE, NULL, NULL);
    KTEST_EXPECT(table.tables == 1 && table.aside_count == 0);
    pagetable_destroy(&table);
}

KTEST(pagetable, map_split_unmap)
{
    KTEST_EXPECT(frames_come_back(map_split_unmap));
}

KTEST(pagetable, the_kernels_half_is_shared)
{
    struct pagetable table;
    KTEST_EXPECT(pagetable_create(&table) == 0);
    for (unsigned i = TABLE_ENTRIES / 2; i < TABLE_ENTRIES; i++)
        KTEST_EXPECT(table.top[i] == kernel_table.top[i]);
    pagetable_destroy(&table);
}
