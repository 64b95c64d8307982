/*
 * Signals in Linux's x86-64 system-call interface: numbers, flags, codes and structures, the frame on the user's stack among them.
 */
#ifndef KERNEL_ABI_SIGNAL_H
#define KERNEL_ABI_SIGNAL_H

#include "kernel/types.h"

enum {
    SIGHUP = 1,
    SIGINT = 2,
    SIGQUIT = 3,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGABRT = 6,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGUSR1 = 10,
    SIGSEGV = 11,
    SIGUSR2 = 12,
    SIGPIPE = 13,
    SIGALRM = 14,
    SIGTERM = 15,
    SIGSTKFLT = 16,
    SIGCHLD = 17,
    SIGCONT = 18,
    SIGSTOP = 19,
    SIGTSTP = 20,
    SIGTTIN = 21,
    SIGTTOU = 22,
    SIGURG = 23,
    SIGXCPU = 24,
    SIGXFSZ = 25,
    SIGVTALRM = 26,
    SIGPROF = 27,
    SIGWINCH = 28,
    SIGIO = 29,
    SIGPWR = 30,
    SIGSYS = 31,
    SIGRTMIN = 32,
    SIGNALS = 64, /* the highest number */
};

#define SIG_DFL ((vaddr_t)0)
#define SIG_IGN ((vaddr_t)1)

/* sigaction's flags. */
#define SA_NOCLDSTOP 0x1u
#define SA_NOCLDWAIT 0x2u
#define SA_SIGINFO 0x4u
#define SA_RESTORER 0x04000000u
#define SA_ONSTACK 0x08000000u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define SA_KNOWN                                                                                                       \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)

enum sigprocmask_how { SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2 };

/* si_code: who sent it; then, by signal, why. */
enum {
    SI_USER = 0,
    SI_QUEUE = -1,
    SI_TIMER = -2,
    SI_SIGIO = -5,
    SI_TKILL = -6,
    SI_KERNEL = 0x80,
    ILL_ILLOPN = 2,
    FPE_INTDIV = 1,
    FPE_FLTDIV = 3,
    FPE_FLTOVF = 4,
    FPE_FLTUND = 5,
    FPE_FLTRES = 6,
    FPE_FLTINV = 7,
    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,
    BUS_ADRALN = 1,
    BUS_ADRERR = 2,
    BUS_OBJERR = 3,
    TRAP_BRKPT = 1,
    TRAP_TRACE = 2,
    CLD_EXITED = 1,
    CLD_KILLED = 2,
    CLD_DUMPED = 3,
    CLD_STOPPED = 5,
    CLD_CONTINUED = 6,
};

/* What a timer does: struct sigevent. */
enum { SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4 };

struct linux_sigevent {
    uint64_t value;
    int32_t signal, notify;
    pid_t tid; /* SIGEV_THREAD_ID */
    uint8_t reserved[44];
};
_Static_assert(sizeof(struct linux_sigevent) == 64, "ABI");

/* sigaltstack */
#define SS_ONSTACK 1u
#define SS_DISABLE 2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ 2048

struct linux_sigaction {
    vaddr_t handler;
    uint64_t flags;
    vaddr_t restorer;
    uint64_t mask;
};

struct linux_stack {
    vaddr_t base;
    uint32_t flags;
    uint32_t padding;
    uint64_t size;
};

struct linux_siginfo {
    int32_t signal, error, code, padding;
    union {
        struct {
            pid_t pid;
            uint32_t uid;
            uint64_t value;
        } sender; /* kill, sigqueue, timers */
        struct {
            pid_t pid;
            uint32_t uid;
            int32_t status;
            int32_t padding;
            int64_t user_time, system_time;
        } child; /* SIGCHLD */
        struct {
            int32_t timer, overrun;
            uint64_t value;
        } timer; /* SI_TIMER */
        struct {
            int64_t band;
            int32_t fd;
        } poll; /* SI_SIGIO */
        struct {
            vaddr_t address;
        } fault; /* SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP */
        uint8_t bytes[112];
    };
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "ABI");

struct linux_sigcontext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, old_mask, cr2;
    vaddr_t fpu_state;
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct linux_sigcontext) == 256, "ABI");

/* linux_ucontext.flags */
#define UC_FP_XSTATE 1u
#define UC_SIGCONTEXT_SS 2u
#define UC_STRICT_RESTORE_SS 4u

struct linux_ucontext {
    uint64_t flags;
    vaddr_t link;
    struct linux_stack stack;
    struct linux_sigcontext context;
    uint64_t mask;
};

/* What a handler finds at its stack pointer; the FPU state lies above it, aligned to 64. */
struct linux_signal_frame {
    vaddr_t return_address; /* the restorer, which calls rt_sigreturn */
    struct linux_ucontext ucontext;
    struct linux_siginfo info;
};
_Static_assert(sizeof(struct linux_signal_frame) == 440, "ABI");

#endif
