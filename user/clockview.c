/*
 * clockview: the hands of the page-replacement clock over the frames of memory, live.
 *
 *     clock: two   # back 23411  > front 15219  spread 24576 of 32768 frames, 20 a letter
 *     free 1290  lotsfree 512  desfree 256  minfree 128  scan rate 0/s
 *     ...
 *     aaaaaaaaaaaaaffffffffffssssssssss....ww
 *     aaaaaaA>aaaaaaaaaaaFF#aaaaaa
 *
 * Each letter stands for as many frames as it takes to fit the screen and is what most of them are (mm/hands_file.c has the letters); the hands are
 * drawn over them.
 */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char help[] =
    "clockview [-n COUNT] [-d TENTHS]\n"
    "Shows memory as letters, and the clock's hands moving over it: # the back hand (or the only one), > the front "
    "hand,\n"
    "or that which looks after the adaptive clock's hot pages.\n"
    "  . free   s standby   a anonymous   A modified   f of a file   F modified   w the kernel's   - not there\n"
    "-n ends after COUNT pictures, -d waits so many tenths of a second between them (2). ^C ends.";

enum { HEAD_LINES = 4, CELLS_MAX = 16384, TENTHS_MAX = 36000 };

static char state[2048];

static unsigned long long number(const char *word)
{
    size_t length = strlen(word);
    for (const char *line = state; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, word, length) && line[length] == ' ')
            return strtoull(line + length + 1, NULL, 10);
    }
    return 0;
}

static void state_read(void)
{
    FILE *file = fopen("/proc/vmclock", "r");
    if (!file)
        err(1, "/proc/vmclock");
    state[fread(state, 1, sizeof state - 1, file)] = 0;
    fclose(file);
    if (number("frames") == 0)
        errx(1, "there is no clock yet");
}

/* How large the picture may be. */
static void screen_size(unsigned *lines, unsigned *columns)
{
    struct winsize size;
    *lines = 24;
    *columns = 80;
    if (ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_row > HEAD_LINES + 1 && size.ws_col > 0) {
        *lines = size.ws_row;
        *columns = size.ws_col;
    }
    *lines -= HEAD_LINES;
    if (*lines * *columns > CELLS_MAX)
        *lines = CELLS_MAX / *columns;
}

/* The letter that is most frequent among `length`, the first of them if several are. */
static char most_frequent(const char *letters, size_t length)
{
    unsigned counts[128] = {0};
    char best = letters[0];
    for (size_t i = 0; i < length; i++)
        counts[letters[i] & 127]++;
    for (size_t i = 0; i < length; i++) {
        if (counts[letters[i] & 127] > counts[best & 127])
            best = letters[i];
    }
    return best;
}

/* Fills the cells, each from `share` frames; returns how many there are. */
static unsigned cells_read(char *cells, unsigned share, unsigned long long totals[128])
{
    char *letters = malloc(share);
    unsigned count = 0;
    size_t length;
    FILE *file = fopen("/proc/vmframes", "r");
    if (!file || !letters)
        err(1, "/proc/vmframes");
    while (count < CELLS_MAX && (length = fread(letters, 1, share, file)) > 0) {
        for (size_t i = 0; i < length; i++)
            totals[letters[i] & 127]++;
        cells[count++] = most_frequent(letters, length);
    }
    fclose(file);
    free(letters);
    return count;
}

static int is_adaptive(void)
{
    return strncmp(state, "kind adaptive", 13) == 0;
}

/* The hand that is not the back one. */
static unsigned long long second_hand(void)
{
    return number(is_adaptive() ? "hot_hand" : "front");
}

static void hands_print(unsigned share)
{
    char kind[16] = "";
    (void)sscanf(state, "kind %15s", kind);
    printf("clock: %s   # back %llu  > %s %llu  ", kind, number("back"), is_adaptive() ? "hot" : "front",
           second_hand());
    if (is_adaptive())
        printf("hot pages %llu of", number("hot"));
    else
        printf("spread %llu of", number("spread"));
    printf(" %llu frames, %u a letter\033[K\n", number("frames"), share);
}

static void head_print(unsigned share, const unsigned long long totals[128])
{
    hands_print(share);
    printf("free %llu  lotsfree %llu  desfree %llu  minfree %llu  scan rate %llu/s\033[K\n", number("free"),
           number("lotsfree"), number("desfree"), number("minfree"), number("scan_rate"));
    printf(
        "a anonymous %llu (A modified %llu)  f file %llu (F %llu)  s standby %llu  . free %llu  w kernel %llu\033[K\n",
        totals['a'] + totals['A'], totals['A'], totals['f'] + totals['F'], totals['F'], totals['s'], totals['.'],
        totals['w']);
    printf("scanned %llu  referenced %llu  evicted %llu  laps %llu\033[K\n",
           number("front_scanned") + number("back_scanned"), number("referenced"), number("evicted"), number("laps"));
}

static void picture_print(void)
{
    static char cells[CELLS_MAX];
    unsigned long long totals[128] = {0};
    unsigned lines, columns;
    state_read();
    screen_size(&lines, &columns);
    unsigned long long frames = number("frames");
    unsigned share = (unsigned)((frames + lines * columns - 1) / (lines * columns));
    unsigned count = cells_read(cells, share, totals);
    if (count > 0) {
        cells[second_hand() / share % count] = '>';
        cells[number("back") / share % count] = '#';
    }
    head_print(share, totals);
    for (unsigned at = 0; at < count; at += columns)
        printf("%.*s\033[K%s", (int)(count - at < columns ? count - at : columns), cells + at,
               at + columns < count ? "\n" : "");
    fflush(stdout);
}

int main(int count, char **arguments)
{
    unsigned long pictures = 0, tenths = 2;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "n:d:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        if (letter == 'n')
            pictures = program_number(optarg, 1, PROGRAM_COUNT_MAX);
        else
            tenths = program_number(optarg, 0, TENTHS_MAX);
    }
    printf("\033[2J");
    for (unsigned long picture = 1;; picture++) {
        printf("\033[H");
        picture_print();
        if (picture == pictures)
            break;
        usleep((useconds_t)(tenths * 100000));
    }
    putchar('\n');
    return program_end(0);
}
