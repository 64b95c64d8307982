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
    "dd [if=FILE] [of=FILE] [bs=SIZE] [count=N] [skip=N] [seek=N] [conv=LIST] [iflag=LIST] [oflag=LIST]\n"
    "conv: notrunc, fsync; iflag: direct; oflag: direct, sync, dsync, append.\n"
    "Copies blocks (512 bytes), N of them; skip and seek count blocks of input and output. K, M, G are units.";

struct job {
    const char *input, *output;
    unsigned long size, count, skip, seek;
    bool keep, sync;
    int input_flags, output_flags; /* O_* */
};

/* Names in a list are looked for between its commas. */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (; *list; list += strcspn(list, ",") + (list[strcspn(list, ",")] == ','))
        if (strcspn(list, ",") == length && !strncmp(list, name, length))
            return true;
    return false;
}

static int open_flags(const char *list)
{
    return (is_listed(list, "direct") ? O_DIRECT : 0) | (is_listed(list, "sync") ? O_SYNC : 0) |
           (is_listed(list, "dsync") ? O_DSYNC : 0) | (is_listed(list, "append") ? O_APPEND : 0);
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

static void operand_read(struct job *job, const char *text)
{
    const char *equals = strchrnul(text, '=');
    size_t length = (size_t)(equals - text);
    const char *value = *equals ? equals + 1 : "";

    if (!strncmp(text, "if", length))
        job->input = value;
    else if (!strncmp(text, "of", length))
        job->output = value;
    else if (!strncmp(text, "bs", length))
        job->size = number(value);
    else if (!strncmp(text, "count", length))
        job->count = number(value);
    else if (!strncmp(text, "skip", length))
        job->skip = number(value);
    else if (!strncmp(text, "seek", length))
        job->seek = number(value);
    else if (!strncmp(text, "iflag", length))
        job->input_flags = open_flags(value);
    else if (!strncmp(text, "oflag", length))
        job->output_flags = open_flags(value);
    else if (!strncmp(text, "conv", length)) {
        job->keep |= strstr(value, "notrunc") != NULL;
        job->sync |= strstr(value, "fsync") != NULL;
    } else if (strncmp(text, "status", length))
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
    int flags = O_WRONLY | O_CREAT | (job.keep || job.seek ? 0 : O_TRUNC) | job.output_flags;
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
    if (job.sync && fsync(output))
        err(1, "fsync failed");
    fprintf(stderr, "%lu+%lu records in\n%lu+%lu records out\n%lu bytes copied\n", whole, part, whole, part, bytes);
    return 0;
}
