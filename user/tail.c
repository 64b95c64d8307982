/* tail: the end of files. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "tail [-f] [-n [+]LINES | -c [+]BYTES] [FILE...]\n"
    "Writes the last lines (10) or bytes, or all from a line or byte on; -f: and what is added later.";

static bool lines = true, from_start, follow;
static long amount = 10;

/* Copies the rest of the file to the output. */
static void rest_write(FILE *file)
{
    char buffer[BUFSIZ];
    size_t length;

    while ((length = fread(buffer, 1, sizeof buffer, file)))
        fwrite(buffer, 1, length, stdout);
}

/* Its size if it is a file on which one can go back, else 0: also for those of /proc, which do not tell theirs. */
static off_t regular_size(FILE *file)
{
    struct stat status;

    return fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}

/* Passes over what is before the line or byte asked for. */
static void front_skip(FILE *file)
{
    int character = 0;

    if (!lines && regular_size(file) && fseeko(file, amount > 0 ? amount - 1 : 0, SEEK_CUR) == 0)
        return;
    for (long left = amount - 1; left > 0 && character != EOF;) {
        character = getc(file);
        left -= !lines || character == '\n';
    }
}

/* Goes to where the last lines or bytes of a regular file begin, reading no more than it must; not before `first`. */
static void back_seek(FILE *file, off_t first, off_t size)
{
    char buffer[BUFSIZ];
    long left = amount;
    off_t end = size, found = first;

    if (!lines || !amount)
        end = found = amount < size - first ? size - amount : first;
    while (end > first && found == first && lines) {
        off_t begin = end - first > (off_t)sizeof buffer ? end - (off_t)sizeof buffer : first;
        fseeko(file, begin, SEEK_SET);
        for (size_t at = fread(buffer, 1, (size_t)(end - begin), file); at && found == first; at--)
            if (buffer[at - 1] == '\n' && begin + (off_t)at != size && !--left)
                found = begin + (off_t)at;
        end = begin;
    }
    fseeko(file, found, SEEK_SET);
}

/* What has come through a pipe and may still be wanted. */
struct content {
    char *data;
    size_t length, size;
};

static size_t content_start(const struct content *content)
{
    size_t at = content->length;
    long left = amount;

    if (!lines)
        return (size_t)amount < content->length ? content->length - (size_t)amount : 0;
    if (!left)
        return at;
    if (at && content->data[at - 1] == '\n')
        at--;
    for (; at; at--)
        if (content->data[at - 1] == '\n' && !--left)
            break;
    return at;
}

/* Makes room for BUFSIZ bytes: by forgetting what is before the end wanted, or, where that is most of it, with more memory. */
static void content_make_room(struct content *content)
{
    size_t start = content_start(content);

    if (content->size - content->length >= BUFSIZ)
        return;
    if (start)
        memmove(content->data, content->data + start, content->length - start);
    content->length -= start;
    if (content->length <= content->size / 2 && content->size - content->length >= BUFSIZ)
        return;
    content->size = content->size * 2 + 2 * BUFSIZ;
    content->data = realloc(content->data, content->size);
    if (!content->data)
        err(1, NULL);
}

static void pipe_write(FILE *file)
{
    struct content content = {0};
    size_t done;

    do {
        content_make_room(&content);
        done = fread(content.data + content.length, 1, BUFSIZ, file);
        content.length += done;
    } while (done);
    size_t start = content_start(&content);
    fwrite(content.data + start, 1, content.length - start, stdout);
    free(content.data);
}

static _Noreturn void file_follow(FILE *file)
{
    for (;;) {
        clearerr(file);
        rest_write(file);
        fflush(stdout);
        usleep(200000);
    }
}

static void tail_write(FILE *file, bool last)
{
    off_t size = regular_size(file), first = size ? ftello(file) : -1;

    if (from_start)
        front_skip(file);
    else if (first >= 0 && first <= size)
        back_seek(file, first, size);
    else
        pipe_write(file);
    rest_write(file);
    if (follow && last)
        file_follow(file);
}

static void amount_set(const char *text, bool is_lines)
{
    lines = is_lines;
    from_start = *text == '+';
    amount = labs(atol(text));
}

int main(int count, char **arguments)
{
    int letter;

    program_help(count, arguments, help);
    if (count > 1 && (arguments[1][0] == '-' || arguments[1][0] == '+') && arguments[1][1] >= '0' &&
        arguments[1][1] <= '9') {
        amount_set(arguments[1], true);
        optind = 2;
    }
    while ((letter = getopt(count, arguments, "fn:c:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        if (letter == 'f')
            follow = true;
        else
            amount_set(optarg, letter == 'n');
    }
    return program_end(program_each_file(arguments + optind, tail_write));
}
