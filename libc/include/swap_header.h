/* The header of a swap area, and finding areas by it, for mkswap, swapon, swapoff and init. Not a standard header. */
#ifndef CLOCKHAND_SWAP_HEADER_H
#define CLOCKHAND_SWAP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    SWAP_PAGE = 4096,
    SWAP_UUID_SIZE = 16,
    SWAP_LABEL_SIZE = 16,
    SWAP_UUID_TEXT = 37,
    SWAP_PATH_SIZE = 64,
    SWAPS_MAX = 32
};

/* The first page of an area, as util-linux's mkswap writes it. */
struct swap_header {
    uint8_t boot[1024];
    uint32_t version, last_page, bad_pages;
    uint8_t uuid[SWAP_UUID_SIZE];
    char label[SWAP_LABEL_SIZE]; /* ends with a NUL */
    uint8_t rest[SWAP_PAGE - 1024 - 3 * 4 - SWAP_UUID_SIZE - SWAP_LABEL_SIZE - 10];
    char magic[10];
};
_Static_assert(sizeof(struct swap_header) == SWAP_PAGE, "the header is one page");

#define SWAP_MAGIC "SWAPSPACE2"

/* The file's or disk's header; false if it has none, or cannot be read. */
bool swap_header_read(const char *path, struct swap_header *header);

/* Partitions and disks whose header has the label, or the UUID in text, to paths; the other is null. Returns how many, at most `most`. */
int swap_find(const char *label, const char *uuid, char (*paths)[SWAP_PATH_SIZE], int most);

/*
 * What `text` names: LABEL=... or UUID=... to the partition with such a header, in `path`; else itself. Null if there is no such partition.
 */
const char *swap_resolve(const char *text, char path[SWAP_PATH_SIZE]);

/* An area in use. */
struct swap_entry {
    char name[512], type[16];
    unsigned long long size, used; /* KB */
    int priority;
};

/* /proc/swaps behind its title; null if there is none. */
FILE *swaps_open(void);
/* The next area there; false at the end. */
bool swaps_read(FILE *swaps, struct swap_entry *entry);

/* Between bytes and the text with four hyphens; false if the text is no UUID. */
void uuid_print(char text[SWAP_UUID_TEXT], const uint8_t *uuid);
bool uuid_parse(uint8_t *uuid, const char *text);

/* A number of bytes with at most one decimal and its unit, a letter and `after`: "1.9M", or with after = "iB" and a blank before it "1.9 MiB". */
void size_print(char *text, size_t size, uint64_t bytes, const char *before, const char *after);

#endif
