/*
 * Read-ahead at work. See readahead_io.h.
 */
#include "mm/readahead_io.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/proc.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "libc/string.h"

static _Atomic unsigned current_mode = READAHEAD_ADAPTIVE; /* enum readahead_mode */

static const char *const mode_names[READAHEAD_MODES] = {
    [READAHEAD_OFF] = "off",
    [READAHEAD_SIMPLE] = "simple",
    [READAHEAD_ADAPTIVE] = "adaptive",
};

static inline enum readahead_mode mode_now(void)
{
    return (enum readahead_mode)atomic_load_explicit(&current_mode, memory_order_relaxed);
}

void readahead_use(struct readahead *state, struct object *object, uint64_t index, uint64_t wanted, bool mapped)
{
    if (object->kind == OBJECT_SHM)
        return; /* mm/swapin.c reads ahead by the places on swap */
    enum cache_presence presence = pagecache_look(object, index);
    if (presence == CACHE_USED)
        return;
    const struct readahead_access access = {
        .index = index,
        .wanted = wanted,
        .pages = object_pages(object),
        .absent = presence == CACHE_MISSING,
        .mapped = mapped,
    };
    struct readahead_range range = readahead_decide(state, mode_now(), &access);
    if (range.count > 0)
        pagecache_prefetch(object, &range);
}

uint64_t readahead_unasked(const struct readahead *state, uint64_t index)
{
    return readahead_silent(state, mode_now(), index);
}

void readahead_start(struct object *object, uint64_t first, uint64_t count)
{
    struct readahead_range range = {.first = first};
    uint64_t pages = object_pages(object);
    if (first >= pages)
        return;
    range.count = (uint32_t)min_u64(count, pages - first);
    pagecache_prefetch(object, &range);
}

enum readahead_mode readahead_select(enum readahead_mode mode)
{
    return (enum readahead_mode)atomic_exchange_explicit(&current_mode, mode, memory_order_relaxed);
}

/* Makes the mode so named the one in use. 0 or -EINVAL. */
static int mode_set(const char *name, size_t length)
{
    for (unsigned i = 0; i < READAHEAD_MODES; i++) {
        if (strlen(mode_names[i]) == length && memcmp(mode_names[i], name, length) == 0) {
            (void)readahead_select((enum readahead_mode)i);
            return 0;
        }
    }
    return -EINVAL;
}

static void mode_show(struct text *text)
{
    text_printf(text, "%s\n", mode_names[mode_now()]);
}

void readahead_init(void)
{
    const char *name = option_text("readahead", mode_names[READAHEAD_ADAPTIVE]);
    if (mode_set(name, strlen(name)) != 0)
        log_write(LOG_WARNING, "option: readahead=%s is malformed, ignored (off, simple or adaptive)", name);
    proc_register("sys/vm/readahead", mode_show, mode_set);
}
