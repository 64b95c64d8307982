/*
 * epoll: the sets, the ready lists, the wake-ups. Picture, rules and locks in epoll.h; the system calls in epoll_calls.c.
 */
#include "kernel/fs/epoll.h"

#include "kernel/abi/poll.h"
#include "kernel/fs/file.h"
#include "kernel/fs/nameless.h"
#include "kernel/wait.h"
#include "mm/frame.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

/* An epoll watches one that watches one ...: so many steps at most (Linux's EP_MAX_NESTS). */
enum { NESTING_MAX = 4, QUEUES = 2 };

/* What is not an event of the file. */
#define EPOLL_MODES (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

/* What a wake-up says nothing about: one of a file's second queue, where those wait who write, if the file has two; of the first; of the only one. */
#define READ_EVENTS ((uint32_t)(POLLIN | POLLRDNORM | POLLRDBAND | POLLPRI))
#define WRITE_EVENTS ((uint32_t)(POLLOUT | POLLWRNORM | POLLWRBAND))
#define ANY_EVENT UINT32_MAX

struct epoll_listener {
    struct wait_entry entry;
    struct epoll_item *item;
    uint32_t about; /* events that a wake-up may mean */
    bool listening;
};

/* One file in one set. */
struct epoll_item {
    struct epoll *epoll;
    struct file *file; /* without a reference */
    int fd;
    uint32_t events; /* wanted, and EPOLL_MODES; only these: reported, and waits for EPOLL_CTL_MOD (EPOLLONESHOT) */
    uint64_t data;
    struct list link;                 /* epoll->items */
    struct list ready_link;           /* epoll->ready, or of a harvest */
    uint32_t fresh;                   /* while it is linked: events that it was listed for; under ready_lock */
    struct epoll_item *next_watching; /* of file->watched */
    struct epoll_listener listeners[QUEUES];
};

struct epoll {
    struct file *file; /* this one itself */
    struct list items, ready;
    struct waitqueue wait;
    uint64_t wakeup; /* the last that came by here: several paths may lead from a file to one epoll; under ready_lock */
    uint64_t visit;  /* the last search for circles that came by here, */
    unsigned nesting; /* and what it found: steps to the farthest epoll below or above */
};

static struct mutex epoll_lock = MUTEX_INIT(epoll_lock, RANK_EPOLL);
static struct spinlock ready_lock = SPINLOCK_INIT(RANK_EPOLL_READY);
static struct slab_cache item_cache;
static uint64_t wakeups; /* under ready_lock */
static uint64_t visits;  /* under epoll_lock */

static const struct file_ops epoll_file_ops;

struct epoll *epoll_of(const struct file *file)
{
    return file->ops == &epoll_file_ops ? file->data : NULL;
}

/* --- wake-ups: any context ---------------------------------------------------------------------------------------- */

static inline struct epoll_item *item_of_ready(struct list *link)
{
    return list_entry(link, struct epoll_item, ready_link);
}

/* Lists the item, and wakes whoever waits for its epoll, directly or through others. At most NESTING_MAX deep. */
static void item_list_locked(struct epoll_item *item, uint32_t about)
{
    struct epoll *epoll = item->epoll;
    if ((item->events & ~EPOLL_MODES & about) == 0)
        return;
    item->fresh |= about;
    if (!list_is_linked(&item->ready_link))
        list_push_back(&epoll->ready, &item->ready_link);
    if (epoll->wakeup == wakeups)
        return;
    epoll->wakeup = wakeups;
    wait_wake_all(&epoll->wait);
    for (struct epoll_item *above = epoll->file->watched; above != NULL; above = above->next_watching)
        item_list_locked(above, ANY_EVENT);
}

static void item_list(struct epoll_item *item, uint32_t about)
{
    spin_lock(&ready_lock);
    wakeups++;
    item_list_locked(item, about);
    spin_unlock(&ready_lock);
}

static void item_woken(struct wait_entry *entry)
{
    struct epoll_listener *listener = container_of(entry, struct epoll_listener, entry);
    item_list(listener->item, listener->about);
}

/* --- what holds now: under epoll_lock ----------------------------------------------------------------------------- */

/* The first of a list of ready items, off the list, and what it was listed for, or null. */
static struct epoll_item *ready_pop(struct list *ready, uint32_t *fresh)
{
    struct epoll_item *item = NULL;
    spin_lock(&ready_lock);
    struct list *first = list_pop_front(ready);
    if (first != NULL) {
        item = item_of_ready(first);
        *fresh = item->fresh;
        item->fresh = 0;
    }
    spin_unlock(&ready_lock);
    return item;
}

/* Lists the item again, if no wake-up has done so meanwhile. */
static void ready_push(struct epoll_item *item, uint32_t fresh, bool front)
{
    struct list *ready = &item->epoll->ready;
    spin_lock(&ready_lock);
    item->fresh |= fresh;
    if (!list_is_linked(&item->ready_link))
        list_insert_after(front ? ready : ready->prev, &item->ready_link);
    spin_unlock(&ready_lock);
}

static unsigned epoll_events(struct epoll *epoll);

/*
 * The events wanted that hold, if one of them may be what the item was listed for. So a reader who leaves some for the next, and thereby wakes those who
 * would write, makes no new edge for those who would read.
 */
static unsigned item_events(struct epoll_item *item, uint32_t fresh)
{
    struct waitqueue *queues[QUEUES];
    struct epoll *below = epoll_of(item->file);
    unsigned events = (below != NULL ? epoll_events(below) : file_poll(item->file, queues)) & item->events;
    return (item->events & EPOLLET) == 0 || (events & fresh) != 0 ? events : 0;
}

/* POLLIN if there is something to harvest. What is listed and does not hold any more leaves the list. */
static unsigned epoll_events(struct epoll *epoll)
{
    struct epoll_item *item;
    uint32_t fresh;
    while ((item = ready_pop(&epoll->ready, &fresh)) != NULL) {
        if (item_events(item, fresh) == 0)
            continue;
        ready_push(item, fresh, true);
        wait_wake_all(&epoll->wait); /* who looked at the list meanwhile found nothing */
        return POLLIN | POLLRDNORM;
    }
    return 0;
}

/* --- items: under epoll_lock -------------------------------------------------------------------------------------- */

static struct epoll_item *item_find(const struct epoll *epoll, const struct file *file, int fd)
{
    struct epoll_item *item = file->watched;
    while (item != NULL && (item->epoll != epoll || item->fd != fd))
        item = item->next_watching;
    return item;
}

static void item_listen(struct epoll_item *item)
{
    struct waitqueue *queues[QUEUES] = {NULL, NULL};
    if (epoll_of(item->file) != NULL)
        return; /* its wake-ups follow file->watched */
    (void)file_poll(item->file, queues);
    for (unsigned i = 0; i < QUEUES; i++) {
        struct epoll_listener *listener = &item->listeners[i];
        listener->item = item;
        listener->about = queues[1] == NULL ? ANY_EVENT : ANY_EVENT & ~(i == 0 ? WRITE_EVENTS : READ_EVENTS);
        listener->listening = queues[i] != NULL;
        if (listener->listening)
            wait_listen(queues[i], &listener->entry, item_woken);
    }
}

static void watcher_unlink_locked(struct epoll_item *item)
{
    struct epoll_item *before = item->file->watched;
    if (before == item) {
        atomic_store_explicit(&item->file->watched, item->next_watching, memory_order_release);
        return;
    }
    while (before->next_watching != item)
        before = before->next_watching;
    before->next_watching = item->next_watching;
}

/* The file may be gone as soon as it is not watched: that comes last. */
static void item_end(struct epoll_item *item)
{
    for (unsigned i = 0; i < QUEUES; i++) {
        if (item->listeners[i].listening)
            wait_unlisten(&item->listeners[i].entry);
    }
    list_remove(&item->link);
    spin_lock(&ready_lock);
    watcher_unlink_locked(item);
    if (list_is_linked(&item->ready_link))
        list_remove(&item->ready_link);
    spin_unlock(&ready_lock);
    slab_free(&item_cache, item);
}

static void item_want(struct epoll_item *item, const struct linux_epoll_event *event)
{
    spin_lock(&ready_lock);
    item->events = (event->events & ~EPOLLWAKEUP) | POLLERR | POLLHUP;
    item->data = event->data;
    spin_unlock(&ready_lock);
}

static int item_create(struct epoll *epoll, struct file *file, int fd, const struct linux_epoll_event *event)
{
    struct epoll_item *item = slab_alloc(&item_cache, FRAME_ZERO);
    if (item == NULL)
        return -ENOMEM;
    item->epoll = epoll;
    item->file = file;
    item->fd = fd;
    item_want(item, event);
    list_push_back(&epoll->items, &item->link);
    spin_lock(&ready_lock);
    item->next_watching = file->watched;
    file->watched = item;
    spin_unlock(&ready_lock);
    item_listen(item);
    if (item_events(item, ANY_EVENT) != 0)
        item_list(item, ANY_EVENT);
    return 0;
}

/* --- no circles: under epoll_lock --------------------------------------------------------------------------------- */

/* Steps from `epoll` down to the farthest epoll it watches, more than NESTING_MAX if `sought` is among them. */
static unsigned nesting_below(struct epoll *epoll, const struct epoll *sought, unsigned level)
{
    if (epoll == sought || level > NESTING_MAX)
        return NESTING_MAX + 1;
    if (epoll->visit == visits)
        return epoll->nesting;
    unsigned most = 0;
    list_for_each(link, &epoll->items)
    {
        struct epoll *below = epoll_of(list_entry(link, struct epoll_item, link)->file);
        if (below != NULL)
            most = (unsigned)max_u64(most, 1 + nesting_below(below, sought, level + 1));
    }
    epoll->visit = visits;
    epoll->nesting = most;
    return most;
}

/* Steps from `epoll` up to the farthest epoll that watches it. */
static unsigned nesting_above(struct epoll *epoll)
{
    if (epoll->visit == visits)
        return epoll->nesting;
    unsigned most = 0;
    for (const struct epoll_item *item = epoll->file->watched; item != NULL; item = item->next_watching)
        most = (unsigned)max_u64(most, 1 + nesting_above(item->epoll));
    epoll->visit = visits;
    epoll->nesting = most;
    return most;
}

/* Whether `epoll` may come to watch `below`. */
static bool nesting_is_allowed(struct epoll *epoll, struct epoll *below)
{
    visits++;
    unsigned steps = nesting_below(below, epoll, 0);
    visits++;
    return steps + 1 + nesting_above(epoll) <= NESTING_MAX;
}

/* --- the interface ------------------------------------------------------------------------------------------------ */

static int add_locked(struct epoll *epoll, struct file *file, int fd, const struct linux_epoll_event *event)
{
    if (epoll_of(file) != NULL && !nesting_is_allowed(epoll, epoll_of(file)))
        return -ELOOP;
    return item_find(epoll, file, fd) != NULL ? -EEXIST : item_create(epoll, file, fd, event);
}

int epoll_add(struct epoll *epoll, struct file *file, int fd, const struct linux_epoll_event *event)
{
    mutex_lock(&epoll_lock);
    int error = add_locked(epoll, file, fd, event);
    mutex_unlock(&epoll_lock);
    return error;
}

int epoll_modify(struct epoll *epoll, struct file *file, int fd, const struct linux_epoll_event *event)
{
    int error = 0;
    mutex_lock(&epoll_lock);
    struct epoll_item *item = item_find(epoll, file, fd);
    if (item == NULL) {
        error = -ENOENT;
    } else if ((item->events & EPOLLEXCLUSIVE) != 0) {
        error = -EINVAL;
    } else {
        item_want(item, event);
        if (item_events(item, ANY_EVENT) != 0)
            item_list(item, ANY_EVENT);
    }
    mutex_unlock(&epoll_lock);
    return error;
}

int epoll_remove(struct epoll *epoll, struct file *file, int fd)
{
    mutex_lock(&epoll_lock);
    struct epoll_item *item = item_find(epoll, file, fd);
    if (item != NULL)
        item_end(item);
    mutex_unlock(&epoll_lock);
    return item != NULL ? 0 : -ENOENT;
}

/* After a report: EPOLLONESHOT wants nothing more, and what is level-triggered may hold still. */
static void item_reported(struct epoll_item *item)
{
    if ((item->events & EPOLLONESHOT) != 0) {
        spin_lock(&ready_lock);
        item->events &= EPOLL_MODES;
        spin_unlock(&ready_lock);
    } else if ((item->events & EPOLLET) == 0) {
        ready_push(item, ANY_EVENT, false);
    }
}

/* Reports one item to the program: 1, 0 if nothing holds, or -EAGAIN, and it stays listed: the program's memory is not there. */
static int item_report(struct epoll_item *item, uint32_t fresh, vaddr_t to)
{
    struct linux_epoll_event event = {.events = item_events(item, fresh), .data = item->data};
    if (event.events == 0)
        return 0;
    if (copy_mapped_to_user(to, &event, sizeof(event)) != sizeof(event)) {
        ready_push(item, fresh, true);
        return -EAGAIN;
    }
    item_reported(item);
    return 1;
}

/* Bytes for all of a harvest's items, or for `most` of them. */
static size_t harvest_size(const struct list *found, int most)
{
    size_t size = 0;
    list_for_each(link, found)
    {
        if (most-- == 0)
            break;
        size += sizeof(struct linux_epoll_event);
    }
    return size;
}

/*
 * Reports what is ready: the count, or -EAGAIN with how many bytes of the program's memory must be there first, as nobody waits for memory while the lock
 * of all epolls is held. What there is no room for comes first the next time.
 */
static long harvest_locked(struct epoll *epoll, vaddr_t to, int most, size_t *needed)
{
    struct list found;
    struct epoll_item *item;
    uint32_t fresh;
    long count = 0;
    int result = 0;
    list_init(&found);
    spin_lock(&ready_lock);
    list_splice_front(&found, &epoll->ready);
    spin_unlock(&ready_lock);
    *needed = harvest_size(&found, most);
    if (user_mapped(to, *needed) < *needed)
        result = -EAGAIN;
    while (result >= 0 && count < most && (item = ready_pop(&found, &fresh)) != NULL) {
        result = item_report(item, fresh, to + (vaddr_t)count * sizeof(struct linux_epoll_event));
        count += result > 0;
    }
    spin_lock(&ready_lock);
    list_splice_front(&epoll->ready, &found);
    spin_unlock(&ready_lock);
    if (!list_is_empty(&epoll->ready))
        wait_wake_all(&epoll->wait); /* who looked during the harvest found nothing */
    return count > 0 ? count : result;
}

/* The program's memory cannot be had: `error`, or 0 if nothing that is listed holds any more, so that no memory was needed. */
static long harvest_refused(struct epoll *epoll, long error)
{
    mutex_lock(&epoll_lock);
    bool holds = epoll_events(epoll) != 0;
    mutex_unlock(&epoll_lock);
    return holds ? error : 0;
}

static long harvest(struct epoll *epoll, vaddr_t to, int most)
{
    for (;;) {
        size_t needed;
        mutex_lock(&epoll_lock);
        long count = harvest_locked(epoll, to, most, &needed);
        mutex_unlock(&epoll_lock);
        if (count != -EAGAIN)
            return count;
        ssize_t there = user_bring_in(to, needed);
        if (there < (ssize_t)sizeof(struct linux_epoll_event))
            return harvest_refused(epoll, there < 0 ? there : -EFAULT);
        most = (int)min_u64((uint64_t)most, (uint64_t)there / sizeof(struct linux_epoll_event));
    }
}

long epoll_wait(struct epoll *epoll, vaddr_t to, int most, uint64_t deadline, bool immediately)
{
    for (int error = 0;;) {
        long count = harvest(epoll, to, most);
        if (count != 0 || immediately || error == -ETIMEDOUT)
            return count;
        if (error != 0)
            return error;
        error = wait_event_interruptible(&epoll->wait, !list_is_empty(&epoll->ready), deadline);
    }
}

static unsigned epoll_poll(struct file *file, struct waitqueue *queue[2])
{
    struct epoll *epoll = epoll_of(file);
    queue[0] = &epoll->wait;
    queue[1] = NULL;
    mutex_lock(&epoll_lock);
    unsigned events = epoll_events(epoll);
    mutex_unlock(&epoll_lock);
    return events;
}

static void epoll_close(struct file *file)
{
    struct epoll *epoll = epoll_of(file);
    mutex_lock(&epoll_lock);
    while (!list_is_empty(&epoll->items))
        item_end(list_entry(epoll->items.next, struct epoll_item, link));
    mutex_unlock(&epoll_lock);
    kfree(epoll);
}

void epoll_file_ends(struct file *file)
{
    mutex_lock(&epoll_lock);
    while (file->watched != NULL)
        item_end(file->watched);
    mutex_unlock(&epoll_lock);
}

static const struct file_ops epoll_file_ops = {
    .close = epoll_close,
    .poll = epoll_poll,
    .name = "eventpoll",
};

struct file *epoll_create(void)
{
    struct epoll *epoll = kmalloc(sizeof *epoll);
    if (epoll == NULL)
        return NULL;
    list_init(&epoll->items);
    list_init(&epoll->ready);
    waitqueue_init(&epoll->wait);
    spin_init(&epoll->wait.lock, RANK_EPOLL_WAIT);
    struct file *file = nameless_create(&epoll_file_ops, epoll, O_RDWR);
    if (file != NULL)
        epoll->file = file;
    return file;
}

void epoll_init(void)
{
    slab_cache_init(&item_cache, "epoll_item", sizeof(struct epoll_item));
}
