/*
 * The parts of a panic's report.
 *
 * A backtrace follows the frame pointers: every function keeps its caller's RBP at [RBP] and its return address at [RBP
 * + 8]. A return address into entry.asm means that the caller was interrupted: its registers lie right above, as
 * entry.asm called with RSP at them. Every address is looked up in the page tables before it is read.
 */
#include "kernel/report.h"

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/registers.h"
#include "kernel/smp.h"
#include "kernel/switch.h"
#include "kernel/symbols.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/x86.h"
#include "libc/format.h"
#include "mm/pagetable.h"
#include "mm/poison.h"

#define BACKTRACE_LINES 40
#define BACKTRACE_STEPS 2000 /* a recursion takes one line */

/* entry.asm: where it calls C. */
extern const char trap_text_start[], trap_text_end[];

static const struct pagetable *running_table(void)
{
    static struct pagetable table;
    table.top = direct_map(cr3_read() & PTE_ADDRESS);
    return &table;
}

static void report_control_registers(void)
{
    log_write(LOG_ERROR, "  cr0 %08lx cr2 %016lx cr3 %lx cr4 %lx", cr0_read(), cr2_read(), cr3_read(), cr4_read());
}

void report_place(uint64_t rip, uint64_t frame)
{
    uintptr_t offset = 0;
    const char *name = symbol_find(rip, &offset);
    log_write(LOG_ERROR, "  rip %016lx  %s+%#lx  rbp %016lx", rip, name != NULL ? name : "?", offset, frame);
    report_control_registers();
}

void report_registers(const struct registers *regs)
{
    uintptr_t offset = 0;
    const char *name = symbol_find(regs->rip, &offset);
    log_write(LOG_ERROR, "  rip %016lx  %s+%#lx  cs %02lx  rflags %lx  error %lx", regs->rip, name != NULL ? name : "?",
              offset, regs->cs, regs->rflags, regs->error);
    log_write(LOG_ERROR, "  rax %016lx rbx %016lx rcx %016lx rdx %016lx", regs->rax, regs->rbx, regs->rcx, regs->rdx);
    log_write(LOG_ERROR, "  rsi %016lx rdi %016lx rbp %016lx rsp %016lx", regs->rsi, regs->rdi, regs->rbp, regs->rsp);
    log_write(LOG_ERROR, "  r8  %016lx r9  %016lx r10 %016lx r11 %016lx", regs->r8, regs->r9, regs->r10, regs->r11);
    log_write(LOG_ERROR, "  r12 %016lx r13 %016lx r14 %016lx r15 %016lx", regs->r12, regs->r13, regs->r14, regs->r15);
    report_control_registers();
}

void report_poison(const struct registers *regs)
{
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {{"rax", regs->rax}, {"rbx", regs->rbx}, {"rcx", regs->rcx}, {"rdx", regs->rdx}, {"rsi", regs->rsi},
               {"rdi", regs->rdi}, {"rbp", regs->rbp}, {"r8", regs->r8},   {"r9", regs->r9},   {"r10", regs->r10},
               {"r11", regs->r11}, {"r12", regs->r12}, {"r13", regs->r13}, {"r14", regs->r14}, {"r15", regs->r15}};
    for (unsigned i = 0; i < ARRAY_LENGTH(all); i++) {
        const char *whose = poison_owner(all[i].value);
        if (whose != NULL)
            log_write(LOG_ERROR, "use after free: %s holds the poison of freed %s", all[i].name, whose);
    }
}

/* "P RW US A D" of an entry. */
static void entry_describe(pte_t entry, char text[48])
{
    static const struct {
        pte_t bit;
        const char *name;
    } bits[] = {{PTE_P, "P"}, {PTE_RW, "RW"}, {PTE_US, "US"}, {PTE_PWT, "PWT"}, {PTE_PCD, "PCD"},
                {PTE_A, "A"}, {PTE_D, "D"},   {PTE_PS, "PS"}, {PTE_G, "G"},     {PTE_XD, "XD"}};
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < ARRAY_LENGTH(bits); i++) {
        if ((entry & bits[i].bit) != 0)
            used += (size_t)snprintf(text + used, 48 - used, " %s", bits[i].name);
    }
}

void report_page_walk(vaddr_t address)
{
    static const char *const names[] = {"", "PT", "PD", "PDPT", "PML4"};
    if (address >= USER_END && address < DIRECT_MAP_BASE) {
        log_write(LOG_ERROR, "page walk: %016lx is not canonical", address);
        return;
    }
    log_write(LOG_ERROR, "page walk of %016lx:", address);
    const pte_t *table = running_table()->top;
    for (unsigned level = LEVEL_TOP; level >= LEVEL_4K; level--) {
        pte_t entry = table[level_index(address, level)];
        char bits[48];
        entry_describe(entry, bits);
        log_write(LOG_ERROR, "  %-4s [%3u] = %016lx%s", names[level], level_index(address, level), entry,
                  (entry & PTE_P) != 0 ? bits : " not present");
        if ((entry & PTE_P) == 0 || ((entry & PTE_PS) != 0 && level < LEVEL_TOP))
            return;
        table = direct_map(entry & PTE_ADDRESS);
    }
}

/* Whether the 8 bytes at `address` of the kernel's half are there to be read. */
static bool is_readable(vaddr_t address)
{
    if (address < DIRECT_MAP_BASE || (address & 7) != 0)
        return false;
    const pte_t *table = running_table()->top;
    for (unsigned level = LEVEL_TOP; level >= LEVEL_4K; level--) {
        pte_t entry = table[level_index(address, level)];
        if ((entry & PTE_P) == 0)
            return false;
        if ((entry & PTE_PS) != 0 && level < LEVEL_TOP)
            return true;
        table = direct_map(entry & PTE_ADDRESS);
    }
    return true;
}

/* A place in a backtrace: an address in a function and the frame pointer there. */
struct place {
    uint64_t rip, frame;
    const char *note;
};

static void place_print(const struct place *place)
{
    uintptr_t offset = 0;
    const char *name = symbol_find(place->rip, &offset);
    log_write(LOG_ERROR, "  %016lx  %s+%#lx%s", place->rip, name != NULL ? name : "?", offset, place->note);
}

/* The function was interrupted, with these registers. False at the end of the chain: user mode. */
static bool place_interrupted(struct place *place, const struct registers *regs)
{
    if (!is_readable((vaddr_t)regs) || !is_readable((vaddr_t)(regs + 1) - 8))
        return false;
    if (registers_from_user(regs)) {
        bool call = regs->vector == VECTOR_SYSCALL;
        log_write(LOG_ERROR, "  from user mode at %016lx by %s %ld", regs->rip, call ? "system call" : "vector",
                  call ? regs->error : regs->vector);
        return false;
    }
    *place = (struct place){regs->rip, regs->rbp, "  (interrupted)"};
    return true;
}

/* Goes on to the caller; false at the end. */
static bool place_leave(struct place *place)
{
    if (!is_readable(place->frame) || !is_readable(place->frame + 8))
        return false;
    const uint64_t *words = (const uint64_t *)place->frame;
    uint64_t caller = words[1];
    if (caller >= (uint64_t)trap_text_start && caller < (uint64_t)trap_text_end)
        return place_interrupted(place, (const struct registers *)(words + 2));
    bool is_last = words[0] <= place->frame; /* frames of one stack only go up */
    *place = (struct place){caller, is_last ? 0 : words[0], ""};
    return caller != 0;
}

/*
 * A function that calls none may have no frame; then its caller's address is the word at RSP, and the frame is its
 * caller's.
 */
static void place_print_leaf_caller(uint64_t rsp, uint64_t frame)
{
    uintptr_t offset = 0;
    if (!is_readable(rsp) || !is_readable(frame + 8) || rsp == frame + 8)
        return;
    struct place caller = {*(const uint64_t *)rsp, 0, "  (perhaps)"};
    if (symbol_find(caller.rip, &offset) != NULL && offset != 0)
        place_print(&caller);
}

static void repetition_print(unsigned *repeated)
{
    if (*repeated > 0)
        log_write(LOG_ERROR, "  ... and again, %u times", *repeated);
    *repeated = 0;
}

void report_backtrace(uint64_t rip, uint64_t frame, uint64_t rsp)
{
    struct place place = {rip, frame, ""};
    uint64_t last = 0;
    unsigned lines = 0, repeated = 0;
    log_write(LOG_ERROR, "backtrace:");
    for (unsigned steps = 0; steps < BACKTRACE_STEPS && lines < BACKTRACE_LINES; steps++) {
        if (place.rip == last) {
            repeated++;
        } else {
            repetition_print(&repeated);
            place_print(&place);
            lines++;
        }
        if (steps == 0 && rsp != 0)
            place_print_leaf_caller(rsp, frame);
        last = place.rip;
        if (!place_leave(&place))
            break;
    }
    repetition_print(&repeated);
}

/* Why a CPU may be deaf: its local APIC is off or still at work on an interrupt, or the CPU has interrupts off. */
static void report_interrupts(const struct registers *regs, const struct apic_state *apic)
{
    if ((regs->rflags & RFLAGS_IF) != 0 && apic->enabled && apic->in_service == 0 && apic->requested == 0)
        return;
    log_write(LOG_ERROR, "  interrupts %s, local APIC %s, priority %u, in service: vector %u, waiting: vector %u",
              (regs->rflags & RFLAGS_IF) != 0 ? "on" : "off", apic->enabled ? "on" : "off", apic->priority,
              apic->in_service, apic->requested);
}

/* Another CPU, as it was stopped. */
static void report_stopped(const struct registers *regs)
{
    if (registers_from_user(regs))
        log_write(LOG_ERROR, "  stopped in user mode at %016lx", regs->rip);
    else
        report_backtrace(regs->rip, regs->rbp, regs->rsp);
}

void report_cpus(void)
{
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        const struct cpu *cpu = &cpus[id];
        const struct thread *thread = cpu->current;
        if (!cpu->started || thread == NULL)
            continue;
        const struct registers *regs = smp_stopped_registers(id);
        log_write(LOG_ERROR, "cpu %u: thread %d (%s)%s%s", id, thread->tid, thread->name,
                  id == cpu_this()->id ? ", panicked" : "", cpu->idle ? ", idle" : "");
        if (regs != NULL)
            report_interrupts(regs, smp_stopped_apic(id));
        else if (id != cpu_this()->id)
            log_write(LOG_ERROR, "  has not stopped: no NMI reaches it");
        if (regs != NULL && !cpu->idle)
            report_stopped(regs);
        if (thread->held_count > 0)
            lock_report(thread);
    }
}

static void report_thread(struct thread *thread, void *context)
{
    static const char *const states[] = {"new", "ready", "running", "sleeping", "dead"};
    (void)context;
    if (thread->state == THREAD_RUNNING || thread->state == THREAD_DEAD)
        return;
    const struct switch_frame *frame = (const struct switch_frame *)thread->saved_rsp;
    log_write(LOG_ERROR, "thread %d (%s): %s", thread->tid, thread->name, states[thread->state]);
    if (thread->held_count > 1) /* the run queue's is handed on by every switch */
        lock_report(thread);
    if (is_readable((vaddr_t)frame) && is_readable((vaddr_t)&frame->rip))
        report_backtrace(frame->rip, frame->rbp, 0);
}

void report_threads(void)
{
    thread_current()->held_count = 0;
    threads_for_each(report_thread, NULL);
}
