/* Between setjmp.c and setjmp.asm. */
#ifndef CLOCKHAND_LIBC_JUMP_H
#define CLOCKHAND_LIBC_JUMP_H

#include <setjmp.h>

/* Called by sigsetjmp after the registers are stored; returns 0. */
int jump_mask_save(struct jump *jump, int save);
/* Restores the registers; setjmp appears to return `value`. */
_Noreturn void jump_registers(struct jump *jump, int value);

#endif
