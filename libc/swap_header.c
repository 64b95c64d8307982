/*
 * The header of a swap area (its picture: user/mkswap.c), and areas by their label or UUID: how the system finds its own at start-up, whatever kind of disk
 * it is on.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <swap_header.h>
#include <unistd.h>

enum { KIBI = 1024 };

bool swap_header_read(const char *path, struct swap_header *header)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? pread(file, header, sizeof *header, 0) : -1;

    if (file >= 0)
        close(file);
    return length == (ssize_t)sizeof *header && !memcmp(header->magic, SWAP_MAGIC, sizeof header->magic);
}

void uuid_print(char text[SWAP_UUID_TEXT], const uint8_t *uuid)
{
    for (int i = 0; i < SWAP_UUID_SIZE; i++)
        text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

bool uuid_parse(uint8_t *uuid, const char *text)
{
    unsigned byte;

    if (strlen(text) != SWAP_UUID_TEXT - 1)
        return false;
    for (int i = 0; i < SWAP_UUID_SIZE; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return false;
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || sscanf(text, "%2x", &byte) != 1)
            return false;
        uuid[i] = (uint8_t)byte;
        text += 2;
    }
    return true;
}

static bool is_wanted(const char *path, const char *label, const char *uuid)
{
    static struct swap_header header;
    char text[SWAP_UUID_TEXT];

    if (!swap_header_read(path, &header))
        return false;
    if (label)
        return !strncmp(header.label, label, SWAP_LABEL_SIZE);
    uuid_print(text, header.uuid);
    return !strcasecmp(text, uuid);
}

int swap_find(const char *label, const char *uuid, char (*paths)[SWAP_PATH_SIZE], int most)
{
    char line[128], name[32];
    FILE *partitions = fopen("/proc/partitions", "re");
    int count = 0;

    while (partitions && count < most && fgets(line, sizeof line, partitions)) {
        if (sscanf(line, "%*u %*u %*u %31s", name) != 1)
            continue;
        snprintf(paths[count], SWAP_PATH_SIZE, "/dev/%s", name);
        count += is_wanted(paths[count], label, uuid);
    }
    if (partitions)
        fclose(partitions);
    return count;
}

const char *swap_resolve(const char *text, char path[SWAP_PATH_SIZE])
{
    const char *label = strncmp(text, "LABEL=", 6) ? NULL : text + 6;
    const char *uuid = strncmp(text, "UUID=", 5) ? NULL : text + 5;

    if (!label && !uuid)
        return text;
    return swap_find(label, uuid, (char(*)[SWAP_PATH_SIZE])path, 1) ? path : NULL;
}

FILE *swaps_open(void)
{
    char title[128];
    FILE *swaps = fopen("/proc/swaps", "re");

    if (swaps && !fgets(title, sizeof title, swaps)) {
        fclose(swaps);
        return NULL;
    }
    return swaps;
}

/* Undoes the octal numbers that Linux writes for blanks in names. */
static void name_unescape(char *name)
{
    unsigned character;
    char *to = name;

    for (const char *from = name; *from; to++) {
        if (*from == '\\' && sscanf(from + 1, "%3o", &character) == 1) {
            *to = (char)character;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = 0;
}

bool swaps_read(FILE *swaps, struct swap_entry *entry)
{
    char line[768];

    if (!fgets(line, sizeof line, swaps) || sscanf(line, "%511s %15s %llu %llu %d", entry->name, entry->type,
                                                   &entry->size, &entry->used, &entry->priority) != 5)
        return false;
    name_unescape(entry->name);
    return true;
}

void size_print(char *text, size_t size, uint64_t bytes, const char *before, const char *after)
{
    static const char units[] = "BKMGTPE";
    uint64_t unit = 1;
    int letter = 0;

    while (letter < (int)sizeof units - 2 && bytes / unit >= KIBI) {
        unit *= KIBI;
        letter++;
    }
    uint64_t whole = bytes / unit, tenths = (bytes % unit * 10 + unit / 2) / unit;
    whole += tenths == 10;
    char decimal[3] = {'.', (char)('0' + tenths % 10), 0};
    snprintf(text, size, "%llu%s%s%c%s", (unsigned long long)whole, tenths % 10 ? decimal : "", before, units[letter],
             letter ? after : "");
}
