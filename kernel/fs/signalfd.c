/*
 * signalfd: signals that the reader's mask blocks, read from a descriptor instead of handled: signalfd(2).
 *
 * A read takes pending signals of the set out of the reading thread and its process, as sigwaitinfo does. Whoever reads
 * gets his own signals: after a fork, the child gets the child's.
 */
#include "kernel/abi/epoll.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/nameless.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/wait.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { SIGSET_SIZE = 8 };

struct signalfd {
    _Atomic uint64_t set;
};

static struct signalfd *signalfd_of(const struct file *file)
{
    return file->data;
}

/* Takes a signal of the set, waiting for it unless `nonblocking`: 1, -EAGAIN, -EINTR. */
static int signalfd_take(const struct signalfd *signals, bool nonblocking, struct signal_info *info)
{
    while (signal_take(signals->set, info) == 0) {
        if (nonblocking)
            return -EAGAIN;
        int error = wait_event_interruptible(&signal_sent, signal_pending_among(signals->set) != 0, 0);
        if (error != 0)
            return error;
    }
    return 1;
}

/* What a program has sent, as the code says: the fields mean what the sender's call, a timer or a file's event would have put there. */
static void sent_fill(struct linux_signalfd_siginfo *to, const struct linux_siginfo *from)
{
    switch (from->code) {
    case SI_TIMER:
        to->tid = (uint32_t)from->timer.timer;
        to->overrun = (uint32_t)from->timer.overrun;
        break;
    case SI_SIGIO:
        to->band = (uint32_t)from->poll.band;
        to->fd = from->poll.fd;
        return;
    default:
        to->pid = (uint32_t)from->sender.pid;
        to->uid = from->sender.uid;
    }
    if (from->code < 0) {
        to->integer = (int32_t)from->sender.value;
        to->pointer = from->sender.value;
    }
}

/* The form in which it is read. */
static struct linux_signalfd_siginfo siginfo_of(const struct signal_info *info)
{
    struct linux_siginfo from = {0};
    signal_info_to_linux(&from, info);
    struct linux_signalfd_siginfo to = {.signal = (uint32_t)from.signal, .error = from.error, .code = from.code};
    if (from.signal == SIGCHLD && from.code > 0) {
        to.pid = (uint32_t)from.child.pid;
        to.uid = from.child.uid;
        to.status = from.child.status;
        to.user_time = (uint64_t)from.child.user_time;
        to.system_time = (uint64_t)from.child.system_time;
    } else {
        sent_fill(&to, &from);
    }
    return to;
}

static ssize_t signalfd_read(struct file *file, struct uio *uio, uint64_t offset)
{
    const struct signalfd *signals = signalfd_of(file);
    struct signal_info info;
    ssize_t done = 0;
    (void)offset;
    if (uio->left < sizeof(struct linux_signalfd_siginfo))
        return -EINVAL;
    while (uio->left >= sizeof(struct linux_signalfd_siginfo)) {
        int result = signalfd_take(signals, done > 0 || file_is_nonblocking(file), &info);
        if (result < 0)
            return done > 0 ? done : result;
        struct linux_signalfd_siginfo to = siginfo_of(&info);
        if (uio_copy_in(uio, &to, sizeof to) != (ssize_t)sizeof to)
            return done > 0 ? done : -EFAULT;
        done += (ssize_t)sizeof to;
    }
    return done;
}

static unsigned signalfd_poll(struct file *file, struct waitqueue *queue[2])
{
    queue[0] = &signal_sent;
    queue[1] = NULL;
    return signal_pending_among(signalfd_of(file)->set) != 0 ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_close(struct file *file)
{
    kfree(signalfd_of(file));
}

static const struct file_ops signalfd_file_ops = {
    .close = signalfd_close,
    .read = signalfd_read,
    .poll = signalfd_poll,
    .stream = true,
    .name = "signalfd",
};

static long signalfd_make(uint64_t set, uint32_t flags)
{
    struct signalfd *signals = kmalloc(sizeof *signals);
    if (signals == NULL)
        return -ENOMEM;
    signals->set = set;
    return nameless_install(nameless_create(&signalfd_file_ops, signals, O_RDWR | (flags & O_NONBLOCK)),
                            flags & O_CLOEXEC);
}

/* Another set for a signalfd there is: its descriptor, -EBADF, or -EINVAL. */
static long signalfd_change(int fd, uint64_t set)
{
    struct file *file = files_get(fd);
    if (file == NULL)
        return -EBADF;
    bool right = file->ops == &signalfd_file_ops;
    if (right) {
        signalfd_of(file)->set = set;
        wait_wake_all(&signal_sent);
    }
    file_put(file);
    return right ? fd : -EINVAL;
}

static long signalfd_call(const struct registers *regs, uint32_t flags)
{
    uint64_t set;
    if (regs->rdx != SIGSET_SIZE || (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK)) != 0)
        return -EINVAL;
    if (copy_from_user(&set, regs->rsi, sizeof set) != 0)
        return -EFAULT;
    set &= ~SIGNALS_UNBLOCKABLE;
    return (int)regs->rdi == -1 ? signalfd_make(set, flags) : signalfd_change((int)regs->rdi, set);
}

long sys_signalfd(struct registers *regs)
{
    return signalfd_call(regs, 0);
}

long sys_signalfd4(struct registers *regs)
{
    return signalfd_call(regs, (uint32_t)regs->r10);
}
