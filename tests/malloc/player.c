/*
 * Plays a trace of heap requests to whatever allocator the process has, and measures it.
 *
 *     player TRACE     prints: operations, peak of the live payload in bytes, peak of the heap in bytes
 *
 * A trace is text in the format of CS:APP's malloc lab: four numbers (of which the second is the count of ids and the third
 * that of operations), then a line for each operation: `a ID SIZE`, `r ID SIZE`, `f ID` (an id that is not live: a null
 * pointer). Every payload is written whole when it is handed out and looked at when it is resized or freed.
 *
 * The heap's size is the anonymous memory of the process, from the kernel's own walk of its page tables, less what it was
 * before the first operation: the same measure for allocators that use sbrk, that map, and that reserve more than they touch.
 * It is taken whenever the live payload exceeds the last sample's by a hundredth, and at SAMPLES points along the trace.
 * The player itself takes no memory from the allocator.
 *
 * The three functions play_allocate, play_resize, play_free are what callgrind counts the instructions of.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLES = 200, PROBE = 16 };

struct operation {
    char kind;
    uint32_t id;
    size_t size;
};

struct slot {
    unsigned char *memory;
    size_t size;
};

static struct trace {
    const char *text, *at, *end;
    struct operation *operations;
    struct slot *slots;
    size_t slot_count, count;
} trace;

static size_t live, live_peak, heap_before, heap_peak, live_sampled;

/* Says what is wrong without the allocator's help and ends the program. */
static _Noreturn void fail(const char *format, ...)
{
    char line[200];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        _exit(2);
    _exit(1);
}

static void *map(size_t length)
{
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        fail("player: no memory for the trace\n");
    return memory;
}

/* --- the trace --- */

static void space_skip(void)
{
    while (trace.at < trace.end && *trace.at <= ' ')
        trace.at++;
}

static size_t number(void)
{
    size_t value = 0;

    space_skip();
    if (*trace.at == '-') { /* an id below 0 is none */
        trace.at++;
        number();
        return UINT32_MAX;
    }
    if (*trace.at < '0' || *trace.at > '9')
        fail("player: byte %zu of the trace is no number\n", (size_t)(trace.at - trace.text));
    while (trace.at < trace.end && *trace.at >= '0' && *trace.at <= '9')
        value = value * 10 + (size_t)(*trace.at++ - '0');
    return value;
}

static void operation_parse(struct operation *operation)
{
    space_skip();
    operation->kind = *trace.at++;
    if (operation->kind != 'a' && operation->kind != 'r' && operation->kind != 'f')
        fail("player: byte %zu of the trace is no operation\n", (size_t)(trace.at - trace.text));
    operation->id = (uint32_t)number();
    operation->size = operation->kind == 'f' ? 0 : number();
    if (operation->id >= trace.slot_count && operation->kind != 'f')
        fail("player: id %u is not below %zu\n", operation->id, trace.slot_count);
}

static void trace_load(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY);

    if (file < 0 || fstat(file, &status))
        fail("player: cannot read %s\n", path);
    /* One page more, so that there is a zero byte behind the text. */
    char *text = map((size_t)status.st_size + 4096);
    if (read(file, text, (size_t)status.st_size) != status.st_size)
        fail("player: cannot read %s\n", path);
    trace.text = trace.at = text;
    trace.end = text + status.st_size;
    number();
    trace.slot_count = number();
    trace.count = number();
    number();
    trace.slots = map((trace.slot_count + 1) * sizeof *trace.slots);
    trace.operations = map((trace.count + 1) * sizeof *trace.operations);
    for (size_t i = 0; i < trace.count; i++)
        operation_parse(&trace.operations[i]);
    close(file);
}

/* --- the heap's size --- */

/* Bytes of anonymous memory that the process has, without stack and mapped libraries' pages being touched in between. */
static size_t memory_now(void)
{
    static char text[4096];
    int file = open("/proc/self/smaps_rollup", O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    const char *line = length > 0 ? strstr(text, "Anonymous:") : NULL;

    if (!line)
        fail("player: no /proc/self/smaps_rollup\n");
    close(file);
    return strtoul(line + strlen("Anonymous:"), NULL, 10) * 1024;
}

static void heap_sample(void)
{
    size_t heap = memory_now() - heap_before;

    live_sampled = live;
    if (heap > heap_peak)
        heap_peak = heap;
}

/* --- playing --- */

__attribute__((noinline)) void *play_allocate(size_t size);
__attribute__((noinline)) void *play_resize(void *memory, size_t size);
__attribute__((noinline)) void play_free(void *memory);

void *play_allocate(size_t size)
{
    return malloc(size);
}

void *play_resize(void *memory, size_t size)
{
    return realloc(memory, size);
}

void play_free(void *memory)
{
    free(memory);
}

static void slot_fill(struct slot *slot, uint32_t id, unsigned char *memory, size_t size)
{
    if (!memory && size)
        fail("player: out of memory\n");
    if ((uintptr_t)memory % (size < 16 ? 8 : 16))
        fail("player: %p is not aligned\n", (void *)memory);
    memset(memory, (int)(id % 251 + 1), size);
    live += size - slot->size;
    *slot = (struct slot){memory, size};
    if (live > live_peak)
        live_peak = live;
    if (live > live_sampled + live_sampled / 100)
        heap_sample();
}

/* The first and the last `size` bytes, at most PROBE, are still there. */
static void slot_verify(const struct slot *slot, uint32_t id, size_t size)
{
    size_t probe = size < PROBE ? size : PROBE;

    for (size_t i = 0; i < probe; i++)
        if (slot->memory[i] != id % 251 + 1 || slot->memory[size - 1 - i] != id % 251 + 1)
            fail("player: block %u was overwritten\n", id);
}

static void operation_play(const struct operation *operation)
{
    static struct slot none;
    struct slot *slot = operation->id < trace.slot_count ? &trace.slots[operation->id] : &none;

    switch (operation->kind) {
    case 'a':
        slot_fill(slot, operation->id, play_allocate(operation->size), operation->size);
        break;
    case 'r': {
        slot_verify(slot, operation->id, slot->size);
        size_t kept = slot->size < operation->size ? slot->size : operation->size;
        slot->memory = play_resize(slot->memory, operation->size);
        if (kept)
            slot_verify(slot, operation->id, kept);
        slot_fill(slot, operation->id, slot->memory, operation->size);
        break;
    }
    default:
        slot_verify(slot, operation->id, slot->size);
        play_free(slot->memory);
        live -= slot->size;
        *slot = (struct slot){NULL, 0};
    }
}

int main(int count, char **arguments)
{
    if (count != 2)
        fail("usage: player TRACE\n");
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    trace_load(arguments[1]);
    memory_now();
    heap_before = memory_now();
    size_t stride = trace.count / SAMPLES + 1;
    for (size_t i = 0; i < trace.count; i++) {
        operation_play(&trace.operations[i]);
        if (i % stride == 0)
            heap_sample();
    }
    heap_sample();
    char line[100];
    int length = snprintf(line, sizeof line, "%zu %zu %zu\n", trace.count, live_peak, heap_peak);
    return write(STDOUT_FILENO, line, (size_t)length) != length;
}
