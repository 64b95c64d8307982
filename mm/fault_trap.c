/*
 * The page fault as the CPU tells of it: the error code becomes an access for fault_resolve(), and what cannot be resolved becomes a signal.
 *
 *     no area, no right       SIGSEGV, MAPERR or ACCERR        behind the end of a file, a read that failed     SIGBUS
 *     the end of memory       the process is killed, with a line in the log
 */
#include "kernel/log.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/signal.h"
#include "mm/aspace.h"

/* The CPU's error code (Intel SDM volume 3, 4.7). */
enum {
    ERROR_PROTECTION = 1 << 0,
    ERROR_WRITE = 1 << 1,
    ERROR_USER = 1 << 2,
    ERROR_RESERVED = 1 << 3,
    ERROR_FETCH = 1 << 4
};

static void fault_signal(enum fault_result result, vaddr_t address)
{
    struct signal_info info = {.signal = SIGSEGV, .address = address};
    switch (result) {
    case FAULT_ACCERR:
        info.code = SEGV_ACCERR;
        break;
    case FAULT_BUS_ADRERR:
    case FAULT_BUS_IO:
        info.signal = SIGBUS;
        info.code = BUS_ADRERR;
        break;
    case FAULT_NO_MEMORY:
        if (signal_is_fatal_pending()) /* chosen to be killed already: mm/oom.h */
            return;
        log_write(LOG_ERROR, "out of memory: killed process %d (%s)", process_current()->pid, process_current()->name);
        info.signal = SIGKILL;
        info.code = SI_KERNEL;
        break;
    default:
        info.code = SEGV_MAPERR;
        break;
    }
    signal_force(&info);
}

bool fault_trap(struct registers *regs, vaddr_t address)
{
    if (!registers_from_user(regs) || (regs->error & ERROR_RESERVED) != 0)
        return false;
    enum fault_access access = FAULT_READ;
    if ((regs->error & ERROR_WRITE) != 0)
        access = FAULT_WRITE;
    else if ((regs->error & ERROR_FETCH) != 0)
        access = FAULT_EXEC;
    enum fault_result result = fault_resolve(thread_current()->aspace, address, access);
    if (__builtin_expect(result != FAULT_RESOLVED, 0))
        fault_signal(result, address);
    return true;
}
