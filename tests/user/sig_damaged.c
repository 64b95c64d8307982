/*
 * rt_sigreturn with frames that a handler has damaged: whatever is in them, the program gets what Linux gives, a signal or
 * sane registers, and the kernel stays up. (A stack pointer that is not canonical is left out: emulated CPUs raise another
 * exception than real ones.) Each case runs in a child of its own; the parent says how it ended.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "tests/user/say.h"

enum { FPU_SOFTWARE = 464, FPU_HEADER = 512, FPU_RESERVED = 528 };

static void (*damage)(ucontext_t *context);

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    damage(context);
}

static void run(const char *what, void (*how)(ucontext_t *context))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
        damage = how;
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    say("%s: %s %d", what, WIFSIGNALED(status) ? "signal" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static uint8_t *fpu_state(ucontext_t *context)
{
    return (uint8_t *)context->uc_mcontext.fpregs;
}

static void nothing(ucontext_t *context)
{
    (void)context;
}

/* --- registers --- */

static void ip_not_canonical(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RIP] = 0x800000000000;
}

static void ip_of_kernel(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)0xffffffff80000000;
}

static void ip_null(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RIP] = 0;
}

static void sp_of_kernel(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)0xffff800000000000;
}

/* IOPL, IF off, nested task, virtual 8086: none of them may come through. */
static void flags_all(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_EFL] = 0x3f7200;
}

static void flag_single_step(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_EFL] |= 0x100;
}

static void flag_resume(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_EFL] |= 0x10000;
}

/* --- FPU state --- */

static void fpu_none(ucontext_t *context)
{
    context->uc_mcontext.fpregs = NULL;
}

static void fpu_nowhere(ucontext_t *context)
{
    context->uc_mcontext.fpregs = (void *)64;
}

static void fpu_of_kernel(ucontext_t *context)
{
    context->uc_mcontext.fpregs = (void *)0xffff800000000000;
}

static void fpu_no_magic(ucontext_t *context)
{
    memset(fpu_state(context) + FPU_SOFTWARE, 0, 48);
}

static void fpu_all_parts(ucontext_t *context)
{
    memset(fpu_state(context) + FPU_HEADER, 0xff, 8);
}

static void fpu_compact(ucontext_t *context)
{
    fpu_state(context)[FPU_HEADER + 15] |= 0x80;
}

static void fpu_reserved(ucontext_t *context)
{
    memset(fpu_state(context) + FPU_RESERVED, 0xff, 48);
}

static void fpu_mxcsr(ucontext_t *context)
{
    memset(fpu_state(context) + 24, 0xff, 4);
}

static void fpu_magic_size(ucontext_t *context)
{
    memset(fpu_state(context) + FPU_SOFTWARE + 16, 0xff, 4);
}

static void fpu_rubbish(ucontext_t *context)
{
    for (int i = 32; i < 416; i++)
        fpu_state(context)[i] = (uint8_t)(i * 37);
}

/* --- mask and alternate stack --- */

static void mask_all(ucontext_t *context)
{
    memset(&context->uc_sigmask, 0xff, 8);
    kill(getpid(), SIGKILL);
}

static void stack_wild(ucontext_t *context)
{
    context->uc_stack.ss_flags = 0x7fffffff;
    context->uc_stack.ss_sp = (void *)8;
    context->uc_stack.ss_size = 1;
}

/* --- a call out of nowhere --- */

/* The stack pointer in the call is `frame` + 8. */
static void return_from(const char *what, void *frame)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        __asm__ volatile("mov %0, %%rsp; syscall" ::"r"((char *)frame + 8), "a"((long)SYS_rt_sigreturn));
        _exit(1);
    }
    waitpid(pid, &status, 0);
    say("%s: %s %d", what, WIFSIGNALED(status) ? "signal" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void registers_damaged(void)
{
    run("as it was", nothing);
    run("instruction pointer not canonical", ip_not_canonical);
    run("instruction pointer of the kernel", ip_of_kernel);
    run("instruction pointer null", ip_null);
    run("stack pointer of the kernel", sp_of_kernel);
    run("every privileged flag", flags_all);
    run("single step", flag_single_step);
    run("resume flag", flag_resume);
    run("mask and SIGKILL", mask_all);
    run("alternate stack", stack_wild);
}

static void fpu_damaged(void)
{
    run("no FPU state", fpu_none);
    run("FPU state nowhere", fpu_nowhere);
    run("FPU state of the kernel", fpu_of_kernel);
    run("FPU state without the magic", fpu_no_magic);
    run("FPU state, all parts", fpu_all_parts);
    run("FPU state, compact form", fpu_compact);
    run("FPU state, reserved words", fpu_reserved);
    run("FPU state, control word", fpu_mxcsr);
    run("FPU state, size", fpu_magic_size);
    run("FPU state, rubbish", fpu_rubbish);
}

int main(void)
{
    static uint8_t zeros[16384] __attribute__((aligned(64))), ones[16384] __attribute__((aligned(64)));
    memset(ones, 0xff, sizeof(ones));
    registers_damaged();
    fpu_damaged();
    return_from("a frame of zeros", zeros + 1024);
    return_from("a frame of ones", ones + 1024);
    return_from("a frame nowhere", (void *)64);
    return_from("a frame of the kernel", (void *)0xffff800000000000);
    return_from("a frame not canonical", (void *)0x1234000000000000);
    return 0;
}
