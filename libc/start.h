/* Between crt0.asm and start.c. */
#ifndef CLOCKHAND_LIBC_START_H
#define CLOCKHAND_LIBC_START_H

/* Called once, on the initial stack, by the first instructions of every program. */
_Noreturn void program_start(unsigned long *stack);

#endif
