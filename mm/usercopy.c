/*
 * Copying between the kernel and user memory. See usercopy.h.
 *
 * Page by page: under the page table's lock the page that is mapped with the needed right cannot go away, so the bytes of one page are copied
 * right there, through the direct map, without a pin. Where nothing fitting is mapped, the fault the program would have taken is resolved,
 * and the page looked for again.
 */
#include "mm/usercopy.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/bulk.h"
#include "mm/busy.h"
#include "mm/pagecache.h"
#include "mm/translation.h"

/* Does what the program's own access would; 0, -EFAULT, or -ENOMEM. */
static int page_fault_in(struct aspace *aspace, vaddr_t address, bool write)
{
    switch (fault_resolve(aspace, address, write ? FAULT_WRITE : FAULT_READ)) {
    case FAULT_RESOLVED:
        return 0;
    case FAULT_NO_MEMORY:
        return -ENOMEM;
    default:
        return -EFAULT;
    }
}

/* A walk over mapped user pages, one after the other; table_lock is held. */
struct user_walk {
    struct aspace *aspace;
    vaddr_t address;
    pte_t need;   /* PTE_RW or 0 */
    pte_t *entry; /* of the page of `address`, or null: not looked for */
};

/* The byte at the walk's address, in the direct map; null if its page is not mapped with the right. Notes the use in the PTE. */
static inline char *user_walk_bytes(struct user_walk *walk)
{
    pte_t used = PTE_P | PTE_US | PTE_A | (walk->need != 0 ? PTE_RW | PTE_D : 0);
    size_t offset = walk->address & (PAGE_SIZE - 1);
    if (walk->entry == NULL)
        walk->entry = pagetable_entry(&walk->aspace->table, walk->address);
    if (walk->entry != NULL) {
        pte_t value = pte_read(walk->entry);
        char *bytes = (char *)direct_map(value & PTE_ADDRESS) + offset;
        if (__builtin_expect((value & used) == used, 1)) {
            if (bytes == NULL) /* no address in the direct map is: who asks for null behind this need not */
                __builtin_unreachable();
            return bytes;
        }
    }
    struct page *page = translation_find_locked(walk->aspace, walk->address, walk->need);
    return page != NULL ? (char *)page_address(page) + offset : NULL;
}

/* Applies `action` to at most one page's bytes. 0, -EFAULT, -ENOMEM. */
static int piece_do(struct aspace *aspace, vaddr_t address, bool write, user_action *action, void *kernel,
                    size_t length)
{
    for (;;) {
        struct user_walk walk = {.aspace = aspace, .address = address, .need = write ? PTE_RW : 0};
        spin_lock(&aspace->table_lock);
        char *user = user_walk_bytes(&walk);
        if (user != NULL)
            action(user, kernel, length);
        spin_unlock(&aspace->table_lock);
        if (user != NULL)
            return 0;
        int error = page_fault_in(aspace, address, write);
        if (error != 0)
            return error;
    }
}

/* Goes on to the next page, whose PTE is the next in the same table, if it is in the same. */
static inline void user_walk_next(struct user_walk *walk, size_t length)
{
    walk->address += length;
    if (walk->entry != NULL)
        walk->entry = is_aligned(walk->address, LARGE_SIZE) ? NULL : walk->entry + 1;
}

static inline size_t user_walk_left(const struct user_walk *walk)
{
    return PAGE_SIZE - (walk->address & (PAGE_SIZE - 1));
}

enum { RUN_MAX = 16 * PAGE_SIZE }; /* bytes moved under one acquisition of the page table's lock */

enum transfer { USER_READ, USER_WRITE, USER_ZERO };

static inline pte_t transfer_need(enum transfer transfer)
{
    return transfer == USER_READ ? 0 : PTE_RW;
}

/* Within a page, or what is in the kernel beside it. Interrupts are off. */
static inline void bytes_transfer(char *to, const char *from, size_t length)
{
    if (length >= BULK_LEAST)
        bulk_copy_short(to, from, length);
    else
        bulk_copy_atomic(to, from, length);
}

/* The common case: bytes of one page that is mapped. False: nothing done. */
static inline bool page_transfer(struct aspace *aspace, vaddr_t address, enum transfer transfer, char *kernel,
                                 size_t length)
{
    struct user_walk walk = {.aspace = aspace, .address = address, .need = transfer_need(transfer)};
    spin_lock(&aspace->table_lock);
    char *user = user_walk_bytes(&walk);
    if (user != NULL && transfer == USER_ZERO)
        memset(user, 0, length);
    else if (user != NULL)
        bytes_transfer(transfer == USER_WRITE ? user : kernel, transfer == USER_WRITE ? kernel : user, length);
    spin_unlock(&aspace->table_lock);
    return user != NULL;
}

static inline void piece_transfer(const struct bulk_register *saved, char *user, enum transfer transfer, char *kernel,
                                  size_t length)
{
    if (transfer == USER_READ)
        bulk_move(kernel, user, length, saved);
    else if (transfer == USER_WRITE)
        bulk_move(user, kernel, length, saved);
    else
        memset(user, 0, length);
}

/* Bytes from `address` on for as long as pages are mapped. Returns how many. Inlined, so that the kind of transfer is known to the compiler. */
static inline __attribute__((always_inline)) size_t run_transfer(struct aspace *aspace, vaddr_t address,
                                                                 enum transfer transfer, char *kernel, size_t length)
{
    struct user_walk walk = {.aspace = aspace, .address = address, .need = transfer_need(transfer)};
    struct bulk_register saved;
    size_t done = 0;
    length = min_u64(length, RUN_MAX);
    spin_lock(&aspace->table_lock);
    bulk_begin(&saved);
    while (done < length) {
        size_t piece = min_u64(length - done, user_walk_left(&walk));
        char *user = user_walk_bytes(&walk);
        if (user == NULL)
            break;
        piece_transfer(&saved, user, transfer, kernel + done, piece);
        done += piece;
        user_walk_next(&walk, piece);
    }
    bulk_end(&saved);
    spin_unlock(&aspace->table_lock);
    return done;
}

/* Inlined for the same reason. */
static inline __attribute__((always_inline)) int range_transfer(struct aspace *aspace, vaddr_t address,
                                                                enum transfer transfer, char *kernel, size_t length)
{
    if (aspace == NULL || !user_range_ok(address, length))
        return -EFAULT;
    bool one_page = length > 0 && length <= PAGE_SIZE - (address & (PAGE_SIZE - 1));
    if (one_page && page_transfer(aspace, address, transfer, kernel, length))
        return 0;
    while (length > 0) {
        size_t done = run_transfer(aspace, address, transfer, kernel, length);
        int error = done == 0 ? page_fault_in(aspace, address, transfer != USER_READ) : 0;
        if (error != 0)
            return error;
        address += done;
        kernel += done;
        length -= done;
    }
    return 0;
}

/* Bytes [offset, offset + length) of a run of pages, for as long as user memory is mapped. Returns how many. */
static size_t pages_transfer(struct aspace *aspace, vaddr_t to, struct page *const *pages, size_t offset, size_t length)
{
    struct user_walk walk = {.aspace = aspace, .address = to, .need = PTE_RW};
    struct bulk_register saved;
    size_t done = 0, start = offset & (PAGE_SIZE - 1), left = PAGE_SIZE - start;
    length = min_u64(length, RUN_MAX);
    pages += offset >> PAGE_SHIFT;
    const char *from = (const char *)page_address(*pages) + start; /* `left` bytes of that page are to come */
    spin_lock(&aspace->table_lock);
    bulk_begin(&saved);
    while (done < length) {
        char *user = user_walk_bytes(&walk);
        if (user == NULL)
            break;
        size_t room = min_u64(length - done, user_walk_left(&walk));
        user_walk_next(&walk, room);
        done += room;
        /* The bytes for one page of user memory come from one page or two. */
        for (size_t piece; room > 0; room -= piece, left -= piece, user += piece, from += piece) {
            if (left == 0) {
                from = page_address(*++pages);
                left = PAGE_SIZE;
            }
            piece = min_u64(room, left);
            bulk_move(user, from, piece, &saved);
        }
    }
    bulk_end(&saved);
    spin_unlock(&aspace->table_lock);
    return done;
}

int copy_pages_to_aspace(struct aspace *aspace, vaddr_t to, struct page *const *pages, size_t offset, size_t length)
{
    size_t end = offset + length;
    if (aspace == NULL || !user_range_ok(to, length))
        return -EFAULT;
    while (offset < end) {
        size_t done = pages_transfer(aspace, to, pages, offset, end - offset);
        if (done == 0 && fault_resolve(aspace, to, FAULT_WRITE) != FAULT_RESOLVED)
            return -EFAULT;
        to += done;
        offset += done;
    }
    return 0;
}

int copy_from_aspace(struct aspace *aspace, void *to, vaddr_t from, size_t length)
{
    return range_transfer(aspace, from, USER_READ, to, length);
}

size_t copy_mapped_from_aspace(struct aspace *aspace, void *to, vaddr_t from, size_t length)
{
    return aspace != NULL && user_range_ok(from, length) ? run_transfer(aspace, from, USER_READ, to, length) : 0;
}

size_t copy_mapped_to_user(vaddr_t to, const void *from, size_t length)
{
    struct aspace *aspace = thread_current()->aspace;
    return aspace != NULL && user_range_ok(to, length) ? run_transfer(aspace, to, USER_WRITE, (char *)from, length) : 0;
}

size_t user_mapped(vaddr_t address, size_t length)
{
    struct user_walk walk = {.aspace = thread_current()->aspace, .address = address, .need = PTE_RW};
    size_t done = 0;
    if (walk.aspace == NULL || !user_range_ok(address, length))
        return 0;
    spin_lock(&walk.aspace->table_lock);
    while (done < length && user_walk_bytes(&walk) != NULL) {
        size_t piece = min_u64(length - done, user_walk_left(&walk));
        done += piece;
        user_walk_next(&walk, piece);
    }
    spin_unlock(&walk.aspace->table_lock);
    return done;
}

ssize_t user_bring_in(vaddr_t address, size_t length)
{
    struct aspace *aspace = thread_current()->aspace;
    size_t done = 0;
    if (aspace == NULL || !user_range_ok(address, length))
        return -EFAULT;
    while (done < length) {
        size_t there = user_mapped(address + done, length - done);
        int error = there == 0 ? page_fault_in(aspace, address + done, true) : 0;
        if (error != 0)
            return done > 0 ? (ssize_t)done : error;
        done += there;
    }
    return (ssize_t)done;
}

int copy_to_aspace(struct aspace *aspace, vaddr_t to, const void *from, size_t length)
{
    return range_transfer(aspace, to, USER_WRITE, (char *)from, length);
}

int copy_from_user(void *to, vaddr_t from, size_t length)
{
    return copy_from_aspace(thread_current()->aspace, to, from, length);
}

int copy_to_user(vaddr_t to, const void *from, size_t length)
{
    return copy_to_aspace(thread_current()->aspace, to, from, length);
}

int zero_user(vaddr_t to, size_t length)
{
    return range_transfer(thread_current()->aspace, to, USER_ZERO, NULL, length);
}

int user_write_in_place(vaddr_t address, size_t length, user_action *action, void *argument)
{
    struct aspace *aspace = thread_current()->aspace;
    assert(length <= PAGE_SIZE - (address & (PAGE_SIZE - 1)));
    if (aspace == NULL || !user_range_ok(address, length))
        return -EFAULT;
    return piece_do(aspace, address, true, action, argument, length);
}

/* A string on its way: how much of it the last piece was, and whether its NUL was there. */
struct string_copy {
    char *to;
    size_t length;
    bool ended;
};

/* Somebody else may write to the string meanwhile: where it ends is what the copy says, and a NUL that is gone from there is put back. */
static void piece_string(void *user, void *kernel, size_t length)
{
    struct string_copy *copy = kernel;
    const char *end = memchr(user, 0, length);
    size_t before = end != NULL ? (size_t)(end - (const char *)user) : length;
    memcpy(copy->to, user, before);
    const char *earlier = memchr(copy->to, 0, before);
    copy->ended = end != NULL || earlier != NULL;
    copy->length = earlier != NULL ? (size_t)(earlier - copy->to) : before;
    if (copy->ended)
        copy->to[copy->length] = '\0';
}

ssize_t copy_string_from_user(char *to, vaddr_t from, size_t size)
{
    struct aspace *aspace = thread_current()->aspace;
    struct string_copy copy = {.to = to};
    if (aspace == NULL)
        return -EFAULT;
    for (size_t done = 0; done < size; done += copy.length) {
        size_t piece = min_u64(size - done, PAGE_SIZE - ((from + done) & (PAGE_SIZE - 1)));
        copy.to = to + done;
        int error = -EFAULT;
        if (user_range_ok(from, done + 1))
            error = piece_do(aspace, from + done, false, piece_string, &copy, piece);
        if (error != 0)
            return error;
        if (copy.ended)
            return (ssize_t)(done + copy.length);
    }
    return -ENAMETOOLONG;
}

int user_pin(struct aspace *aspace, vaddr_t address, bool write, struct page **result)
{
    for (;;) {
        if (aspace == NULL || address >= USER_END)
            return -EFAULT;
        spin_lock(&aspace->table_lock);
        struct page *page = translation_find_locked(aspace, address, write ? PTE_RW : 0);
        if (page != NULL)
            page_pin(page);
        spin_unlock(&aspace->table_lock);
        *result = page;
        if (page != NULL)
            return 0;
        int error = page_fault_in(aspace, address, write);
        if (error != 0)
            return error;
    }
}

void user_unpin(struct page *page, bool written)
{
    /* Write-behind may have cleaned the page since it was pinned: what was written afterwards makes it dirty again. */
    if (written && !page_has(page, PAGE_DIRTY | PAGE_ORPHAN)) {
        page_busy_wait(page);
        if (page->state == PAGE_ACTIVE)
            (void)!page_make_dirty(page); /* its block was reserved when it was first mapped writable */
        page_put(page);
    }
    page_unpin(page);
}

struct exchange {
    uint32_t expected, desired;
};

static void piece_load(void *user, void *kernel, size_t length)
{
    (void)length;
    *(uint32_t *)kernel = __atomic_load_n((uint32_t *)user, __ATOMIC_SEQ_CST);
}

static void piece_exchange(void *user, void *kernel, size_t length)
{
    struct exchange *exchange = kernel;
    (void)length;
    __atomic_compare_exchange_n((uint32_t *)user, &exchange->expected, exchange->desired, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
}

/* Applies `action` to an aligned word, which lies in one page. */
static int word_do(vaddr_t address, bool write, user_action *action, void *argument)
{
    struct aspace *aspace = thread_current()->aspace;
    if (aspace == NULL || !is_aligned(address, sizeof(uint32_t)) || !user_range_ok(address, sizeof(uint32_t)))
        return -EFAULT;
    return piece_do(aspace, address, write, action, argument, sizeof(uint32_t));
}

int user_load_u32(vaddr_t address, uint32_t *value)
{
    return word_do(address, false, piece_load, value);
}

int user_exchange_u32(vaddr_t address, uint32_t expected, uint32_t desired, uint32_t *old)
{
    struct exchange exchange = {expected, desired};
    int error = word_do(address, true, piece_exchange, &exchange);
    *old = exchange.expected;
    return error;
}
