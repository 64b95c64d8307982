/* The event ring; see vmtrace.h. */
#include "mm/vmtrace.h"

#include "kernel/interrupt.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "kernel/process.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/frame.h"

enum { FRAMES_PER_EVENT = 8, EVENTS_LEAST = 1024, EVENTS_USUAL = 16384, EVENTS_MOST = 1 << 20 };

struct vmtrace_ring vmtrace_ring;

static const struct {
    const char *name;
    const char *frame, *value; /* what these numbers are; null: nothing */
} kinds[VMTRACE_KINDS] = {
    [VMTRACE_NONE] = {"none", NULL, NULL},
    [VMTRACE_FAULT] = {"fault", NULL, "address"},
    [VMTRACE_CLEAR] = {"clear", "frame", "place,name"},
    [VMTRACE_TEST] = {"test", "frame", "place,name"},
    [VMTRACE_EVICT] = {"evict", "frame", "place,name"},
    [VMTRACE_RESCUE] = {"rescue", "frame", "name"},
    [VMTRACE_PAGE_IN] = {"page-in", "frame", "block"},
    [VMTRACE_PAGE_OUT] = {"page-out", "frame", "block"},
    [VMTRACE_READ_AHEAD] = {"read-ahead", "pages", "index"},
    [VMTRACE_RUN] = {"run", "spread", "steps,wanted"},
    [VMTRACE_HANDS] = {"hands", "front", "evicted,back"},
    [VMTRACE_CLOCK] = {"clock", "spread", "frames,back"},
    [VMTRACE_PROCESS_OUT] = {"process-out", "process", "pages"},
    [VMTRACE_PROCESS_IN] = {"process-in", "process", "pages"},
};

static unsigned process_here(void)
{
    const struct process *process = thread_current()->process;
    return process != NULL ? (unsigned)process->pid : 0;
}

void vmtrace_note(enum vmtrace_kind kind, unsigned detail, uint64_t frame, uint64_t value)
{
    uint64_t first = (uint64_t)kind | (uint64_t)(detail & 0xff) << 8 | (uint64_t)(process_here() & 0xffff) << 16 |
                     frame << 32;
    uint64_t now = time_now();
    bool interrupts = interrupts_pause();
    uint64_t sequence = atomic_fetch_add_explicit(&vmtrace_ring.next, 1, memory_order_relaxed);
    struct vmtrace_slot *slot = &vmtrace_ring.slots[sequence & (vmtrace_ring.size - 1)];
    atomic_store_explicit(&slot->sequence, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&slot->words[0], now, memory_order_relaxed);
    atomic_store_explicit(&slot->words[1], first, memory_order_relaxed);
    atomic_store_explicit(&slot->words[2], value, memory_order_relaxed);
    atomic_store_explicit(&slot->sequence, sequence + 1, memory_order_release);
    interrupts_resume(interrupts);
}

uint64_t vmtrace_end(void)
{
    return atomic_load_explicit(&vmtrace_ring.next, memory_order_acquire);
}

uint64_t vmtrace_start(void)
{
    uint64_t end = vmtrace_end();
    return end > vmtrace_ring.size ? end - vmtrace_ring.size : 0;
}

bool vmtrace_read(uint64_t sequence, struct vmtrace_event *event)
{
    if (vmtrace_ring.slots == NULL || sequence >= vmtrace_end())
        return false;
    struct vmtrace_slot *slot = &vmtrace_ring.slots[sequence & (vmtrace_ring.size - 1)];
    uint64_t words[4];
    words[0] = atomic_load_explicit(&slot->sequence, memory_order_acquire);
    for (unsigned i = 0; i < ARRAY_LENGTH(slot->words); i++)
        words[i + 1] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    memcpy(event, words, sizeof *event);
    return words[0] == sequence + 1 && atomic_load_explicit(&slot->sequence, memory_order_relaxed) == sequence + 1;
}

static void number_print(char *text, size_t size, const char *name, uint64_t number)
{
    unsigned long long high = number >> 32, low = number & UINT32_MAX;
    const char *second = name != NULL ? strchr(name, ',') : NULL;
    if (name == NULL)
        text[0] = '\0';
    else if (strcmp(name, "address") == 0 || strcmp(name, "name") == 0)
        (void)snprintf(text, size, " %s %#llx", name, (unsigned long long)number);
    else if (second != NULL) /* two numbers, two names */
        (void)snprintf(text, size, strcmp(second, ",name") == 0 ? " %.*s %llu %s %#llx" : " %.*s %llu %s %llu",
                       (int)(second - name), name, high, second + 1, low);
    else
        (void)snprintf(text, size, " %s %llu", name, (unsigned long long)number);
}

/* What `detail` says, in words. */
static const char *detail_word(const struct vmtrace_event *event)
{
    static const char *const answers[] = {"skipped", "idle", "referenced", "streamed"};
    static const char *const clocks[] = {"one", "two", "adaptive"};
    unsigned detail = event->detail;
    switch (event->kind) {
    case VMTRACE_FAULT:
        if (detail >= 8)
            return "refused";
        return (detail & VMTRACE_FAULT_MAJOR) != 0 ? "major" : "minor";
    case VMTRACE_CLEAR:
    case VMTRACE_TEST:
        return detail < ARRAY_LENGTH(answers) ? answers[detail] : "?";
    case VMTRACE_RUN:
    case VMTRACE_HANDS:
    case VMTRACE_CLOCK:
        return detail < ARRAY_LENGTH(clocks) ? clocks[detail] : "?";
    case VMTRACE_PROCESS_OUT:
    case VMTRACE_PROCESS_IN:
        return detail != 0 ? "asleep" : "at work";
    case VMTRACE_EVICT:
        return detail != 0 ? "stays" : "goes";
    default:
        return detail != 0 ? "anon" : "file";
    }
}

size_t vmtrace_format(const struct vmtrace_event *event, char *line, size_t size)
{
    unsigned kind = event->kind < VMTRACE_KINDS ? event->kind : VMTRACE_NONE;
    char frame[32], value[64];
    number_print(frame, sizeof frame, kinds[kind].frame, event->frame);
    number_print(value, sizeof value, kinds[kind].value, event->value);
    int length = snprintf(line, size, "%llu %llu.%06llu pid %u %s %s%s%s", (unsigned long long)event->sequence - 1,
                          (unsigned long long)(event->time / NS_PER_SECOND),
                          (unsigned long long)(event->time % NS_PER_SECOND / 1000), event->process, kinds[kind].name,
                          detail_word(event), frame, value);
    return min_u64((uint64_t)length, size - 1);
}

/* The largest power of two that is not above `events`. */
static uint64_t ring_size(uint64_t events)
{
    return (uint64_t)1 << (63 - __builtin_clzll(events));
}

void vmtrace_init(void)
{
    uint64_t usual = max_u64(min_u64(frames_total() / FRAMES_PER_EVENT, EVENTS_USUAL), EVENTS_LEAST);
    uint64_t events = min_u64(option_number("vmtrace", usual), EVENTS_MOST);
    if (events == 0)
        return;
    uint64_t size = ring_size(max_u64(events, PAGE_SIZE / sizeof(struct vmtrace_slot)));
    unsigned order = (unsigned)__builtin_ctzll(size * sizeof(struct vmtrace_slot) / PAGE_SIZE);
    struct page *page = frame_alloc_run(order, FRAME_WIRED | FRAME_NOWAIT);
    if (page == NULL) {
        log_write(LOG_WARNING, "vmtrace: no memory for %llu events", (unsigned long long)size);
        return;
    }
    memset(page_address(page), 0, size * sizeof(struct vmtrace_slot));
    vmtrace_ring.size = size;
    vmtrace_ring.slots = page_address(page);
}
