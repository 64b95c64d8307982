/*
 * The system calls of epoll; the work is done in epoll.c.
 */
#include "kernel/abi/epoll.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/files.h"
#include "kernel/fs/nameless.h"
#include "kernel/layout.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "mm/usercopy.h"

enum { SIGSET_SIZE = 8, NS_PER_MS = 1000000 };

#define EVENTS_MAX ((int)(INT32_MAX / sizeof(struct linux_epoll_event)))

/* What may stand beside EPOLLEXCLUSIVE. */
#define EXCLUSIVE_EVENTS (POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

long sys_epoll_create(struct registers *regs)
{
    return (int)regs->rdi > 0 ? nameless_install(epoll_create(), false) : -EINVAL;
}

long sys_epoll_create1(struct registers *regs)
{
    uint32_t flags = (uint32_t)regs->rdi;
    return (flags & ~(uint32_t)O_CLOEXEC) == 0 ? nameless_install(epoll_create(), flags != 0) : -EINVAL;
}

/* Whether EPOLLEXCLUSIVE is used as it may be: when a file that is no epoll is added, for plain events. */
static bool exclusive_is_right(int operation, const struct file *file, uint32_t events)
{
    if (operation == EPOLL_CTL_DEL || (events & EPOLLEXCLUSIVE) == 0)
        return true;
    return operation == EPOLL_CTL_ADD && epoll_of(file) == NULL && (events & ~EXCLUSIVE_EVENTS) == 0;
}

static int control(struct file *watching, struct file *file, int fd, int operation,
                   const struct linux_epoll_event *event)
{
    struct epoll *epoll = epoll_of(watching);
    if (file->ops->poll == NULL)
        return -EPERM;
    if (epoll == NULL || watching == file || !exclusive_is_right(operation, file, event->events))
        return -EINVAL;
    switch (operation) {
    case EPOLL_CTL_ADD:
        return epoll_add(epoll, file, fd, event);
    case EPOLL_CTL_MOD:
        return epoll_modify(epoll, file, fd, event);
    case EPOLL_CTL_DEL:
        return epoll_remove(epoll, file, fd);
    default:
        return -EINVAL;
    }
}

long sys_epoll_ctl(struct registers *regs)
{
    struct linux_epoll_event event = {0};
    int operation = (int)regs->rsi, fd = (int)regs->rdx;
    if (operation != EPOLL_CTL_DEL && copy_from_user(&event, regs->r10, sizeof(event)) != 0)
        return -EFAULT;
    struct file *watching = files_get_opened((int)regs->rdi);
    struct file *file = watching != NULL ? files_get_opened(fd) : NULL;
    long result = file != NULL ? control(watching, file, fd, operation, &event) : -EBADF;
    if (file != NULL)
        file_put(file);
    if (watching != NULL)
        file_put(watching);
    return result;
}

/* The common end of the three calls; `ns` null: no limit. */
static long wait_for_events(const struct registers *regs, const uint64_t *ns)
{
    int most = (int)regs->rdx;
    uint64_t deadline = ns != NULL ? deadline_after(*ns) : 0;
    if (most <= 0 || most > EVENTS_MAX)
        return -EINVAL;
    if (regs->rsi > USER_END || USER_END - regs->rsi < (uint64_t)most * sizeof(struct linux_epoll_event))
        return -EFAULT;
    struct file *file = files_get((int)regs->rdi);
    if (file == NULL)
        return -EBADF;
    struct epoll *epoll = epoll_of(file);
    long result = epoll != NULL ? epoll_wait(epoll, regs->rsi, most, deadline, ns != NULL && *ns == 0) : -EINVAL;
    file_put(file);
    return result;
}

static long wait_ms(const struct registers *regs)
{
    int ms = (int)regs->r10;
    uint64_t ns = ms > 0 ? (uint64_t)ms * NS_PER_MS : 0;
    return wait_for_events(regs, ms >= 0 ? &ns : NULL);
}

long sys_epoll_wait(struct registers *regs)
{
    return wait_ms(regs);
}

/* The signal mask of the calls that take one; *given says whether it must be ended. */
static int mask_begin(const struct registers *regs, bool *given)
{
    uint64_t mask;
    *given = regs->r8 != 0;
    if (!*given)
        return 0;
    if (regs->r9 != SIGSET_SIZE)
        return -EINVAL;
    if (copy_from_user(&mask, regs->r8, sizeof mask) != 0)
        return -EFAULT;
    signal_mask_begin(mask);
    return 0;
}

long sys_epoll_pwait(struct registers *regs)
{
    bool masked;
    long result = mask_begin(regs, &masked);
    if (result != 0)
        return result;
    result = wait_ms(regs);
    if (masked)
        signal_mask_end(result);
    return result;
}

long sys_epoll_pwait2(struct registers *regs)
{
    bool masked;
    uint64_t ns = 0;
    long result = regs->r10 != 0 ? user_timespec_read(regs->r10, &ns) : 0;
    if (result == 0)
        result = mask_begin(regs, &masked);
    if (result != 0)
        return result;
    result = wait_for_events(regs, regs->r10 != 0 ? &ns : NULL);
    if (masked)
        signal_mask_end(result);
    return result;
}
