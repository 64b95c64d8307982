/*
 * Damaged file systems, mounted and used: hostile SCRATCH PRISTINE FOLDER COUNT SEED.
 *
 * COUNT times the image in PRISTINE goes to the disk SCRATCH with some bytes of its metadata changed, is mounted on FOLDER,
 * walked, read, written to and unmounted. Whatever the kernel answers is right, as long as it answers: the last line says how
 * many were mounted. Without arguments there is nothing to do.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/fs/ext2_format.h"
#include "tests/user/random.h"

enum { PAGE = 4096, STEPS_MAX = 400, DEPTH_MAX = 12, CHANGES_MAX = 8, PATH_LONG = 1024 };

static unsigned char *pristine, *changed;
static size_t image_size;
static unsigned steps; /* left in this image */
static char bytes[PAGE];

/* --- damage ---------------------------------------------------------------------------------------------------------- */

/* A byte where damage does most: superblock, descriptors, inodes in use, or anything in a block that is not zeros. */
static size_t victim(void)
{
    struct ext2_super_disk super;
    struct ext2_group_disk group;
    memcpy(&super, pristine + EXT2_SUPER_OFFSET, sizeof super);
    size_t block = (size_t)1024 << super.log_block_size;
    size_t descriptors = (super.first_data_block + 1) * block;
    memcpy(&group, pristine + descriptors, sizeof group);
    switch (random_below(8)) {
    case 0:
        return EXT2_SUPER_OFFSET + random_below(256);
    case 1:
        return descriptors + random_below(sizeof group);
    case 2:
    case 3:
    case 4:
        return group.inode_table * block + random_below(32) * super.inode_size + random_below(128);
    default:
        break;
    }
    for (;;) {
        size_t at = random_below((unsigned)(image_size / block)) * block;
        for (unsigned i = 0; i < 64; i++) {
            if (pristine[at + i] != 0)
                return at + random_below(random_below(2) == 0 ? 64 : (unsigned)block);
        }
    }
}

static void damage(void)
{
    memcpy(changed, pristine, image_size);
    for (unsigned n = 1 + random_below(CHANGES_MAX); n > 0; n--) {
        static const unsigned char likely[] = {0, 1, 2, 8, 0x7f, 0x80, 0xff};
        unsigned char value = (unsigned char)random_below(256);
        changed[victim()] = random_below(2) == 0 ? value : likely[random_below(sizeof likely)];
    }
}

/* Writes the pages that differ from what is on the disk. */
static void image_write(int fd)
{
    for (size_t at = 0; at < image_size; at += PAGE) {
        must(pread(fd, bytes, PAGE, (off_t)at) == PAGE, "read of the disk");
        if (memcmp(bytes, changed + at, PAGE) != 0)
            must(pwrite(fd, changed + at, PAGE, (off_t)at) == PAGE, "write of the disk");
    }
    must(fsync(fd) == 0, "fsync of the disk");
}

/* --- use --------------------------------------------------------------------------------------------------------------- */

static void file_read(const char *path, const struct stat *status)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    if (fd < 0)
        return;
    for (unsigned i = 0; i < 8 && steps > 0; i++, steps--) {
        off_t at = i < 4 ? (off_t)i * PAGE : (off_t)(status->st_size / 8 * i); /* some of them behind indirect blocks */
        if (pread(fd, bytes, PAGE, at) <= 0 && i >= 4)
            break;
    }
    close(fd);
}

/* One of the things that change a file; what comes of it does not matter. */
static void file_change(const char *path, const char *folder)
{
    char other[PATH_LONG + 16];
    snprintf(other, sizeof other, "%s/new%u", folder, random_below(4));
    int fd = -1;
    switch (random_below(7)) {
    case 0:
        (void)!truncate(path, random_below(2) == 0 ? 0 : 70000);
        break;
    case 1:
        (void)!unlink(path);
        break;
    case 2:
        (void)!rename(path, other);
        break;
    case 3:
        (void)!link(path, other);
        break;
    case 4:
        (void)!mkdir(other, 0755);
        break;
    case 5:
        (void)!rmdir(path);
        break;
    default:
        fd = open(random_below(2) == 0 ? path : other, O_RDWR | O_CREAT | O_NONBLOCK, 0644);
        (void)!pwrite(fd, bytes, PAGE, (off_t)random_below(40) * PAGE * (random_below(4) == 0 ? 1000 : 1));
        if (random_below(4) == 0)
            (void)!fsync(fd);
    }
    if (fd >= 0)
        close(fd);
}

static void walk(const char *folder, unsigned depth)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory != NULL && steps > 0 && (entry = readdir(directory)) != NULL) {
        char path[PATH_LONG];
        struct stat status = {0};
        steps--;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= sizeof path)
            continue;
        if (lstat(path, &status) != 0)
            continue;
        if (S_ISLNK(status.st_mode))
            (void)!readlink(path, bytes, sizeof bytes);
        if (S_ISREG(status.st_mode))
            file_read(path, &status);
        if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
            walk(path, depth + 1);
        if (random_below(3) == 0)
            file_change(path, folder);
    }
    if (directory != NULL)
        closedir(directory);
}

/* 1 if it was mounted. */
static unsigned image_use(const char *disk, const char *folder)
{
    steps = STEPS_MAX;
    if (mount(disk, folder, "ext2", random_below(8) == 0 ? MS_RDONLY : 0, NULL) != 0)
        return 0;
    walk(folder, 0);
    file_change(folder, folder);
    if (random_below(2) == 0)
        sync();
    must(umount(folder) == 0, "umount");
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 0;
    int disk = open(argv[1], O_RDWR), source = open(argv[2], O_RDONLY);
    must(disk >= 0 && source >= 0, "the disks");
    image_size = (size_t)lseek(source, 0, SEEK_END);
    pristine = malloc(image_size);
    changed = malloc(image_size);
    must(pristine != NULL && changed != NULL, "memory");
    must(pread(source, pristine, image_size, 0) == (ssize_t)image_size, "the image");
    random_state = strtoul(argv[5], NULL, 10);
    unsigned count = (unsigned)strtoul(argv[4], NULL, 10), mounted = 0;
    for (unsigned i = 0; i < count; i++) {
        damage();
        image_write(disk);
        mounted += image_use(argv[1], argv[3]);
    }
    printf("%u images, %u of them mounted\n", count, mounted);
    return 0;
}
