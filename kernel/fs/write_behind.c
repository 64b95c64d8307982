/*
 * The thread that writes behind. See write_behind.h.
 *
 * Lock: none. Settings are single words; the thread alone sleeps on `wanted`.
 */
#include "kernel/fs/write_behind.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/writeback.h"

enum setting { BACKGROUND_RATIO, RATIO, EXPIRE, PERIOD, SETTINGS };

static _Atomic unsigned settings[SETTINGS] = {
    [BACKGROUND_RATIO] = 10, /* percent of memory */
    [RATIO] = 20,
    [EXPIRE] = 500, /* hundredths of a second */
    [PERIOD] = 100,
};

static struct waitqueue wanted = WAITQUEUE_INIT(wanted);

static unsigned setting_get(enum setting setting)
{
    return atomic_load_explicit(&settings[setting], memory_order_relaxed);
}

/* Whether so many pages are that share of memory. */
static bool share_is_reached(uint64_t pages, enum setting ratio)
{
    return pages > 0 && pages * 100 >= frames_total() * setting_get(ratio);
}

static bool much_is_dirty(void)
{
    return share_is_reached(pagecache_dirty(), BACKGROUND_RATIO);
}

/* Pages on their way to the disk cannot be had yet, either: else many who write could fill memory with them. */
static bool too_much_is_dirty(void)
{
    return share_is_reached(pagecache_dirty() + writeback_writing(), RATIO);
}

static uint64_t setting_time(enum setting setting)
{
    return setting_get(setting) * (NS_PER_SECOND / 100);
}

int write_behind_throttle(struct object *object)
{
    if (object->ops->write == NULL)
        return 0;
    if (much_is_dirty())
        wait_wake_all(&wanted);
    return too_much_is_dirty() ? pagecache_sync(object, 0, UINT64_MAX) : 0;
}

/*
 * One look. Much that is dirty is only written, which is all that makes room: no transaction is committed for it, and the disk is not told to flush its
 * cache, for which whoever writes on would wait at the disk. That comes by age.
 */
static void write_behind_once(void)
{
    uint64_t now = time_now(), expire = setting_time(EXPIRE);
    if (much_is_dirty())
        pagecache_sync_all();
    if (now > expire)
        filesystems_sync_older(now - expire);
}

/* Whether the thread, which sleeps for `period`, wakes before: for a look, or because it shall sleep otherwise. */
static bool is_wanted(uint64_t period)
{
    return much_is_dirty() || setting_time(PERIOD) != period;
}

static void write_behind(void *argument)
{
    (void)argument;
    for (;;) {
        uint64_t period = setting_time(PERIOD);
        uint64_t deadline = period != 0 ? time_now() + period : 0;
        int error = wait_event_interruptible(&wanted, is_wanted(period), deadline);
        if (error != -EINTR && setting_time(PERIOD) == period)
            write_behind_once();
    }
}

/* --- /proc/sys/vm ------------------------------------------------------------------------------------------------- */

static uint64_t setting_show(unsigned setting)
{
    return setting_get((enum setting)setting);
}

static int setting_store(unsigned setting, uint64_t value)
{
    atomic_store_explicit(&settings[setting], (unsigned)value, memory_order_relaxed);
    wait_wake_all(&wanted);
    return 0;
}

void write_behind_rest(void)
{
    (void)setting_store(PERIOD, 0);
    filesystems_sync();
}

enum { PERCENT_MAX = 100, CENTISECONDS_MAX = 100 * 60 * 60 };

static const struct proc_number files[] = {
    {"sys/vm/dirty_background_ratio", setting_show, setting_store, BACKGROUND_RATIO, 0, PERCENT_MAX},
    {"sys/vm/dirty_ratio", setting_show, setting_store, RATIO, 0, PERCENT_MAX},
    {"sys/vm/dirty_expire_centisecs", setting_show, setting_store, EXPIRE, 0, CENTISECONDS_MAX},
    {"sys/vm/dirty_writeback_centisecs", setting_show, setting_store, PERIOD, 0, CENTISECONDS_MAX},
};

void write_behind_register(void)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(files); i++)
        proc_register_number(&files[i]);
}

void write_behind_start(void)
{
    if (thread_create_kernel("write-behind", write_behind, NULL) == NULL)
        panic("no memory for the write-behind thread");
}
