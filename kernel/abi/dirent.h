/*
 * Directory entries as getdents64 and getdents return them: Linux's x86-64 system-call interface.
 */
#ifndef KERNEL_ABI_DIRENT_H
#define KERNEL_ABI_DIRENT_H

#include "kernel/types.h"

/* A mode's type bits, shifted right by 12. */
enum directory_entry_type {
    DT_UNKNOWN = 0,
    DT_FIFO = 1,
    DT_CHR = 2,
    DT_DIR = 4,
    DT_BLK = 6,
    DT_REG = 8,
    DT_LNK = 10,
    DT_SOCK = 12,
};

static inline unsigned directory_type_of_mode(uint32_t mode)
{
    return mode >> 12 & 15;
}

/* Followed by the name, its NUL, and padding to 8 bytes. */
struct linux_dirent64 {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
} __attribute__((packed));

/* The older form: the type stands in the record's last byte. */
struct linux_dirent {
    uint64_t inode;
    uint64_t offset;
    uint16_t length;
    char name[];
} __attribute__((packed));

#endif
