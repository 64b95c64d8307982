/*
 * Starting the other CPUs (SDM volume 3, 9.4), and stopping them.
 *
 *     INIT, a pause, STARTUP with a page number   a CPU begins in real mode at that page: ap_trampoline (ap.asm)
 *     real mode -> long mode, on a page-table root of its own below 4 GB, whose lower half maps that page and nothing else
 *     -> ap_entry, in the kernel image: the kernel's page table, the stack -> smp_start_this
 *
 * The devices are started before the other CPUs. To learn the size of a device's registers they are taken off the bus for a moment, which changes the
 * machine's address map. QEMU before 8.2 may lose another CPU's store to its local APIC while it does that: a CPU that was switching its APIC on at
 * this moment then ran without any interrupt, deaf to all but NMIs.
 *
 * One CPU is started at a time, so one set of parameters is enough. One that is not there in time is given up; should it come later, it sees
 * that and halts, so what it needs to get there is left to it, and no other is started after it. Two pages below 1 MB are needed: the code and the
 * root.
 */
#include "kernel/smp.h"

#include <stdatomic.h>

#include "boot/bootinfo.h"
#include "kernel/abi/errno.h"
#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/gdt.h"
#include "kernel/interrupt.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/registers.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/watchdog.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/pagetable.h"

#define LOW_MEMORY_END ((uint64_t)0x100000)
#define RESERVED_PAGES 2
#define START_PATIENCE_NS (5 * NS_PER_SECOND) /* a CPU may be a thread of a busy host */
#define STOP_PATIENCE 1000000                 /* polls */

/* ap.asm: the code to copy, and where in it the parameters stand. */
extern const uint8_t ap_trampoline[], ap_trampoline_end[], ap_parameters[];
void smp_start_this(unsigned id);

/* Read by ap.asm. */
struct ap_parameters {
    uint64_t root;        /* paddr, below 4 GB: the temporary page-table root */
    uint64_t kernel_root; /* paddr of the kernel's own */
    uint64_t stack;       /* top */
    uint64_t id;
};

/* Of the CPU that is being started. Who takes it from AP_AWAITED decides: the CPU itself (it runs), or who waits for it (it must not). */
enum ap_state { AP_AWAITED, AP_COMES, AP_GIVEN_UP };
static _Atomic unsigned ap_state;

static paddr_t low_pages; /* RESERVED_PAGES of them, or 0 */
static unsigned online = 1;

static _Atomic bool stopping;
static struct registers stopped_registers[CPUS_MAX];
static struct apic_state stopped_apic[CPUS_MAX];
static _Atomic bool stopped[CPUS_MAX];

unsigned cpus_online(void)
{
    return online;
}

void smp_reserve(struct bootinfo *info)
{
    struct boot_memory *memory = direct_map(info->memory);
    for (uint64_t i = 0; i < info->memory_count && low_pages == 0; i++) {
        struct boot_memory *range = &memory[i];
        uint64_t end = range->start + range->length;
        uint64_t usable = range->length - (range->start == 0 ? PAGE_SIZE : 0); /* page 0 stays out of it */
        if (range->kind != BOOT_MEMORY_USABLE || end > LOW_MEMORY_END || usable < RESERVED_PAGES * PAGE_SIZE)
            continue;
        range->length -= RESERVED_PAGES * PAGE_SIZE;
        low_pages = range->start + range->length;
    }
}

/*
 * Copies the code into its page, and a root that maps this page where it is, for instructions only, beside the kernel's
 * half. 0 or -ENOMEM.
 */
static int trampoline_prepare(struct pagetable *table)
{
    if (pagetable_create(table) != 0)
        return -ENOMEM;
    if (pagetable_map(table, low_pages, low_pages, LEVEL_4K, 0) != 0) {
        pagetable_destroy(table);
        return -ENOMEM;
    }
    memcpy(direct_map(low_pages), ap_trampoline, (size_t)(ap_trampoline_end - ap_trampoline));
    memcpy(direct_map(low_pages + PAGE_SIZE), table->top, PAGE_SIZE);
    return 0;
}

static void trampoline_remove(struct pagetable *table)
{
    unsigned level;
    pagetable_unmap(table, low_pages, &level);
    pagetable_destroy(table);
}

/* What the SDM asks for between INIT and STARTUP; emulated CPUs need no time. */
static unsigned init_delay_us(void)
{
    bool emulated = (cpuid_read(1, 0).ecx >> 31) != 0;
    return emulated ? 0 : 10000;
}

/* Takes the decision about the CPU that is being started; false: it has been taken. */
static bool ap_decide(enum ap_state state)
{
    unsigned awaited = AP_AWAITED;
    return atomic_compare_exchange_strong(&ap_state, &awaited, state);
}

/*
 * INIT and two STARTUPs: the second is for CPUs that miss the first, and is ignored by one that runs. Returns when the CPU has started; false: it
 * is given up.
 */
static bool cpu_wake_up(uint32_t apic_id, const _Atomic bool *started)
{
    ap_state = AP_AWAITED;
    apic_send_init(apic_id);
    time_delay_us(init_delay_us());
    for (unsigned attempt = 0; attempt < 2 && ap_state == AP_AWAITED; attempt++) {
        apic_send_startup(apic_id, (unsigned)(low_pages >> PAGE_SHIFT));
        uint64_t end = time_now() + START_PATIENCE_NS;
        while (ap_state == AP_AWAITED && time_now() < end)
            cpu_relax();
    }
    if (ap_decide(AP_GIVEN_UP))
        return false;
    while (!*started)
        cpu_relax();
    return true;
}

/* True if the CPU runs. It gets the next free id. */
static bool cpu_start(uint32_t apic_id)
{
    struct cpu *cpu = &cpus[online];
    vaddr_t stack = kstack_alloc();
    if (stack == 0 || (cpu->tables == NULL && cpu_tables_create(online) != 0)) {
        log_write(LOG_ERROR, "smp: no memory to start the CPU with APIC id %u", apic_id);
        if (stack != 0)
            kstack_free(stack);
        return false;
    }
    struct ap_parameters parameters = {
        .root = low_pages + PAGE_SIZE,
        .kernel_root = direct_map_physical(kernel_table.top),
        .stack = stack + KERNEL_STACK_SIZE,
        .id = online,
    };
    memcpy((uint8_t *)direct_map(low_pages) + (ap_parameters - ap_trampoline), &parameters, sizeof(parameters));
    sched_idle_thread(online)->stack = stack;
    if (!cpu_wake_up(apic_id, &cpu->started)) {
        log_write(LOG_ERROR, "smp: the CPU with APIC id %u does not start", apic_id);
        return false;
    }
    online++;
    return true;
}

void smp_start(void)
{
    cpus[0].started = true;
    unsigned wanted = (unsigned)min_u64(option_number("cpus", CPUS_MAX), acpi_machine.cpu_count);
    struct pagetable table;
    if (wanted > 1 && (low_pages == 0 || trampoline_prepare(&table) != 0)) {
        log_write(LOG_ERROR, "smp: no memory below 1 MB to start other CPUs");
        return;
    }
    bool all = true;
    for (unsigned i = 0; i < acpi_machine.cpu_count && online < wanted && all; i++) {
        if (acpi_machine.apic_id[i] != cpus[0].apic_id)
            all = cpu_start(acpi_machine.apic_id[i]);
    }
    if (wanted > 1 && all)
        trampoline_remove(&table);
    log_write(LOG_INFO, "smp: %u of %u CPUs run", online, acpi_machine.cpu_count);
}

/* The first C function of a CPU that is started, on its idle thread's stack, interrupts off. */
void smp_start_this(unsigned id)
{
    if (!ap_decide(AP_COMES))
        cpu_halt_forever();
    cpu_start_this(id);
    cpu_enable_features();
    fpu_start_cpu();
    apic_start_cpu();
    sched_start_cpu();
    time_start_cpu();
    cpu_this()->started = true;
    sched_idle();
}

void cpu_kick(unsigned id)
{
    interrupt_send(id, VECTOR_RESCHEDULE);
}

void smp_stop_this(const struct registers *regs)
{
    unsigned id = cpu_this()->id;
    if (regs != NULL)
        stopped_registers[id] = *regs;
    stopped_apic[id] = apic_state_read();
    stopped[id] = true;
    cpu_halt_forever();
}

void smp_stop_if_asked(const struct registers *regs)
{
    if (stopping)
        smp_stop_this(regs);
}

const struct registers *smp_stopped_registers(unsigned id)
{
    return stopped[id] ? &stopped_registers[id] : NULL;
}

const struct apic_state *smp_stopped_apic(unsigned id)
{
    return &stopped_apic[id];
}

void cpu_stop_others(void)
{
    unsigned self = cpu_this()->id;
    watchdog_stop();
    stopping = true;
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        if (id != self && cpus[id].started)
            apic_send_nmi(cpus[id].apic_id);
    }
    for (unsigned id = 0; id < CPUS_MAX; id++) {
        for (unsigned i = 0; id != self && cpus[id].started && !stopped[id] && i < STOP_PATIENCE; i++)
            cpu_relax();
    }
}
