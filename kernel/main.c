/*
 * Start-up: the machine and the kernel's parts, from the bottom up. The order is the order of what needs what.
 *
 *     kernel_main       on the boot stack of CPU 0, interrupts off, no memory but the loader's
 *     -> frames, tables, slabs     memory
 *     -> interrupts, time          then interrupts are on
 *     -> threads, other CPUs
 *     start_thread      the first kernel thread: what may sleep, that is devices and files; then process 1, or the tests
 */
#include "boot/bootinfo.h"
#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/crash.h"
#include "kernel/dev/devices.h"
#include "kernel/fpu.h"
#include "kernel/fs/vfs.h"
#include "kernel/interrupt.h"
#include "kernel/ktest.h"
#include "kernel/log.h"
#include "kernel/main.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "kernel/power.h"
#include "kernel/process.h"
#include "kernel/shadow.h"
#include "kernel/smp.h"
#include "kernel/stub/stub.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/watchdog.h"
#include "kernel/vdso.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/collapse.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/pagecache.h"
#include "mm/pageout.h"
#include "mm/readahead_io.h"
#include "mm/report.h"
#include "mm/pagetable.h"
#include "mm/radix.h"
#include "mm/slab.h"
#include "mm/swapper.h"
#include "mm/tlb.h"
#include "mm/vmtrace.h"

static struct bootinfo boot; /* a copy: the loader's own memory is given to the allocator */
static char *exec_command;   /* what `make exec` asks for, or null */

static void copy_bootinfo(const struct bootinfo *info)
{
    if (info->magic != BOOTINFO_MAGIC || info->version != BOOTINFO_VERSION)
        panic(
            "the loader's information has magic %#lx version %lu, not %#x %d: loader and kernel do not belong together",
            info->magic, info->version, BOOTINFO_MAGIC, BOOTINFO_VERSION);
    boot = *info;
}

static void copy_exec_command(void)
{
    if (boot.exec == 0)
        return;
    exec_command = kmalloc(boot.exec_length + 1);
    if (exec_command == NULL)
        panic("no memory for a command line of %lu bytes", boot.exec_length);
    memcpy(exec_command, direct_map(boot.exec), boot.exec_length);
}

static void memory_start(void)
{
    smp_reserve(&boot);
    frame_init(&boot, option_number("mem", 0));
    kernel_table_init(&boot);
    slab_init();
    kmap_init();
    shadow_init();
    cpu_guard_boot_stack();
    radix_module_init();
    copy_exec_command();
}

static void machine_start(void)
{
    acpi_init(&boot);
    interrupt_init();
    time_init();
    tlb_init();
    fpu_init();
    frame_reclaim_boot(&boot);
}

static void run_tests_if_asked(void)
{
    const char *which = option_text("test", NULL);
    if (which == NULL)
        return;
    ktest_run(which);
    filesystems_stop();
    power_off();
}

/* Allocations that fail on purpose: only once start-up, which needs its memory, is over. */
static void faults_inject(void)
{
    thread_current()->spared = true;
    frame_fail_every(option_number("fail_frame", 0));
    slab_fail_every(option_number("fail_slab", 0));
}

/* What needs to sleep while it starts. */
static void start_thread(void *argument)
{
    (void)argument;
    devices_start(&boot);
    smp_start(); /* behind the devices: see kernel/smp.c */
    watchdog_start();
    stub_start();
    vfs_mount_root(boot.root_guid);
    pageout_start();
    swapper_start();
    crash_if_asked();
    collapse_start();
    vm_check_start();
    run_tests_if_asked();
    const char *init = option_text("init", "/bin/init");
    const char *with_command[] = {init, "exec", exec_command, NULL};
    const char *alone[] = {init, NULL};
    faults_inject();
    process_start_init(exec_command != NULL ? with_command : alone);
}

void kernel_main(const struct bootinfo *info)
{
    cpu_start_this(0);
    log_start();
    copy_bootinfo(info);
    options_parse(boot.options);
    log_set_level((enum log_level)option_number("loglevel", LOG_INFO));
    log_write(LOG_INFO, "Clockhand: options: %s", boot.options);
    cpu_enable_features();
    memory_start();
    machine_start();
    threads_init();
    sched_start_cpu();
    time_start_cpu();
    aspace_init();
    pagecache_init();
    vmtrace_init();
    readahead_init();
    vfs_init();
    reports_init();
    process_init();
    vdso_init();
    if (thread_create_kernel("start", start_thread, NULL) == NULL)
        panic("no memory for the first thread");
    sched_idle();
}
