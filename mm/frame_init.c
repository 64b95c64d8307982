/*
 * How the frame array comes to be, at start-up, before there is any allocator.
 *
 *   physical   | RAM |hole| RAM        |        hole (devices)         | RAM           |
 *                 |     |    |                        |                    |
 *   page_array | own |abs.| own frames |   one ABSENT frame, repeated  | own frames    |     at PAGE_ARRAY_BASE
 *
 * The array has an entry for every frame number below frame_limit, so no user of it need know of holes. One frame of the array holds
 * the entries of 64 frames, 256 KB of memory. Where that memory has RAM the frame is the array's own; elsewhere one frame full of ABSENT
 * entries is mapped, again and again, read-only. A stretch of 128 MB (what one 2 MB page of the array describes) costs nothing if it is a
 * hole, for all these share one table; and is one 2 MB page if it is RAM with few gaps.
 *
 * The memory for this comes from the largest range of free RAM: small pieces from its bottom, 2 MB pages from its top.
 * Nothing here is locked: one CPU runs, with interrupts off. The tables made here are counted by kernel_table_init() later.
 */
#include "boot/bootinfo.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/shadow.h"
#include "mm/frame.h"
#include "mm/pagetable.h"

#define PAGES_PER_FRAME (PAGE_SIZE / sizeof(struct page))
#define FRAMES_PER_TABLE ((uint64_t)512)
#define PAGES_PER_TABLE (FRAMES_PER_TABLE * PAGES_PER_FRAME)
#define ARRAY_BITS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_XD)
#define ABSENT_BITS (PTE_P | PTE_A | PTE_G | PTE_XD)
#define GAPS_IN_LARGE_PAGE 8 /* frames of the array a 2 MB page may waste: a table would cost one, and be slower */
#define RECLAIM_RANGES_MAX 64

struct frame_range {
    pfn_t start, end;
};

static struct {
    const struct boot_memory *map;
    uint64_t count;
    pfn_t usable_end;        /* free RAM from this frame on stays unused: option mem= */
    uint64_t largest;        /* index of the largest free range */
    struct frame_range pool; /* what is left of it */
    struct frame_range top;  /* the unaligned rest above it */
    paddr_t absent_frame;    /* full of ABSENT entries */
    paddr_t absent_table;    /* maps it 512 times */
} boot;

static bool kind_is_ram(uint32_t kind)
{
    return kind == BOOT_MEMORY_USABLE || kind == BOOT_MEMORY_RECLAIM || kind == BOOT_MEMORY_KERNEL ||
           kind == BOOT_MEMORY_ACPI_RECLAIM;
}

/* The frames of one range of the loader's map that the kernel manages; frame 0 to frame 0 if none. */
static struct frame_range managed_range(const struct boot_memory *memory)
{
    struct frame_range range = {memory->start >> PAGE_SHIFT, (memory->start + memory->length) >> PAGE_SHIFT};
    if (memory->kind == BOOT_MEMORY_USABLE) {
        range.start = max_u64(range.start, 1); /* frame 0 is never given out: a null physical address is a bug */
        range.end = min_u64(range.end, boot.usable_end);
    }
    return kind_is_ram(memory->kind) && range.start < range.end ? range : (struct frame_range){0, 0};
}

/* How many frames the kernel manages, with `usable_end` as it is. */
static uint64_t count_managed(void)
{
    uint64_t frames = 0;
    for (uint64_t i = 0; i < boot.count; i++) {
        struct frame_range range = managed_range(&boot.map[i]);
        frames += range.end - range.start;
    }
    return frames;
}

/*
 * Lowers usable_end so that at most `limit` bytes are managed, beside what a shadow needs: memory in use already counts first, then
 * free RAM from below.
 */
static void apply_limit(uint64_t limit)
{
    boot.usable_end = UINT64_MAX;
    if (limit != 0)
        limit += shadow_cost(count_managed() << PAGE_SHIFT);
    boot.usable_end = 0;
    uint64_t frames = count_managed();
    uint64_t allowed = limit == 0 ? UINT64_MAX : limit >> PAGE_SHIFT;
    for (uint64_t i = 0; i < boot.count && frames < allowed; i++) {
        if (boot.map[i].kind != BOOT_MEMORY_USABLE)
            continue;
        pfn_t start = boot.map[i].start >> PAGE_SHIFT;
        uint64_t length = min_u64(boot.map[i].length >> PAGE_SHIFT, allowed - frames);
        boot.usable_end = start + length;
        frames += length;
    }
}

static void find_frame_limit(void)
{
    frame_limit = 0;
    for (uint64_t i = 0; i < boot.count; i++)
        frame_limit = max_u64(frame_limit, managed_range(&boot.map[i]).end);
    assert(frame_limit * sizeof(struct page) <= KSTACK_AREA_BASE - PAGE_ARRAY_BASE);
}

/* Sets the pool to the largest range of free RAM, its top aligned for 2 MB pages. */
static void find_pool(void)
{
    for (uint64_t i = 0; i < boot.count; i++) {
        struct frame_range range = managed_range(&boot.map[i]);
        if (boot.map[i].kind != BOOT_MEMORY_USABLE || range.end - range.start <= boot.pool.end - boot.pool.start)
            continue;
        boot.pool = range;
        boot.largest = i;
    }
    pfn_t aligned = max_u64(boot.pool.start, round_down(boot.pool.end, FRAMES_PER_TABLE));
    boot.top = (struct frame_range){aligned, boot.pool.end};
    boot.pool.end = aligned;
}

static paddr_t take_frame(void)
{
    if (boot.pool.start >= boot.pool.end)
        panic("frame_init: not enough memory for the frame array");
    return boot.pool.start++ << PAGE_SHIFT;
}

/* A 2 MB page, or 0. */
static paddr_t take_large(void)
{
    if (boot.pool.end - boot.pool.start < 2 * FRAMES_PER_TABLE)
        return 0;
    boot.pool.end -= FRAMES_PER_TABLE;
    return boot.pool.end << PAGE_SHIFT;
}

static void fill_words(paddr_t frame, uint64_t value)
{
    uint64_t *words = direct_map(frame);
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(uint64_t); i++)
        words[i] = value;
}

/* Whether any frame of [start, start + count) is managed. */
static bool has_managed(pfn_t start, uint64_t count)
{
    for (uint64_t i = 0; i < boot.count; i++) {
        struct frame_range range = managed_range(&boot.map[i]);
        if (range.start < start + count && start < range.end)
            return true;
    }
    return false;
}

/* Whether one range covers all of [start, start + count). */
static bool is_covered(pfn_t start, uint64_t count)
{
    for (uint64_t i = 0; i < boot.count; i++) {
        struct frame_range range = managed_range(&boot.map[i]);
        if (range.start <= start && start + count <= range.end)
            return true;
    }
    return false;
}

/* How many of the array's 512 frames from the one for frame `start` on have no RAM to describe. */
static unsigned count_gaps(pfn_t start)
{
    if (is_covered(start, PAGES_PER_TABLE))
        return 0;
    unsigned gaps = 0;
    for (unsigned i = 0; i < FRAMES_PER_TABLE; i++)
        gaps += !has_managed(start + i * PAGES_PER_FRAME, PAGES_PER_FRAME);
    return gaps;
}

/* The table below entry `index` of `table`, made if there is none. */
static pte_t *lower_table(pte_t *table, unsigned index)
{
    if (table[index] == 0) {
        paddr_t frame = take_frame();
        fill_words(frame, 0);
        table[index] = frame | PTE_P | PTE_RW | PTE_A;
    }
    return direct_map(table[index] & PTE_ADDRESS);
}

/* Sets all of an array of entries to ABSENT. */
static void pages_init(struct page *pages, uint64_t count)
{
    for (struct page *page = pages; page < pages + count; page++)
        *page = (struct page){.lock = SPINLOCK_INIT(RANK_PAGE), .state = PAGE_ABSENT, .order = PAGE_ORDER_INSIDE};
}

static void make_absent(void)
{
    boot.absent_frame = take_frame();
    pages_init(direct_map(boot.absent_frame), PAGES_PER_FRAME);
    boot.absent_table = take_frame();
    fill_words(boot.absent_table, boot.absent_frame | ABSENT_BITS);
}

/* Maps the 2 MB of the array for frames [start, start + 32768) frame by frame. */
static void map_small(pte_t *table, pfn_t start)
{
    for (unsigned i = 0; i < FRAMES_PER_TABLE; i++) {
        if (has_managed(start + i * PAGES_PER_FRAME, PAGES_PER_FRAME)) {
            table[i] = take_frame() | ARRAY_BITS;
            pages_init(direct_map(table[i] & PTE_ADDRESS), PAGES_PER_FRAME);
        } else {
            table[i] = boot.absent_frame | ABSENT_BITS;
        }
    }
}

/* Maps them the cheapest way. */
static void map_stretch(pte_t *directory, unsigned index, pfn_t start)
{
    if (!has_managed(start, PAGES_PER_TABLE)) {
        directory[index] = boot.absent_table | PTE_P | PTE_A;
        return;
    }
    paddr_t large = count_gaps(start) <= GAPS_IN_LARGE_PAGE ? take_large() : 0;
    if (large != 0) {
        directory[index] = large | ARRAY_BITS | PTE_PS;
        pages_init(direct_map(large), PAGES_PER_TABLE);
        return;
    }
    map_small(lower_table(directory, index), start);
}

static void map_array(pte_t *top)
{
    page_array = (struct page *)PAGE_ARRAY_BASE;
    for (pfn_t start = 0; start < frame_limit; start += PAGES_PER_TABLE) {
        vaddr_t address = (vaddr_t)(page_array + start);
        pte_t *pointers = lower_table(top, level_index(address, LEVEL_TOP));
        pte_t *directory = lower_table(pointers, level_index(address, LEVEL_1G));
        map_stretch(directory, level_index(address, LEVEL_2M), start);
    }
}

static void set_wired(pfn_t start, pfn_t end)
{
    for (pfn_t pfn = start; pfn < end; pfn++)
        page_of_frame(pfn)->state = PAGE_WIRED;
}

/* Frames in use become WIRED, those taken here too; the others are given to the allocator. */
static void give_frames(void)
{
    for (uint64_t i = 0; i < boot.count; i++) {
        struct frame_range range = managed_range(&boot.map[i]);
        if (boot.map[i].kind != BOOT_MEMORY_USABLE) {
            set_wired(range.start, range.end);
        } else if (i == boot.largest) {
            set_wired(range.start, boot.pool.start);
            frames_add(boot.pool.start, boot.pool.end);
            set_wired(boot.pool.end, boot.top.start);
            frames_add(boot.top.start, boot.top.end);
        } else {
            frames_add(range.start, range.end);
        }
    }
}

void frame_init(const struct bootinfo *info, uint64_t limit)
{
    boot.map = direct_map(info->memory);
    boot.count = info->memory_count;
    apply_limit(limit);
    find_frame_limit();
    find_pool();
    make_absent();
    map_array(direct_map(info->page_table));
    frames_start(count_managed());
    give_frames();
    log_write(LOG_INFO, "memory: %lu MB, %lu KB free, frame array up to frame %#lx",
              (unsigned long)(frames_total() * PAGE_SIZE >> 20), (unsigned long)(frames_free() * PAGE_SIZE >> 10),
              (unsigned long)frame_limit);
}

void frame_reclaim_boot(const struct bootinfo *info)
{
    /* The map itself lies in a range to be freed, so the ranges are copied first. */
    struct frame_range ranges[RECLAIM_RANGES_MAX];
    unsigned count = 0;
    const struct boot_memory *map = direct_map(info->memory);
    for (uint64_t i = 0; i < info->memory_count && count < RECLAIM_RANGES_MAX; i++) {
        if (map[i].kind == BOOT_MEMORY_RECLAIM || map[i].kind == BOOT_MEMORY_ACPI_RECLAIM)
            ranges[count++] = (struct frame_range){map[i].start >> PAGE_SHIFT,
                                                   (map[i].start + map[i].length) >> PAGE_SHIFT};
    }
    for (unsigned i = 0; i < count; i++) {
        for (pfn_t pfn = max_u64(ranges[i].start, 1); pfn < ranges[i].end; pfn++)
            frame_free(page_of_frame(pfn));
    }
}
