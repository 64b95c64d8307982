/*
 * The end of the kernel's run: one report, then nothing.
 *
 * The first CPU to panic reports; others that come here meanwhile halt, or are stopped by NMI. A panic while the report
 * is being written cuts it short: the second is named in one line, a third ends the machine in silence.
 */
#include "kernel/panic.h"

#include <stdarg.h>
#include <stdatomic.h>

#include "kernel/coverage.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/power.h"
#include "kernel/registers.h"
#include "kernel/report.h"
#include "kernel/smp.h"
#include "kernel/stub/stub.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "kernel/x86.h"
#include "libc/format.h"

#define PANIC_EXIT_CODE 62 /* isa-debug-exit makes it QEMU status 125 */

static struct panic_notes {
    char advice[96]; /* the gdb command to type next */
    bool with_threads;
} notes[CPUS_MAX];

static _Atomic unsigned panicking_cpu; /* plus 1; 0: none yet */
static unsigned depth;                 /* panics within panics, on that CPU */

static void noreturn_function panic_end(void)
{
    debug_exit(PANIC_EXIT_CODE);
    cpu_halt_forever();
}

/* From here on this CPU is alone. Returns false if this is a panic within the panic. `regs`: of an exception, or null. */
static bool panic_begin(const struct registers *regs)
{
    interrupts_disable();
    unsigned none = 0, self = cpu_this()->id + 1;
    if (!atomic_compare_exchange_strong(&panicking_cpu, &none, self) && none != self)
        smp_stop_this(regs);
    if (++depth > 2)
        panic_end();
    if (depth == 1)
        cpu_stop_others();
    log_panic();
    return depth == 1;
}

static void panic_headline(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void panic_headline(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_write_va(LOG_ERROR, format, arguments);
    va_end(arguments);
}

static void panic_where(void)
{
    const struct thread *thread = thread_current();
    log_write(LOG_ERROR, "panic: on CPU %u, thread %d (%s)", cpu_this()->id, thread->tid, thread->name);
}

void panic_advise(const char *format, ...)
{
    struct panic_notes *own = &notes[cpu_this()->id];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(own->advice, sizeof(own->advice), format, arguments);
    va_end(arguments);
}

void panic_show_threads(void)
{
    notes[cpu_this()->id].with_threads = true;
}

/* `regs`: of an exception, or null. */
static void noreturn_function panic_finish(const struct registers *regs)
{
    const struct panic_notes *own = &notes[cpu_this()->id];
    report_cpus();
    if (own->with_threads)
        report_threads();
    if (own->advice[0] == '\0')
        panic_advise("thread apply %u bt", cpu_this()->id + 1);
    log_write(LOG_ERROR, "panic: next, in gdb (make debug): %s", own->advice);
    log_write(LOG_ERROR, "panic: the machine is stopped");
    stub_panic(regs);
    coverage_write();
    power_wait_for_dump();
    panic_end();
}

/* A panic the kernel came to by itself: the caller's frame is where the report starts. */
static void noreturn_function panic_at(const char *message, uint64_t rip, uint64_t frame)
{
    bool first = panic_begin(NULL);
    panic_headline(first ? "panic: %s" : "panic within the panic: %s", message);
    if (!first)
        panic_end();
    panic_where();
    log_write(LOG_ERROR, "registers:");
    report_place(rip, frame);
    report_backtrace(rip, frame, 0);
    panic_finish(NULL);
}

void panic(const char *format, ...)
{
    static char messages[CPUS_MAX][256];
    char *message = messages[cpu_this()->id];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(messages[0]), format, arguments);
    va_end(arguments);
    const uint64_t *frame = __builtin_frame_address(0);
    panic_at(message, frame[1], frame[0]);
}

void assertion_failed(const char *condition, const char *file, int line, const char *function)
{
    static char messages[CPUS_MAX][256];
    char *message = messages[cpu_this()->id];
    snprintf(message, sizeof(messages[0]), "assertion failed: %s, in %s (%s:%d)", condition, function, file, line);
    const uint64_t *frame = __builtin_frame_address(0);
    panic_at(message, frame[1], frame[0]);
}

void panic_exception(const struct registers *regs, vaddr_t address, const char *what)
{
    bool first = panic_begin(regs);
    panic_headline("panic%s: %s at %016lx%s", first ? "" : " within the panic", what, regs->rip,
                   registers_from_user(regs) ? " (user mode)" : "");
    if (!first)
        panic_end();
    panic_where();
    log_write(LOG_ERROR, "registers:");
    report_registers(regs);
    report_poison(regs);
    if (regs->vector == EXCEPTION_PF || regs->vector == EXCEPTION_DF)
        report_page_walk(address);
    if (!registers_from_user(regs))
        report_backtrace(regs->rip, regs->rbp, regs->rsp);
    if (regs->vector == EXCEPTION_NMI) /* a hang: everybody's place is of interest */
        panic_show_threads();
    if (regs->vector == EXCEPTION_PF && notes[cpu_this()->id].advice[0] == '\0')
        panic_advise("ck walk %#lx", address);
    panic_finish(regs);
}
