/*
 * pagemap: the page walk of an address, level by level, as the CPU does it (L14 to L16).
 *
 *     7f1234567890 of process 12 (cat): 7f1234560000-7f1234568000 rw-p anonymous
 *     level index              entry bits
 *     PML4    254 0000000001a3f067 P RW US --- --- A D -- - -- --
 *     PDPT     72 0000000001a40067 P RW US --- --- A D -- - -- --
 *     PD      162 0000000001a41067 P RW US --- --- A D -- - -- --
 *     PT      359 8000000001b02867 P RW US --- --- A D -- - -- XD
 *     physical 1b02890: byte 2192 of a page of 4 KB at frame 1b02
 *     anonymous, mapped once
 *
 * The entries are from /proc/PID/walk, the state of the page from /proc/PID/pagemap. Bit names are those of Intel SDM volume 3, 4.5.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "pagemap [PID] ADDRESS\n"
    "Shows the page walk of an address (hexadecimal) of a process, or of pagemap itself: the entries of the page\n"
    "table's levels and their bits, by name if they are set, and where the walk ends.\n"
    "P present, RW writable, US for user mode, PWT PCD cache modes, A accessed, D dirty, PS a large page (PAT at the\n"
    "last level), G global, LK kept in memory (for software), XD not executable.\n"
    "Exit status: 0 if the address is mapped, 1 if it is not, 2 after an error.";

enum { LEVELS = 4, PAGE_BITS = 12, INDEX_BITS = 9, ADDRESS_BITS = 47, FAILED = 2 };

#define PRESENT ((uint64_t)1)
#define LARGE ((uint64_t)1 << 7)
#define FRAME_ADDRESS ((uint64_t)0x000ffffffffff000)

/* Of a word of /proc/PID/pagemap. */
#define MAP_SWAPPED ((uint64_t)1 << 62)
#define MAP_FILE ((uint64_t)1 << 61)
#define MAP_EXCLUSIVE ((uint64_t)1 << 56)
#define MAP_AREA ((uint64_t)31) /* of swap; behind it the slot */
#define MAP_SLOT (((uint64_t)1 << 55) - 1)

static const char *const level_names[] = {"PML4", "PDPT", "PD", "PT"};
static const char *const sizes[] = {"512 GB", "1 GB", "2 MB", "4 KB"};

/* The bits in which the address of a level's pages begins. */
static unsigned level_shift(unsigned level)
{
    return PAGE_BITS + INDEX_BITS * (LEVELS - 1 - level);
}

/* `size` bytes from the address's place in a file of the process that has as many for each page; false if there is no such process. */
static bool record_read(const char *id, const char *name, uint64_t address, void *record, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%s/%s", id, name);
    int file = open(path, O_RDONLY);
    if (file < 0)
        return false;
    bool read_whole = pread(file, record, size, (off_t)((address >> PAGE_BITS) * size)) == (ssize_t)size;
    close(file);
    return read_whole;
}

static void title_print(const char *id, uint64_t address)
{
    char path[64], line[512], name[64] = "?\n";
    unsigned long start = 0, end = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/comm", id);
    if ((file = fopen(path, "r"))) {
        if (!fgets(name, sizeof name, file))
            strcpy(name, "?\n");
        fclose(file);
    }
    printf("%llx of process %s (%.*s): ", (unsigned long long)address, id, (int)strcspn(name, "\n"), name);
    snprintf(path, sizeof path, "/proc/%s/maps", id);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        char rights[8];
        int at = 0;
        if (sscanf(line, "%lx-%lx %7s %*x %*x:%*x %*u %n", &start, &end, rights, &at) >= 3 && address >= start &&
            address < end) {
            printf("%lx-%lx %s %s", start, end, rights, at && line[at] ? line + at : "anonymous\n");
            fclose(file);
            return;
        }
    }
    if (file)
        fclose(file);
    puts("no area, an access is a segmentation fault");
}

static void entry_print(unsigned level, uint64_t address, uint64_t entry)
{
    static const struct {
        unsigned bit;
        const char *name;
    } bits[] = {{0, "P"}, {1, "RW"}, {2, "US"}, {3, "PWT"}, {4, "PCD"}, {5, "A"},
                {6, "D"}, {7, "PS"}, {8, "G"},  {9, "LK"},  {63, "XD"}};

    printf("%-5s %5u %.16llx", level_names[level], (unsigned)(address >> level_shift(level)) & ((1 << INDEX_BITS) - 1),
           (unsigned long long)entry);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        const char *name = bits[i].bit == 7 && level == LEVELS - 1 ? "PAT" : bits[i].name;
        printf(" %.*s", (int)strlen(name), entry >> bits[i].bit & 1 ? name : "---");
    }
    putchar('\n');
}

/* The level at which the walk ends. */
static unsigned walk_print(uint64_t address, const uint64_t entries[LEVELS])
{
    unsigned level = 0;

    puts("level index            entry bits");
    for (;; level++) {
        entry_print(level, address, entries[level]);
        if (!(entries[level] & PRESENT) || level == LEVELS - 1 || (level && (entries[level] & LARGE)))
            return level;
    }
}

static void page_print(uint64_t address, unsigned level, uint64_t entry, uint64_t word)
{
    uint64_t size = (uint64_t)1 << level_shift(level),
             physical = (entry & FRAME_ADDRESS & ~(size - 1)) + (address & (size - 1));

    printf("physical %llx: byte %llu of a page of %s at frame %llx\n", (unsigned long long)physical,
           (unsigned long long)(address & (size - 1)), sizes[level],
           (unsigned long long)((physical & ~(size - 1)) >> PAGE_BITS));
    printf("%s, mapped %s\n", word & MAP_FILE ? "of a file or shared memory" : "anonymous",
           word & MAP_EXCLUSIVE ? "once" : "more than once, or all zeros");
}

static void absence_print(uint64_t word)
{
    if (word & MAP_SWAPPED)
        printf("not mapped: on swap, area %llu, slot %llu\n", (unsigned long long)(word & MAP_AREA),
               (unsigned long long)(word & MAP_SLOT) >> 5);
    else
        puts("not mapped: the next access is a page fault");
}

static uint64_t number(const char *text)
{
    char *end;

    errno = 0;
    uint64_t value = strtoull(text, &end, 16);
    if (end == text || *end || errno)
        errx(FAILED, "%s is no address", text);
    return value;
}

int main(int count, char **arguments)
{
    uint64_t entries[LEVELS], word;

    program_help(count, arguments, help);
    if (count < 2 || count > 3)
        program_usage(FAILED, help);
    const char *id = count == 3 ? arguments[1] : "self";
    uint64_t address = number(arguments[count - 1]);
    if (address >> ADDRESS_BITS)
        errx(FAILED, "%llx is %s", (unsigned long long)address,
             address >> ADDRESS_BITS == ((uint64_t)1 << (64 - ADDRESS_BITS)) - 1
                 ? "the kernel's: gdb's ck walk shows it"
                 : "not canonical: every access faults");
    if (!isdigit((unsigned char)id[0]) && count == 3)
        errx(FAILED, "%s is no process", id);
    if (!record_read(id, "walk", address, entries, sizeof entries) ||
        !record_read(id, "pagemap", address, &word, sizeof word))
        errx(FAILED, "there is no process %s with memory", id);
    title_print(id, address);
    unsigned level = walk_print(address, entries);
    bool mapped = entries[level] & PRESENT;
    if (mapped)
        page_print(address, level, entries[level], word);
    else
        absence_print(word);
    return program_end(mapped ? 0 : 1);
}
