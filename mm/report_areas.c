/*
 * /proc/PID/maps and smaps: the areas of an address space, in Linux's format; smaps_rollup: their sum.
 */
#include "kernel/fs/proc.h"
#include "kernel/fs/proc_table.h"
#include "kernel/fs/vfs.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/large.h"
#include "mm/map.h"
#include "mm/object.h"
#include "mm/report.h"
#include "mm/rmap.h"
#include "mm/shm.h"
#include "mm/slab.h"
#include "mm/translation.h"

typedef unsigned long long ull;

enum { NAME_COLUMN = 73 };

static bool overlaps(const struct area *area, vaddr_t start, vaddr_t end)
{
    return area->start < end && area->end > start;
}

/* The name of an area that maps no file; null if it has none. */
static const char *area_name(const struct aspace *aspace, const struct area *area)
{
    if ((area->flags & AREA_VDSO) != 0)
        return "[vdso]";
    if (area->object != NULL && area->object->kind == OBJECT_SHM)
        return "/dev/zero (deleted)";
    if (area_contains(area, aspace->stack_top - 1))
        return "[stack]";
    if (overlaps(area, aspace->brk_start, aspace->brk))
        return "[heap]";
    return NULL;
}

/* The name's text: a file's path, or one in brackets. `buffer` has PATH_MAX bytes. */
static const char *area_text(const struct aspace *aspace, const struct area *area, char *buffer)
{
    if (area->file == NULL || area->file->dentry == NULL)
        return area_name(aspace, area);
    return dentry_path(area->file->dentry, buffer, PATH_MAX);
}

static void area_header_print(const struct aspace *aspace, const struct area *area, struct text *text, char *buffer)
{
    const struct inode *inode = area->file != NULL ? area->file->inode : NULL;
    uint64_t device = inode != NULL && inode->filesystem != NULL ? inode->filesystem->number : 0;
    text_printf(text, "%08llx-%08llx %c%c%c%c %08llx %02llx:%02llx %llu ", (ull)area->start, (ull)area->end,
                (area->flags & AREA_READ) != 0 ? 'r' : '-', (area->flags & AREA_WRITE) != 0 ? 'w' : '-',
                (area->flags & AREA_EXEC) != 0 ? 'x' : '-', area_is_shared(area) ? 's' : 'p',
                (ull)(area->object != NULL ? area->first << PAGE_SHIFT : 0), (ull)(device >> 8), (ull)(device & 0xff),
                (ull)(inode != NULL ? inode->number : 0));
    const char *name = area_text(aspace, area, buffer);
    if (name != NULL) {
        text_pad(text, NAME_COLUMN);
        text_put(text, name, strlen(name));
    }
    text_put(text, "\n", 1);
}

/* What smaps counts of an area, or smaps_rollup of all, in bytes. */
struct area_usage {
    struct aspace *aspace;
    const struct area *area; /* the one that is being added */
    uint64_t resident, proportional, proportional_dirty, shared_clean, shared_dirty, private_clean, private_dirty,
        referenced, anonymous, given_up;
    uint64_t proportional_anonymous, proportional_file, proportional_shared; /* the parts of `proportional` */
    uint64_t large;
    uint64_t hugetlb_shared, hugetlb_private;
    uint64_t swap, swap_proportional, locked;
};

/* The part of the proportional size that the page belongs to. */
static uint64_t *usage_part(struct area_usage *usage, const struct page *page)
{
    if (page_has(page, PAGE_SHM))
        return &usage->proportional_shared;
    return page_has(page, PAGE_ANON) ? &usage->proportional_anonymous : &usage->proportional_file;
}

static void usage_add_page(struct area_usage *usage, struct page *page, bool accessed)
{
    unsigned mappings = rmap_count(page);
    bool dirty = page_has(page, PAGE_DIRTY);
    if (page == zero_page)
        return;
    usage->resident += PAGE_SIZE;
    uint64_t part = PAGE_SIZE / (mappings > 0 ? mappings : 1);
    usage->proportional += part;
    *usage_part(usage, page) += part;
    if (dirty)
        usage->proportional_dirty += part;
    if (accessed || page_has(page, PAGE_REFERENCED))
        usage->referenced += PAGE_SIZE;
    if (page_has(page, PAGE_ANON) && !page_has(page, PAGE_SHM))
        usage->anonymous += PAGE_SIZE;
    if (page_has(page, PAGE_GIVEN_UP))
        usage->given_up += PAGE_SIZE;
    if (mappings > 1)
        *(dirty ? &usage->shared_dirty : &usage->shared_clean) += PAGE_SIZE;
    else
        *(dirty ? &usage->private_dirty : &usage->private_clean) += PAGE_SIZE;
}

static int usage_add_leaf(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    struct area_usage *usage = context;
    pte_t value = pte_read(entry);
    struct page *page = page_of_frame(pte_frame(value, level) >> PAGE_SHIFT);
    if (area_is_hugetlb(usage->area)) { /* Linux counts it nowhere else */
        *(rmap_count(page) > 1 ? &usage->hugetlb_shared : &usage->hugetlb_private) += level_size(level);
        return 0;
    }
    if (level > LEVEL_4K)
        usage->large += level_size(level);
    for (uint64_t i = 0; i < level_size(level) >> PAGE_SHIFT; i++) {
        if (area_contains(usage->area, address + (i << PAGE_SHIFT)))
            usage_add_page(usage, page + i, (value & PTE_A) != 0);
    }
    return 0;
}

static void usage_find(struct area_usage *usage)
{
    struct aspace *aspace = usage->aspace;
    vaddr_t at = usage->area->start, end;
    /* 2 MB at a time, as interrupts are off meanwhile; or the 1 GB of one leaf. */
    for (; at < usage->area->end; at = end) {
        struct walk walk;
        end = min_u64(usage->area->end, round_down(at, LARGE_SIZE) + LARGE_SIZE);
        spin_lock(&aspace->table_lock);
        if (pagetable_walk(&aspace->table, at, &walk) && walk.level == LEVEL_1G)
            end = at + HUGE_SIZE;
        pagetable_for_each(&aspace->table, at, end, usage_add_leaf, usage);
        spin_unlock(&aspace->table_lock);
    }
}

/* Whether 2 MB of the area may become one page without being asked for. */
static bool area_may_have_large(const struct area *area)
{
    return !area_is_hugetlb(area) && area->end >= LARGE_SIZE &&
           large_fits(area, round_down(area->end - LARGE_SIZE, LARGE_SIZE));
}

static void kilobytes_print(struct text *text, const char *name, uint64_t bytes)
{
    text_printf(text, "%-15s %8llu kB\n", name, (ull)(bytes >> 10));
}

static void area_flags_print(const struct area *area, struct text *text)
{
    static const struct {
        uint32_t flag; /* 0: every area has it */
        const char *name;
    } names[] = {
        {AREA_READ, "rd "},
        {AREA_WRITE, "wr "},
        {AREA_EXEC, "ex "},
        {AREA_SHARED, "sh "},
        {0, "mr "},
        {AREA_MAY_WRITE, "mw "},
        {0, "me "},
        {AREA_GROWSDOWN, "gd "},
        {AREA_LOCKED, "lo "},
        {AREA_SEQUENTIAL, "sr "},
        {AREA_RANDOM, "rr "},
        {AREA_DONTFORK, "dc "},
        {AREA_COMMITTED, "ac "},
        {AREA_NORESERVE, "nr "},
        {AREA_HUGETLB_2M, "ht "},
        {AREA_HUGETLB_1G, "ht "},
        {AREA_DONTDUMP, "dd "},
        {AREA_WIPEONFORK, "wf "},
        {AREA_HUGE, "hg "},
        {AREA_NOHUGE, "nh "},
    };
    text_printf(text, "VmFlags: ");
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        if ((area->flags & names[i].flag) == names[i].flag)
            text_put(text, names[i].name, 3);
    }
    text_put(text, "\n", 1);
}

/*
 * Pages of the shared memory below the area that are only on swap: where it may be written privately, those that it has no copy of (Linux's
 * smaps_pte_hole()).
 */
static uint64_t object_count_absent(struct aspace *aspace, const struct area *area)
{
    uint64_t first = area->start >> PAGE_SHIFT, last = (area->end >> PAGE_SHIFT) - 1, next = first, copy = first;
    uint64_t count = 0, shift = area->first - first; /* from page numbers to indices, modulo 2^64 */
    bool copies = !area_is_shared(area) && (area->flags & AREA_WRITE) != 0;
    for (; copies && copy <= last && radix_next(&aspace->overlay, &copy, last) != NULL; next = ++copy) {
        if (copy > next)
            count += shm_count_absent(area->object, next + shift, copy - 1 + shift);
    }
    return next <= last ? count + shm_count_absent(area->object, next + shift, last + shift) : count;
}

/* Its private pages that are only on swap, and those of shared memory, which SwapPss leaves out (proc(5)). */
static struct overlay_absent area_count_absent(struct aspace *aspace, const struct area *area)
{
    const struct object *object = area->object;
    struct overlay_absent absent = overlay_count_absent(&aspace->overlay, area->start >> PAGE_SHIFT,
                                                        (area->end >> PAGE_SHIFT) - 1);
    if (object != NULL && object->kind == OBJECT_SHM)
        absent.pages += object_count_absent(aspace, area);
    return absent;
}

/* Adds usage->area. */
static void usage_add_area(struct area_usage *usage)
{
    uint64_t before = usage->proportional;
    usage_find(usage);
    struct overlay_absent absent = area_count_absent(usage->aspace, usage->area);
    usage->swap += absent.pages << PAGE_SHIFT;
    usage->swap_proportional += absent.proportional;
    if ((usage->area->flags & AREA_LOCKED) != 0)
        usage->locked += usage->proportional - before;
}

/* The lines that an area and the sum have; `with_parts`: those that only the sum has, too. */
static void usage_print(const struct area_usage *usage, struct text *text, bool with_parts)
{
    kilobytes_print(text, "Rss:", usage->resident);
    kilobytes_print(text, "Pss:", usage->proportional);
    kilobytes_print(text, "Pss_Dirty:", usage->proportional_dirty);
    if (with_parts) {
        kilobytes_print(text, "Pss_Anon:", usage->proportional_anonymous);
        kilobytes_print(text, "Pss_File:", usage->proportional_file);
        kilobytes_print(text, "Pss_Shmem:", usage->proportional_shared);
    }
    kilobytes_print(text, "Shared_Clean:", usage->shared_clean);
    kilobytes_print(text, "Shared_Dirty:", usage->shared_dirty);
    kilobytes_print(text, "Private_Clean:", usage->private_clean);
    kilobytes_print(text, "Private_Dirty:", usage->private_dirty);
    kilobytes_print(text, "Referenced:", usage->referenced);
    kilobytes_print(text, "Anonymous:", usage->anonymous);
    kilobytes_print(text, "LazyFree:", usage->given_up);
    kilobytes_print(text, "AnonHugePages:", usage->large);
    kilobytes_print(text, "ShmemPmdMapped:", 0);
    kilobytes_print(text, "FilePmdMapped:", 0);
    kilobytes_print(text, "Shared_Hugetlb:", usage->hugetlb_shared);
    kilobytes_print(text, "Private_Hugetlb:", usage->hugetlb_private);
    kilobytes_print(text, "Swap:", usage->swap);
    kilobytes_print(text, "SwapPss:", usage->swap_proportional);
    kilobytes_print(text, "Locked:", usage->locked);
}

static void area_usage_print(struct aspace *aspace, const struct area *area, struct text *text)
{
    struct area_usage usage = {.aspace = aspace, .area = area};
    uint64_t page_size = area_page_size(area);
    usage_add_area(&usage);
    kilobytes_print(text, "Size:", area->end - area->start);
    kilobytes_print(text, "KernelPageSize:", page_size);
    kilobytes_print(text, "MMUPageSize:", page_size);
    usage_print(&usage, text, false);
    text_printf(text, "THPeligible:    %d\n", area_may_have_large(area));
    area_flags_print(area, text);
}

static void areas_print(struct process *process, struct text *text, bool with_usage)
{
    struct aspace *aspace = process_aspace(process);
    char *buffer = kmalloc(PATH_MAX);
    if (aspace == NULL || buffer == NULL) {
        kfree(buffer);
        if (aspace != NULL)
            aspace_put(aspace);
        return;
    }
    mutex_lock(&aspace->lock);
    for (const struct area *area = area_tree_first(&aspace->areas); area != NULL; area = area_next(area)) {
        area_header_print(aspace, area, text, buffer);
        if (with_usage)
            area_usage_print(aspace, area, text);
    }
    mutex_unlock(&aspace->lock);
    kfree(buffer);
    aspace_put(aspace);
}

static void maps_show(struct process *process, struct text *text)
{
    areas_print(process, text, false);
}

static void smaps_show(struct process *process, struct text *text)
{
    areas_print(process, text, true);
}

/* All areas in one: its line goes from the first one's start to the last one's end. */
static void rollup_print(struct aspace *aspace, struct text *text)
{
    struct area_usage usage = {.aspace = aspace};
    const struct area *area = area_tree_first(&aspace->areas);
    vaddr_t start = area != NULL ? area->start : 0, end = 0;
    for (; area != NULL; area = area_next(area)) {
        usage.area = area;
        usage_add_area(&usage);
        end = area->end;
    }
    text_printf(text, "%08llx-%08llx ---p 00000000 00:00 0 ", (ull)start, (ull)end);
    text_pad(text, NAME_COLUMN);
    text_printf(text, "[rollup]\n");
    usage_print(&usage, text, true);
}

static void rollup_show(struct process *process, struct text *text)
{
    struct aspace *aspace = process_aspace(process);
    if (aspace == NULL)
        return;
    mutex_lock(&aspace->lock);
    rollup_print(aspace, text);
    mutex_unlock(&aspace->lock);
    aspace_put(aspace);
}

void report_areas_register(void)
{
    proc_register_process("maps", maps_show);
    proc_register_process("smaps", smaps_show);
    proc_register_process("smaps_rollup", rollup_show);
}
