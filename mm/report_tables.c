/*
 * /proc/PID/pagemap, Linux's: one 64-bit word for each page of the address space. Our own: /proc/PID/walk, for each page the four entries that
 * the CPU reads on its way to it, from the PML4's down, 0 below where the walk ends; and /proc/PID/pagetable, the tables of all four levels as a
 * tree, with the leaves below them, runs of like leaves in one line:
 *
 *     PML4 at frame 0x1234
 *       [0] PDPT at frame 0x1250
 *         [1] PD at frame 0x1251
 *           [0] 2M  40000000-401fffff frame 0x2000 P RW US A D XD
 *           [1] PT at frame 0x1260
 *             [0-15] 4K  40200000-4020ffff frame 0x1300+ P US XD
 */
#include "kernel/abi/errno.h"
#include "kernel/fs/proc.h"
#include "kernel/fs/proc_table.h"
#include "kernel/process.h"
#include "kernel/uio.h"
#include "mm/anon.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/report.h"
#include "mm/rmap.h"
#include "mm/swap.h"
#include "mm/translation.h"

typedef unsigned long long ull;

/* Bits of a pagemap word (Linux's Documentation/admin-guide/mm/pagemap.rst). */
#define PAGEMAP_PRESENT ((uint64_t)1 << 63)
#define PAGEMAP_SWAPPED ((uint64_t)1 << 62) /* then bits 0 to 4: the swap area, from bit 5 on: the slot */
#define PAGEMAP_FILE ((uint64_t)1 << 61)
#define PAGEMAP_EXCLUSIVE ((uint64_t)1 << 56)
#define PAGEMAP_DIRTY ((uint64_t)1 << 55)
#define PAGEMAP_PLACE (((uint64_t)1 << 55) - 1) /* the frame, or the place on swap: for root to know */

/* The word of a page that is not mapped: where on swap it is, if it is. */
static uint64_t pagemap_word_absent(struct aspace *aspace, vaddr_t address)
{
    uint32_t block = 0;
    if (swap_used() == 0)
        return 0;
    mutex_lock(&aspace->lock);
    const struct anon *anon = radix_find(&aspace->overlay, address >> PAGE_SHIFT);
    if (anon != NULL && anon_is_absent(anon))
        block = anon->block;
    mutex_unlock(&aspace->lock);
    if (block == 0)
        return 0;
    return PAGEMAP_SWAPPED | (uint64_t)swap_block_slot(block) << 5 | swap_block_area(block);
}

static uint64_t pagemap_word(struct aspace *aspace, vaddr_t address)
{
    uint64_t word = 0;
    struct walk walk;
    if (address >= USER_END)
        return 0;
    spin_lock(&aspace->table_lock);
    if (pagetable_walk(&aspace->table, address, &walk)) {
        uint64_t within = (address & (level_size(walk.level) - 1)) >> PAGE_SHIFT;
        struct page *page = page_of_frame((pte_frame(walk.value, walk.level) >> PAGE_SHIFT) + within);
        word = PAGEMAP_PRESENT | page_frame(page);
        if (page != zero_page && (!page_has(page, PAGE_ANON) || page_has(page, PAGE_SHM)))
            word |= PAGEMAP_FILE;
        if (rmap_count(page) == 1)
            word |= PAGEMAP_EXCLUSIVE;
        if ((walk.value & PTE_D) != 0)
            word |= PAGEMAP_DIRTY;
    }
    spin_unlock(&aspace->table_lock);
    return word != 0 ? word : pagemap_word_absent(aspace, address);
}

static void pagemap_record(struct aspace *aspace, vaddr_t address, bool privileged, uint64_t *words)
{
    words[0] = pagemap_word(aspace, address);
    if (!privileged)
        words[0] &= ~PAGEMAP_PLACE;
}

static void walk_record(struct aspace *aspace, vaddr_t address, bool privileged, uint64_t *words)
{
    struct walk walk = {0};
    (void)privileged;
    if (address < USER_END) {
        spin_lock(&aspace->table_lock);
        (void)pagetable_walk(&aspace->table, address, &walk);
        spin_unlock(&aspace->table_lock);
    }
    for (unsigned level = LEVEL_TOP; level >= LEVEL_4K; level--)
        words[LEVEL_TOP - level] = walk.path[level];
}

/* Whole records of so many words, one for each page; -EINVAL for parts of words, as Linux has it, and from the middle of a record. */
static ssize_t records_read(struct aspace *aspace, struct uio *uio, uint64_t offset, bool privileged, size_t words,
                            void (*record)(struct aspace *aspace, vaddr_t address, bool privileged, uint64_t *words))
{
    ssize_t done = 0;
    uint64_t buffer[LEVEL_TOP], size = words * sizeof(uint64_t);
    if (!is_aligned(offset, size) || !is_aligned(uio->left, sizeof(uint64_t)))
        return -EINVAL;
    while (uio->left >= size && offset / size < USER_END >> PAGE_SHIFT) {
        record(aspace, offset / size << PAGE_SHIFT, privileged, buffer);
        ssize_t moved = uio_copy_in(uio, buffer, size);
        if (moved < (ssize_t)size) {
            done = done > 0 ? done : -EFAULT;
            break;
        }
        done += moved;
        offset += (uint64_t)moved;
    }
    return done;
}

static ssize_t pagemap_read(struct aspace *aspace, struct uio *uio, uint64_t offset, bool privileged)
{
    return records_read(aspace, uio, offset, privileged, 1, pagemap_record);
}

static ssize_t walk_read(struct aspace *aspace, struct uio *uio, uint64_t offset, bool privileged)
{
    return records_read(aspace, uio, offset, privileged, LEVEL_TOP, walk_record);
}

static const char *const level_names[] = {[1] = "PT", [2] = "PD", [3] = "PDPT", [4] = "PML4"};
static const char *const leaf_names[] = {[1] = "4K", [2] = "2M", [3] = "1G"};

/* The leaf found by a search, and the way to it. */
struct leaf {
    vaddr_t address;
    struct walk walk;
};

static int leaf_note(pte_t *entry, vaddr_t address, unsigned level, void *context)
{
    (void)entry, (void)level;
    ((struct leaf *)context)->address = address;
    return 1;
}

/* The first leaf at or after `start`. */
static bool leaf_find(struct aspace *aspace, vaddr_t start, struct leaf *leaf)
{
    spin_lock(&aspace->table_lock);
    bool found = start < USER_END && pagetable_for_each(&aspace->table, start, USER_END, leaf_note, leaf) != 0 &&
                 pagetable_walk(&aspace->table, leaf->address, &leaf->walk);
    spin_unlock(&aspace->table_lock);
    return found;
}

static void indent_print(struct text *text, unsigned level)
{
    text_put(text, "          ", 2 * (LEVEL_TOP - level));
}

static void bits_print(struct text *text, pte_t value)
{
    static const struct {
        pte_t bit;
        const char *name;
    } names[] = {{PTE_P, "P"}, {PTE_RW, "RW"}, {PTE_US, "US"}, {PTE_A, "A"}, {PTE_D, "D"}, {PTE_XD, "XD"}};
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        if ((value & names[i].bit) != 0)
            text_printf(text, " %s", names[i].name);
    }
    text_put(text, "\n", 1);
}

/* The tables on the way to a leaf that the leaf before it did not go through. */
static void path_print(struct text *text, const struct leaf *leaf, const struct leaf *before)
{
    bool differs = false;
    for (unsigned level = LEVEL_TOP; level > leaf->walk.level; level--) {
        pte_t value = leaf->walk.path[level];
        differs |= before->walk.path[level] != value;
        if (!differs)
            continue;
        indent_print(text, level - 1);
        text_printf(text, "[%u] %s at frame %#llx\n", level_index(leaf->address, level), level_names[level - 1],
                    (ull)((value & PTE_ADDRESS) >> PAGE_SHIFT));
    }
}

/* Whether `next` continues a run: the next entry of the same table with the same bits. */
static bool leaf_continues(const struct leaf *last, const struct leaf *next)
{
    unsigned level = last->walk.level;
    return next->walk.level == level && next->address == last->address + level_size(level) &&
           level_index(next->address, level) != 0 && ((last->walk.value ^ next->walk.value) & ~PTE_ADDRESS) == 0;
}

static void run_print(struct text *text, const struct leaf *first, const struct leaf *last)
{
    unsigned level = first->walk.level;
    indent_print(text, level - 1);
    text_printf(text, "[%u", level_index(first->address, level));
    if (first->address != last->address)
        text_printf(text, "-%u", level_index(last->address, level));
    text_printf(text, "] %s  %llx-%llx frame %#llx%s", leaf_names[level], (ull)first->address,
                (ull)(last->address + level_size(level) - 1), (ull)(pte_frame(first->walk.value, level) >> PAGE_SHIFT),
                first->address != last->address ? "+" : "");
    bits_print(text, first->walk.value);
}

static void pagetable_show(struct process *process, struct text *text)
{
    struct aspace *aspace = process_aspace(process);
    struct leaf before = {0}, first, next;
    if (aspace == NULL)
        return;
    text_printf(text, "%llu tables, %llu kB\nPML4 at frame %#llx\n", (ull)aspace->table.tables,
                (ull)aspace->table.tables * 4, (ull)(direct_map_physical(aspace->table.top) >> PAGE_SHIFT));
    bool found = leaf_find(aspace, 0, &first);
    while (found) {
        struct leaf last = first;
        path_print(text, &first, &before);
        while ((found = leaf_find(aspace, last.address + level_size(last.walk.level), &next)) &&
               leaf_continues(&last, &next))
            last = next;
        run_print(text, &first, &last);
        before = last;
        first = next;
    }
    aspace_put(aspace);
}

void report_tables_register(void)
{
    proc_register_process_binary("pagemap", pagemap_read);
    proc_register_process_binary("walk", walk_read);
    proc_register_process("pagetable", pagetable_show);
}
