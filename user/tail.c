/* tail: the end of files. */
#include <err.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "tail [-f] [-n [+]LINES | -c [+]BYTES] [FILE...]\n"
    "Writes the last lines (10) or bytes, or all from a line or byte on; -f: and what is added later.";

static bool lines = true, from_start, follow;
static long amount = 10;

struct content {
    char *data;
    size_t length;
};

static struct content content_read(FILE *file)
{
    struct content content = {0};
    size_t size = 0, done;

    do {
        if (size - content.length < BUFSIZ) {
            size = size * 2 + 2 * BUFSIZ;
            content.data = realloc(content.data, size);
            if (!content.data)
                err(1, NULL);
        }
        done = fread(content.data + content.length, 1, size - content.length, file);
        content.length += done;
    } while (done);
    return content;
}

static size_t start_from_front(const struct content *content)
{
    size_t at = 0;

    if (!lines)
        return amount > 0 ? (size_t)amount - 1 : 0;
    for (long left = amount - 1; left > 0 && at < content->length; at++)
        left -= content->data[at] == '\n';
    return at;
}

static size_t start_from_back(const struct content *content)
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

static void tail_write(FILE *file)
{
    struct content content = content_read(file);
    size_t start = from_start ? start_from_front(&content) : start_from_back(&content);

    if (start < content.length)
        fwrite(content.data + start, 1, content.length - start, stdout);
    free(content.data);
}

static void amount_set(const char *text, bool is_lines)
{
    lines = is_lines;
    from_start = *text == '+';
    amount = labs(atol(text));
}

static _Noreturn void file_follow(FILE *file)
{
    char buffer[BUFSIZ];
    size_t length;

    for (;;) {
        clearerr(file);
        while ((length = fread(buffer, 1, sizeof buffer, file)))
            fwrite(buffer, 1, length, stdout);
        fflush(stdout);
        usleep(200000);
    }
}

int main(int count, char **arguments)
{
    static char input[] = "-";
    char *default_arguments[] = {input, NULL};
    bool first = true;
    int letter, result = 0;

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
    char **names = arguments[optind] ? arguments + optind : default_arguments;
    bool several = names[0] && names[1];
    for (; *names; names++) {
        FILE *file = strcmp(*names, "-") ? fopen(*names, "r") : stdin;
        if (!file) {
            warn("cannot open '%s' for reading", *names);
            result = 1;
            continue;
        }
        if (several)
            printf("%s==> %s <==\n", first ? "" : "\n", file == stdin ? "standard input" : *names);
        first = false;
        tail_write(file);
        if (follow && !names[1])
            file_follow(file);
        if (file != stdin)
            fclose(file);
    }
    return program_end(result);
}
