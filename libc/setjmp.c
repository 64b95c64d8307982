/* The parts of setjmp that need no particular registers: values and signal masks. */
#include <setjmp.h>

#include "libc/jump.h"

int jump_mask_save(struct jump *jump, int save)
{
    jump->mask_saved = save;
    if (save)
        sigprocmask(SIG_BLOCK, NULL, &jump->mask);
    return 0;
}

void longjmp(jmp_buf jump, int value)
{
    jump_registers(jump, value ? value : 1);
}

void _longjmp(jmp_buf jump, int value)
{
    jump_registers(jump, value ? value : 1);
}

void siglongjmp(sigjmp_buf jump, int value)
{
    if (jump->mask_saved)
        sigprocmask(SIG_SETMASK, &jump->mask, NULL);
    jump_registers(jump, value ? value : 1);
}
