/*
 * The frame on the user's stack that a handler runs on, and the way back from it. Layout: Linux's, kernel/abi/signal.h.
 *
 *     stack pointer, or top of the alternate stack
 *        128 bytes    red zone: leaf functions keep data below the stack pointer (System V ABI 3.2.2); not there on
 *                     the alternate stack
 *        FPU state    aligned to 64 (kernel/fpu.h)
 *        frame        return address, ucontext, siginfo; its address is 8 below a multiple of 16, as after a call
 *
 * Everything that comes back with rt_sigreturn is the program's word: of the flags only the harmless ones are taken, CS
 * and SS not at all, an RIP outside user space faults in user mode (kernel/trap.c), FPU state is checked by
 * fpu_signal_restore().
 */
#include "kernel/abi/errno.h"
#include "kernel/fpu.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/restart.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/usercopy.h"

enum { RED_ZONE = 128, FPU_FRAME_MAX = 2816, FPU_LEGACY_SIZE = 512 };

/*
 * Both parts as they lie on the stack, for copying in one piece. The FPU state's alignment fixes the frame's distance
 * from it: 8 below the next multiple of 16.
 */
struct frame_image {
    uint8_t unused[56];
    struct linux_signal_frame frame;
    uint8_t gap[16];
    uint8_t fpu[FPU_FRAME_MAX];
} __attribute__((aligned(64)));

#define FRAME_TO_FPU (offsetof(struct frame_image, fpu) - offsetof(struct frame_image, frame))

_Static_assert(offsetof(struct frame_image, fpu) % 64 == 0, "the FPU state is aligned");
_Static_assert(FRAME_TO_FPU == 456, "the frame is 8 below a multiple of 16");

static inline size_t image_size(void)
{
    return FRAME_TO_FPU + fpu_signal_size();
}

/* Flags a program may set by sigreturn: AC OF DF TF SF ZF AF PF CF RF. */
static const uint64_t RFLAGS_RESTORED = 0x50dd5;

static bool is_on_alternate_stack(const struct user_thread *user, vaddr_t sp)
{
    return (user->stack_flags & (SS_DISABLE | SS_AUTODISARM)) == 0 && sp > user->stack_base &&
           sp - user->stack_base <= user->stack_size;
}

uint32_t signal_stack_flags(const struct user_thread *user, vaddr_t sp)
{
    if ((user->stack_flags & SS_DISABLE) != 0)
        return SS_DISABLE;
    return (is_on_alternate_stack(user, sp) ? SS_ONSTACK : 0) | (user->stack_flags & SS_AUTODISARM);
}

void signal_info_to_linux(struct linux_siginfo *to, const struct signal_info *from)
{
    to->signal = from->signal;
    to->error = from->error;
    to->code = from->code;
    switch (from->signal) {
    case SIGCHLD:
        if (from->code <= 0)
            break;
        to->child.pid = from->pid;
        to->child.uid = from->uid;
        to->child.status = from->status;
        to->child.user_time = from->user_time;
        to->child.system_time = from->system_time;
        return;
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
        if (from->code <= 0)
            break;
        to->fault.address = from->address;
        return;
    }
    to->sender.pid = from->pid;
    to->sender.uid = from->uid;
    to->sender.value = from->address;
}

static void context_save(struct linux_sigcontext *context, const struct registers *regs, uint64_t mask)
{
    const struct user_thread *user = thread_current()->user;
    context->r8 = regs->r8;
    context->r9 = regs->r9;
    context->r10 = regs->r10;
    context->r11 = regs->r11;
    context->r12 = regs->r12;
    context->r13 = regs->r13;
    context->r14 = regs->r14;
    context->r15 = regs->r15;
    context->rdi = regs->rdi;
    context->rsi = regs->rsi;
    context->rbp = regs->rbp;
    context->rbx = regs->rbx;
    context->rdx = regs->rdx;
    context->rax = regs->rax;
    context->rcx = regs->rcx;
    context->rsp = regs->rsp;
    context->rip = regs->rip;
    context->rflags = regs->rflags;
    context->cs = (uint16_t)regs->cs;
    context->ss = (uint16_t)regs->ss;
    context->error = user->trap_error;
    context->trap = user->trap;
    context->old_mask = mask;
    context->cr2 = user->trap_address;
    context->gs = context->fs = 0;
    __builtin_memset(context->reserved, 0, sizeof(context->reserved));
}

static void context_restore(struct registers *regs, const struct linux_sigcontext *context)
{
    regs->r8 = context->r8;
    regs->r9 = context->r9;
    regs->r10 = context->r10;
    regs->r11 = context->r11;
    regs->r12 = context->r12;
    regs->r13 = context->r13;
    regs->r14 = context->r14;
    regs->r15 = context->r15;
    regs->rdi = context->rdi;
    regs->rsi = context->rsi;
    regs->rbp = context->rbp;
    regs->rbx = context->rbx;
    regs->rdx = context->rdx;
    regs->rax = context->rax;
    regs->rcx = context->rcx;
    regs->rsp = context->rsp;
    regs->rip = context->rip;
    regs->rflags = (regs->rflags & ~RFLAGS_RESTORED) | (context->rflags & RFLAGS_RESTORED);
}

/* Where the frame's stack begins: the highest address that is not in use. */
static vaddr_t stack_start(const struct user_thread *user, const struct registers *regs, uint32_t flags)
{
    bool alternate = (flags & SA_ONSTACK) != 0 && (user->stack_flags & SS_DISABLE) == 0 &&
                     !is_on_alternate_stack(user, regs->rsp);
    return alternate ? user->stack_base + user->stack_size : regs->rsp - RED_ZONE;
}

/*
 * Where the frame goes below the FPU state at `fpu`, or 0 if it would not be in user space or would leave the alternate
 * stack it is on.
 */
static vaddr_t frame_place(const struct user_thread *user, vaddr_t start, vaddr_t fpu)
{
    vaddr_t frame = fpu - FRAME_TO_FPU;
    if (frame >= start || !user_range_ok(frame, start - frame))
        return 0;
    if (is_on_alternate_stack(user, start) && frame < user->stack_base)
        return 0;
    return frame;
}

/* RCX and R11 get what SYSRET would leave in them, so that a system call can go to the handler by that way (kernel/entry.asm). */
static void enter_handler(struct registers *regs, int signal, vaddr_t frame, vaddr_t handler)
{
    regs->rdi = (uint64_t)signal;
    regs->rsi = frame + offsetof(struct linux_signal_frame, info);
    regs->rdx = frame + offsetof(struct linux_signal_frame, ucontext);
    regs->rax = 0;
    regs->rsp = frame;
    regs->rip = handler;
    regs->rflags &= ~(RFLAGS_DF | RFLAGS_TF | RFLAGS_RF);
    regs->rcx = handler;
    regs->r11 = regs->rflags;
}

/* What a frame is made of. */
struct frame_parts {
    const struct registers *regs;
    const struct signal_info *info;
    vaddr_t restorer;
    uint64_t saved_mask;
    vaddr_t fpu; /* the FPU state's address, for the user */
};

/* Writes every byte. What is short and of fixed size the compiler clears in line, without a call. */
static void frame_fill(struct linux_signal_frame *frame, const struct frame_parts *parts)
{
    const struct user_thread *user = thread_current()->user;
    frame->return_address = parts->restorer;
    frame->ucontext.flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    frame->ucontext.link = 0;
    frame->ucontext.stack = (struct linux_stack){
        .base = user->stack_base, .flags = signal_stack_flags(user, parts->regs->rsp), .size = user->stack_size};
    frame->ucontext.mask = parts->saved_mask;
    frame->ucontext.context.fpu_state = parts->fpu;
    frame->info = (struct linux_siginfo){.signal = 0};
    context_save(&frame->ucontext.context, parts->regs, parts->saved_mask);
    signal_info_to_linux(&frame->info, parts->info);
}

/* Writes frame and FPU state from `memory` on, which is the user's own or lies in a cleared image. */
static void parts_write(void *memory, void *argument, size_t length)
{
    (void)length;
    frame_fill(memory, argument);
    fpu_signal_save((uint8_t *)memory + FRAME_TO_FPU);
}

/* A frame that lies in two pages is put together here and copied. */
static __attribute__((noinline)) int frame_copy_out(vaddr_t address, struct frame_parts *parts)
{
    struct frame_image image;
    assert(fpu_signal_size() <= sizeof(image.fpu));
    memset(&image, 0, sizeof(image));
    parts_write(&image.frame, parts, image_size());
    return copy_to_user(address, &image.frame, image_size());
}

static int frame_write(vaddr_t address, struct frame_parts *parts)
{
    size_t size = image_size();
    bool in_one_page = (address & (PAGE_SIZE - 1)) + size <= PAGE_SIZE;
    return in_one_page ? user_write_in_place(address, size, parts_write, parts) : frame_copy_out(address, parts);
}

int signal_frame_push(struct registers *regs, const struct signal_info *info, vaddr_t handler, uint32_t flags,
                      vaddr_t restorer, uint64_t saved_mask)
{
    struct user_thread *user = thread_current()->user;
    vaddr_t start = stack_start(user, regs, flags);
    vaddr_t fpu = round_down(start - fpu_signal_size(), 64);
    vaddr_t address = frame_place(user, start, fpu);
    struct frame_parts parts = {regs, info, restorer, saved_mask, fpu};
    if (address == 0 || (flags & SA_RESTORER) == 0 || frame_write(address, &parts) != 0)
        return -EFAULT;
    if ((user->stack_flags & SS_AUTODISARM) != 0) {
        user->stack_base = user->stack_size = 0;
        user->stack_flags = SS_DISABLE;
    }
    enter_handler(regs, info->signal, address, handler);
    return 0;
}

/* The FPU state of a frame whose parts do not lie as they were written. */
static int fpu_state_read(struct frame_image *image, vaddr_t address, size_t *size)
{
    *size = fpu_signal_size();
    if (copy_from_user(image->fpu, address, *size) == 0)
        return 0;
    *size = FPU_LEGACY_SIZE; /* a frame the program made itself may hold no more */
    return copy_from_user(image->fpu, address, *size);
}

/* Reads the frame at `address` and makes its FPU state the thread's; -EFAULT, -EINVAL. */
static int image_take(struct frame_image *image, vaddr_t address)
{
    size_t size = fpu_signal_size();
    bool whole = copy_from_user(&image->frame, address, image_size()) == 0;
    if (!whole && copy_from_user(&image->frame, address, offsetof(struct linux_signal_frame, info)) != 0)
        return -EFAULT;
    vaddr_t fpu = image->frame.ucontext.context.fpu_state;
    if (fpu == 0)
        return 0;
    if ((!whole || fpu != address + FRAME_TO_FPU) && fpu_state_read(image, fpu, &size) != 0)
        return -EFAULT;
    return fpu_signal_restore(image->fpu, size);
}

/* Mostly there is no alternate stack, before and after. */
static inline void stack_restore(const struct linux_stack *stack, vaddr_t sp)
{
    struct user_thread *user = thread_current()->user;
    if (user->stack_flags == SS_DISABLE && stack->flags == SS_DISABLE)
        return;
    int refused = signal_stack_set(user, stack, sp);
    (void)refused; /* then the old stack stays, as in Linux */
}

long sys_rt_sigreturn(struct registers *regs)
{
    struct frame_image image;
    const struct linux_ucontext *ucontext = &image.frame.ucontext;
    restart_forget(regs);
    if (image_take(&image, regs->rsp - sizeof(vaddr_t)) != 0) {
        struct signal_info info = {.signal = SIGSEGV, .code = SI_KERNEL};
        signal_force(&info);
        return 0;
    }
    signal_set_mask(ucontext->mask);
    context_restore(regs, &ucontext->context);
    stack_restore(&ucontext->stack, regs->rsp);
    return (long)regs->rax;
}
