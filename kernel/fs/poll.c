/*
 * poll and ppoll.
 */
#include "kernel/abi/poll.h"

#include "kernel/abi/resource.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/poll_wait.h"
#include "kernel/process.h"
#include "kernel/restart.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { NS_PER_MS = 1000000, SIGSET_SIZE = 8 };

/* How long a call may wait. */
struct poll_timeout {
    uint64_t deadline; /* 0: for ever */
    bool immediately;
};

static void items_fill(struct poll_item *items, const struct linux_pollfd *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        items[i].wanted = (uint16_t)fds[i].events;
        items[i].file = fds[i].fd >= 0 ? files_get_opened(fds[i].fd) : NULL;
        if (items[i].file == NULL)
            items[i].ready = fds[i].fd >= 0 ? POLLNVAL : 0;
    }
}

static long poll_run(struct linux_pollfd *fds, unsigned count, const struct poll_timeout *timeout)
{
    struct poll_item *items = poll_items_create(count);
    if (items == NULL)
        return -ENOMEM;
    items_fill(items, fds, count);
    long result = poll_wait(items, count, timeout->deadline, timeout->immediately);
    for (unsigned i = 0; i < count; i++)
        fds[i].revents = (int16_t)items[i].ready;
    poll_items_free(items, count);
    return result;
}

static long poll_user(vaddr_t from, uint64_t count, const struct poll_timeout *timeout)
{
    if (count > process_current()->limits[RLIMIT_NOFILE].soft)
        return -EINVAL;
    size_t size = count * sizeof(struct linux_pollfd);
    struct linux_pollfd *fds = kmalloc(size + 1);
    if (fds == NULL)
        return -ENOMEM;
    long result = copy_from_user(fds, from, size);
    if (result == 0)
        result = poll_run(fds, (unsigned)count, timeout);
    if (result >= 0 && copy_to_user(from, fds, size) != 0)
        result = -EFAULT;
    kfree(fds);
    return result;
}

long sys_poll(struct registers *regs)
{
    int ms = (int)regs->rdx;
    struct poll_timeout timeout = {.immediately = ms == 0};
    if (ms > 0)
        timeout.deadline = restart_deadline(deadline_after((uint64_t)ms * NS_PER_MS));
    return poll_user(regs->rdi, (uint32_t)regs->rsi, &timeout);
}

/* A timespec that may be null: no limit. */
static int timeout_read(vaddr_t from, struct poll_timeout *timeout)
{
    uint64_t ns;
    *timeout = (struct poll_timeout){0};
    if (from == 0)
        return 0;
    int error = user_timespec_read(from, &ns);
    if (error != 0)
        return error;
    timeout->immediately = ns == 0;
    timeout->deadline = deadline_after(ns);
    return 0;
}

/* Linux's ppoll leaves in the timespec what is left of it. */
static void timeout_write_left(vaddr_t to, uint64_t deadline)
{
    uint64_t now = time_now();
    if (to != 0 && user_timespec_write(to, deadline > now ? deadline - now : 0) != 0)
        return; /* it was readable before; what is written there is no part of the result */
}

long sys_ppoll(struct registers *regs)
{
    struct poll_timeout timeout;
    uint64_t mask = 0;
    long result = timeout_read(regs->rdx, &timeout);
    if (result != 0)
        return result;
    if (regs->r10 != 0) {
        if (regs->r8 != SIGSET_SIZE)
            return -EINVAL;
        if (copy_from_user(&mask, regs->r10, sizeof mask) != 0)
            return -EFAULT;
        signal_mask_begin(mask);
    }
    result = poll_user(regs->rdi, (uint32_t)regs->rsi, &timeout);
    if (regs->r10 != 0)
        signal_mask_end(result);
    timeout_write_left(regs->rdx, timeout.deadline);
    return result;
}
