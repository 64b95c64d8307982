/* Jumps out of functions. */
#ifndef CLOCKHAND_SETJMP_H
#define CLOCKHAND_SETJMP_H

#include <signal.h>

/* rbx rbp r12 r13 r14 r15 rsp rip, as setjmp.asm stores them, then the signal mask of sigsetjmp. */
struct jump {
    unsigned long registers[8];
    long mask_saved;
    sigset_t mask;
};

typedef struct jump jmp_buf[1];
typedef struct jump sigjmp_buf[1];

int setjmp(jmp_buf jump) __attribute__((returns_twice));
int _setjmp(jmp_buf jump) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf jump, int value);
_Noreturn void _longjmp(jmp_buf jump, int value);
int sigsetjmp(sigjmp_buf jump, int save) __attribute__((returns_twice));
_Noreturn void siglongjmp(sigjmp_buf jump, int value);

#endif
