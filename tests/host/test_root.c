/*
 * The loader's way to the root file system: the option root, and an ext2 brought into memory, which must be the file system that
 * was on the disk although only pieces in use were read.
 *
 * Links: boot/options.c boot/root_read.c kernel/fs/ext2_format.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot/loader.h"
#include "tests/host/support/tap.h"

enum { DISK_SIZE = 40 << 20, FILES = 20, DAMAGES = 200 };

static UINT8 disk[DISK_SIZE], memory[DISK_SIZE] __attribute__((aligned(4096)));
static UINT64 bytes_read;
static bool reads_beyond;

/* The loader's, which ends it. */
void fail(const CHAR16 *what, EFI_STATUS status)
{
    (void)what;
    (void)status;
    printf("not ok - the loader gave up\n");
    exit(1);
}

UINTN strlena(const CHAR8 *text)
{
    return strlen((const char *)text);
}

static EFI_STATUS EFIAPI disk_read(EFI_BLOCK_IO *block, UINT32 medium, UINT64 number, UINTN bytes, void *to)
{
    UINT64 offset = number * block->Media->BlockSize;
    reads_beyond |= medium != 7 || bytes % block->Media->BlockSize != 0 || offset + bytes > DISK_SIZE;
    if (reads_beyond)
        return EFI_INVALID_PARAMETER;
    memcpy(to, disk + offset, bytes);
    bytes_read += bytes;
    return EFI_SUCCESS;
}

static EFI_BLOCK_IO disk_open(EFI_BLOCK_IO_MEDIA *media, unsigned sector)
{
    *media = (EFI_BLOCK_IO_MEDIA){
        .MediaId = 7, .MediaPresent = TRUE, .BlockSize = sector, .LastBlock = DISK_SIZE / sector - 1};
    return (EFI_BLOCK_IO){.Media = media, .ReadBlocks = disk_read};
}

static void shell(const char *format, const char *folder, unsigned number)
{
    char command[256];
    snprintf(command, sizeof(command), format, folder, number);
    if (system(command) != 0) {
        printf("not ok - %s\n", command);
        exit(1);
    }
}

static void file_transfer(const char *folder, const char *name, const char *mode, UINT8 *bytes)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    size_t done = file == NULL     ? 0
                  : mode[0] == 'r' ? fread(bytes, 1, DISK_SIZE, file)
                                   : fwrite(bytes, 1, DISK_SIZE, file);
    if (done != DISK_SIZE || fclose(file) != 0)
        exit(1);
}

/* A file system with files and, where there are none, what an older one has left behind. */
static void disk_make(const char *folder, unsigned block_size)
{
    shell("cd %s && rm -rf tree && mkdir tree && for i in $(seq %u); do head -c $((i * 70000)) /dev/urandom >tree/$i; "
          "done",
          folder, FILES);
    shell("cd %s && yes rubbish | head -c 41943040 >disk && PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext2 -b %u "
          "-O ^resize_inode,^dir_index -d tree disk 40M",
          folder, block_size);
    file_transfer(folder, "disk", "r", disk);
}

static void test_copy(const char *folder, unsigned block_size, unsigned sector)
{
    EFI_BLOCK_IO_MEDIA media;
    EFI_BLOCK_IO block = disk_open(&media, sector);
    struct ext2_geometry geometry;
    disk_make(folder, block_size);
    bytes_read = 0;
    check(root_open(&block, &geometry) && geometry.block_size == block_size, "the file system is recognised");
    memset(memory, 0, sizeof(memory));
    root_read(&block, &geometry, memory);
    file_transfer(folder, "copy", "w", memory);
    shell("cd %s && PATH=$PATH:/sbin:/usr/sbin e2fsck -f -n copy >/dev/null 2>&1", folder, 0);
    shell("cd %s && rm -rf back && mkdir back && PATH=$PATH:/sbin:/usr/sbin debugfs -R 'rdump / back' copy 2>/dev/null "
          "&& "
          "rm -rf back/lost+found && diff -r tree back",
          folder, 0);
    check(!reads_beyond, "the copy is sound and has the same files");
    check(bytes_read < DISK_SIZE * 3ull / 4, "not all of the disk was read");
}

/* Whatever a superblock says, only the disk is read, or nothing. */
static void test_damage(void)
{
    EFI_BLOCK_IO_MEDIA media;
    EFI_BLOCK_IO block = disk_open(&media, 512);
    struct ext2_geometry geometry;
    UINT8 head[256];
    memcpy(head, disk + EXT2_SUPER_OFFSET, sizeof(head));
    unsigned accepted = 0, beyond = 0;
    for (unsigned i = 0; i < DAMAGES; i++) {
        disk[EXT2_SUPER_OFFSET + random_below(60)] = (UINT8)random_below(256);
        if (root_open(&block, &geometry)) {
            accepted++;
            beyond += (UINT64)geometry.blocks << geometry.block_shift > DISK_SIZE;
        }
        memcpy(disk + EXT2_SUPER_OFFSET, head, sizeof(head));
    }
    memset(disk + EXT2_SUPER_OFFSET, 0, sizeof(head));
    check(accepted < DAMAGES && beyond == 0 && !root_open(&block, &geometry) && !reads_beyond,
          "damaged superblocks are refused");
    media.BlockSize = 0;
    check(!root_open(&block, &geometry), "so is a disk without blocks");
}

static void test_options(void)
{
    static const struct {
        const char *options;
        enum root_wish wish;
    } cases[] = {
        {"", ROOT_WHERE_IT_IS},
        {"loglevel=7", ROOT_WHERE_IT_IS},
        {"root=ram", ROOT_IN_MEMORY},
        {"mem=64M root=ram init=/bin/sh", ROOT_IN_MEMORY},
        {"root=ramdisk", ROOT_ELSEWHERE},
        {"root=/dev/vdb root=ram", ROOT_IN_MEMORY},
        {"root=ram root=/dev/vdb", ROOT_ELSEWHERE},
        {"noroot=ram", ROOT_WHERE_IT_IS},
    };
    unsigned right = 0;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        right += options_root(cases[i].options) == cases[i].wish;
    char options[BOOTINFO_OPTIONS_SIZE] = "";
    UINT8 first[] = "loglevel=7\r\n", second[] = "root=ram";
    options_append(options, &(struct loader_file){first, sizeof(first) - 1});
    options_append(options, &(struct loader_file){second, sizeof(second) - 1});
    check(strcmp(options, "loglevel=7   root=ram") == 0 && options_root(options) == ROOT_IN_MEMORY &&
              right == sizeof(cases) / sizeof(cases[0]),
          "the option root, and options put together");
}

int main(void)
{
    char folder[] = "/tmp/clockhand-root-XXXXXX";
    if (mkdtemp(folder) == NULL)
        return 1;
    test_options();
    test_copy(folder, 4096, 512);
    test_copy(folder, 1024, 512);
    test_copy(folder, 4096, 4096);
    test_damage();
    shell("rm -rf %s", folder, 0);
    printf("1..%u\n", checks);
    return failures > 0;
}
