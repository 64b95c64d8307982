/*
 * The loader's two pure parts against naive models: the translation of the firmware's memory map, and the page tables.
 *
 * Links: boot/memory.c boot/paging.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/loader.h"
#include "kernel/layout.h"

enum { ROUNDS = 200, FRAMES = 3000, PIECES = 60, MEMORY_LIMIT = 256, DESCRIPTOR_SIZE = 48, TABLES_MAX = 64 };

EFI_BOOT_SERVICES *gBS; /* not called by what is tested */

/* Instead of jump.asm. */
__asm__(".pushsection .rodata\n.balign 4096\n.globl jump_start, jump_end\njump_start: .skip 64\njump_end: .popsection");

static uint64_t seed = 1;

static unsigned random_below(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % limit);
}

static void expect(bool condition, const char *what)
{
    if (!condition) {
        printf("not ok 1 - %s (seed %llu)\n", what, (unsigned long long)seed);
        exit(1);
    }
}

static bool has_1g_pages;
static unsigned tables; /* allocated by the round */

bool cpu_has_1g_pages(void)
{
    return has_1g_pages;
}

void *pages_get(EFI_MEMORY_TYPE type, UINTN bytes)
{
    (void)type;
    static UINT8 pool[TABLES_MAX][LOADER_PAGE] __attribute__((aligned(LOADER_PAGE)));
    expect(bytes == LOADER_PAGE && tables < TABLES_MAX, "few tables are enough");
    return memset(pool[tables++], 0, LOADER_PAGE);
}

/* What becomes of each firmware type, from the specification's table. */
static uint32_t kind_expected(uint32_t type)
{
    static const uint32_t kinds[] = {
        [EfiReservedMemoryType] = BOOT_MEMORY_RESERVED,
        [EfiLoaderCode] = BOOT_MEMORY_RECLAIM,
        [EfiLoaderData] = BOOT_MEMORY_KERNEL,
        [EfiBootServicesCode] = BOOT_MEMORY_USABLE,
        [EfiBootServicesData] = BOOT_MEMORY_USABLE,
        [EfiRuntimeServicesCode] = BOOT_MEMORY_RUNTIME,
        [EfiRuntimeServicesData] = BOOT_MEMORY_RUNTIME,
        [EfiConventionalMemory] = BOOT_MEMORY_USABLE,
        [EfiUnusableMemory] = BOOT_MEMORY_RESERVED,
        [EfiACPIReclaimMemory] = BOOT_MEMORY_ACPI_RECLAIM,
        [EfiACPIMemoryNVS] = BOOT_MEMORY_ACPI_NVS,
        [EfiMemoryMappedIO] = BOOT_MEMORY_MMIO,
        [EfiMemoryMappedIOPortSpace] = BOOT_MEMORY_MMIO,
    };
    return type < sizeof(kinds) / sizeof(kinds[0]) ? kinds[type] : BOOT_MEMORY_RESERVED;
}

static EFI_MEMORY_DESCRIPTOR *descriptor_at(struct efi_map *map, UINTN index)
{
    return (EFI_MEMORY_DESCRIPTOR *)(map->descriptors + index * DESCRIPTOR_SIZE);
}

/* Cuts FRAMES frames into pieces with holes between, shuffles them into `map`; model[f] is the kind, or -1 in a hole. */
static void map_invent(struct efi_map *map, int model[FRAMES])
{
    UINTN count = 0;
    memset(model, -1, FRAMES * sizeof(model[0]));
    for (unsigned frame = 0; frame < FRAMES && count < PIECES;) {
        unsigned length = 1 + random_below(100), type = random_below(14);
        length = length < FRAMES - frame ? length : FRAMES - frame;
        if (random_below(6) != 0) {
            EFI_MEMORY_DESCRIPTOR *d = descriptor_at(map, count++);
            *d = (EFI_MEMORY_DESCRIPTOR){.Type = type, .PhysicalStart = frame * LOADER_PAGE, .NumberOfPages = length};
            for (unsigned i = frame; i < frame + length; i++)
                model[i] = (int)kind_expected(type);
        }
        frame += length;
    }
    if (model[0] >= 0)
        model[0] = BOOT_MEMORY_RESERVED;
    for (UINTN i = count; i > 1; i--) {
        EFI_MEMORY_DESCRIPTOR *a = descriptor_at(map, i - 1), *b = descriptor_at(map, random_below((unsigned)i)),
                              swap = *a;
        *a = *b;
        *b = swap;
    }
    map->size = count * DESCRIPTOR_SIZE;
}

/* Claims some part of a usable range; nothing but its kind changes. */
static void claim(struct boot_memory *memory, UINTN count, int model[FRAMES])
{
    UINTN chosen = random_below((unsigned)count);
    UINT64 pages = memory[chosen].length / LOADER_PAGE, first = random_below((unsigned)pages);
    UINT64 start = memory[chosen].start + first * LOADER_PAGE,
           length = (1 + random_below((unsigned)(pages - first))) * LOADER_PAGE;
    if (memory[chosen].kind != BOOT_MEMORY_USABLE)
        return;
    for (UINT64 address = start; address < start + length; address += LOADER_PAGE)
        model[address / LOADER_PAGE] = BOOT_MEMORY_KERNEL;
    count = memory_claim(memory, count, start, length, BOOT_MEMORY_KERNEL);
    unsigned frames = 0;
    for (UINTN i = 0; i < count; i++) {
        expect(i == 0 || memory[i - 1].start + memory[i - 1].length <= memory[i].start, "sorted after a claim");
        for (UINT64 address = memory[i].start; address < memory[i].start + memory[i].length; address += LOADER_PAGE)
            expect(model[address / LOADER_PAGE] == (int)memory[i].kind, "a claim changes what it names only");
        frames += (unsigned)(memory[i].length / LOADER_PAGE);
    }
    for (unsigned frame = 0; frame < FRAMES; frame++)
        frames -= model[frame] >= 0;
    expect(frames == 0, "a claim loses nothing");
}

static void test_translation(void)
{
    static UINT8 buffer[PIECES * DESCRIPTOR_SIZE] __attribute__((aligned(8)));
    struct efi_map map = {.descriptors = buffer, .capacity = sizeof(buffer), .descriptor_size = DESCRIPTOR_SIZE};
    int model[FRAMES];
    struct boot_memory memory[MEMORY_LIMIT];
    for (int round = 0; round < ROUNDS; round++) {
        map_invent(&map, model);
        UINTN count = memory_translate(&map, memory, MEMORY_LIMIT);
        unsigned frame = 0;
        for (UINTN i = 0; i < count; i++) {
            for (; frame < memory[i].start / LOADER_PAGE; frame++)
                expect(model[frame] < 0, "a range is missing");
            expect(memory[i].start == (UINT64)frame * LOADER_PAGE, "ranges are sorted and do not overlap");
            expect(memory[i].length > 0, "no range is empty");
            for (; frame < (memory[i].start + memory[i].length) / LOADER_PAGE; frame++)
                expect(model[frame] == (int)memory[i].kind, "the kind is the specification's");
            expect(i == 0 || memory[i].kind != memory[i - 1].kind ||
                       memory[i].start != memory[i - 1].start + memory[i - 1].length,
                   "neighbours of one kind are merged");
        }
        for (; frame < FRAMES; frame++)
            expect(model[frame] < 0, "the last range is missing");
        claim(memory, count, model);
    }
    printf("ok 1 - %d invented memory maps are translated as the naive model does\n", ROUNDS);
}

/* Entry and page size for a virtual address; 0 when nothing is mapped. */
static UINT64 walk(const UINT64 *table, UINT64 virtual, UINT64 *size)
{
    for (int shift = 39;; shift -= 9) {
        UINT64 entry = table[virtual >> shift & 511];
        *size = 1ULL << shift;
        if ((entry & 1) == 0)
            return 0;
        if (shift == 12 || (shift < 39 && (entry & 0x80) != 0))
            return entry;
        table = (const UINT64 *)(entry & 0x000ffffffffff000);
    }
}

/* Whether [start, start + size) is RAM. */
static bool is_ram(const struct boot_memory *memory, UINTN count, UINT64 start, UINT64 size)
{
    UINT64 covered = start;
    for (UINTN i = 0; i < count; i++)
        if (memory_is_ram(&memory[i]) && memory[i].start <= covered && covered < memory[i].start + memory[i].length)
            covered = memory[i].start + memory[i].length;
    return covered >= start + size;
}

/* Every address of the direct map is mapped if and only if it is RAM, to itself, by the largest page that fits. */
static void check_direct_map(const UINT64 *top, const struct boot_memory *memory, UINTN count, UINT64 end)
{
    for (UINT64 address = 0, size; address < end; address += size) {
        UINT64 entry = walk(top, DIRECT_MAP_BASE + address, &size);
        if (entry == 0) {
            size = LOADER_PAGE;
            expect(!is_ram(memory, count, address, LOADER_PAGE), "all RAM is mapped");
            continue;
        }
        expect(is_ram(memory, count, address, size), "nothing but RAM is mapped");
        expect((entry & 0x000fffffffffe000 & ~(size - 1)) == (address & ~0x1fffULL) || size == LOADER_PAGE,
               "a large page maps to itself");
        expect(size != LOADER_PAGE || (entry & 0x000ffffffffff000) == address, "a page maps to itself");
        expect((entry & 3) == 3 && entry >> 63 == 1, "writable, never executable");
        UINT64 larger = size == 1ULL << 12 ? 1ULL << 21 : 1ULL << 30;
        expect(size == 1ULL << 30 || (size == 1ULL << 21 && !has_1g_pages) ||
                   !is_ram(memory, count, address & ~(larger - 1), larger),
               "the largest page that fits is used");
    }
}

static void check_kernel(const UINT64 *top, const struct kernel_image *kernel)
{
    for (UINTN i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        for (UINT64 offset = 0, size; offset < segment->length; offset += LOADER_PAGE) {
            UINT64 virtual = segment->virtual + offset, entry = walk(top, virtual, &size);
            UINT64 physical = (entry & 0x000ffffffffff000 & ~(size - 1)) + (virtual & (size - 1));
            expect(entry != 0 && physical == kernel->physical + (virtual - KERNEL_BASE), "the image is mapped");
            expect(((entry & 2) != 0) == segment->writable, "writable as the segment is");
            expect((entry >> 63 == 0) == segment->executable, "executable as the segment is");
        }
    }
}

static void test_paging(bool with_1g)
{
    static const struct boot_memory memory[] = {
        {0, 0x1000, BOOT_MEMORY_RESERVED, 0},
        {0x1000, 0x9f000, BOOT_MEMORY_USABLE, 0},
        {0x100000, 0x700000, BOOT_MEMORY_USABLE, 0},
        {0x800000, 0x8000, BOOT_MEMORY_ACPI_NVS, 0},
        {0x808000, 0x7e0f8000, BOOT_MEMORY_USABLE, 0},
        {0x7e900000, 0x23000, BOOT_MEMORY_RUNTIME, 0},
        {0x7e923000, 0x1000, BOOT_MEMORY_RESERVED, 0},
        {0x7e924000, 0x16dc000, BOOT_MEMORY_KERNEL, 0},
        {0xb0000000, 0x10000000, BOOT_MEMORY_MMIO, 0},
        {0x100000000, 0x97f3000, BOOT_MEMORY_RECLAIM, 0},
        {0x1097f3000, 0xd080d000, BOOT_MEMORY_USABLE, 0},
    };
    enum { COUNT = sizeof(memory) / sizeof(memory[0]) };
    static const struct kernel_image kernel = {
        .physical = 0x200000,
        .size = 0x500000,
        .segment_count = 3,
        .segments =
            {
                {.virtual = KERNEL_BASE, .length = 0x234000, .executable = true},
                {.virtual = KERNEL_BASE + 0x234000, .length = 0x20000},
                {.virtual = KERNEL_BASE + 0x254000, .length = 0x2ac000, .writable = true},
            },
    };
    has_1g_pages = with_1g;
    tables = 0;
    const UINT64 *top = paging_build(&kernel, memory, COUNT);
    check_direct_map(top, memory, COUNT, 0x200000000);
    check_kernel(top, &kernel);
    UINT64 size;
    expect((walk(top, (UINT64)jump_start, &size) & 0x000ffffffffff000) == (UINT64)jump_start, "jump maps to itself");
    expect(walk(top, 0, &size) == 0, "nothing is mapped at 0");
    printf("ok %d - page tables %s 1 GB pages: RAM, kernel, jump and nothing else (%u tables)\n", with_1g ? 2 : 3,
           with_1g ? "with" : "without", tables);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("1..3\n");
    test_translation();
    test_paging(true);
    test_paging(false);
    return 0;
}
