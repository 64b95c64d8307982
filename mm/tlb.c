/*
 * TLB shootdown: telling other CPUs to forget translations, and knowing that they have.
 *
 *     CPU a                                             CPU b
 *     changes entries, table lock held
 *     reads space->cpus: b has the table loaded
 *     inbox[b][a] = request; interrupt b    ------>     handler: invalidates what each request in inbox[b] names,
 *     waits until inbox[b][a] is null       <------     then sets inbox[b][a] = null
 *
 * There is one place for each pair of CPUs and a CPU sends one request at a time, so no lock is needed. The sender has interrupts off, and
 * reads its own inbox while it waits: two CPUs that send to one another answer one another. The receiver may be spinning for a lock
 * with interrupts off; its holder goes on, as the sender holds no spin lock (I9). So the wait ends.
 *
 * Two races, each settled by a store before a load on both sides, with a full barrier between:
 *     a CPU loads a table:    sets its bit in space->cpus, then walks the table  |  flusher: changes entries, then reads space->cpus
 *     a CPU stops being lazy: clears `lazy`, then reads space->stale             |  flusher: sets stale, then reads `lazy`
 *
 * Tables are freed after the flush only, and then lazy CPUs are interrupted too: one might still walk them speculatively.
 *
 * Sources: Intel SDM volume 3, 4.10.4 (invalidation; INVLPG drops all paging-structure caches), 4.10.5 (propagation to other CPUs).
 */
#include "mm/tlb.h"

#include "kernel/cpu.h"
#include "kernel/interrupt.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/time.h"
#include "kernel/x86.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/pagetable.h"

#define PATIENCE (10 * NS_PER_SECOND) /* for the answer of another CPU, before that is a bug */
#define POLLS_PER_LOOK 100000         /* at the clock */

enum request_kind { REQUEST_PAGES, REQUEST_FORGET, REQUEST_KERNEL };

struct tlb_request {
    enum request_kind kind;
    struct aspace *aspace;         /* PAGES, FORGET */
    const struct tlb_batch *batch; /* PAGES */
    vaddr_t start, end;            /* KERNEL */
};

struct tlb_cpu {
    _Atomic(const struct tlb_request *) inbox[CPUS_MAX]; /* by sender */
    _Atomic bool lazy;                                   /* written by this CPU, read by flushers */
    struct tlb_counts counts;                            /* this CPU's share */
} cacheline_aligned;

static struct tlb_cpu tlb_cpus[CPUS_MAX];

static inline struct tlb_cpu *tlb_this(void)
{
    return &tlb_cpus[cpu_this()->id];
}

static inline uint32_t cpu_bit(unsigned id)
{
    return (uint32_t)1 << id;
}

static inline void flush_local_user(void)
{
    cr3_write(cr3_read());
    tlb_this()->counts.full++;
}

void tlb_flush_local_all(void)
{
    uint64_t cr4 = cr4_read();
    cr4_write(cr4 ^ CR4_PGE);
    cr4_write(cr4);
    tlb_this()->counts.full++;
}

static void flush_local_batch(const struct tlb_batch *batch)
{
    if (batch->full) {
        flush_local_user();
        return;
    }
    for (unsigned i = 0; i < batch->count; i++)
        tlb_flush_local(batch->address[i]);
    tlb_this()->counts.pages += batch->count;
}

static void flush_local_range(vaddr_t start, vaddr_t end)
{
    uint64_t pages = (end - start) >> PAGE_SHIFT;
    if (pages > TLB_BATCH) {
        tlb_flush_local_all();
        return;
    }
    for (vaddr_t address = start; address < end; address += PAGE_SIZE)
        tlb_flush_local(address);
    tlb_this()->counts.pages += pages;
}

/* Puts the kernel's own table in the place of the one of `aspace`, if this CPU has that. */
static void forget_local(struct aspace *aspace)
{
    struct cpu *cpu = cpu_this();
    if (cpu->aspace != aspace)
        return;
    cpu->aspace = NULL;
    cr3_write(direct_map_physical(kernel_table.top));
    atomic_fetch_and(&aspace->tlb.cpus, ~cpu_bit(cpu->id));
}

static void request_serve(const struct tlb_request *request)
{
    switch (request->kind) {
    case REQUEST_PAGES:
        if (cpu_this()->aspace == request->aspace)
            flush_local_batch(request->batch);
        break;
    case REQUEST_FORGET:
        forget_local(request->aspace);
        break;
    case REQUEST_KERNEL:
        flush_local_range(request->start, request->end);
        break;
    }
}

/* Does what other CPUs ask of this one. Interrupts off. */
static void inbox_serve(void)
{
    struct tlb_cpu *tlb = tlb_this();
    for (unsigned sender = 0; sender < CPUS_MAX; sender++) {
        const struct tlb_request *request = atomic_load_explicit(&tlb->inbox[sender], memory_order_acquire);
        if (request == NULL)
            continue;
        request_serve(request);
        atomic_store_explicit(&tlb->inbox[sender], NULL, memory_order_release);
    }
}

static void handle_interrupt(void *argument)
{
    (void)argument;
    inbox_serve();
}

static void wait_for_answer(unsigned target, unsigned self)
{
    uint64_t deadline = 0;
    for (uint64_t polls = 1; atomic_load_explicit(&tlb_cpus[target].inbox[self], memory_order_acquire) != NULL;
         polls++) {
        inbox_serve();
        cpu_relax();
        if (polls % POLLS_PER_LOOK != 0)
            continue;
        if (deadline == 0)
            deadline = time_now() + PATIENCE;
        else if (time_now() > deadline)
            panic("CPU %u does not answer a TLB shootdown of CPU %u", target, self);
    }
}

/* Has the request done by the CPUs in `targets`, this one not among them. Interrupts off. */
static void request_send(const struct tlb_request *request, uint32_t targets)
{
    unsigned self = cpu_this()->id;
    struct tlb_counts *counts = &tlb_cpus[self].counts;
    counts->shootdowns++;
    for (uint32_t left = targets; left != 0; left &= left - 1) {
        unsigned target = (unsigned)__builtin_ctz(left);
        atomic_store_explicit(&tlb_cpus[target].inbox[self], request, memory_order_release);
        interrupt_send(target, VECTOR_TLB);
        counts->interrupts++;
    }
    for (uint32_t left = targets; left != 0; left &= left - 1)
        wait_for_answer((unsigned)__builtin_ctz(left), self);
}

/* Tells the lazy ones among `targets` for later; returns the others. */
static uint32_t tell_lazy_cpus(struct tlb_space *space, uint32_t targets)
{
    uint32_t awake = targets;
    for (uint32_t left = targets; left != 0; left &= left - 1) {
        unsigned target = (unsigned)__builtin_ctz(left);
        if (!atomic_load_explicit(&tlb_cpus[target].lazy, memory_order_relaxed))
            continue;
        atomic_fetch_or(&space->stale, cpu_bit(target));
        if (!atomic_load(&tlb_cpus[target].lazy))
            continue;
        awake &= ~cpu_bit(target);
        tlb_this()->counts.lazy++;
    }
    return awake;
}

/* Takes what the page table has retired. The first look is without the lock: what this thread has retired it sees. */
static void take_retired(struct aspace *aspace, struct list *retired)
{
    if (list_is_empty(&aspace->table.retired))
        return;
    spin_lock(&aspace->table_lock);
    pagetable_take_retired(&aspace->table, retired);
    spin_unlock(&aspace->table_lock);
}

static void flush_everywhere(struct tlb_batch *batch, bool lazy_too)
{
    struct tlb_space *space = &batch->aspace->tlb;
    interrupts_push_off();
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t targets = atomic_load(&space->cpus);
    uint32_t self = cpu_bit(cpu_this()->id);
    if ((targets & self) != 0)
        flush_local_batch(batch);
    targets &= ~self;
    if (targets != 0 && !lazy_too)
        targets = tell_lazy_cpus(space, targets);
    if (targets != 0) {
        struct tlb_request request = {.kind = REQUEST_PAGES, .aspace = batch->aspace, .batch = batch};
        request_send(&request, targets);
    }
    interrupts_pop();
}

void tlb_flush(struct tlb_batch *batch)
{
    might_sleep();
    struct list retired = LIST_INIT(retired);
    take_retired(batch->aspace, &retired);
    bool tables = !list_is_empty(&retired);
    if (batch->count == 0)
        batch->full |= tables; /* the caches of upper levels have to go in any case */
    if (batch->count > 0 || batch->full)
        flush_everywhere(batch, tables);
    pagetable_free_retired(&retired);
    batch->count = 0;
    batch->full = false;
}

void tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
    might_sleep();
    interrupts_push_off();
    atomic_thread_fence(memory_order_seq_cst);
    unsigned self = cpu_this()->id;
    uint32_t targets = 0;
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        if (id != self && (id == 0 || cpus[id].started))
            targets |= cpu_bit(id);
    }
    flush_local_range(start, end);
    if (targets != 0) {
        struct tlb_request request = {.kind = REQUEST_KERNEL, .start = start, .end = end};
        request_send(&request, targets);
    }
    interrupts_pop();
}

void tlb_forget(struct aspace *aspace)
{
    might_sleep();
    interrupts_push_off();
    forget_local(aspace);
    uint32_t targets = atomic_load(&aspace->tlb.cpus);
    if (targets != 0) {
        struct tlb_request request = {.kind = REQUEST_FORGET, .aspace = aspace};
        request_send(&request, targets);
    }
    interrupts_pop();
    assert(atomic_load(&aspace->tlb.cpus) == 0);
}

/* This CPU has been lazy with the table it needs again. */
static void wake_up(struct tlb_cpu *tlb, struct tlb_space *space, uint32_t self)
{
    atomic_store(&tlb->lazy, false);
    if ((atomic_load(&space->stale) & self) == 0)
        return;
    atomic_fetch_and(&space->stale, ~self);
    flush_local_user();
}

void tlb_switch(struct aspace *aspace)
{
    struct cpu *cpu = cpu_this();
    struct tlb_cpu *tlb = &tlb_cpus[cpu->id];
    uint32_t self = cpu_bit(cpu->id);
    struct aspace *before = cpu->aspace;
    if (aspace == NULL) {
        atomic_store_explicit(&tlb->lazy, true, memory_order_release);
        return;
    }
    if (aspace == before) {
        if (atomic_load_explicit(&tlb->lazy, memory_order_relaxed))
            wake_up(tlb, &aspace->tlb, self);
        return;
    }
    atomic_fetch_or(&aspace->tlb.cpus, self);
    atomic_fetch_and(&aspace->tlb.stale, ~self);
    atomic_store_explicit(&tlb->lazy, false, memory_order_relaxed);
    cpu->aspace = aspace;
    cr3_write(direct_map_physical(aspace->table.top));
    if (before != NULL)
        atomic_fetch_and(&before->tlb.cpus, ~self);
}

void tlb_init(void)
{
    interrupt_connect_local(VECTOR_TLB, handle_interrupt, NULL);
}

void tlb_counts(struct tlb_counts *counts)
{
    *counts = (struct tlb_counts){0};
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        const struct tlb_counts *each = &tlb_cpus[id].counts;
        counts->shootdowns += each->shootdowns;
        counts->interrupts += each->interrupts;
        counts->pages += each->pages;
        counts->full += each->full;
        counts->lazy += each->lazy;
    }
}
