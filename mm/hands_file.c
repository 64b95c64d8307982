/*
 * The clock in /proc: its settings in sys/vm, its state in vmclock, the frames it goes over in vmframes. vmclock's `free` is what the daemon compares with
 * the watermarks, and scan_rate what follows from that (mm/pageout.h).
 *
 * vmframes has one letter for each place of the circle (mm/circle.h), so that the hands' positions in vmclock are offsets into it:
 *     . free   s standby   a anonymous   A anonymous, modified   f of a file   F of a file, modified   w the kernel's   d detached   - not RAM
 */
#include "kernel/abi/errno.h"
#include "kernel/fs/file.h"
#include "kernel/fs/proc.h"
#include "kernel/uio.h"
#include "mm/busy.h"
#include "mm/circle.h"
#include "mm/hands.h"
#include "mm/pageout.h"

typedef unsigned long long ull;

enum { KILOBYTES = PAGE_SIZE / 1024 };

static void kind_show(struct text *text)
{
    text_printf(text, "%s\n", clock_kind_name(hands_state().kind));
}

static int kind_store(const char *value, size_t length)
{
    (void)length;
    return hands_select(value);
}

static uint64_t spread_get(unsigned which)
{
    (void)which;
    return hands_state().spread_wanted;
}

static int spread_set(unsigned which, uint64_t spread)
{
    (void)which;
    return hands_set_spread(spread);
}

/* `which` is the mark's place in the structure. */
static uint64_t mark_get(unsigned which)
{
    struct clock_marks marks = hands_marks();
    return *clock_mark_at(&marks, which);
}

static int mark_set(unsigned which, uint64_t value)
{
    return hands_set_mark(which, value);
}

/* Linux's one mark. */
static uint64_t minimum_get(unsigned which)
{
    (void)which;
    return hands_marks().minfree * KILOBYTES;
}

static int minimum_set(unsigned which, uint64_t kilobytes)
{
    (void)which;
    return hands_set_minimum(kilobytes / KILOBYTES);
}

static const struct proc_number numbers[] = {
    {"sys/vm/clock_spread", spread_get, spread_set, 0, 0, UINT64_MAX},
    {"sys/vm/lotsfree", mark_get, mark_set, offsetof(struct clock_marks, lotsfree), 0, UINT64_MAX},
    {"sys/vm/desfree", mark_get, mark_set, offsetof(struct clock_marks, desfree), 0, UINT64_MAX},
    {"sys/vm/minfree", mark_get, mark_set, offsetof(struct clock_marks, minfree), 0, UINT64_MAX},
    {"sys/vm/min_free_kbytes", minimum_get, minimum_set, 0, KILOBYTES, UINT64_MAX >> 4},
    {"sys/vm/scan_max", mark_get, mark_set, offsetof(struct clock_marks, scan_max), 0, UINT64_MAX},
};

static void vmclock_show(struct text *text)
{
    const struct clock clock = hands_state();
    const struct clock_counts *counts = &clock.counts;
    const struct clock_marks marks = hands_marks();
    uint64_t free = pageout_free();
    if (clock.frames == 0)
        return;
    text_printf(text, "kind %s\nframes %llu\nfront %llu\nback %llu\nspread %llu\n", clock_kind_name(clock.kind),
                (ull)clock.frames, (ull)clock.front, (ull)clock.back, (ull)clock.spread);
    if (clock.kind == CLOCK_ADAPTIVE)
        text_printf(text, "hot_hand %llu\nhot %llu\n", (ull)clock.hot_hand, (ull)clock.hot);
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
    while (uio->left > 0 && offset < circle_places()) {
        uint64_t count = min_u64(min_u64(sizeof letters, uio->left), circle_places() - offset);
        for (uint64_t i = 0; i < count; i++)
            letters[i] = frame_letter(page_of_frame(circle_frame(offset + i)));
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
    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++)
        proc_register_number(&numbers[i]);
    proc_register("vmclock", vmclock_show, NULL);
    proc_register_file("vmframes", &vmframes_ops);
}
