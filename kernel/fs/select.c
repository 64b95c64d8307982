/*
 * select and pselect6: poll with sets of bits.
 */
#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/poll_wait.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "libc/string.h"
#include "mm/usercopy.h"

enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS, SET_WORDS = SELECT_DESCRIPTORS_MAX / 64, SIGSET_SIZE = 8 };

/* What makes a descriptor stay in each set. One of O_PATH is in all of them, as Linux has it. */
static const unsigned set_events[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR | POLLNVAL,
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR | POLLNVAL,
    POLLPRI | POLLNVAL,
};

struct select {
    unsigned count; /* descriptors looked at */
    vaddr_t user[SETS];
    uint64_t bits[SETS][SET_WORDS];
    uint64_t deadline;
    bool immediately;
};

static bool select_has(const struct select *select, unsigned set, unsigned fd)
{
    return select->bits[set][fd / 64] >> fd % 64 & 1;
}

static size_t select_set_size(const struct select *select)
{
    return (select->count + 63) / 64 * sizeof(uint64_t);
}

static int select_read_sets(struct select *select)
{
    memset(select->bits, 0, sizeof select->bits);
    for (unsigned set = 0; set < SETS; set++) {
        if (select->user[set] != 0 &&
            copy_from_user(select->bits[set], select->user[set], select_set_size(select)) != 0)
            return -EFAULT;
    }
    return 0;
}

/* What is wanted of a descriptor: the events of the sets it is in. */
static unsigned select_wanted(const struct select *select, unsigned fd)
{
    unsigned wanted = 0;
    for (unsigned set = 0; set < SETS; set++)
        wanted |= select_has(select, set, fd) ? set_events[set] : 0;
    return wanted;
}

/* One item for each descriptor in a set. -EBADF if one is not open. */
static int select_fill(const struct select *select, struct poll_item *items, unsigned *fds, unsigned *count)
{
    for (unsigned fd = 0; fd < select->count; fd++) {
        unsigned wanted = select_wanted(select, fd);
        if (wanted == 0)
            continue;
        items[*count].wanted = wanted;
        items[*count].file = files_get_opened((int)fd);
        if (items[*count].file == NULL) {
            if (files_get_close_on_exec((int)fd) < 0)
                return -EBADF;
            items[*count].ready = POLLNVAL;
        }
        fds[(*count)++] = fd;
    }
    return 0;
}

/* Leaves in the sets what is ready; the number of bits. */
static int select_result(struct select *select, const struct poll_item *items, const unsigned *fds, unsigned count)
{
    int bits = 0;
    uint64_t wanted[SETS][SET_WORDS];
    memcpy(wanted, select->bits, sizeof wanted);
    memset(select->bits, 0, sizeof select->bits);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned set = 0; set < SETS; set++) {
            uint64_t bit = (uint64_t)1 << fds[i] % 64;
            if ((wanted[set][fds[i] / 64] & bit) && (items[i].ready & set_events[set])) {
                select->bits[set][fds[i] / 64] |= bit;
                bits++;
            }
        }
    }
    return bits;
}

static unsigned select_population(const struct select *select)
{
    unsigned count = 0;
    for (unsigned fd = 0; fd < select->count; fd++)
        count += select_wanted(select, fd) != 0;
    return count;
}

static long select_wait(struct select *select)
{
    unsigned fds[SELECT_DESCRIPTORS_MAX], count = 0, population = select_population(select);
    struct poll_item *items = poll_items_create(population);
    if (items == NULL)
        return -ENOMEM;
    long result = select_fill(select, items, fds, &count);
    if (result == 0)
        result = poll_wait(items, count, select->deadline, select->immediately);
    if (result >= 0)
        result = select_result(select, items, fds, count);
    poll_items_free(items, population);
    return result;
}

static long select_run(struct select *select)
{
    long result = select_read_sets(select);
    if (result == 0)
        result = select_wait(select);
    for (unsigned set = 0; set < SETS && result >= 0; set++) {
        if (select->user[set] != 0 && copy_to_user(select->user[set], select->bits[set], select_set_size(select)) != 0)
            result = -EFAULT;
    }
    return result;
}

static int select_begin(struct select *select, const struct registers *regs)
{
    int count = (int)regs->rdi;
    if (count < 0)
        return -EINVAL;
    select->count = (unsigned)min_u64((unsigned)count, SELECT_DESCRIPTORS_MAX);
    select->user[SET_READ] = regs->rsi;
    select->user[SET_WRITE] = regs->rdx;
    select->user[SET_EXCEPT] = regs->r10;
    return 0;
}

static void select_set_timeout(struct select *select, uint64_t ns)
{
    select->immediately = ns == 0;
    select->deadline = deadline_after(ns);
}

static uint64_t select_time_left(const struct select *select)
{
    uint64_t now = time_now();
    return select->deadline > now ? select->deadline - now : 0;
}

long sys_select(struct registers *regs)
{
    struct select select = {0};
    uint64_t ns;
    long result = select_begin(&select, regs);
    if (result == 0 && regs->r8 != 0) {
        result = user_timeval_read(regs->r8, &ns);
        if (result == 0)
            select_set_timeout(&select, ns);
    }
    if (result != 0)
        return result;
    result = select_run(&select);
    if (regs->r8 != 0 && user_timeval_write(regs->r8, select_time_left(&select)) != 0)
        return result; /* read-only: no part of the result */
    return result;
}

/* pselect6's sixth argument: a signal mask and its size. */
struct select_mask {
    vaddr_t mask;
    uint64_t size;
};

static int mask_read(vaddr_t from, bool *given, uint64_t *mask)
{
    struct select_mask argument = {0};
    if (from != 0 && copy_from_user(&argument, from, sizeof argument) != 0)
        return -EFAULT;
    *given = argument.mask != 0;
    if (*given && argument.size != SIGSET_SIZE)
        return -EINVAL;
    return *given ? copy_from_user(mask, argument.mask, sizeof *mask) : 0;
}

long sys_pselect6(struct registers *regs)
{
    struct select select = {0};
    uint64_t ns, mask;
    bool masked;
    long result = select_begin(&select, regs);
    if (result == 0 && regs->r8 != 0) {
        result = user_timespec_read(regs->r8, &ns);
        if (result == 0)
            select_set_timeout(&select, ns);
    }
    if (result == 0)
        result = mask_read(regs->r9, &masked, &mask);
    if (result != 0)
        return result;
    if (masked)
        signal_mask_begin(mask);
    result = select_run(&select);
    if (masked)
        signal_mask_end(result);
    if (regs->r8 != 0 && user_timespec_write(regs->r8, select_time_left(&select)) != 0)
        return result; /* read-only: no part of the result */
    return result;
}
