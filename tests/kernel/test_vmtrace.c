/*
 * The event ring: events come out as they went in, also when all CPUs write at once and overwrite each other's; and as text.
 */
#include "kernel/ktest.h"
#include "libc/string.h"
#include "mm/vmtrace.h"
#include "tests/kernel/crew.h"

enum { NOTES = 2000, FRAME = 0x1234567 };

KTEST(vmtrace, keeps_an_event)
{
    struct vmtrace_event event;
    uint64_t before = vmtrace_end();
    bool found = false;
    vmtrace(VMTRACE_RESCUE, 1, FRAME, 0x89abcdef01234567);
    KTEST_EXPECT(vmtrace_end() > before);
    for (uint64_t at = before; at < vmtrace_end(); at++) {
        if (vmtrace_read(at, &event) && event.frame == FRAME) {
            found = true;
            KTEST_EXPECT(event.sequence == at + 1 && event.time > 0 && event.kind == VMTRACE_RESCUE);
            KTEST_EXPECT(event.detail == 1 && event.process == 0 && event.value == 0x89abcdef01234567);
        }
    }
    KTEST_EXPECT(found);
    KTEST_EXPECT(!vmtrace_read(vmtrace_end() + 5, &event));
}

/* Events of a kind nobody else notes. Value and frame say the same, so that an event made of two would show. */
static void notes_write(unsigned number, void *context)
{
    (void)context;
    for (uint64_t i = 0; i < NOTES; i++)
        vmtrace(VMTRACE_NONE, number, i, ~i << 8 | number);
}

KTEST(vmtrace, holds_whole_events_of_all_cpus)
{
    struct vmtrace_event event;
    uint64_t before = vmtrace_end(), whole = 0, others = 0;
    crew_run(crew_size(), notes_write, NULL);
    KTEST_EXPECT(vmtrace_end() >= before + (uint64_t)crew_size() * NOTES);
    uint64_t end = vmtrace_end();
    for (uint64_t at = vmtrace_start(); at < end; at++) {
        if (!vmtrace_read(at, &event))
            continue;
        others += event.kind != VMTRACE_NONE;
        if (event.kind != VMTRACE_NONE)
            continue;
        whole++;
        KTEST_EXPECT(event.value == (~(uint64_t)event.frame << 8 | event.detail));
    }
    others += vmtrace_end() - end; /* the rest of the kernel goes on, and has overwritten some */
    KTEST_EXPECT(whole + others >= min_u64(vmtrace_ring.size, (uint64_t)crew_size() * NOTES) - 64);
}

KTEST(vmtrace, becomes_text)
{
    char line[160];
    struct vmtrace_event event = {.sequence = 43, .time = 5000042000, .kind = VMTRACE_CLEAR, .detail = 2};
    event.frame = 77;
    event.value = (uint64_t)7 << 32 | 0xbeef;
    size_t length = vmtrace_format(&event, line, sizeof line);
    KTEST_EXPECT(strcmp(line, "42 5.000042 pid 0 clear referenced frame 77 place 7 name 0xbeef") == 0 &&
                 length == strlen(line));
    event.kind = VMTRACE_HANDS;
    event.detail = 1;
    event.value = (uint64_t)3 << 32 | 9;
    length = vmtrace_format(&event, line, sizeof line);
    KTEST_EXPECT(strcmp(line, "42 5.000042 pid 0 hands two front 77 evicted 3 back 9") == 0);
    KTEST_EXPECT(vmtrace_format(&event, line, 8) == 7 && strcmp(line, "42 5.00") == 0);
}
