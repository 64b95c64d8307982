/*
 * timerfd: a timer whose expirations are counted behind a descriptor: timerfd_create(2).
 *
 *      settime ----> armed ----> timer_rings(): expired ----> read: how often, and armed again if there is an interval
 *
 * A periodic timer rests between its expiration and whoever asks next; the expirations in between are computed then. So
 * an interval of a nanosecond costs no more than one of a second.
 *
 * Locks: timerfd_lock (mutex, RANK_DEVICE) guards all timers and the list of those that depend on the time of day; the
 * function of a timer, in interrupt context, only sets `expired`.
 */
#include "kernel/fs/timerfd.h"

#include "kernel/abi/epoll.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/nameless.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "kernel/wait.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

struct timerfd {
    struct timer timer;
    int clock;
    uint64_t next;          /* expiration: a time of day, or of time_now() */
    uint64_t interval;      /* 0: once */
    _Atomic uint64_t ticks; /* expirations not yet read, but for the last */
    _Atomic bool expired;   /* the last, since when the timer rests */
    _Atomic bool cancelled; /* the clock was set, with TFD_TIMER_CANCEL_ON_SET */
    bool cancel_on_set;
    bool waits;           /* set, and not rung for the last time, as far as has been looked: timerfd_catch_up() */
    struct list day_link; /* timers_of_day, while it waits for a time of day */
    struct waitqueue wait;
};

static struct mutex timerfd_lock = MUTEX_INIT(timerfd_lock, RANK_DEVICE);
static struct list timers_of_day = LIST_INIT(timers_of_day);

static const struct file_ops timerfd_file_ops;

static void timer_rings(struct timer *timer)
{
    struct timerfd *timerfd = timer->argument;
    timerfd->expired = true;
    wait_wake_all(&timerfd->wait);
}

/* The time by which `next` is meant: an absolute timer of CLOCK_REALTIME follows the clock when it is set. */
static uint64_t timerfd_now(const struct timerfd *timerfd)
{
    return list_is_linked(&timerfd->day_link) ? time_realtime() : time_now();
}

/* Arms for `next`, which may have passed; under the lock. */
static void timerfd_arm(struct timerfd *timerfd)
{
    bool of_day = list_is_linked(&timerfd->day_link);
    timer_start(&timerfd->timer, deadline_of_clock(of_day ? CLOCK_REALTIME : CLOCK_MONOTONIC, timerfd->next));
}

/* Counts what has passed since the timer rang, and arms a periodic one again; under the lock. */
static void timerfd_catch_up(struct timerfd *timerfd)
{
    if (!timerfd->expired)
        return;
    (void)timer_cancel(&timerfd->timer); /* its function may still be waking readers, on another CPU */
    uint64_t passed = 1, now = timerfd_now(timerfd);
    timerfd->expired = false;
    if (timerfd->interval != 0) {
        passed += now > timerfd->next ? (now - timerfd->next) / timerfd->interval : 0;
        timerfd->next += passed * timerfd->interval;
        timerfd_arm(timerfd);
    }
    timerfd->waits = timerfd->interval != 0;
    timerfd->ticks += passed;
}

/* The expirations not yet read, which are now; or -ECANCELED. */
static int timerfd_take(struct timerfd *timerfd, uint64_t *ticks)
{
    mutex_lock(&timerfd_lock);
    timerfd_catch_up(timerfd);
    bool cancelled = timerfd->cancelled;
    timerfd->cancelled = false;
    *ticks = timerfd->ticks;
    timerfd->ticks = 0;
    mutex_unlock(&timerfd_lock);
    return cancelled ? -ECANCELED : 0;
}

static inline bool timerfd_is_ready(const struct timerfd *timerfd)
{
    return timerfd->expired || timerfd->ticks != 0 || timerfd->cancelled;
}

static ssize_t timerfd_read(struct file *file, struct uio *uio, uint64_t offset)
{
    struct timerfd *timerfd = file->data;
    uint64_t ticks;
    (void)offset;
    if (uio->left < sizeof ticks)
        return -EINVAL;
    for (;;) {
        int error = timerfd_take(timerfd, &ticks);
        if (error == 0 && ticks != 0)
            return uio_copy_in(uio, &ticks, sizeof ticks);
        if (error == 0 && file_is_nonblocking(file))
            error = -EAGAIN;
        if (error == 0)
            error = wait_event_interruptible(&timerfd->wait, timerfd_is_ready(timerfd), 0);
        if (error != 0)
            return error;
    }
}

static unsigned timerfd_poll(struct file *file, struct waitqueue *queue[2])
{
    struct timerfd *timerfd = file->data;
    queue[0] = &timerfd->wait;
    queue[1] = NULL;
    return timerfd_is_ready(timerfd) ? POLLIN | POLLRDNORM : 0;
}

/* Disarms; under the lock. */
static void timerfd_stop(struct timerfd *timerfd)
{
    (void)timer_cancel(&timerfd->timer);
    if (list_is_linked(&timerfd->day_link))
        list_remove(&timerfd->day_link);
    timerfd->waits = false;
    timerfd->expired = false;
    timerfd->cancelled = false;
    timerfd->ticks = 0;
    timerfd->interval = 0;
}

static void timerfd_close(struct file *file)
{
    struct timerfd *timerfd = file->data;
    mutex_lock(&timerfd_lock);
    timerfd_stop(timerfd);
    mutex_unlock(&timerfd_lock);
    kfree(timerfd);
}

static const struct file_ops timerfd_file_ops = {
    .close = timerfd_close,
    .read = timerfd_read,
    .poll = timerfd_poll,
    .stream = true,
    .name = "timerfd",
};

long sys_timerfd_create(struct registers *regs)
{
    int clock = (int)regs->rdi;
    uint32_t flags = (uint32_t)regs->rsi;
    bool known = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
                 clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
    if (!known || (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK)) != 0)
        return -EINVAL;
    if (clock >= CLOCK_REALTIME_ALARM && process_current()->credentials.euid != 0)
        return -EPERM; /* CAP_WAKE_ALARM */
    struct timerfd *timerfd = kmalloc(sizeof *timerfd);
    if (timerfd == NULL)
        return -ENOMEM;
    timerfd->timer = (struct timer){.function = timer_rings, .argument = timerfd};
    timerfd->clock = clock;
    waitqueue_init(&timerfd->wait);
    return nameless_install(nameless_create(&timerfd_file_ops, timerfd, O_RDWR | (flags & O_NONBLOCK)),
                            flags & O_CLOEXEC);
}

/* What is left until it rings (never 0, which says that it is not set), and the interval; under the lock. It may be about to ring. */
static struct linux_itimerspec timerfd_state(struct timerfd *timerfd)
{
    timerfd_catch_up(timerfd);
    uint64_t now = timerfd_now(timerfd), left = timerfd->waits ? 1 : 0;
    if (timerfd->waits && timerfd->next > now)
        left = timerfd->next - now;
    else if (timerfd->waits && timerfd->interval != 0)
        left = timerfd->interval - (now - timerfd->next) % timerfd->interval;
    return (struct linux_itimerspec){timespec_from_ns(timerfd->interval), timespec_from_ns(left)};
}

static inline bool timerfd_is_of_day(const struct timerfd *timerfd)
{
    return timerfd->clock == CLOCK_REALTIME || timerfd->clock == CLOCK_REALTIME_ALARM;
}

/* Arms a stopped timer, `value` from now or of its clock; under the lock. */
static void timerfd_start(struct timerfd *timerfd, uint64_t value, uint64_t interval, uint32_t flags)
{
    bool absolute = (flags & TFD_TIMER_ABSTIME) != 0;
    timerfd->interval = interval;
    timerfd->next = absolute ? value : deadline_after(value);
    timerfd->cancel_on_set = (flags & TFD_TIMER_CANCEL_ON_SET) != 0;
    if (absolute && timerfd_is_of_day(timerfd))
        list_push_back(&timers_of_day, &timerfd->day_link);
    timerfd->waits = true;
    timerfd_arm(timerfd);
}

void timerfd_clock_was_set(void)
{
    mutex_lock(&timerfd_lock);
    list_for_each(link, &timers_of_day)
    {
        struct timerfd *timerfd = list_entry(link, struct timerfd, day_link);
        timerfd->cancelled = timerfd->cancel_on_set;
        if (timer_cancel(&timerfd->timer))
            timerfd_arm(timerfd);
        wait_wake_all(&timerfd->wait);
    }
    mutex_unlock(&timerfd_lock);
}

/* The file of a descriptor, referenced: 0, -EBADF, or -EINVAL for one that is no timerfd. */
static int timerfd_get(int fd, struct file **file)
{
    *file = files_get(fd);
    if (*file == NULL)
        return -EBADF;
    if ((*file)->ops == &timerfd_file_ops)
        return 0;
    file_put(*file);
    return -EINVAL;
}

/* Reads the state and, with `value` not null, sets it. */
static int timerfd_exchange(int fd, const uint64_t *value, uint64_t interval, uint32_t flags,
                            struct linux_itimerspec *old)
{
    struct file *file;
    int error = timerfd_get(fd, &file);
    if (error != 0)
        return error;
    struct timerfd *timerfd = file->data;
    mutex_lock(&timerfd_lock);
    *old = timerfd_state(timerfd);
    if (value != NULL) {
        timerfd_stop(timerfd);
        if (*value != 0)
            timerfd_start(timerfd, *value, interval, flags);
        else
            timerfd->interval = interval;
    }
    mutex_unlock(&timerfd_lock);
    file_put(file);
    return 0;
}

long sys_timerfd_settime(struct registers *regs)
{
    struct linux_itimerspec old;
    uint64_t value, interval;
    uint32_t flags = (uint32_t)regs->rsi;
    int error = user_timespec_read(regs->rdx + offsetof(struct linux_itimerspec, interval), &interval);
    if (error == 0)
        error = user_timespec_read(regs->rdx + offsetof(struct linux_itimerspec, value), &value);
    if (error == 0 && (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0)
        error = -EINVAL;
    if (error == 0)
        error = timerfd_exchange((int)regs->rdi, &value, interval, flags, &old);
    if (error != 0 || regs->r10 == 0)
        return error;
    return copy_to_user(regs->r10, &old, sizeof old);
}

long sys_timerfd_gettime(struct registers *regs)
{
    struct linux_itimerspec old;
    int error = timerfd_exchange((int)regs->rdi, NULL, 0, 0, &old);
    return error != 0 ? error : copy_to_user(regs->rsi, &old, sizeof old);
}
