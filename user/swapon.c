/*
 * swapon: lets the kernel swap to partitions and files, or shows where it does; as util-linux's.
 *
 * What is to be an area is looked at first, so that a message says what is wrong with it: the system call has only EINVAL for that.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <swap_header.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

enum { FAILED = 255, COLUMNS_MAX = 7, CELL = 512, KIBI = 1024, DISCARD = 0x10000 };
enum { SHOW = 256, NO_HEADINGS, RAW, BYTES };

static const char help[] =
    "swapon [-adesv] [-p PRIORITY] [-o OPTIONS] [-L LABEL] [-U UUID] [--show[=COLUMNS]] [FILE...]\n"
    "Swaps to partitions and files that mkswap has prepared, also given as LABEL=... or UUID=...; without any, shows\n"
    "what is in use. -p: 0 to 32767, the highest is filled first; -a: to the system's own partition; -e: passes over\n"
    "what does not exist; -d: asks to discard free blocks; -o: the same as pri=N,discard,nofail; -s: /proc/swaps;\n"
    "-v: says what it does. COLUMNS: of NAME,TYPE,SIZE,USED,PRIO,UUID,LABEL; --noheadings, --raw, --bytes: for\n"
    "scripts.\n"
    "Exit status: 0, 1 after a wrong option, 255 if something could not be swapped to.";

static int flags;                                         /* swapon(2)'s */
static bool existing_only, verbose, headless, raw, bytes; /* as the options say */

/* --- what is in use ----------------------------------------------------------------------------------------------- */

static char cells[SWAPS_MAX + 1][COLUMNS_MAX][CELL]; /* the title first */
static const char *columns[COLUMNS_MAX];
static int column_count;

/* The file with the areas; ends the program if there is none. */
static FILE *areas_open(void)
{
    FILE *swaps = swaps_open();
    if (!swaps)
        err(1, "/proc/swaps");
    return swaps;
}

static bool is_active(const char *path)
{
    struct swap_entry area;
    bool found = false;
    FILE *swaps = areas_open();

    while (!found && swaps_read(swaps, &area))
        found = !strcmp(area.name, path);
    fclose(swaps);
    return found;
}

/* As /proc/swaps, but nothing if there is no area. */
static int summary_show(void)
{
    char title[CELL], line[2 * CELL];
    FILE *swaps = fopen("/proc/swaps", "re");

    if (!swaps || !fgets(title, sizeof title, swaps))
        err(1, "/proc/swaps");
    for (int lines = 0; fgets(line, sizeof line, swaps); lines++)
        printf("%s%s", lines == 0 ? title : "", line);
    fclose(swaps);
    return program_end(0);
}

static void size_cell(char *text, unsigned long long kibibytes)
{
    if (bytes)
        snprintf(text, CELL, "%llu", kibibytes * KIBI);
    else
        size_print(text, CELL, kibibytes * KIBI, "", "");
}

static void cell_fill(char *text, const char *column, const struct swap_entry *area)
{
    static struct swap_header header;

    if (!strcmp(column, "NAME"))
        strlcpy(text, area->name, CELL);
    else if (!strcmp(column, "TYPE"))
        strlcpy(text, area->type, CELL);
    else if (!strcmp(column, "SIZE"))
        size_cell(text, area->size);
    else if (!strcmp(column, "USED"))
        size_cell(text, area->used);
    else if (!strcmp(column, "PRIO"))
        snprintf(text, CELL, "%d", area->priority);
    else if (swap_header_read(area->name, &header) && !strcmp(column, "UUID"))
        uuid_print(text, header.uuid);
    else
        snprintf(text, CELL, "%.*s", SWAP_LABEL_SIZE, header.label);
}

static void columns_choose(char *names)
{
    static const char *const known[COLUMNS_MAX] = {"NAME", "TYPE", "SIZE", "USED", "PRIO", "UUID", "LABEL"};

    for (char *name; (name = strsep(&names, ","));) {
        int i = 0;
        while (i < COLUMNS_MAX && strcasecmp(known[i], name))
            i++;
        if (i == COLUMNS_MAX || column_count == COLUMNS_MAX)
            errx(1, "unknown column: %s", name);
        columns[column_count++] = known[i];
    }
}

static int column_width(int rows, int column)
{
    int width = 0;
    for (int row = headless; row < rows && !raw; row++)
        width = (int)strlen(cells[row][column]) > width ? (int)strlen(cells[row][column]) : width;
    return width;
}

static void row_print(int rows, int row)
{
    for (int i = 0; i < column_count; i++) {
        bool is_number = !strcmp(columns[i], "SIZE") || !strcmp(columns[i], "USED") || !strcmp(columns[i], "PRIO");
        int width = i == column_count - 1 && !is_number ? 0 : column_width(rows, i);
        printf("%s%*s", i > 0 ? " " : "", is_number ? width : -width, cells[row][i]);
    }
    putchar('\n');
}

static int table_show(const char *names)
{
    static struct swap_entry area;
    int rows = 1;
    FILE *swaps = areas_open();
    char *chosen = strdup(names ? names : "NAME,TYPE,SIZE,USED,PRIO");

    if (!chosen)
        err(1, NULL);
    columns_choose(chosen);
    free(chosen);
    for (int i = 0; i < column_count; i++)
        strlcpy(cells[0][i], columns[i], CELL);
    for (; rows <= SWAPS_MAX && swaps_read(swaps, &area); rows++)
        for (int i = 0; i < column_count; i++)
            cell_fill(cells[rows][i], columns[i], &area);
    fclose(swaps);
    for (int row = headless; rows > 1 && row < rows; row++)
        row_print(rows, row);
    return program_end(0);
}

/* --- one more ----------------------------------------------------------------------------------------------------- */

/* Who else could read what is swapped: a warning. */
static void rights_check(const char *path, const struct stat *status)
{
    unsigned others = S_ISBLK(status->st_mode) ? 07007 : 07077;

    if (status->st_mode & others)
        warnx("%s: insecure permissions %04o, %04o suggested.", path, status->st_mode & 07777, ~others & 0666);
    if (S_ISREG(status->st_mode) && status->st_uid != 0)
        warnx("%s: insecure file owner %d, 0 (root) suggested.", path, (int)status->st_uid);
}

/* Whether it looks like an area; a message if not. */
static bool area_check(const char *path)
{
    static struct swap_header header;
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0 || fstat(file, &status)) {
        warn("cannot open %s", path);
        return false;
    }
    close(file);
    rights_check(path, &status);
    if (S_ISREG(status.st_mode) && status.st_blocks * 512 < status.st_size) {
        warnx("%s: skipping - it appears to have holes.", path);
        return false;
    }
    if (!swap_header_read(path, &header)) {
        warnx("%s: read swap header failed", path);
        return false;
    }
    if (verbose)
        printf("swapon: %s: found signature [pagesize=%d, signature=swap]\n", path, SWAP_PAGE);
    return true;
}

/* Begins to swap to `path`, null if what the user said has none. 0, or FAILED after a message. */
static int area_begin(const char *path, const char *said)
{
    if (existing_only && (!path || access(path, F_OK)))
        return 0;
    if (!path) {
        warnx("cannot find the device for %s", said);
        return FAILED;
    }
    if (!area_check(path))
        return FAILED;
    if (verbose) {
        printf("swapon %s\n", path);
        fflush(stdout);
    }
    if (!swapon(path, flags))
        return 0;
    warn("%s: swapon failed", path);
    return FAILED;
}

/* The system's own partition, unless it is in use already. */
static int own_begin(void)
{
    char paths[4][SWAP_PATH_SIZE];
    int found = swap_find("clockhand-swap", NULL, paths, 4), result = 0;

    for (int i = 0; i < found; i++)
        result |= is_active(paths[i]) ? 0 : area_begin(paths[i], paths[i]);
    return result;
}

static int by_header_begin(const char *label, const char *uuid)
{
    char path[1][SWAP_PATH_SIZE];
    return area_begin(swap_find(label, uuid, path, 1) ? path[0] : NULL, label ? label : uuid);
}

static int spec_begin(const char *spec)
{
    char path[SWAP_PATH_SIZE];
    return area_begin(swap_resolve(spec, path), spec);
}

/* --- options ------------------------------------------------------------------------------------------------------ */

/* A negative priority is the default: the kernel chooses. */
static void priority_set(const char *text)
{
    char *end;

    errno = 0;
    long priority = strtol(text, &end, 10);
    if (end == text || *end)
        errx(1, "failed to parse priority: '%s'", text);
    if (errno || priority > INT16_MAX || priority < INT16_MIN) {
        errno = ERANGE;
        err(1, "failed to parse priority: '%s'", text);
    }
    flags &= ~(SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK);
    if (priority >= 0)
        flags |= SWAP_FLAG_PREFER | (int)priority;
}

/* What fstab(5) has as options of an area; others, "defaults" for one, are nothing to us. */
static void options_set(char *list)
{
    for (char *word; (word = strsep(&list, ","));) {
        if (!strncmp(word, "pri=", 4))
            priority_set(word + 4);
        else if (!strcmp(word, "discard"))
            flags |= DISCARD;
        else if (!strcmp(word, "nofail"))
            existing_only = true;
    }
}

/* What is to be done. */
static const char *labels[SWAPS_MAX], *uuids[SWAPS_MAX];
static int label_count, uuid_count;
static bool all, show, summary;
static const char *shown; /* the columns */

static void option_take(int letter)
{
    if (letter == 'L' && label_count < SWAPS_MAX)
        labels[label_count++] = optarg;
    if (letter == 'U' && uuid_count < SWAPS_MAX)
        uuids[uuid_count++] = optarg;
    if (letter == 'o')
        options_set(optarg);
    if (letter == 'p')
        priority_set(optarg);
    if (letter == SHOW)
        shown = optarg;
    flags |= letter == 'd' ? DISCARD : 0;
    all |= letter == 'a';
    show |= letter == SHOW;
    summary |= letter == 's';
    existing_only |= letter == 'e';
    verbose |= letter == 'v';
    headless |= letter == NO_HEADINGS;
    raw |= letter == RAW;
    bytes |= letter == BYTES;
}

int main(int count, char **arguments)
{
    static const struct option names[] = {{"all", no_argument, NULL, 'a'},
                                          {"discard", optional_argument, NULL, 'd'},
                                          {"ifexists", no_argument, NULL, 'e'},
                                          {"options", required_argument, NULL, 'o'},
                                          {"priority", required_argument, NULL, 'p'},
                                          {"summary", no_argument, NULL, 's'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"show", optional_argument, NULL, SHOW},
                                          {"noheadings", no_argument, NULL, NO_HEADINGS},
                                          {"raw", no_argument, NULL, RAW},
                                          {"bytes", no_argument, NULL, BYTES},
                                          {0}};
    int letter, result = 0;

    program_help(count, arguments, help);
    while ((letter = getopt_long(count, arguments, "adeL:o:p:sU:v", names, NULL)) != -1) {
        if (letter == '?')
            program_usage(1, help);
        option_take(letter);
    }
    if (summary)
        return summary_show();
    if (show || (!all && label_count + uuid_count == 0 && !arguments[optind]))
        return table_show(shown);
    if (all)
        result |= own_begin();
    for (int i = 0; i < label_count; i++)
        result |= by_header_begin(labels[i], NULL);
    for (int i = 0; i < uuid_count; i++)
        result |= by_header_begin(NULL, uuids[i]);
    for (; arguments[optind]; optind++)
        result |= spec_begin(arguments[optind]);
    return program_end(result);
}
