/*
 * Exceptions in user mode become signals, with the codes and addresses Linux gives them. Page faults: mm/fault.c.
 */
#include "kernel/fpu.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/userstate.h"

/* Where the words are in the FXSAVE area, with which every FPU state begins (SDM volume 1, 10.5.1). */
struct fxsave_head {
    uint16_t control, status;
    uint8_t tag, reserved;
    uint16_t opcode;
    uint64_t instruction, data;
    uint32_t mxcsr, mxcsr_mask;
};

/* si_code of a set of unmasked exception bits, in the order of x87's status word and MXCSR. */
static int float_code(unsigned bits)
{
    if ((bits & 0x01) != 0)
        return FPE_FLTINV;
    if ((bits & 0x04) != 0)
        return FPE_FLTDIV;
    if ((bits & 0x08) != 0)
        return FPE_FLTOVF;
    if ((bits & 0x12) != 0)
        return FPE_FLTUND;
    return (bits & 0x20) != 0 ? FPE_FLTRES : SI_KERNEL;
}

static int x87_code(void)
{
    struct thread *thread = thread_current();
    userstate_sync(thread);
    const struct fxsave_head *head = (const struct fxsave_head *)thread->fpu;
    return float_code(head->status & ~head->control & 0x3f);
}

static int sse_code(void)
{
    struct thread *thread = thread_current();
    userstate_sync(thread);
    const struct fxsave_head *head = (const struct fxsave_head *)thread->fpu;
    return float_code(head->mxcsr & ~(head->mxcsr >> 7) & 0x3f);
}

static struct signal_info signal_of_exception(uint64_t vector, vaddr_t address)
{
    struct signal_info info = {.signal = SIGSEGV, .code = SI_KERNEL};
    switch (vector) {
    case EXCEPTION_DE:
        return (struct signal_info){.signal = SIGFPE, .code = FPE_INTDIV, .address = address};
    case EXCEPTION_DB:
        return (struct signal_info){.signal = SIGTRAP, .code = TRAP_TRACE, .address = address};
    case EXCEPTION_BP:
        return (struct signal_info){.signal = SIGTRAP, .code = SI_KERNEL};
    case EXCEPTION_UD:
        return (struct signal_info){.signal = SIGILL, .code = ILL_ILLOPN, .address = address};
    case EXCEPTION_NP:
    case EXCEPTION_SS:
        info.signal = SIGBUS;
        return info;
    case EXCEPTION_MF:
        return (struct signal_info){.signal = SIGFPE, .code = x87_code(), .address = address};
    case EXCEPTION_AC:
        return (struct signal_info){.signal = SIGBUS, .code = BUS_ADRALN};
    case EXCEPTION_XM:
        return (struct signal_info){.signal = SIGFPE, .code = sse_code(), .address = address};
    default:
        return info;
    }
}

void signal_exception(struct registers *regs, vaddr_t address)
{
    struct signal_info info = signal_of_exception(regs->vector, address);
    signal_force(&info);
}
