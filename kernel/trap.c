/*
 * Traps: exceptions, interrupts and system calls after entry.asm has saved the registers, and the way back to user
 * mode.
 *
 * All functions named in entry.asm are entered with interrupts off and return with interrupts off. An exception turns
 * them on if the interrupted context had them on; a system call turns them on; an interrupt handler leaves them off.
 */
#include "kernel/trap.h"

#include "kernel/cpu.h"
#include "kernel/gdt.h"
#include "kernel/interrupt.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/registers.h"
#include "kernel/smp.h"
#include "kernel/stub/stub.h"
#include "kernel/thread.h"
#include "kernel/watchdog.h"
#include "kernel/x86.h"
#include "mm/kmap.h"

/* entry.asm */
_Static_assert(sizeof(struct registers) == 22 * 8, "a multiple of 16");
_Static_assert(offsetof(struct registers, r11) == 48, "entry.asm");
_Static_assert(offsetof(struct registers, rcx) == 88, "entry.asm");
_Static_assert(offsetof(struct registers, vector) == 120, "entry.asm");
_Static_assert(offsetof(struct registers, rip) == 136, "entry.asm");
_Static_assert(offsetof(struct registers, cs) == 144, "entry.asm");
_Static_assert(offsetof(struct registers, rflags) == 152, "entry.asm");

/* Called by entry.asm. */
void trap_exception(struct registers *regs);
void trap_page_fault(struct registers *regs);
void trap_interrupt(struct registers *regs);
void trap_syscall(struct registers *regs);
void trap_return_check(struct registers *regs);
void trap_double_fault(struct registers *regs);
void trap_nmi(struct registers *regs);
void trap_machine_check(struct registers *regs);

extern const uint64_t interrupt_stubs[256];

/* SDM volume 3, figure 6-8. */
struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack; /* index of the interrupt stack, or 0 */
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

enum { GATE_INTERRUPT = 0x8e, GATE_USER = 0x60 /* INT n from user mode may use it */ };

static struct gate gates[256];

_Atomic unsigned trap_nmis_expected;

static const char *const exception_names[EXCEPTION_COUNT] = {
    [EXCEPTION_DE] = "#DE divide error",
    [EXCEPTION_DB] = "#DB debug exception",
    [EXCEPTION_NMI] = "NMI",
    [EXCEPTION_BP] = "#BP breakpoint",
    [EXCEPTION_OF] = "#OF overflow",
    [EXCEPTION_BR] = "#BR bound range exceeded",
    [EXCEPTION_UD] = "#UD invalid opcode",
    [EXCEPTION_NM] = "#NM device not available",
    [EXCEPTION_DF] = "#DF double fault",
    [EXCEPTION_TS] = "#TS invalid TSS",
    [EXCEPTION_NP] = "#NP segment not present",
    [EXCEPTION_SS] = "#SS stack segment fault",
    [EXCEPTION_GP] = "#GP general protection fault",
    [EXCEPTION_PF] = "#PF page fault",
    [EXCEPTION_MF] = "#MF x87 floating-point error",
    [EXCEPTION_AC] = "#AC alignment check",
    [EXCEPTION_MC] = "#MC machine check",
    [EXCEPTION_XM] = "#XM SIMD floating-point exception",
};

const char *exception_name(uint64_t vector)
{
    if (vector < EXCEPTION_COUNT && exception_names[vector] != NULL)
        return exception_names[vector];
    return "unknown exception";
}

static uint8_t gate_stack(unsigned vector)
{
    switch (vector) {
    case EXCEPTION_DF:
        return STACK_DOUBLE_FAULT;
    case EXCEPTION_NMI:
        return STACK_NMI;
    case EXCEPTION_MC:
        return STACK_MACHINE_CHECK;
    default:
        return 0;
    }
}

static void gates_fill(void)
{
    for (unsigned vector = 0; vector < ARRAY_LENGTH(gates); vector++) {
        uint64_t offset = interrupt_stubs[vector];
        bool user = vector == EXCEPTION_BP || vector == EXCEPTION_OF;
        gates[vector] = (struct gate){
            .offset_low = (uint16_t)offset,
            .selector = KERNEL_CS,
            .stack = gate_stack(vector),
            .type = (uint8_t)(GATE_INTERRUPT | (user ? GATE_USER : 0)),
            .offset_middle = (uint16_t)(offset >> 16),
            .offset_high = (uint32_t)(offset >> 32),
        };
    }
}

void trap_start_cpu(void)
{
    if (cpu_this()->id == 0)
        gates_fill();
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = {sizeof(gates) - 1, (uint64_t)gates};
    __asm__ volatile("lidt %0" ::"m"(idtr));
}

/* Whether something waits to be done before the running thread may go on in user mode. */
static inline bool user_return_is_held_up(void)
{
    return cpu_this()->need_reschedule || thread_current()->signal_wanted;
}

/* What a handler or sigreturn may have put into the registers that user mode must not have. */
static void user_registers_sanitize(struct registers *regs)
{
    regs->cs = USER_CS;
    regs->ss = USER_SS;
    regs->rflags = (regs->rflags & RFLAGS_USER) | RFLAGS_FIXED | RFLAGS_IF;
}

/*
 * The slow way to user mode: gives the CPU away, delivers signals, until nothing is left. IRET to an address that is
 * not canonical would fault in the kernel, so it becomes what the CPU would have made of it in user mode (L18): a
 * general protection fault there.
 */
static __attribute__((noinline)) void user_return_slow(struct registers *regs)
{
    interrupts_disable();
    while (user_return_is_held_up() || regs->rip >= USER_END) {
        if (cpu_this()->need_reschedule)
            sched_preempt_if_needed();
        interrupts_enable();
        if (regs->rip >= USER_END) {
            regs->vector = EXCEPTION_GP;
            regs->error = 0;
            signal_exception(regs, 0);
        }
        if (thread_current()->signal_wanted)
            user_return_work(regs);
        interrupts_disable();
    }
    user_registers_sanitize(regs);
}

static inline void user_return(struct registers *regs)
{
    interrupts_disable();
    if (__builtin_expect(user_return_is_held_up(), 0))
        user_return_slow(regs);
}

void trap_return_check(struct registers *regs)
{
    user_return_slow(regs);
}

void trap_syscall(struct registers *regs)
{
    interrupts_enable();
    syscall_dispatch(regs);
    user_return(regs);
}

void trap_page_fault(struct registers *regs)
{
    vaddr_t address = cr2_read();
    if ((regs->rflags & RFLAGS_IF) != 0)
        interrupts_enable();
    if (!fault_trap(regs, address))
        panic_exception(regs, address, exception_name(EXCEPTION_PF));
    if (registers_from_user(regs))
        user_return(regs);
    else
        interrupts_disable();
}

void trap_exception(struct registers *regs)
{
    if ((regs->vector == EXCEPTION_DB || regs->vector == EXCEPTION_BP) && stub_exception(regs)) {
        if (registers_from_user(regs))
            user_return(regs);
        return;
    }
    if (!registers_from_user(regs))
        panic_exception(regs, 0, exception_name(regs->vector));
    if (regs->vector == EXCEPTION_DB)
        regs->error = debug_status_take();
    interrupts_enable();
    signal_exception(regs, regs->rip);
    user_return_slow(regs);
}

void trap_interrupt(struct registers *regs)
{
    struct cpu *cpu = cpu_this();
    cpu->interrupt_depth++;
    cpu->interrupted_user = registers_from_user(regs);
    interrupt_handle((unsigned)regs->vector);
    cpu->interrupt_depth--;
    if (registers_from_user(regs))
        user_return(regs);
    else if (cpu->need_reschedule && cpu->interrupts_nest == 0 && cpu->interrupt_depth == 0)
        sched_preempt_if_needed();
}

/* The stack pointer ran into the guard page below the stack, so the CPU could not even push the page fault's frame. */
void trap_double_fault(struct registers *regs)
{
    vaddr_t address = cr2_read();
    regs->vector = EXCEPTION_DF;
    if (kstack_is_guard(address) || cpu_is_boot_guard(address)) {
        panic_advise("thread apply %u bt -20", cpu_this()->id + 1);
        panic_exception(regs, address, "kernel stack overflow");
    }
    panic_exception(regs, address, exception_name(EXCEPTION_DF));
}

/*
 * Another CPU panicked, or the watchdog asks, or a test has sent the NMI; or it comes from outside (a broken machine, or somebody who wants
 * to know where a hanging kernel is: `nmi` in QEMU's monitor), and then it ends here with a report.
 */
void trap_nmi(struct registers *regs)
{
    regs->vector = EXCEPTION_NMI;
    bool is_watchdog = watchdog_nmi(regs), is_stub = stub_nmi(regs);
    smp_stop_if_asked(regs);
    if (trap_nmis_expected > 0)
        trap_nmis_expected--;
    else if (!is_watchdog && !is_stub)
        panic_exception(regs, 0, "NMI from outside");
}

void trap_machine_check(struct registers *regs)
{
    regs->vector = EXCEPTION_MC;
    panic_exception(regs, 0, exception_name(EXCEPTION_MC));
}
