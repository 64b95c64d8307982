/* /proc/vmtrace and vmtrace.bin: an open file is a place in the sequence of events, read in pieces of any size, as records and as lines. */
#include "kernel/fs/file.h"
#include "kernel/ktest.h"
#include "kernel/uio.h"
#include "libc/string.h"
#include "mm/vmtrace.h"
#include "tests/kernel/proc_text.h"

enum { NOTES = 5, FRAME = 0x7654321 };

static const struct file_ops *open_trace(const char *path, struct file *file)
{
    const struct file_ops *ops = proc_entry_find(path)->ops;
    *file = (struct file){0};
    KTEST_EXPECT(ops->open(file) == 0);
    return ops;
}

static ssize_t read_trace(const struct file_ops *ops, struct file *file, void *buffer, size_t length)
{
    struct uio uio;
    uio_init_kernel(&uio, buffer, length, true);
    return ops->read(file, &uio, 0);
}

KTEST(vmtrace_file, records_follow_each_other_to_the_end_of_the_moment)
{
    struct file file;
    struct vmtrace_event event;
    if (vmtrace_ring.slots == NULL)
        return;
    for (unsigned i = 0; i < NOTES; i++)
        vmtrace(VMTRACE_NONE, i, FRAME, 100 + i);
    const struct file_ops *ops = open_trace("vmtrace.bin", &file);
    uint64_t last = 0;
    unsigned found = 0;
    while (read_trace(ops, &file, &event, 10) == 10) { /* in two pieces */
        KTEST_EXPECT(read_trace(ops, &file, (char *)&event + 10, sizeof(event) - 10) == sizeof(event) - 10);
        KTEST_EXPECT(event.sequence > last);
        last = event.sequence;
        if (event.kind == VMTRACE_NONE && event.frame == FRAME) {
            KTEST_EXPECT(event.value == 100 + found && event.detail == found);
            found++;
        }
    }
    KTEST_EXPECT(found == NOTES);
    vmtrace(VMTRACE_NONE, 0, FRAME, 777); /* a reader who goes on behind the end gets it */
    KTEST_EXPECT(read_trace(ops, &file, &event, sizeof(event)) == 0);
    bool followed = false;
    while (read_trace(ops, &file, &event, sizeof(event)) == sizeof(event))
        followed = followed || event.value == 777;
    KTEST_EXPECT(followed);
    ops->close(&file);
}

KTEST(vmtrace_file, text_has_a_line_for_each)
{
    char buffer[256], line[160];
    struct file file;
    struct vmtrace_event event;
    if (vmtrace_ring.slots == NULL)
        return;
    uint64_t since = vmtrace_end();
    vmtrace(VMTRACE_RESCUE, 1, FRAME, 1234);
    const struct file_ops *ops = open_trace("vmtrace", &file);
    KTEST_EXPECT(vmtrace_read(since, &event));
    size_t length = vmtrace_format(&event, line, sizeof(line) - 1), have = 0;
    line[length++] = '\n';
    bool found = false;
    for (ssize_t count; (count = read_trace(ops, &file, buffer + have, sizeof(buffer) - have)) > 0;) {
        have += (size_t)count;
        for (size_t at = 0; at + length <= have && !found; at++)
            found = memcmp(buffer + at, line, length) == 0;
        size_t keep = have < length ? have : length; /* the line may end in the next piece */
        memmove(buffer, buffer + have - keep, keep);
        have = keep;
    }
    KTEST_EXPECT(found);
    ops->close(&file);
}
