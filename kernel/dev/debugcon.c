/* QEMU's debug console (QEMU documentation, isa-debugcon): reading the port gives 0xe9 where there is one. */
#include "kernel/dev/debugcon.h"

#include "kernel/log.h"
#include "kernel/x86.h"

#define DEBUGCON_PORT 0xe9

static void debugcon_write(struct log_console *console, const char *text, size_t length)
{
    (void)console;
    __asm__ volatile("rep outsb" : "+S"(text), "+c"(length) : "d"(DEBUGCON_PORT) : "memory");
}

void debugcon_init(void)
{
    static struct log_console console = {.write = debugcon_write};
    if (port_read8(DEBUGCON_PORT) == DEBUGCON_PORT)
        log_console_add(&console);
}
