/*
 * The page tables the kernel starts on (L14-L16, L18).
 *
 *   kernel image   text read and execute; read-only data read; data read and write
 *   direct map     every range of RAM, read and write, never execute
 *   jump           the loader's last instructions at their own address; the kernel drops this lower half
 *
 * Each range is mapped with the largest pages that its two addresses and its length allow: 1 GB where CPUID has them, 2 MB,
 * 4 KB at the edges. One function does it for all, on a table of page sizes indexed by level.
 * Source: Intel SDM volume 3A, 4.5 (4-level paging).
 */
#include "boot/loader.h"

#include "kernel/layout.h"

enum {
    LEVEL_4K,
    LEVEL_2M,
    LEVEL_1G,
    LEVEL_TOP, /* 512 GB an entry, never a page */
    TABLE_ENTRIES = 512,
};

enum {
    PTE_PRESENT = 1 << 0,
    PTE_WRITABLE = 1 << 1,
    PTE_ACCESSED = 1 << 5, /* set from the start, which saves the processor the write */
    PTE_DIRTY = 1 << 6,
    PTE_PAGE_SIZE = 1 << 7,
    PTE_GLOBAL = 1 << 8,
};
#define PTE_NO_EXECUTE (1ULL << 63)
#define PTE_ADDRESS 0x000ffffffffff000ULL

static const UINT64 page_size[] = {1ULL << 12, 1ULL << 21, 1ULL << 30, 1ULL << 39};

struct mapper {
    UINT64 *top;
    UINTN largest;              /* level of the largest page the processor has */
    EFI_MEMORY_TYPE table_type; /* what new tables are allocated as */
};

static UINT64 *entry_at(UINT64 *table, UINT64 virtual, UINTN level)
{
    return &table[virtual / page_size[level] % TABLE_ENTRIES];
}

/* The table below an entry, made if it is not there. Rights are decided at the page: upper levels allow everything. */
static UINT64 *table_below(const struct mapper *mapper, UINT64 *entry)
{
    if ((*entry & PTE_PRESENT) == 0)
        *entry = (UINT64)pages_get(mapper->table_type, LOADER_PAGE) | PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED;
    return (UINT64 *)(*entry & PTE_ADDRESS);
}

static void map_page(const struct mapper *mapper, UINT64 virtual, UINT64 physical, UINTN level, UINT64 flags)
{
    UINT64 *table = mapper->top;
    for (UINTN above = LEVEL_TOP; above > level; above--)
        table = table_below(mapper, entry_at(table, virtual, above));
    *entry_at(table, virtual, level) = physical | flags | PTE_PRESENT | PTE_ACCESSED |
                                       (level > LEVEL_4K ? PTE_PAGE_SIZE : 0);
}

/* Level of the largest page that fits at both addresses and is not longer than `length`. */
static UINTN level_fitting(const struct mapper *mapper, UINT64 virtual, UINT64 physical, UINT64 length)
{
    UINTN level = mapper->largest;
    while (level > LEVEL_4K && ((virtual | physical) % page_size[level] != 0 || length < page_size[level]))
        level--;
    return level;
}

static void map_range(const struct mapper *mapper, UINT64 virtual, UINT64 physical, UINT64 length, UINT64 flags)
{
    while (length > 0) {
        UINTN level = level_fitting(mapper, virtual, physical, length);
        map_page(mapper, virtual, physical, level, flags);
        virtual += page_size[level];
        physical += page_size[level];
        length -= page_size[level];
    }
}

static void map_kernel(const struct mapper *mapper, const struct kernel_image *kernel)
{
    for (UINTN i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        UINT64 flags = PTE_GLOBAL | (segment->writable ? PTE_WRITABLE | PTE_DIRTY : 0) |
                       (segment->executable ? 0 : PTE_NO_EXECUTE);
        map_range(mapper, segment->virtual, kernel->physical + (segment->virtual - KERNEL_BASE), segment->length,
                  flags);
    }
}

/* Neighbouring ranges of RAM are mapped as one, whatever their use: else a 1 GB page would hardly ever fit. */
static void map_ram(const struct mapper *mapper, const struct boot_memory *memory, UINTN count)
{
    for (UINTN i = 0; i < count;) {
        UINT64 start = memory[i].start, end = start;
        for (; i < count && memory_is_ram(&memory[i]) && memory[i].start == end; i++)
            end += memory[i].length;
        if (end == start)
            i++;
        else
            map_range(mapper, DIRECT_MAP_BASE + start, start, end - start,
                      PTE_WRITABLE | PTE_DIRTY | PTE_GLOBAL | PTE_NO_EXECUTE);
    }
}

static void map_jump(struct mapper mapper)
{
    mapper.table_type = EfiLoaderCode; /* the kernel frees these */
    UINT64 start = (UINT64)jump_start / LOADER_PAGE * LOADER_PAGE;
    UINT64 end = ((UINT64)jump_end + LOADER_PAGE - 1) / LOADER_PAGE * LOADER_PAGE;
    for (UINT64 address = start; address < end; address += LOADER_PAGE)
        map_page(&mapper, address, address, LEVEL_4K, 0);
}

UINT64 *paging_build(const struct kernel_image *kernel, const struct boot_memory *memory, UINTN memory_count)
{
    struct mapper mapper = {
        .top = pages_get(EfiLoaderData, LOADER_PAGE),
        .largest = cpu_has_1g_pages() ? LEVEL_1G : LEVEL_2M,
        .table_type = EfiLoaderData,
    };
    map_kernel(&mapper, kernel);
    map_ram(&mapper, memory, memory_count);
    map_jump(mapper);
    return mapper.top;
}
