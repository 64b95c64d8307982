/* dd: copies blocks. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "dd [if=FILE] [of=FILE] [bs=SIZE] [count=N] [skip=N] [seek=N] [conv=LIST] [iflag=LIST] [oflag=LIST] [status=none]\n"
    "conv: notrunc, fsync; iflag, oflag: direct, sync, dsync, append; status=none: says nothing.\n"
    "Copies blocks (512 bytes), N of them; skip and seek count blocks of input and output. K, M, G are units.";

struct job {
    const char *input, *output;
    unsigned long size, count, skip, seek;
    int conversions;
    bool quiet;
    int input_flags, output_flags; /* O_* */
};

struct flag {
    const char *name;
    int value;
};

enum { CONVERT_KEEP = 1, CONVERT_SYNC = 2 };

static const struct flag open_flags[] = {
    {"direct", O_DIRECT}, {"sync", O_SYNC}, {"dsync", O_DSYNC}, {"append", O_APPEND}, {NULL, 0}};
static const struct flag conversions[] = {{"notrunc", CONVERT_KEEP}, {"fsync", CONVERT_SYNC}, {NULL, 0}};
static const struct flag reports[] = {{"none", 1}, {NULL, 0}};

/* The values of the names in a list, with commas between them. Ends the program at one that is not known. */
static int flags_read(const char *what, const char *list, const struct flag *known)
{
    int flags = 0;

    for (size_t length; *list; list += length + (list[length] == ',')) {
        const struct flag *flag = known;
        length = strcspn(list, ",");
        while (flag->name && (strlen(flag->name) != length || strncmp(list, flag->name, length)))
            flag++;
        if (!flag->name)
            errx(1, "invalid %s: '%.*s'", what, (int)length, list);
        flags |= flag->value;
    }
    return flags;
}

static unsigned long number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);

    switch (*end) {
    case 'G':
        value *= 1024; /* fall through */
    case 'M':
        value *= 1024; /* fall through */
    case 'K':
    case 'k':
        value *= 1024;
        end++;
    }
    if (end == text || *end)
        errx(1, "invalid number '%s'", text);
    return value;
}

static bool operand_named(const char *text, const char *name, const char **value)
{
    size_t length = strlen(name);

    *value = text + length + 1;
    return !strncmp(text, name, length) && text[length] == '=';
}

static void operand_read(struct job *job, const char *text)
{
    const char *value;

    if (operand_named(text, "if", &value))
        job->input = value;
    else if (operand_named(text, "of", &value))
        job->output = value;
    else if (operand_named(text, "bs", &value))
        job->size = number(value);
    else if (operand_named(text, "count", &value))
        job->count = number(value);
    else if (operand_named(text, "skip", &value))
        job->skip = number(value);
    else if (operand_named(text, "seek", &value))
        job->seek = number(value);
    else if (operand_named(text, "iflag", &value))
        job->input_flags |= flags_read("input flag", value, open_flags);
    else if (operand_named(text, "oflag", &value))
        job->output_flags |= flags_read("output flag", value, open_flags);
    else if (operand_named(text, "conv", &value))
        job->conversions |= flags_read("conversion", value, conversions);
    else if (operand_named(text, "status", &value))
        job->quiet = flags_read("status level", value, reports);
    else
        errx(1, "unrecognized operand '%s'", text);
}

/* What cannot be seeked in is read. */
static void input_skip(const struct job *job, int input, char *buffer)
{
    if (!job->skip || lseek(input, (off_t)(job->skip * job->size), SEEK_CUR) >= 0)
        return;
    for (unsigned long i = 0; i < job->skip; i++)
        if (read(input, buffer, job->size) <= 0)
            return;
}

int main(int count, char **arguments)
{
    struct job job = {.size = 512, .count = ~0UL};
    unsigned long whole = 0, part = 0, bytes = 0;

    program_help(count, arguments, help);
    for (int i = 1; i < count; i++)
        operand_read(&job, arguments[i]);
    char *buffer = aligned_alloc(4096, (job.size + 4096) / 4096 * 4096); /* O_DIRECT wants that */
    int flags = O_WRONLY | O_CREAT | (job.conversions & CONVERT_KEEP || job.seek ? 0 : O_TRUNC) | job.output_flags;
    int input = job.input ? open(job.input, O_RDONLY | job.input_flags) : STDIN_FILENO;
    if (input < 0 || !buffer || !job.size)
        err(1, "failed to open '%s'", job.input);
    int output = job.output ? open(job.output, flags, 0666) : STDOUT_FILENO;
    if (output < 0)
        err(1, "failed to open '%s'", job.output);
    input_skip(&job, input, buffer);
    if (job.seek && lseek(output, (off_t)(job.seek * job.size), SEEK_CUR) < 0)
        err(1, "cannot seek");
    while (whole + part < job.count) {
        ssize_t length = read(input, buffer, job.size);
        if (length < 0)
            err(1, "error reading");
        if (!length)
            break;
        for (ssize_t at = 0, done; at < length; at += done) {
            done = write(output, buffer + at, (size_t)(length - at));
            if (done < 0)
                err(1, "error writing");
        }
        *((size_t)length == job.size ? &whole : &part) += 1;
        bytes += (unsigned long)length;
    }
    if (job.conversions & CONVERT_SYNC && fsync(output))
        err(1, "fsync failed");
    if (!job.quiet)
        fprintf(stderr, "%lu+%lu records in\n%lu+%lu records out\n%lu bytes copied\n", whole, part, whole, part, bytes);
    return 0;
}
