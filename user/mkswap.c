/*
 * mkswap: writes the header of a swap area, the same bytes as util-linux's:
 *
 *     byte 1024   version 1, last page, bad pages 0, UUID, label       byte 4086   "SWAPSPACE2"
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <swap_header.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAST_PAGES = 10, KIBI = 1024 };
#define GET_SIZE 0x80081272ul /* BLKGETSIZE64 */

static const char help[] =
    "mkswap [-fq] [-L LABEL] [-U UUID] FILE [KIBIBYTES]\n"
    "Prepares a partition or file for swapon; what it holds is lost. A disk in use is refused. -L, -U: what swapon "
    "can\n"
    "find it by (UUID: random if none is given); -q: says nothing; -f: KIBIBYTES may be more than there is.";

static bool quiet, force;

/* Opens it; a disk must be nobody else's. */
static int open_alone(const char *path)
{
    struct stat status;
    bool is_disk = !stat(path, &status) && S_ISBLK(status.st_mode);
    int file = open(path, O_RDWR | (is_disk ? O_EXCL : 0));

    if (file < 0)
        err(1, "cannot open %s", path);
    return file;
}

static uint64_t size_of(int file, const char *path)
{
    struct stat status;
    uint64_t size = 0;

    if (fstat(file, &status))
        err(1, "stat of %s failed", path);
    if (S_ISREG(status.st_mode))
        return (uint64_t)status.st_size;
    if (!S_ISBLK(status.st_mode) || ioctl(file, GET_SIZE, &size))
        errx(1, "%s: neither a file nor a disk", path);
    return size;
}

/* The pages of the area: of all there is, or as many as the user says. */
static uint64_t pages_of(uint64_t size, const char *asked)
{
    char *end;
    uint64_t pages = size / SWAP_PAGE;

    if (asked) {
        errno = 0;
        uint64_t kibibytes = strtoull(asked, &end, 0);
        if (errno || end == asked || *end || *asked == '-')
            errx(1, "invalid block count argument: '%s'", asked);
        pages = kibibytes / (SWAP_PAGE / KIBI);
        if (kibibytes > size / KIBI && !force)
            errx(1, "error: size %llu KiB is larger than device size %llu KiB", (unsigned long long)kibibytes,
                 (unsigned long long)(size / KIBI));
    }
    if (pages < LEAST_PAGES)
        errx(1, "error: swap area needs to be at least %d KiB", LEAST_PAGES * SWAP_PAGE / KIBI);
    return pages < UINT32_MAX ? pages : UINT32_MAX;
}

/* Who else could read what is swapped. */
static void rights_check(int file, const char *path)
{
    struct stat status;

    if (quiet || fstat(file, &status))
        return;
    unsigned others = S_ISBLK(status.st_mode) ? 07007 : 07077;
    if (status.st_mode & others)
        warnx("%s: insecure permissions %04o, fix with: chmod %04o %s", path, status.st_mode & 07777, ~others & 0666,
              path);
    if (S_ISREG(status.st_mode) && status.st_uid != 0)
        warnx("%s: insecure file owner %d, fix with: chown 0:0 %s", path, (int)status.st_uid, path);
}

/* What is lost: another area, at least. */
static void old_check(const char *path)
{
    static struct swap_header old;

    if (!quiet && swap_header_read(path, &old))
        warnx("%s: warning: wiping old swap signature.", path);
}

static void label_set(struct swap_header *header, const char *label)
{
    strlcpy(header->label, label, sizeof header->label);
    if (strlen(label) >= sizeof header->label && !quiet)
        warnx("Label was truncated.");
}

static void uuid_make(uint8_t *uuid)
{
    if (getrandom(uuid, SWAP_UUID_SIZE, 0) != SWAP_UUID_SIZE)
        err(1, "no random numbers");
    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static void header_show(const struct swap_header *header)
{
    char size[32], uuid[SWAP_UUID_TEXT];
    uint64_t bytes = (uint64_t)header->last_page * SWAP_PAGE;

    size_print(size, sizeof size, bytes, " ", "iB");
    uuid_print(uuid, header->uuid);
    printf("Setting up swapspace version 1, size = %s (%llu bytes)\n", size, (unsigned long long)bytes);
    printf("%s%s, UUID=%s\n", *header->label ? "LABEL=" : "no label", header->label, uuid);
}

int main(int count, char **arguments)
{
    static struct swap_header header = {.version = 1, .magic = SWAP_MAGIC};
    const char *label = NULL, *uuid = NULL;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "fqL:U:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        quiet |= letter == 'q';
        force |= letter == 'f';
        label = letter == 'L' ? optarg : label;
        uuid = letter == 'U' ? optarg : uuid;
    }
    const char *path = arguments[optind];
    if (!path || (arguments[optind + 1] && arguments[optind + 2]))
        program_usage(1, help);
    if (!uuid)
        uuid_make(header.uuid);
    else if (!uuid_parse(header.uuid, uuid))
        errx(1, "error: parsing UUID failed");
    int file = open_alone(path);
    header.last_page = (uint32_t)(pages_of(size_of(file, path), arguments[optind + 1]) - 1);
    rights_check(file, path);
    old_check(path);
    if (label)
        label_set(&header, label);
    if (pwrite(file, &header, sizeof header, 0) != SWAP_PAGE || fsync(file) || close(file))
        err(1, "%s", path);
    if (!quiet)
        header_show(&header);
    return program_end(0);
}
