/*
 * ext2's on-disk structures: images made by mke2fs at each block size are read back and compared with the folder they
 * were made from; then bytes of their metadata are changed at random, and a walk over everything must neither leave the
 * image nor go on for ever.
 *
 * Links: kernel/fs/ext2_format.c
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/fs/ext2_format.h"

enum {
    MUTATIONS = 250,   /* damaged images at each block size */
    BYTES_CHANGED = 6, /* in each */
    STEPS_MAX = 80000, /* of one walk */
    DEPTH_MAX = 40,
};

static char folder[64];
static unsigned checks, failures;

static void check(int truth, const char *name)
{
    printf("%s %u - %s\n", truth ? "ok" : "not ok", ++checks, name);
    failures += !truth;
}

static uint64_t random_state = 1;

static uint32_t random_next(void)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33);
}

static void shell(const char *format, const char *a, unsigned b)
{
    char command[1024];
    snprintf(command, sizeof command, format, a, b);
    if (system(command) != 0) { /* not reached with a path or number from anywhere but this file */
        printf("Bail out! %s\n", command);
        exit(1);
    }
}

/* --- a reader over an image in memory, on nothing but the functions under test --- */

struct image {
    unsigned char *bytes;
    size_t size;
    struct ext2_geometry geometry;
    struct ext2_group *groups;
    unsigned steps;      /* left */
    unsigned long files; /* seen */
    uint32_t digest;
    int damaged; /* contents do not matter */
};

/* The block's bytes; a number that the checks let through and that is not on the disk is what this test looks for. */
static unsigned char *block_at(struct image *image, uint32_t block)
{
    size_t at = (size_t)block << image->geometry.block_shift;
    if (block >= image->geometry.blocks || at + image->geometry.block_size > image->size) {
        printf("Bail out! block %u of %u\n", block, image->geometry.blocks);
        exit(1);
    }
    return image->bytes + at;
}

static int groups_load(struct image *image)
{
    const struct ext2_geometry *g = &image->geometry;
    image->groups = calloc(g->groups, sizeof *image->groups);
    for (uint32_t i = 0; i < g->groups; i++) {
        size_t offset = (size_t)i * EXT2_GROUP_SIZE;
        uint32_t block = g->first_data_block + 1 + (uint32_t)(offset >> g->block_shift);
        if (!ext2_block_is_valid(block, g) ||
            ext2_group_parse(block_at(image, block) + (offset & (g->block_size - 1)), i, g, &image->groups[i]) != 0)
            return -1;
    }
    return 0;
}

static int inode_load(struct image *image, uint32_t number, struct ext2_inode_data *inode)
{
    const struct ext2_geometry *g = &image->geometry;
    uint32_t group;
    uint64_t offset;
    if (ext2_inode_place(number, g, &group, &offset) != 0)
        return -1;
    uint32_t block = image->groups[group].inode_table + (uint32_t)(offset >> g->block_shift);
    return ext2_inode_parse(block_at(image, block) + (offset & (g->block_size - 1)), g, inode);
}

/* The disk block of block `index`: 0 for a hole, -1 for damage. */
static int64_t map_block(struct image *image, const struct ext2_inode_data *inode, uint64_t index)
{
    uint32_t offsets[4], pointer;
    int depth = ext2_block_path(index, &image->geometry, offsets);
    if (depth < 0)
        return -1;
    pointer = inode->block[offsets[0]];
    for (int level = 1; level <= depth && pointer != 0; level++) {
        if (!ext2_block_is_valid(pointer, &image->geometry))
            return -1;
        memcpy(&pointer, block_at(image, pointer) + 4 * (size_t)offsets[level], 4);
    }
    return pointer == 0 || ext2_block_is_valid(pointer, &image->geometry) ? (int64_t)pointer : -1;
}

static void digest_add(struct image *image, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        image->digest = (image->digest ^ at[i]) * 16777619u;
}

/* Reads a file's contents into the digest. */
static void file_read(struct image *image, const struct ext2_inode_data *inode)
{
    static const unsigned char zeros[4096];
    const struct ext2_geometry *g = &image->geometry;
    for (uint64_t at = 0; at < inode->size && image->steps > 0; at += g->block_size, image->steps--) {
        int64_t block = map_block(image, inode, at >> g->block_shift);
        size_t length = inode->size - at < g->block_size ? (size_t)(inode->size - at) : g->block_size;
        if (block < 0)
            return;
        const unsigned char *bytes = block == 0 ? zeros : block_at(image, (uint32_t)block);
        if (!image->damaged)
            digest_add(image, bytes, length);
    }
}

static void walk(struct image *image, uint32_t number, unsigned depth);

static void entry_visit(struct image *image, const struct ext2_entry *entry, unsigned depth)
{
    char name[EXT2_NAME_MAX + 1];
    memcpy(name, entry->name, entry->name_length);
    name[entry->name_length] = '\0';
    (void)ext2_entry_directory_type(entry->type);
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, "lost+found") != 0 && depth < DEPTH_MAX)
        walk(image, entry->inode, depth + 1);
}

static void directory_read(struct image *image, const struct ext2_inode_data *inode, unsigned depth)
{
    const struct ext2_geometry *g = &image->geometry;
    for (uint64_t at = 0; at < inode->size && image->steps > 0; at += g->block_size) {
        int64_t block = map_block(image, inode, at >> g->block_shift);
        uint32_t offset = 0;
        if (block <= 0)
            return;
        while (offset < g->block_size && image->steps > 0) {
            struct ext2_entry entry;
            image->steps--;
            if (ext2_entry_parse(block_at(image, (uint32_t)block), offset, g, &entry) != 0)
                return;
            if (entry.inode != 0)
                entry_visit(image, &entry, depth);
            offset += entry.length;
        }
    }
}

static void walk(struct image *image, uint32_t number, unsigned depth)
{
    struct ext2_inode_data inode;
    if (image->steps == 0 || inode_load(image, number, &inode) != 0)
        return;
    image->steps--;
    image->files++;
    if (S_ISDIR(inode.mode))
        directory_read(image, &inode, depth);
    else if (inode.fast_link)
        digest_add(image, inode.block, inode.size);
    else if (S_ISREG(inode.mode) || S_ISLNK(inode.mode))
        file_read(image, &inode);
}

/* Everything from the superblock on; false if the image is refused. */
static int image_walk(struct image *image)
{
    image->steps = STEPS_MAX;
    image->files = 0;
    image->digest = 2166136261u;
    image->groups = NULL;
    int accepted = ext2_super_parse(image->bytes + EXT2_SUPER_OFFSET, image->size, &image->geometry) == 0 &&
                   groups_load(image) == 0;
    if (accepted)
        walk(image, EXT2_ROOT_INODE, 0);
    free(image->groups);
    return accepted;
}

/* --- the folder the images are made from --- */

static void file_write(const char *name, size_t size, size_t hole)
{
    char path[256];
    snprintf(path, sizeof path, "%s/root/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    unsigned char *bytes = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)random_next();
    if (pwrite(fd, bytes, size, (off_t)hole) != (ssize_t)size) {
        printf("Bail out! cannot write %s\n", path);
        exit(1);
    }
    free(bytes);
    close(fd);
}

static void folder_make(void)
{
    char name[300], path[400];
    strcpy(folder, "/tmp/test_ext2.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        printf("Bail out! no folder in /tmp\n");
        exit(1);
    }
    shell("mkdir -p %s/root/deep/er/and/deeper %2$.0u", folder, 0);
    file_write("empty", 0, 0);
    file_write("small", 100, 0);
    file_write("direct", 12 * 1024, 0);
    file_write("indirect", 200 * 1024, 0);
    file_write("double", 600 * 1024, 0);
    file_write("sparse", 5000, 66 << 20); /* behind the triple indirect pointer, with blocks of 1 KB */
    file_write("deep/er/and/deeper/file", 3000, 0);
    for (unsigned i = 0; i < 150; i++) {
        snprintf(name, sizeof name, "deep/%0*u", (int)(i % 100 + 1), i);
        file_write(name, i, 0);
    }
    snprintf(path, sizeof path, "%s/root/fast", folder);
    check(symlink("short target", path) == 0, "a short link");
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(path, sizeof path, "%s/root/slow", folder);
    check(symlink(name, path) == 0, "a long link");
}

static void image_make(struct image *image, unsigned block_size)
{
    char path[128];
    shell("truncate -s 0 %1$s/image && truncate -s %2$uK %1$s/image", folder, 3000);
    shell("PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext2 -d %1$s/root -b %2$u %1$s/image", folder, block_size);
    snprintf(path, sizeof path, "%s/image", folder);
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    image->size = (size_t)ftell(file);
    rewind(file);
    image->bytes = malloc(image->size);
    check(fread(image->bytes, 1, image->size, file) == image->size, "the image is read");
    fclose(file);
}

/* --- checks --- */

/* The expected digest of one file of the image, by its path: read from the folder. */
static uint32_t folder_digest(const char *name)
{
    struct image plain = {.digest = 2166136261u};
    char path[256];
    unsigned char bytes[4096];
    size_t count;
    snprintf(path, sizeof path, "%s/root/%s", folder, name);
    FILE *file = fopen(path, "rb");
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0)
        digest_add(&plain, bytes, count);
    fclose(file);
    return plain.digest;
}

/* The inode of a name in a directory; 0 if it is not there. */
static uint32_t name_find(struct image *image, uint32_t directory, const char *name)
{
    struct ext2_inode_data inode;
    const struct ext2_geometry *g = &image->geometry;
    if (inode_load(image, directory, &inode) != 0)
        return 0;
    for (uint64_t at = 0; at < inode.size; at += g->block_size) {
        int64_t block = map_block(image, &inode, at >> g->block_shift);
        struct ext2_entry entry;
        for (uint32_t offset = 0; block > 0 && offset < g->block_size; offset += entry.length) {
            if (ext2_entry_parse(block_at(image, (uint32_t)block), offset, g, &entry) != 0)
                return 0;
            if (entry.inode != 0 && entry.name_length == strlen(name) &&
                memcmp(entry.name, name, entry.name_length) == 0)
                return entry.inode;
        }
    }
    return 0;
}

static void file_compare(struct image *image, const char *name)
{
    struct ext2_inode_data inode;
    char what[64];
    uint32_t number = name_find(image, EXT2_ROOT_INODE, name);
    image->digest = 2166136261u;
    image->steps = UINT32_MAX;
    int found = inode_load(image, number, &inode) == 0;
    if (found)
        file_read(image, &inode);
    snprintf(what, sizeof what, "blocks of %u: %s", image->geometry.block_size, name);
    check(found && image->digest == folder_digest(name), what);
}

static void good_image(struct image *image)
{
    static const char *const names[] = {"empty", "small", "direct", "indirect", "double", "sparse"};
    check(image_walk(image), "a good image is accepted");
    check(image->files == 6 + 2 + 1 + 150 + 5, "every file is seen once");
    check(groups_load(image) == 0, "the group descriptors are good");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        file_compare(image, names[i]);
    free(image->groups);
}

/* The superblock's feature bits and sizes. */
static void super_blocks(const struct image *image)
{
    struct ext2_super_disk super;
    struct ext2_geometry geometry;
    memcpy(&super, image->bytes + EXT2_SUPER_OFFSET, sizeof super);
    super.incompatible |= 0x40;
    check(ext2_super_parse(&super, image->size, &geometry) == -EOPNOTSUPP,
          "an unknown incompatible feature is refused");
    super.incompatible &= ~0x40u;
    super.read_only_compatible |= 0x8;
    check(ext2_super_parse(&super, image->size, &geometry) == 0 && geometry.must_be_read_only,
          "an unknown feature makes it read-only");
    super.read_only_compatible &= ~0x8u;
    super.compatible |= 0x8000;
    check(ext2_super_parse(&super, image->size, &geometry) == 0 && !geometry.must_be_read_only,
          "an unknown compatible feature is ignored");
    check(ext2_super_parse(&super, image->size - 1, &geometry) == -EINVAL, "a disk that ends too early is refused");
    super.magic ^= 1;
    check(ext2_super_parse(&super, image->size, &geometry) == -EINVAL, "another magic number is refused");
}

/*
 * Where damage does most: superblock, descriptors, inode tables, and, found by looking, directories and indirect
 * blocks.
 */
static size_t metadata_byte(const struct image *image)
{
    size_t block = image->geometry.block_size;
    switch (random_next() % 6) {
    case 0:
        return EXT2_SUPER_OFFSET + random_next() % 128;
    case 1:
        return (image->geometry.first_data_block + 1) * block + random_next() % 64;
    case 2:
    case 3:
        return (image->geometry.first_data_block + 4) * block + random_next() % (24 * block);
    default:
        return random_next() % image->size;
    }
}

static void damaged_images(const struct image *image)
{
    struct image copy = *image;
    unsigned long accepted = 0;
    copy.bytes = malloc(image->size);
    copy.damaged = 1;
    for (unsigned i = 0; i < MUTATIONS; i++) {
        memcpy(copy.bytes, image->bytes, image->size);
        for (unsigned k = 0; k < BYTES_CHANGED; k++)
            copy.bytes[metadata_byte(image)] = random_next() % 3 == 0 ? 0xff : (unsigned char)random_next();
        accepted += (unsigned long)image_walk(&copy);
    }
    free(copy.bytes);
    printf("# %lu of %u damaged images were accepted and walked\n", accepted, MUTATIONS);
    check(accepted > 0 && accepted < MUTATIONS, "damaged images are walked or refused");
}

static void block_paths(void)
{
    struct ext2_geometry g = {.block_size = 1024, .block_shift = 10, .pointers_per_block = 256};
    uint32_t offsets[4];
    check(ext2_block_path(11, &g, offsets) == 0 && offsets[0] == 11, "the last direct block");
    check(ext2_block_path(12, &g, offsets) == 1 && offsets[0] == 12 && offsets[1] == 0, "the first indirect one");
    check(ext2_block_path(12 + 255, &g, offsets) == 1 && offsets[1] == 255, "the last one");
    check(ext2_block_path(12 + 256, &g, offsets) == 2 && offsets[0] == 13 && offsets[1] == 0 && offsets[2] == 0,
          "double indirect");
    uint64_t end = ext2_size_max(&g) >> 10;
    check(ext2_block_path(end - 1, &g, offsets) == 3 && offsets[1] == 255 && offsets[2] == 255 && offsets[3] == 255,
          "the very last");
    check(ext2_block_path(end, &g, offsets) == -EFBIG, "behind it");
}

int main(void)
{
    static const unsigned block_sizes[] = {1024, 2048, 4096};
    if (system("PATH=$PATH:/sbin:/usr/sbin command -v mke2fs >/dev/null") != 0) {
        printf("1..0 # SKIP mke2fs is not here\n");
        return 0;
    }
    folder_make();
    block_paths();
    for (unsigned i = 0; i < sizeof block_sizes / sizeof *block_sizes; i++) {
        struct image image = {0};
        image_make(&image, block_sizes[i]);
        good_image(&image);
        super_blocks(&image);
        damaged_images(&image);
        free(image.bytes);
    }
    shell("rm -rf %s %2$.0u", folder, 0);
    printf("1..%u\n", checks);
    return failures != 0;
}
