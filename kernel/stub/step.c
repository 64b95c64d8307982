/*
 * Single steps: see step.h.
 */
#include "kernel/stub/step.h"

#include "kernel/cpu.h"
#include "kernel/registers.h"
#include "kernel/stub/memory.h"
#include "kernel/thread.h"
#include "kernel/x86.h"

#define DR6_STEP ((uint64_t)1 << 14)

/* Instructions that deal with the interrupt flag (SDM volume 2). */
enum opcode { PUSHF = 0x9c, POPF = 0x9d, IRET = 0xcf, HLT = 0xf4, CLI = 0xfa, STI = 0xfb, REX_W = 0x48 };

static struct {
    const struct thread *thread; /* null: no step is on */
    uint64_t interrupt_flag;     /* as it was, if it was taken away: kernel mode */
    bool masked;
    uint8_t opcode;
} step;

static uint8_t opcode_at(vaddr_t rip)
{
    uint8_t bytes[2] = {0, 0};
    (void)stub_read(NULL, rip, bytes, sizeof(bytes));
    return bytes[0] == REX_W ? bytes[1] : bytes[0];
}

enum step_kind step_begin(const struct thread *thread, struct registers *regs)
{
    step.masked = !registers_from_user(regs);
    step.opcode = step.masked ? opcode_at(regs->rip) : 0;
    if (step.opcode == HLT) { /* it would wait for interrupts that are off */
        regs->rip++;
        return STEP_DONE;
    }
    step.thread = thread;
    step.interrupt_flag = regs->rflags & RFLAGS_IF;
    regs->rflags |= RFLAGS_TF;
    if (!step.masked)
        return STEP_TOGETHER;
    if (step.opcode != POPF && step.opcode != IRET)
        regs->rflags &= ~RFLAGS_IF;
    return STEP_ALONE;
}

/* What PUSHF has pushed: the flags without the step's changes. */
static void pushed_flags_repair(const struct registers *regs)
{
    uint64_t flags;
    if (stub_read(NULL, regs->rsp, &flags, sizeof(flags)) != sizeof(flags))
        return;
    flags = (flags & ~RFLAGS_TF) | step.interrupt_flag;
    (void)stub_write(NULL, regs->rsp, &flags, sizeof(flags));
}

bool step_ended(struct registers *regs, uint64_t dr6)
{
    if (step.thread == NULL || step.thread != thread_current() || (dr6 & DR6_STEP) == 0)
        return false;
    step.thread = NULL;
    regs->rflags &= ~RFLAGS_TF;
    if (!step.masked)
        return true;
    if (step.opcode == PUSHF)
        pushed_flags_repair(regs);
    if (step.opcode != POPF && step.opcode != IRET && step.opcode != CLI && step.opcode != STI)
        regs->rflags |= step.interrupt_flag;
    return true;
}
