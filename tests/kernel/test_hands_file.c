/* The clock in /proc: settings that are read, written and refused; its state; one letter for each frame of the circle. */
#include "kernel/abi/errno.h"
#include "kernel/fs/file.h"
#include "kernel/ktest.h"
#include "kernel/lock.h"
#include "kernel/uio.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/circle.h"
#include "mm/frame.h"
#include "mm/hands.h"
#include "mm/pageout.h"
#include "tests/kernel/crew.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/swap_area.h"

KTEST(hands_file, settings_are_what_the_clock_has)
{
    struct clock clock = hands_state();
    struct clock_marks marks = hands_marks();
    struct text kind = proc_text("sys/vm/clock"), spread = proc_text("sys/vm/clock_spread");
    KTEST_EXPECT(strncmp(kind.data, clock_kind_name(clock.kind), strlen(clock_kind_name(clock.kind))) == 0);
    text_release(&kind);
    text_release(&spread);
    char number[24];
    snprintf(number, sizeof(number), "%lu", (unsigned long)marks.scan_max + 1);
    KTEST_EXPECT(proc_text_store("sys/vm/scan_max", number) == 0 && hands_marks().scan_max == marks.scan_max + 1);
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
    KTEST_EXPECT(proc_text_store("sys/vm/lotsfree", "1") == -EINVAL); /* below the other marks */
    KTEST_EXPECT(proc_text_store("sys/vm/minfree", "x") == -EINVAL && proc_text_store("sys/vm/minfree", "") == -EINVAL);
    KTEST_EXPECT(proc_text_store("sys/vm/clock", "three") == -EINVAL);
    KTEST_EXPECT(proc_text_store("sys/vm/clock_spread", "0") == -EINVAL);
    KTEST_EXPECT(hands_marks().lotsfree == marks.lotsfree && hands_state().spread_wanted == clock.spread_wanted);
}

/* One who writes a mark, or those that follow the smallest, again and again; by now nobody else has written it. */
struct writer {
    bool all;
    size_t place;
    uint64_t least, most;
};

static void mark_write(unsigned number, void *context)
{
    const struct writer *writer = (const struct writer *)context + number;
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t value = writer->least + i % (writer->most - writer->least + 1);
        int error = writer->all ? hands_set_minimum(value) : hands_set_mark(writer->place, value);
        struct clock_marks now = hands_marks();
        KTEST_EXPECT(error == 0 && *clock_mark_at(&now, writer->place) == value);
    }
}

KTEST(hands_file, who_writes_a_mark_changes_no_other)
{
    struct clock_marks before = hands_marks();
    struct writer writers[] = {
        {.place = offsetof(struct clock_marks, minfree), .least = 1, .most = before.minfree},
        {.place = offsetof(struct clock_marks, scan_max), .least = before.scan_max, .most = 2 * before.scan_max},
    };
    crew_run(2, mark_write, writers);
    writers[0].all = true;
    crew_run(2, mark_write, writers);
    KTEST_EXPECT(hands_set_marks(&before) == 0);
}

KTEST(hands_file, min_free_kbytes_moves_all_marks)
{
    struct clock_marks marks = hands_marks();
    KTEST_EXPECT(proc_text_store("sys/vm/min_free_kbytes", "403") == 0);
    KTEST_EXPECT(hands_marks().minfree == 100 && hands_marks().desfree == 200 && hands_marks().lotsfree == 400);
    struct text text = proc_text("sys/vm/min_free_kbytes");
    KTEST_EXPECT(strcmp(text.data, "400\n") == 0);
    text_release(&text);
    char number[24]; /* lotsfree would be more than half of memory */
    snprintf(number, sizeof(number), "%lu", (unsigned long)frames_total() / 8 * 4 + 4);
    KTEST_EXPECT(proc_text_store("sys/vm/min_free_kbytes", number) == -EINVAL);
    KTEST_EXPECT(proc_text_store("sys/vm/min_free_kbytes", "3") == -EINVAL && hands_marks().minfree == 100);
    KTEST_EXPECT(hands_set_marks(&marks) == 0);
}

KTEST(hands_file, vmclock_shows_the_state)
{
    struct text text = proc_text("vmclock");
    struct clock clock = hands_state();
    struct clock_marks marks = hands_marks();
    KTEST_EXPECT(text_number(&text, "frames") == circle_places() && text_number(&text, "spread") == clock.spread);
    KTEST_EXPECT(text_number(&text, "back") < clock.frames && text_number(&text, "front") < clock.frames);
    KTEST_EXPECT(text_number(&text, "lotsfree") == marks.lotsfree && text_number(&text, "minfree") == marks.minfree);
    KTEST_EXPECT(text_number(&text, "scan_rate") <= text_number(&text, "scan_max"));
    KTEST_EXPECT(text_number(&text, "evicted") <= clock.counts.evicted && text_number(&text, "laps") != UINT64_MAX);
    text_release(&text);
}

static bool free_is_the_daemons(void)
{
    struct text text = proc_text("vmclock");
    struct clock_marks marks = hands_marks();
    uint64_t free = text_number(&text, "free");
    KTEST_EXPECT(text_number(&text, "scan_rate") == clock_scan_rate(&marks, free));
    bool same = free == pageout_free();
    text_release(&text);
    return same;
}

KTEST(hands_file, vmclock_shows_what_the_daemon_goes_by)
{
    standby_empty();
    KTEST_EXPECT(holds_soon(free_is_the_daemons));
}

/* Whoever looks does not wait for the hands, which may stand still as long as a disk does: sleeping would be a panic here. */
KTEST(hands_file, vmclock_is_shown_without_waiting)
{
    struct text text;
    text_init(&text);
    KTEST_EXPECT(text_reserve(&text, PAGE_SIZE));
    interrupts_push_off();
    proc_entry_find("vmclock")->show(&text);
    interrupts_pop();
    text_put(&text, "", 1);
    KTEST_EXPECT(!text.failed && text_number(&text, "frames") == hands_state().frames);
    text_release(&text);
}

/* The letter of a place, 0 behind the last. */
static char letter_at(uint64_t place)
{
    char letter = 0;
    struct file file = {0};
    struct uio uio;
    uio_init_kernel(&uio, &letter, 1, true);
    ssize_t count = proc_entry_find("vmframes")->ops->read(&file, &uio, place);
    KTEST_EXPECT(count == (place < circle_places()));
    return letter;
}

/* The place of a frame. */
static uint64_t place_of(const struct page *page)
{
    uint64_t place = 0;
    while (place < circle_places() && circle_frame(place) != page_frame(page))
        place++;
    return place;
}

KTEST(hands_file, vmframes_has_a_letter_for_each_place)
{
    struct page *page = frame_alloc(0);
    uint64_t place = place_of(page);
    KTEST_EXPECT(letter_at(place) == 'd');
    frame_free(page);
    page = frame_alloc(FRAME_WIRED);
    KTEST_EXPECT(letter_at(place_of(page)) == 'w');
    frame_free(page);
    KTEST_EXPECT(letter_at(circle_places()) == 0 && letter_at(circle_places() - 1) != 0);
    KTEST_EXPECT(page_of_frame(circle_frame(0))->state == PAGE_ABSENT || letter_at(0) != '-');
}
