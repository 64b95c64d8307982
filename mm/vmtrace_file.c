/*
 * /proc/vmtrace and /proc/vmtrace.bin: the event ring, as lines of text and as records.
 *
 * An open file is a place in the sequence of events. It begins with the oldest event there is and ends where the sequence ended at that moment; who
 * reads on after the end gets what was added meanwhile, so that `mtrace -f` can follow. What was overwritten before it could be read is left out, which
 * shows in the numbers.
 */
#include "kernel/abi/errno.h"
#include "kernel/fs/file.h"
#include "kernel/fs/proc.h"
#include "kernel/uio.h"
#include "libc/string.h"
#include "mm/slab.h"
#include "mm/vmtrace.h"

enum { LINE_MAX_LENGTH = 160 };

/* Of an open file. */
struct trace_reader {
    struct mutex lock; /* RANK_PROC_TEXT: the rest */
    uint64_t next, end;
    bool text;
    size_t given, length; /* of the event in `line` */
    char line[LINE_MAX_LENGTH];
};

static int reader_open(struct file *file, bool text)
{
    struct trace_reader *reader = kmalloc(sizeof *reader);
    if (reader == NULL)
        return -ENOMEM;
    *reader = (struct trace_reader){.text = text, .next = vmtrace_start(), .end = vmtrace_end()};
    mutex_init(&reader->lock, RANK_PROC_TEXT);
    file->data = reader;
    return 0;
}

static int text_open(struct file *file)
{
    return reader_open(file, true);
}

static int binary_open(struct file *file)
{
    return reader_open(file, false);
}

static void reader_close(struct file *file)
{
    kfree(file->data);
}

/* Makes the next event the current one; false at the end. */
static bool reader_next(struct trace_reader *reader)
{
    struct vmtrace_event event;
    reader->next = max_u64(reader->next, vmtrace_start());
    while (reader->next < reader->end && !vmtrace_read(reader->next, &event))
        reader->next++;
    if (reader->next >= reader->end)
        return false;
    reader->next++;
    reader->given = 0;
    if (reader->text) {
        reader->length = vmtrace_format(&event, reader->line, LINE_MAX_LENGTH - 1);
        reader->line[reader->length++] = '\n';
    } else {
        memcpy(reader->line, &event, sizeof event);
        reader->length = sizeof event;
    }
    return true;
}

/* Copies events until the reader's memory is full or there are no more. Bytes, or -EFAULT. */
static ssize_t reader_give(struct trace_reader *reader, struct uio *uio)
{
    ssize_t total = 0;
    while (uio->left > 0 && (reader->given < reader->length || reader_next(reader))) {
        ssize_t count = uio_copy_in(uio, reader->line + reader->given, reader->length - reader->given);
        if (count < 0)
            return total > 0 ? total : count;
        reader->given += (size_t)count;
        total += count;
    }
    return total;
}

static ssize_t reader_read(struct file *file, struct uio *uio, uint64_t offset)
{
    struct trace_reader *reader = file->data;
    (void)offset;
    mutex_lock(&reader->lock);
    ssize_t count = reader_give(reader, uio);
    if (count == 0)
        reader->end = vmtrace_end();
    mutex_unlock(&reader->lock);
    return count;
}

static const struct file_ops text_ops = {.open = text_open, .close = reader_close, .read = reader_read};
static const struct file_ops binary_ops = {.open = binary_open, .close = reader_close, .read = reader_read};

void vmtrace_files_register(void)
{
    proc_register_file("vmtrace", &text_ops);
    proc_register_file("vmtrace.bin", &binary_ops);
}
