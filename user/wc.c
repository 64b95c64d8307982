/* wc: counts lines, words and bytes. */
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "wc [-lwc] [FILE...]\nCounts lines, words and bytes.";

struct counts {
    unsigned long lines, words, bytes;
};

static bool show_lines, show_words, show_bytes;

static int file_count(int file, struct counts *counts)
{
    static unsigned char buffer[65536];
    bool inside = false;
    ssize_t length;

    while ((length = read(file, buffer, sizeof buffer)) > 0) {
        counts->bytes += (unsigned long)length;
        for (ssize_t i = 0; i < length; i++) {
            bool space = isspace(buffer[i]);
            counts->lines += buffer[i] == '\n';
            counts->words += !space && !inside;
            inside = !space;
        }
    }
    return length < 0 ? -1 : 0;
}

static void counts_print(const struct counts *counts, int width, const char *name)
{
    const char *space = "";

    if (show_lines)
        printf("%*lu", width, counts->lines), space = " ";
    if (show_words)
        printf("%s%*lu", space, width, counts->words), space = " ";
    if (show_bytes)
        printf("%s%*lu", space, width, counts->bytes);
    printf("%s%s\n", name ? " " : "", name ? name : "");
}

/* As wide as the largest number can be, which the sizes tell; 7 if a size cannot be known. */
static int width_find(char **names, bool single_number)
{
    unsigned long total = 0;
    struct stat status;
    int width = 1;

    if (single_number && (!names[0] || !names[1]))
        return 1;
    for (char **name = names; *name; name++) {
        if (!strcmp(*name, "-"))
            return 7;
        if (stat(*name, &status))
            continue;
        if (!S_ISREG(status.st_mode))
            return 7;
        total += (unsigned long)status.st_size;
    }
    for (; total >= 10; total /= 10)
        width++;
    return *names ? width : 7;
}

int main(int count, char **arguments)
{
    struct counts total = {0};
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "lwcm")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        show_lines |= letter == 'l';
        show_words |= letter == 'w';
        show_bytes |= letter == 'c' || letter == 'm';
    }
    if (!show_lines && !show_words && !show_bytes)
        show_lines = show_words = show_bytes = true;
    char **names = arguments + optind;
    int width = width_find(names, show_lines + show_words + show_bytes == 1);
    if (!*names) {
        file_count(STDIN_FILENO, &total);
        counts_print(&total, width, NULL);
    }
    for (char **name = names; *name; name++) {
        struct counts counts = {0};
        int file = strcmp(*name, "-") ? open(*name, O_RDONLY) : STDIN_FILENO;
        if (file < 0) {
            warn("%s", *name);
            result = 1;
            continue;
        }
        if (file_count(file, &counts)) {
            warn("%s", *name);
            result = 1;
        }
        if (file != STDIN_FILENO)
            close(file);
        counts_print(&counts, width, *name);
        total.lines += counts.lines;
        total.words += counts.words;
        total.bytes += counts.bytes;
    }
    if (names[0] && names[1])
        counts_print(&total, width, "total");
    return program_end(result);
}
