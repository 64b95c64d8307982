/*
 * TLB invalidation on every CPU that may hold a translation (L19).
 *
 * An address space knows the CPUs whose CR3 holds its table. A flush is sent to these only. A CPU keeps the table while it runs kernel threads
 * or idles; then it is lazy: it uses none of the table's translations, so it is not interrupted, but flushes before it runs user code again.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include <stdatomic.h>

#include "kernel/types.h"

struct aspace;

/* Part of each address space. Zeroed when it is new. */
struct tlb_space {
    _Atomic uint32_t cpus;  /* bit per CPU that has the table loaded: it sets the bit before, clears it afterwards */
    _Atomic uint32_t stale; /* bit per lazy CPU that has missed a flush; set by the flusher, cleared by that CPU */
    /*
     * Entries that page-out has taken from the table and is going to flush (mm/rmap.h). Raised with the table's lock held; the owner, who finds no entry there
     * to flush for what he removes or protects, then flushes everything.
     */
    _Atomic uint32_t unflushed;
};

/* Addresses gathered while the page-table lock is held, flushed at once afterwards. Up to TLB_BATCH single pages of any size; above that a full flush. */
#define TLB_BATCH 32
struct tlb_batch {
    struct aspace *aspace;
    unsigned count;
    bool full;
    vaddr_t address[TLB_BATCH];
};

static inline void tlb_batch_init(struct tlb_batch *batch, struct aspace *aspace)
{
    batch->aspace = aspace;
    batch->count = 0;
    batch->full = false;
}

static inline void tlb_batch_add(struct tlb_batch *batch, vaddr_t address)
{
    if (batch->count < TLB_BATCH)
        batch->address[batch->count++] = address;
    else
        batch->full = true;
}

/*
 * When it returns no CPU uses one of the batch's translations; the batch is empty again. Also frees the tables that the address space's page
 * table has retired. Where might_sleep() is allowed: it takes the table's lock, and waits for other CPUs (I9).
 */
void tlb_flush(struct tlb_batch *batch);

/* Addresses [start, end) of the kernel's half, on every CPU. Where might_sleep() is allowed. */
void tlb_flush_kernel(vaddr_t start, vaddr_t end);

/* Takes the page table of `aspace`, which nobody uses any more, out of every CPU: before the table is destroyed. Where might_sleep() is allowed. */
void tlb_forget(struct aspace *aspace);

/* This CPU only: one page; everything, the kernel's global pages too. */
static inline void tlb_flush_local(vaddr_t address)
{
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}
void tlb_flush_local_all(void);

/*
 * Loads the page table of `aspace` on this CPU, or makes good what a lazy CPU has missed. Null, for kernel threads: the table stays as it is, the CPU
 * is lazy. Called by the scheduler at every switch, interrupts off.
 */
void tlb_switch(struct aspace *aspace);

void tlb_init(void); /* once, after interrupts can be connected, before other CPUs start */

/* Sums over all CPUs, since start-up. */
struct tlb_counts {
    uint64_t shootdowns; /* flushes that other CPUs had to be told of */
    uint64_t interrupts; /* sent for them */
    uint64_t pages;      /* single pages invalidated, on each CPU */
    uint64_t full;       /* full flushes, on each CPU */
    uint64_t lazy;       /* interrupts spared because a CPU was lazy */
};
void tlb_counts(struct tlb_counts *counts);

#endif
