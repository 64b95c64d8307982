/*
 * mkswap: writes the header of a swap area, as util-linux does:
 *
 *     byte 1024   version 1, last page, bad pages 0, UUID, label       byte 4086   "SWAPSPACE2"
 */
#include <err.h>
#include <fcntl.h>
#include <program.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, LEAST_PAGES = 10, UUID_SIZE = 16, LABEL_SIZE = 16 };
#define GET_SIZE 0x80081272ul /* BLKGETSIZE64 */

static const char help[] = "mkswap [-L LABEL] FILE\nPrepares a partition or file for swapon; what it holds is lost.";

struct header {
    uint8_t boot[1024];
    uint32_t version, last_page, bad_pages;
    uint8_t uuid[UUID_SIZE];
    char label[LABEL_SIZE];
    uint8_t rest[PAGE - 1024 - 3 * 4 - UUID_SIZE - LABEL_SIZE - 10];
    char magic[10];
};
_Static_assert(sizeof(struct header) == PAGE, "the header is one page");

/* A disk must be nobody else's: mounted, swapped to. */
static int open_alone(const char *path)
{
    struct stat status;
    bool is_disk = !stat(path, &status) && S_ISBLK(status.st_mode);
    return open(path, O_RDWR | (is_disk ? O_EXCL : 0));
}

static uint64_t size_of(int file, const char *path)
{
    struct stat status;
    uint64_t size = 0;

    if (fstat(file, &status))
        err(1, "%s", path);
    if (S_ISREG(status.st_mode))
        return (uint64_t)status.st_size;
    if (!S_ISBLK(status.st_mode) || ioctl(file, GET_SIZE, &size))
        errx(1, "%s: neither a file nor a disk", path);
    return size;
}

static void uuid_print(const uint8_t *uuid)
{
    for (int i = 0; i < UUID_SIZE; i++)
        printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

int main(int count, char **arguments)
{
    static struct header header = {.version = 1, .magic = "SWAPSPACE2"};
    const char *label = NULL;
    int letter;

    program_help(count, arguments, help);
    while ((letter = getopt(count, arguments, "L:")) != -1) {
        if (letter == '?')
            program_usage(1, help);
        label = optarg;
    }
    const char *path = arguments[optind];
    if (!path || arguments[optind + 1])
        program_usage(1, help);
    int file = open_alone(path);
    if (file < 0)
        err(1, "%s", path);
    uint64_t pages = size_of(file, path) / PAGE;
    if (pages < LEAST_PAGES)
        errx(1, "%s: a swap area needs to be at least %d KiB", path, LEAST_PAGES * PAGE / 1024);
    header.last_page = (uint32_t)(pages - 1);
    if (label)
        memcpy(header.label, label, strnlen(label, LABEL_SIZE));
    if (getrandom(header.uuid, UUID_SIZE, 0) != UUID_SIZE)
        err(1, "no random numbers");
    header.uuid[6] = (header.uuid[6] & 0x0f) | 0x40;
    header.uuid[8] = (header.uuid[8] & 0x3f) | 0x80;
    if (pwrite(file, &header, sizeof header, 0) != PAGE || fsync(file) || close(file))
        err(1, "%s", path);
    printf("Setting up swapspace version 1, size = %llu KiB\n%s%s%sUUID=", (unsigned long long)(pages - 1) * 4,
           label ? "LABEL=" : "no label, ", label ? label : "", label ? ", " : "");
    uuid_print(header.uuid);
    putchar('\n');
    return program_end(0);
}
