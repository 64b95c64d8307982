/*
 * TLB invalidation on every CPU that may hold a translation (L19).
 *
 * An address space knows the CPUs that run it or ran it since their last full flush (aspace->cpus). A flush is sent to these only; a CPU that is idle
 * is told lazily (it flushes before it runs user code again). Waiting for the others needs interrupts on and no spin lock (I9).
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "kernel/types.h"

struct aspace;

/* Addresses gathered while the page-table lock is held, flushed at once afterwards. Up to TLB_BATCH single pages; above that a full flush. */
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

/* When it returns no CPU holds one of the batch's translations; the batch is empty again. Sleep rules of might_sleep() unless only this CPU is concerned. */
void tlb_flush(struct tlb_batch *batch);

/* One page of the kernel's half, on every CPU. */
void tlb_flush_kernel(vaddr_t start, vaddr_t end);

/* This CPU only. */
static inline void tlb_flush_local(vaddr_t address)
{
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}
void tlb_flush_local_all(void);

/* Loads the page table of `aspace` (null: the kernel's own) on this CPU, flushing if it missed a lazy invalidation. Called by the scheduler, interrupts off. */
void tlb_switch(struct aspace *aspace);

void tlb_init(void); /* once, after interrupts can be connected */

struct tlb_counts { uint64_t shootdowns, interrupts, pages, full, lazy; };
void tlb_counts(struct tlb_counts *counts);

#endif
