/*
 * A debugger for the loader: where the firmware has put this program, and a wait for who wants to follow it from its first step.
 *
 * The firmware chooses the place, so nobody can set a breakpoint before the loader runs. Under QEMU it says its place in the log; and
 * where the file opt/clockhand/loader asks for it (make debug LOADER=1), it goes in a circle until gdb, which knows the symbols then,
 * lets it go (kernel/gdb/loader.py).
 */
#include "boot/loader.h"

extern const char ImageBase[]; /* the image's first byte: GNU-EFI's linker script */

static volatile bool debugger_is_here; /* written by the debugger */

void debugger_wait(void)
{
    CHAR16 line[64];
    UnicodeSPrint(line, sizeof(line), L"loader: at 0x%lx\n", (UINT64)ImageBase);
    bool is_wanted = fwcfg_read("opt/clockhand/loader").data != NULL;
    fwcfg_log(line);
    while (is_wanted && !debugger_is_here)
        __asm__ volatile("pause");
}
