/*
 * Deliberate crashes: the option crash=KIND picks one of the functions in the table below.
 */
#include "kernel/crash.h"

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/trap.h"
#include "kernel/types.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

/* What the compiler must not see through. */
static volatile uint64_t zero;
static void *volatile nowhere;

static void crash_assert(void)
{
    assert(zero == 1);
}

static void crash_panic(void)
{
    panic("a panic was asked for");
}

/* A loop no interrupt gets into: only from outside can anybody notice. */
static void crash_hang(void)
{
    interrupts_disable();
    for (;;)
        cpu_relax();
}

/* Never returns from an NMI, which keeps all further ones away. */
static void stay_in_nmi(void)
{
    for (;;)
        cpu_relax();
}

/* The second CPU takes no interrupt and no NMI any more: with an interrupt table of its own it goes astray in one. */
static void crash_deaf(void)
{
    static uint64_t gates[2 * 256];
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) table;
    uint64_t handler = (uint64_t)stay_in_nmi;
    thread_set_allowed_cpus(thread_current(), 1 << 1);
    while (cpu_this()->id != 1)
        thread_yield();
    __asm__ volatile("sidt %0" : "=m"(table));
    memcpy(gates, (const void *)table.base, table.limit + 1);
    uint64_t *gate = gates + 2 * EXCEPTION_NMI;
    gate[0] = (gate[0] & 0xffffffff0000) | (handler & 0xffff) | (handler & 0xffff0000) << 32;
    gate[1] = handler >> 32;
    table.base = (uint64_t)gates;
    __asm__ volatile("lidt %0" ::"m"(table));
    apic_send_nmi(cpu_this()->apic_id);
    stay_in_nmi();
}

/* Always ready. */
static void yield_forever(void *argument)
{
    (void)argument;
    for (;;)
        thread_yield();
}

/* Interrupts come, but whoever looks whether threads may be switched sees a lock held. */
static void crash_schedule(void)
{
    if (thread_create_kernel("waiting", yield_forever, NULL) == NULL)
        return;
    interrupts_push_off();
    __asm__ volatile("sti");
    for (;;)
        cpu_relax();
}

/* A lock that the other CPU, as it seems, took and never gave back. */
static void crash_spin(void)
{
    static struct spinlock lost = SPINLOCK_INIT(RANK_PROCESS);
    interrupts_push_off();
    lost.cpu = (uint8_t)((cpu_this()->id ^ 1) + 1);
    spin_lock(&lost);
}

/* An object that is freed while somebody still has a pointer to it. */
struct node {
    struct node *next, *other;
    uint64_t values[6];
};

static struct node *volatile stale; /* what the compiler must not know to be freed */

static void node_lose(void)
{
    stale = kmalloc(sizeof(*stale));
    kfree(stale);
}

static void crash_free_read(void)
{
    node_lose();
    zero = ((struct node *)stale->values[0])->values[2];
}

/* The next who gets the object finds the poison gone. */
static void crash_free_write(void)
{
    enum { ENOUGH = 1000 };
    node_lose();
    stale->values[3] = 42;
    for (unsigned i = 0; i < ENOUGH; i++)
        zero = (uint64_t)kmalloc(sizeof(*stale));
}

static void crash_free_frame(void)
{
    enum { ENOUGH = 1000 };
    struct page *page = frame_alloc(0);
    uint64_t *words = page_address(page);
    frame_free(page);
    words[2] = 42;
    for (unsigned i = 0; i < ENOUGH; i++)
        page = frame_alloc(0);
}

/* Without an interrupt table the first exception cannot be delivered, nor the double fault. */
static void crash_triple(void)
{
    uint8_t none[10] = {0};
    __asm__ volatile("lidt %0; ud2" ::"m"(none));
}

static __attribute__((noinline)) uint64_t recurse(uint64_t depth)
{
    volatile uint8_t frame[256];
    frame[0] = (uint8_t)depth;
    return depth == zero ? 0 : recurse(depth + 1) + frame[0];
}

static void crash_stack(void)
{
    zero = recurse(1);
}

static void crash_null(void)
{
    *(volatile uint64_t *)nowhere = 1;
}

/* A stack pointer that leads nowhere: the page fault cannot be pushed. */
static void crash_double_fault(void)
{
    __asm__ volatile("mov %0, %%rsp; push %0" ::"r"(0x1000UL) : "memory");
}

static void crash_divide(void)
{
    __asm__ volatile("divq %0" ::"r"(zero) : "rax", "rdx");
}

/* Read-only text (W^X). */
static void crash_write_text(void)
{
    *(volatile uint8_t *)(uintptr_t)crash_panic = 0xc3;
}

/* Data that is not for execution (NX). */
static void crash_execute_data(void)
{
    static uint8_t code[] = {0xc3};
    ((void (*)(void))(uintptr_t)code)();
}

static void crash_noncanonical(void)
{
    zero = *(volatile uint64_t *)(0x8000000000000000 + zero);
}

static void crash_lock_rank(void)
{
    static struct spinlock low = SPINLOCK_INIT(RANK_PROCESS), high = SPINLOCK_INIT(RANK_SCHED);
    spin_lock(&high);
    spin_lock(&low);
}

static void crash_sleep(void)
{
    static struct spinlock lock = SPINLOCK_INIT(RANK_PROCESS);
    spin_lock(&lock);
    thread_yield();
}

/* In an interrupt handler, on top of whatever runs. */
static void panic_in_timer(struct timer *timer)
{
    panic("a panic in a timer was asked for (deadline %lu)", timer->deadline);
}

static void crash_interrupt(void)
{
    static struct timer timer = {.function = panic_in_timer};
    timer_start(&timer, time_now() + NS_PER_SECOND / 20);
    time_delay_us(200000);
}

/* Undefined behaviour, which a kernel built with SAN=1 reports; others go on. */
static void crash_shift(void)
{
    zero = (uint64_t)(1 << (32 + (int)zero));
}

static void crash_bounds(void)
{
    static volatile uint8_t few[4];
    zero = few[4 + zero] & zero;
}

static void crash_overflow(void)
{
    volatile int large = INT32_MAX - (int)zero, one = 1 + (int)zero;
    large = large + one;
}

static void crash_misaligned(void)
{
    static uint64_t words[2];
    zero = *(volatile uint64_t *)((uintptr_t)words + 1 + zero) & 0;
}

/* One byte too far: a kernel built with SAN=1 reports it, others go on. */
static void crash_heap(void)
{
    volatile uint8_t *few = kmalloc(43);
    few[43 + zero] = 0;
}

static void crash_array(void)
{
    volatile uint8_t few[13] = {0};
    volatile uint8_t *volatile start = few; /* its length is not to be seen */
    zero = start[13 + zero] & zero;
}

static void crash_global(void)
{
    static volatile uint8_t few_globals[5];
    volatile uint8_t *volatile start = few_globals;
    zero = start[5 + zero] & zero;
}

static const struct {
    const char *name;
    void (*crash)(void);
} kinds[] = {
    {"assert", crash_assert},
    {"panic", crash_panic},
    {"hang", crash_hang},
    {"deaf", crash_deaf},
    {"schedule", crash_schedule},
    {"spin", crash_spin},
    {"triple", crash_triple},
    {"stack", crash_stack},
    {"null", crash_null},
    {"doublefault", crash_double_fault},
    {"divide", crash_divide},
    {"text", crash_write_text},
    {"execute", crash_execute_data},
    {"canonical", crash_noncanonical},
    {"rank", crash_lock_rank},
    {"sleep", crash_sleep},
    {"freeread", crash_free_read},
    {"freewrite", crash_free_write},
    {"freeframe", crash_free_frame},
    {"interrupt", crash_interrupt},
    {"shift", crash_shift},
    {"bounds", crash_bounds},
    {"overflow", crash_overflow},
    {"misaligned", crash_misaligned},
    {"heap", crash_heap},
    {"array", crash_array},
    {"global", crash_global},
};

void crash_if_asked(void)
{
    const char *wanted = option_text("crash", NULL);
    if (wanted == NULL)
        return;
    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (strcmp(kinds[i].name, wanted) != 0)
            continue;
        log_write(LOG_WARNING, "crash: %s, as asked for", wanted);
        kinds[i].crash();
    }
    log_write(LOG_WARNING, "crash: there is no kind %s", wanted);
}
