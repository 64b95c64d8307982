/*
 * Copies to and from user memory: bad addresses, page borders, strings, pins, and buffers in several pieces.
 */
#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/uio.h"
#include "libc/string.h"
#include "mm/pagecache.h"
#include "mm/slab.h"
#include "mm/usercopy.h"
#include "tests/kernel/spaces.h"

/* Runs a test with an address space of its own as the running thread's: four pages of memory, then nothing. */
static struct aspace *enter_space(void)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 4, SPACE_RW);
    space_map(aspace, SPACE_BASE + 4 * PAGE_SIZE, 1, AREA_READ);
    thread_current()->aspace = aspace;
    return aspace;
}

static void leave_space(struct aspace *aspace)
{
    thread_current()->aspace = NULL;
    aspace_put(aspace);
}

KTEST(usercopy, bad_addresses_are_refused)
{
    struct aspace *aspace = enter_space();
    char byte = 0;
    static const vaddr_t bad[] = {0,
                                  8,
                                  SPACE_BASE - 1,
                                  SPACE_BASE + 5 * PAGE_SIZE,
                                  0x7ffffffff000,
                                  0x800000000000,
                                  0xffff800000000000,
                                  0xffffffff80000000,
                                  0xffffffffffffffff};
    for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
        KTEST_EXPECT(copy_from_user(&byte, bad[i], 1) == -EFAULT);
        KTEST_EXPECT(copy_to_user(bad[i], &byte, 1) == -EFAULT);
        KTEST_EXPECT(zero_user(bad[i], 1) == -EFAULT);
    }
    KTEST_EXPECT(copy_from_user(&byte, SPACE_BASE, SIZE_MAX) == -EFAULT);
    KTEST_EXPECT(copy_to_user(SPACE_BASE + 4 * PAGE_SIZE, &byte, 1) == -EFAULT);
    KTEST_EXPECT(copy_from_user(&byte, SPACE_BASE + 4 * PAGE_SIZE, 1) == 0);
    KTEST_EXPECT(copy_from_user(&byte, 0, 0) == 0);
    leave_space(aspace);
}

/* Every length and alignment around the steps of a large copy, between pages that lie anywhere. */
KTEST(usercopy, large_copies_are_exact)
{
    struct aspace *aspace = enter_space();
    char *out = kmalloc(3 * PAGE_SIZE), *in = kmalloc(3 * PAGE_SIZE);
    for (unsigned i = 0; i < 3 * PAGE_SIZE; i++)
        out[i] = (char)(i * 31 + i / 256);
    for (unsigned length = 1; length < 2 * PAGE_SIZE + 100; length += length < 200 ? 1 : 97) {
        unsigned skew = length * 37 % PAGE_SIZE;
        memset(in, 0x55, 3 * PAGE_SIZE);
        KTEST_EXPECT(copy_to_user(SPACE_BASE + skew, out + length % 64, length) == 0);
        KTEST_EXPECT(copy_from_user(in + skew % 32, SPACE_BASE + skew, length) == 0);
        KTEST_EXPECT(memcmp(in + skew % 32, out + length % 64, length) == 0 && in[skew % 32 + length] == 0x55);
        KTEST_EXPECT(copy_mapped_from_aspace(aspace, in, SPACE_BASE + skew, length) == length);
        KTEST_EXPECT(memcmp(in, out + length % 64, length) == 0);
    }
    kfree(out);
    kfree(in);
    leave_space(aspace);
}

/* What is not mapped yet ends such a copy, and is not brought in. */
KTEST(usercopy, copies_of_what_is_mapped_end_there)
{
    struct aspace *aspace = enter_space();
    char buffer[300];
    KTEST_EXPECT(copy_mapped_from_aspace(aspace, buffer, SPACE_BASE, 300) == 0);
    KTEST_EXPECT(zero_user(SPACE_BASE, 1) == 0);
    KTEST_EXPECT(copy_mapped_from_aspace(aspace, buffer, SPACE_BASE + PAGE_SIZE - 100, 300) == 100);
    KTEST_EXPECT(copy_mapped_from_aspace(aspace, buffer, 0x800000000000, 300) == 0);
    leave_space(aspace);
}

KTEST(usercopy, copies_cross_pages)
{
    struct aspace *aspace = enter_space();
    char out[300], in[300];
    for (unsigned i = 0; i < sizeof(out); i++)
        out[i] = (char)(i * 7);
    vaddr_t at = SPACE_BASE + PAGE_SIZE - 123;
    KTEST_EXPECT(copy_to_user(at, out, sizeof(out)) == 0 && copy_from_user(in, at, sizeof(in)) == 0);
    KTEST_EXPECT(memcmp(in, out, sizeof(in)) == 0);
    KTEST_EXPECT(zero_user(at + 100, 50) == 0 && copy_from_user(in, at, sizeof(in)) == 0);
    KTEST_EXPECT(in[99] == out[99] && in[100] == 0 && in[149] == 0 && in[150] == out[150]);
    KTEST_EXPECT(copy_to_user(SPACE_BASE + 4 * PAGE_SIZE - 10, out, 20) == -EFAULT);
    leave_space(aspace);
}

KTEST(usercopy, strings_end_at_their_nul)
{
    struct aspace *aspace = enter_space();
    char text[64];
    vaddr_t at = SPACE_BASE + PAGE_SIZE - 3;
    KTEST_EXPECT(copy_to_user(at, "hello", 6) == 0);
    KTEST_EXPECT(copy_string_from_user(text, at, sizeof(text)) == 5 && strcmp(text, "hello") == 0);
    KTEST_EXPECT(copy_string_from_user(text, at, 6) == 5);
    KTEST_EXPECT(copy_string_from_user(text, at, 5) == -ENAMETOOLONG);
    KTEST_EXPECT(copy_string_from_user(text, 0, sizeof(text)) == -EFAULT);
    vaddr_t end = SPACE_BASE + 5 * PAGE_SIZE;
    KTEST_EXPECT(copy_string_from_user(text, end - 1, sizeof(text)) == 0);
    KTEST_EXPECT(aspace_protect(aspace, end - PAGE_SIZE, PAGE_SIZE, 0) == 0);
    KTEST_EXPECT(copy_string_from_user(text, end - 1, sizeof(text)) == -EFAULT);
    leave_space(aspace);
}

KTEST(usercopy, a_pinned_page_outlives_its_mapping)
{
    struct aspace *aspace = enter_space();
    struct page *page;
    space_store(aspace, SPACE_BASE, 5);
    KTEST_EXPECT(user_pin(aspace, SPACE_BASE, true, &page) == 0);
    KTEST_EXPECT(aspace_unmap(aspace, SPACE_BASE, PAGE_SIZE) == 0);
    KTEST_EXPECT(page->state == PAGE_DETACHED && *(uint64_t *)page_address(page) == 5);
    user_unpin(page, true);
    KTEST_EXPECT(page->state == PAGE_FREE);
    KTEST_EXPECT(user_pin(aspace, SPACE_BASE, true, &page) == -EFAULT);
    KTEST_EXPECT(user_pin(aspace, SPACE_BASE + 4 * PAGE_SIZE, true, &page) == -EFAULT);
    vm_check();
    leave_space(aspace);
}

KTEST(usercopy, futex_words)
{
    struct aspace *aspace = enter_space();
    uint32_t word = 0;
    vaddr_t at = SPACE_BASE + 16;
    KTEST_EXPECT(user_exchange_u32(at, 0, 7, &word) == 0 && word == 0);
    KTEST_EXPECT(user_exchange_u32(at, 0, 8, &word) == 0 && word == 7);
    KTEST_EXPECT(user_load_u32(at, &word) == 0 && word == 7);
    KTEST_EXPECT(user_load_u32(at + 1, &word) == -EFAULT);
    KTEST_EXPECT(user_load_u32(0, &word) == -EFAULT);
    leave_space(aspace);
}

KTEST(usercopy, a_vector_is_one_stream)
{
    struct aspace *aspace = enter_space();
    struct uio_segment vector[3] = {{SPACE_BASE + PAGE_SIZE - 2, 5}, {SPACE_BASE, 0}, {SPACE_BASE + 100, 4}};
    vaddr_t where = SPACE_BASE + 2 * PAGE_SIZE;
    struct uio uio;
    char text[10] = {0};
    KTEST_EXPECT(copy_to_user(where, vector, sizeof(vector)) == 0);
    KTEST_EXPECT(uio_init_user_vector(&uio, where, 3, true) == 0 && uio.left == 9);
    KTEST_EXPECT(uio_copy_in(&uio, "abc", 3) == 3 && uio_copy_in(&uio, "defghijk", 8) == 6 && uio.left == 0);
    uio_release(&uio);
    KTEST_EXPECT(uio_init_user_vector(&uio, where, 3, false) == 0);
    KTEST_EXPECT(uio_pin(&uio, 100) == 9 && uio.pinned_count == 3);
    KTEST_EXPECT(uio_copy_out(&uio, text, 4) == 4 && uio_copy_out(&uio, text + 4, 100) == 5);
    KTEST_EXPECT(strcmp(text, "abcdefghi") == 0);
    uio_release(&uio);
    KTEST_EXPECT(uio_init_user_vector(&uio, where, 1025, false) == -EINVAL);
    KTEST_EXPECT(uio_init_user_vector(&uio, 0, 2, false) == -EFAULT);
    leave_space(aspace);
}

KTEST(usercopy, what_was_moved_before_a_bad_page_counts)
{
    struct aspace *aspace = enter_space();
    static char buffer[3 * PAGE_SIZE];
    struct uio uio;
    KTEST_EXPECT(uio_init_user(&uio, SPACE_BASE + 2 * PAGE_SIZE + 96, sizeof(buffer), true) == 0);
    KTEST_EXPECT(uio_copy_in(&uio, buffer, sizeof(buffer)) == 2 * PAGE_SIZE - 96);
    KTEST_EXPECT(uio_copy_in(&uio, buffer, 1) == -EFAULT);
    KTEST_EXPECT(uio_zero(&uio, 1) == -EFAULT);
    uio_release(&uio);
    KTEST_EXPECT(uio_init_user(&uio, SPACE_BASE + 3 * PAGE_SIZE, sizeof(buffer), true) == 0);
    KTEST_EXPECT(uio_pin(&uio, sizeof(buffer)) == PAGE_SIZE);
    uio_release(&uio);
    KTEST_EXPECT(uio_init_user(&uio, 0x7fffffffff00, 512, true) == -EFAULT);
    leave_space(aspace);
}
