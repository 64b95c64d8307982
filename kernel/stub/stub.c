/*
 * The kernel's own stub for gdb: who gets there, and how it is left. See stub.h.
 */
#include "kernel/stub/stub.h"

#include "kernel/cpu.h"
#include "kernel/gdt.h"
#include "kernel/interrupt.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/power.h"
#include "kernel/registers.h"
#include "kernel/stub/halt.h"
#include "kernel/stub/link.h"
#include "kernel/stub/points.h"
#include "kernel/stub/session.h"
#include "kernel/stub/step.h"
#include "kernel/stub/threads.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/watchdog.h"
#include "kernel/x86.h"
#include "libc/string.h"

#define PORT_IRQ 3

enum { SIGNAL_INTERRUPT = 2, SIGNAL_TRAP = 5, SIGNAL_ABORT = 6 }; /* gdb's numbers */

static bool on;
static bool waits_at_panic;

bool stub_is_on(void)
{
    return on;
}

void stub_init(void)
{
    const char *option = option_text("gdb", NULL);
    if (option == NULL)
        return;
    on = link_init();
    waits_at_panic = strcmp(option, "wait") == 0;
    if (!on)
        log_write(LOG_WARNING, "stub: there is no second serial port, gdb= is ignored");
}

/*
 * Serves gdb on this CPU, which owns the halted machine, and lets it go on as gdb wants. After a step of another CPU it is parked, and comes back when
 * the machine runs.
 */
static void serve(const struct session_stop *stop)
{
    struct thread *stepping;
    link_listen(false);
    for (;;) {
        enum session_end end = session_run(stop, &stepping);
        if (end == SESSION_KILL)
            power_off();
        if (end == SESSION_DETACH)
            points_clear();
        if (end != SESSION_STEP)
            break;
        unsigned cpu = (unsigned)stub_thread_cpu(stepping);
        enum step_kind kind = step_begin(stepping, halt_registers(cpu));
        if (kind == STEP_TOGETHER)
            break;
        if (kind == STEP_ALONE) {
            (void)halt_lend(cpu);
            return;
        }
        static const struct session_stop stepped = {.signal = SIGNAL_TRAP};
        stop = &stepped;
    }
    link_listen(true);
    halt_leave();
}

/* To the watchdog a halted machine is one that hangs: the first halt ends it. */
static void halt_and_serve(struct registers *regs, const struct session_stop *stop)
{
    watchdog_stop();
    if (halt_enter(regs))
        serve(stop);
}

void stub_start(void)
{
    if (!on)
        return;
    if (interrupt_isa_to_nmi(PORT_IRQ) != 0)
        log_write(LOG_WARNING, "stub: the port has no interrupt, gdb cannot break in");
    link_listen(true);
    if (strcmp(option_text("gdb", ""), "start") == 0) {
        log_write(LOG_INFO, "stub: waiting for gdb at the second serial port");
        __asm__ volatile("int3");
    }
}

/* #BP: one of gdb's, after which RIP is set back; or an INT3 in the kernel's code, which asks for the debugger. */
static bool breakpoint(struct registers *regs)
{
    struct session_stop stop = {.signal = SIGNAL_TRAP, .reason = "swbreak"};
    bool ours = point_is_at(regs->rip - 1);
    if (!ours && registers_from_user(regs))
        return false;
    if (ours)
        regs->rip--;
    else
        stop.reason = NULL;
    halt_and_serve(regs, &stop);
    return true;
}

static bool debug_exception(struct registers *regs)
{
    static const char *const reasons[POINT_KINDS] = {
        [POINT_EXECUTE] = "hwbreak", [POINT_WRITE] = "watch", [POINT_ACCESS] = "awatch"};
    struct session_stop stop = {.signal = SIGNAL_TRAP};
    enum point_kind kind;
    uint64_t dr6 = debug_status_read();
    bool stepped = step_ended(regs, dr6);
    bool hit = point_hit(dr6, &kind, &stop.address);
    if (!stepped && !hit)
        return false;
    (void)debug_status_take();
    if (hit)
        stop.reason = reasons[kind];
    if (hit && kind == POINT_EXECUTE) {
        stop.address = 0;
        regs->rflags |= RFLAGS_RF; /* the instruction is to run when gdb goes on */
    }
    halt_and_serve(regs, &stop);
    return true;
}

bool stub_exception(struct registers *regs)
{
    if (!on)
        return false;
    return regs->vector == EXCEPTION_BP ? breakpoint(regs) : debug_exception(regs);
}

bool stub_nmi(struct registers *regs)
{
    static const struct session_stop interrupted = {.signal = SIGNAL_INTERRUPT};
    if (!on)
        return false;
    if (halt_nmi(regs))
        return true;
    if (cpu_this()->id != 0)
        return false;
    /* On CPU 0 it is the port's interrupt, or one of the port that shares the line. */
    if (!halt_is_halted() && link_wants_stop())
        halt_and_serve(regs, &interrupted);
    interrupt_isa_forward(PORT_IRQ);
    return true;
}

void stub_panic(const struct registers *regs)
{
    static const struct session_stop panicked = {.signal = SIGNAL_ABORT};
    static struct registers here;
    struct thread *stepping;
    if (!on || (!waits_at_panic && !session_is_connected()))
        return;
    if (regs != NULL) {
        here = *regs;
    } else {
        const uint64_t *frame = __builtin_frame_address(0);
        here = (struct registers){
            .rip = frame[1], .rbp = frame[0], .rsp = (uint64_t)(frame + 2), .cs = KERNEL_CS, .ss = KERNEL_SS};
    }
    log_write(LOG_ERROR, "stub: waiting for gdb at the second serial port");
    link_listen(false);
    halt_take_stopped(&here);
    while (session_run(&panicked, &stepping) == SESSION_STEP)
        ; /* there is nothing to step any more: told again where it stands */
}
