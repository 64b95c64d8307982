/*
 * The clock in /proc: its settings in sys/vm, its state in vmclock, the frames it goes over in vmframes.
 *
 * vmframes has one letter for each frame, in the order of the circle, so that the hands' positions in vmclock are offsets into it:
 *     . free   s standby   a anonymous   A anonymous, modified   f of a file   F of a file, modified   w the kernel's   d detached   - not RAM
 */
#include "kernel/abi/errno.h"
#include "kernel/fs/file.h"
#include "kernel/fs/proc.h"
#include "kernel/uio.h"
#include "mm/busy.h"
#include "mm/hands.h"

typedef unsigned long long ull;

/* A decimal number and nothing else; false otherwise. */
static bool number_parse(const char *text, uint64_t *number)
{
    *number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(*number, (uint64_t)10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*at - '0'), number))
            return false;
    }
    return at != text && *at == '\0';
}

static void kind_show(struct text *text)
{
    text_printf(text, "%s\n", clock_kind_name(hands_state().kind));
}

static int kind_store(const char *value, size_t length)
{
    (void)length;
    return hands_select(value);
}

static void spread_show(struct text *text)
{
    text_printf(text, "%llu\n", (ull)hands_state().spread_wanted);
}

static int spread_store(const char *value, size_t length)
{
    uint64_t spread;
    (void)length;
    return number_parse(value, &spread) ? hands_set_spread(spread) : -EINVAL;
}

/* The marks: one pair of functions for each, as /proc's producers have no argument. */
static int mark_store(const char *value, size_t mark)
{
    struct clock_marks marks = hands_marks();
    uint64_t number;
    if (!number_parse(value, &number))
        return -EINVAL;
    *(uint64_t *)((char *)&marks + mark) = number;
    return hands_set_marks(&marks);
}

static void lotsfree_show(struct text *text)
{
    text_printf(text, "%llu\n", (ull)hands_marks().lotsfree);
}

static int lotsfree_store(const char *value, size_t length)
{
    (void)length;
    return mark_store(value, offsetof(struct clock_marks, lotsfree));
}

static void desfree_show(struct text *text)
{
    text_printf(text, "%llu\n", (ull)hands_marks().desfree);
}

static int desfree_store(const char *value, size_t length)
{
    (void)length;
    return mark_store(value, offsetof(struct clock_marks, desfree));
}

static void minfree_show(struct text *text)
{
    text_printf(text, "%llu\n", (ull)hands_marks().minfree);
}

static int minfree_store(const char *value, size_t length)
{
    (void)length;
    return mark_store(value, offsetof(struct clock_marks, minfree));
}

static void scan_max_show(struct text *text)
{
    text_printf(text, "%llu\n", (ull)hands_marks().scan_max);
}

static int scan_max_store(const char *value, size_t length)
{
    (void)length;
    return mark_store(value, offsetof(struct clock_marks, scan_max));
}

static void vmclock_show(struct text *text)
{
    const struct clock clock = hands_state();
    const struct clock_counts *counts = &clock.counts;
    const struct clock_marks marks = hands_marks();
    uint64_t free = frames_free();
    if (clock.frames == 0)
        return;
    text_printf(text, "kind %s\nframes %llu\nfront %llu\nback %llu\nspread %llu\n", clock_kind_name(clock.kind),
                (ull)clock.frames, (ull)clock.front, (ull)clock.back, (ull)clock.spread);
    text_printf(text, "free %llu\nlotsfree %llu\ndesfree %llu\nminfree %llu\nscan_rate %llu\nscan_max %llu\n",
                (ull)free, (ull)marks.lotsfree, (ull)marks.desfree, (ull)marks.minfree,
                (ull)clock_scan_rate(&marks, free), (ull)marks.scan_max);
    text_printf(text, "front_scanned %llu\nback_scanned %llu\nskipped %llu\nreferenced %llu\n",
                (ull)counts->front_scanned, (ull)counts->back_scanned, (ull)counts->skipped, (ull)counts->referenced);
    text_printf(text, "evicted %llu\nrefused %llu\nlaps %llu\n", (ull)counts->evicted, (ull)counts->refused,
                (ull)counts->laps);
}

/* Looked at without a lock: a picture, right for most frames. */
static char frame_letter(const struct page *page)
{
    bool dirty = page_has(page, PAGE_DIRTY);
    switch ((enum page_state)page->state) {
    case PAGE_FREE:
        return '.';
    case PAGE_STANDBY:
        return 's';
    case PAGE_ACTIVE:
        if (page_has(page, PAGE_ANON))
            return dirty ? 'A' : 'a';
        return dirty ? 'F' : 'f';
    case PAGE_WIRED:
        return 'w';
    case PAGE_DETACHED:
        return 'd';
    case PAGE_ABSENT:
        return '-';
    }
    return '?';
}

static ssize_t vmframes_read(struct file *file, struct uio *uio, uint64_t offset)
{
    char letters[256];
    ssize_t total = 0;
    (void)file;
    while (uio->left > 0 && offset < frame_limit) {
        uint64_t count = min_u64(min_u64(sizeof letters, uio->left), frame_limit - offset);
        for (uint64_t i = 0; i < count; i++)
            letters[i] = frame_letter(page_of_frame(offset + i));
        ssize_t copied = uio_copy_in(uio, letters, count);
        if (copied < 0)
            return total > 0 ? total : copied;
        total += copied;
        offset += (uint64_t)copied;
    }
    return total;
}

static const struct file_ops vmframes_ops = {.read = vmframes_read};

void hands_files_register(void)
{
    proc_register("sys/vm/clock", kind_show, kind_store);
    proc_register("sys/vm/clock_spread", spread_show, spread_store);
    proc_register("sys/vm/lotsfree", lotsfree_show, lotsfree_store);
    proc_register("sys/vm/desfree", desfree_show, desfree_store);
    proc_register("sys/vm/minfree", minfree_show, minfree_store);
    proc_register("sys/vm/scan_max", scan_max_show, scan_max_store);
    proc_register("vmclock", vmclock_show, NULL);
    proc_register_file("vmframes", &vmframes_ops);
}
