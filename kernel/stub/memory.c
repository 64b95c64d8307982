/*
 * Memory for the debugger: see memory.h.
 */
#include "kernel/stub/memory.h"

#include "kernel/layout.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagetable.h"

/* Where `address` is in the direct map, or null if it is not mapped to RAM. */
static uint8_t *resolve(const struct pagetable *table, vaddr_t address)
{
    struct walk walk;
    const struct pagetable *used = address < USER_END ? table : &kernel_table;
    bool canonical = address < USER_END || address >= DIRECT_MAP_BASE;
    if (used == NULL || !canonical || !pagetable_walk(used, address, &walk))
        return NULL;
    paddr_t physical = pte_frame(walk.value, walk.level) + (address & (level_size(walk.level) - 1));
    pfn_t frame = physical >> PAGE_SHIFT;
    if (frame >= frame_limit || page_of_frame(frame)->state == PAGE_ABSENT)
        return NULL;
    return direct_map(physical);
}

static size_t piece_length(vaddr_t address, size_t left)
{
    return (size_t)min_u64(left, PAGE_SIZE - (address & (PAGE_SIZE - 1)));
}

size_t stub_read(const struct pagetable *table, vaddr_t address, void *to, size_t length)
{
    size_t done = 0;
    while (done < length) {
        size_t piece = piece_length(address + done, length - done);
        const uint8_t *from = resolve(table, address + done);
        if (from == NULL)
            break;
        memcpy((uint8_t *)to + done, from, piece);
        done += piece;
    }
    return done;
}

size_t stub_write(const struct pagetable *table, vaddr_t address, const void *from, size_t length)
{
    size_t done = 0;
    uint64_t cr0 = cr0_read();
    cr0_write(cr0 & ~CR0_WP); /* text is read-only in the direct map, too */
    while (done < length) {
        size_t piece = piece_length(address + done, length - done);
        uint8_t *to = resolve(table, address + done);
        if (to == NULL)
            break;
        memcpy(to, (const uint8_t *)from + done, piece);
        done += piece;
    }
    cr0_write(cr0);
    return done;
}
