/*
 * The journal's format and its replay, held against e2fsprogs: debugfs writes journals with copies, revoked blocks and blocks that
 * must be escaped; what our replay makes of the image is what e2fsck makes of it. Then journals with changed bytes: replay ends,
 * and writes nothing outside.
 *
 * Links: kernel/fs/journal_format.c kernel/fs/journal_replay.c kernel/fs/ext2_format.c
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/abi/errno.h"
#include "kernel/fs/ext2_format.h"
#include "kernel/fs/journal_replay.h"
#include "tests/host/support/tap.h"

enum { BLOCK = 1024, BLOCKS = 4096, FREE_FIRST = 3000, FREE_COUNT = 900, ROUNDS = 12, MUTATIONS = 400 };

static char folder[64];
static unsigned char image[BLOCKS * BLOCK], expected[BLOCKS * BLOCK];
static uint32_t journal_blocks[BLOCKS], journal_count;

static void shell(const char *command)
{
    char line[600];
    snprintf(line, sizeof line, "cd %s && PATH=$PATH:/sbin:/usr/sbin; %s", folder, command);
    if (system(line) != 0) {
        printf("Bail out! %s\n", line);
        exit(1);
    }
}

static void file_transfer(const char *name, void *bytes, size_t size, bool writes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, writes ? "wb" : "rb");
    size_t done = file == NULL ? 0 : writes ? fwrite(bytes, 1, size, file) : fread(bytes, 1, size, file);
    if (done != size || fclose(file) != 0) {
        printf("Bail out! %s\n", path);
        exit(1);
    }
}

/* --- the image's journal ----------------------------------------------------------------------------------------------- */

/* Notes a row of pointers, as far as there are blocks. */
static void pointers_note(const uint32_t *pointers, unsigned count)
{
    for (unsigned i = 0; i < count && pointers[i] != 0; i++)
        journal_blocks[journal_count++] = pointers[i];
}

static void journal_find(void)
{
    struct ext2_geometry g;
    struct ext2_group group;
    struct ext2_inode_data inode;
    uint32_t number, pointers[BLOCK / 4], table[BLOCK / 4];
    uint64_t offset;
    journal_count = 0;
    if (ext2_super_parse(image + EXT2_SUPER_OFFSET, sizeof image, &g) != 0 || !g.has_journal ||
        ext2_group_parse(image + (g.first_data_block + 1) * (size_t)BLOCK, 0, &g, &group) != 0 ||
        ext2_inode_place(EXT2_JOURNAL_INODE, &g, &number, &offset) != 0 ||
        ext2_inode_parse(image + group.inode_table * (size_t)BLOCK + offset, &g, &inode) != 0) {
        printf("Bail out! no journal in the image\n");
        exit(1);
    }
    pointers_note(inode.block, EXT2_DIRECT);
    memcpy(pointers, image + inode.block[12] * (size_t)BLOCK, BLOCK);
    pointers_note(pointers, BLOCK / 4);
    memcpy(table, image + inode.block[13] * (size_t)BLOCK, BLOCK);
    for (unsigned i = 0; i < BLOCK / 4 && table[i] != 0; i++) {
        memcpy(pointers, image + table[i] * (size_t)BLOCK, BLOCK);
        pointers_note(pointers, BLOCK / 4);
    }
}

static int replay_read(void *context, uint32_t index, void *buffer)
{
    (void)context;
    if (index >= journal_count) {
        printf("Bail out! block %u of the journal is read\n", index);
        exit(1);
    }
    memcpy(buffer, image + journal_blocks[index] * (size_t)BLOCK, BLOCK);
    return 0;
}

static int replay_write(void *context, uint32_t block, const void *buffer)
{
    bool *silent = context;
    if (block >= BLOCKS) {
        printf("Bail out! block %u of the file system is written\n", block);
        exit(1);
    }
    if (!*silent)
        memcpy(image + block * (size_t)BLOCK, buffer, BLOCK);
    return 0;
}

static int image_replay(struct replay_result *result, bool silent)
{
    struct journal_super super;
    struct replay_disk disk = {.block_size = BLOCK,
                               .file_system_blocks = BLOCKS,
                               .read = replay_read,
                               .write = replay_write,
                               .allocate = malloc,
                               .free = free,
                               .context = &silent};
    int error = journal_super_parse(image + journal_blocks[0] * (size_t)BLOCK, BLOCK, journal_count, &super);
    return error != 0 ? error : journal_replay(&disk, &super, result);
}

/* --- journals made by debugfs -------------------------------------------------------------------------------------------- */

/* A few transactions over the image's free blocks; some of the blocks begin with the journal's own magic number. */
static void journal_make(unsigned transactions)
{
    static unsigned char bytes[8 * BLOCK];
    FILE *script;
    char path[128], name[32];
    snprintf(path, sizeof path, "%s/script", folder);
    script = fopen(path, "w");
    for (unsigned t = 0; t < transactions; t++) {
        unsigned first = FREE_FIRST + random_below(60), count = 1 + random_below(8);
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)random_below(256);
        if (random_below(3) == 0)
            memcpy(bytes, "\xc0\x3b\x39\x98", 4);
        snprintf(name, sizeof name, "bytes%u", t);
        file_transfer(name, bytes, count * BLOCK, true);
        fprintf(script, "jo\n");
        if (random_below(2) == 0)
            fprintf(script, "jw -r %u-%u\n", FREE_FIRST + random_below(30), FREE_FIRST + 30 + random_below(30));
        fprintf(script, "jw -b %u-%u %s\njc\n", first, first + count - 1, name);
    }
    fclose(script);
    shell("cp clean image; debugfs -w -f script image >/dev/null 2>&1");
    file_transfer("image", image, sizeof image, false);
}

/* The free blocks after our replay and after e2fsck's. */
static void same_as_e2fsck(unsigned round)
{
    struct replay_result result;
    char name[96];
    journal_make(1 + round % 6);
    journal_find();
    int error = image_replay(&result, false);
    shell("e2fsck -p image >/dev/null 2>&1; [ $? -le 1 ]");
    file_transfer("image", expected, sizeof expected, false);
    bool same = memcmp(image + FREE_FIRST * (size_t)BLOCK, expected + FREE_FIRST * (size_t)BLOCK, FREE_COUNT * BLOCK) ==
                0;
    snprintf(name, sizeof name, "journal %u as e2fsck replays it: %u transactions, %u blocks, %u revoked", round,
             result.transactions, result.blocks, result.revoked);
    check(error == 0 && same && result.transactions > 0, name);
}

static void damaged(void)
{
    static unsigned char saved[sizeof image];
    unsigned replayed = 0;
    journal_make(5);
    journal_find();
    memcpy(saved, image, sizeof image);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        struct replay_result result;
        memcpy(image, saved, sizeof image);
        for (unsigned k = 0; k < 4; k++) {
            unsigned index = random_below(3) == 0 ? 0 : random_below(40);
            image[journal_blocks[index] * (size_t)BLOCK + random_below(64)] = (unsigned char)random_below(256);
        }
        replayed += image_replay(&result, true) == 0;
    }
    printf("# %u of %u damaged journals were replayed\n", replayed, MUTATIONS);
    check(replayed > 0 && replayed < MUTATIONS, "damaged journals are replayed as far as they go, or refused");
}

/* --- what we write --------------------------------------------------------------------------------------------------------- */

static void own_blocks(void)
{
    static unsigned char block[BLOCK];
    struct journal_tag tags[] = {{.block = 17}, {.block = 4, .flags = JOURNAL_TAG_ESCAPED}, {.block = 99}}, tag;
    const uint32_t freed[] = {5, 6, 700};
    uint32_t offset = JOURNAL_HEADER_SIZE;
    journal_descriptor_encode(block, BLOCK, 7, tags, 3);
    bool good = journal_block_parse(block, 7) == JOURNAL_DESCRIPTOR && journal_block_parse(block, 8) == 0;
    for (unsigned i = 0; i < 3; i++) {
        good = good && journal_tag_parse(block, BLOCK, &offset, &tag) == 0 && tag.block == tags[i].block;
        good = good && ((tag.flags & JOURNAL_TAG_ESCAPED) != 0) == (i == 1) &&
               ((tag.flags & JOURNAL_TAG_LAST) != 0) == (i == 2);
    }
    check(good, "a descriptor is read as it was written");
    journal_revoke_encode(block, BLOCK, 7, freed, 3);
    check(journal_block_parse(block, 7) == JOURNAL_REVOKE && journal_revoke_count(block, BLOCK) == 3 &&
              journal_revoke_block(block, 2) == 700,
          "so is a revoke block");
    journal_commit_encode(block, BLOCK, 7, 1, 2);
    check(journal_block_parse(block, 7) == JOURNAL_COMMIT, "so is a commit block");
    memcpy(block, "\xc0\x3b\x39\x98", 4);
    bool escapes = journal_must_escape(block);
    journal_escape(block);
    check(escapes && !journal_must_escape(block), "a block that looks like the journal's own is escaped");
    journal_unescape(block);
    check(journal_must_escape(block), "and comes back");
    check(journal_is_before(0xfffffff0u, 3) && !journal_is_before(3, 0xfffffff0u), "sequence numbers wrap around");
}

int main(void)
{
    if (system("PATH=$PATH:/sbin:/usr/sbin command -v debugfs >/dev/null") != 0) {
        printf("1..0 # SKIP debugfs is not here\n");
        return 0;
    }
    strcpy(folder, "/tmp/test_journal.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        printf("Bail out! no folder in /tmp\n");
        return 1;
    }
    own_blocks();
    shell("truncate -s 4M clean && mke2fs -q -F -t ext3 -b 1024 -J size=1 clean");
    for (unsigned round = 0; round < ROUNDS; round++)
        same_as_e2fsck(round);
    damaged();
    char remove[96];
    snprintf(remove, sizeof remove, "rm -rf %s", folder);
    if (system(remove) != 0)
        failures++;
    printf("1..%u\n", checks);
    return failures != 0;
}
