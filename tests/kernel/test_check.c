/* The whole-machine check finds what it is for: violations that are planted, and taken back. */
#include "mm/check.h"

#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/anon.h"
#include "mm/busy.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "tests/kernel/fake_object.h"
#include "tests/kernel/swap_area.h"

enum { ATTEMPTS = 200 };
#define PAUSE_NS (NS_PER_SECOND / 100)

/* Whether the check finds that, at the latest when nothing else moves: sums are left out while memory is allocated and freed. */
static bool finds(const char *what)
{
    struct violation violation;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!vm_check_once(&violation) && strncmp(violation.what, what, strlen(what)) == 0)
            return true;
        (void)thread_sleep_until(time_now() + PAUSE_NS, false);
    }
    return false;
}

KTEST(check, only_the_first_violation_is_kept)
{
    struct violation violation = {0};
    violation_note(&violation, "one", 1, 2, 3);
    violation_note(&violation, "two", 4, 5, 6);
    KTEST_EXPECT(strcmp(violation.what, "one") == 0 && violation.where == 1 && violation.found == 3);
}

KTEST(check, finds_a_frame_of_nobody)
{
    struct page *page = frame_alloc(0);
    KTEST_EXPECT(finds("I10: frames of nobody"));
    frame_free(page);
}

KTEST(check, finds_an_anon_that_no_overlay_holds)
{
    struct anon *anon = anon_create(FRAME_ZERO);
    page_put(anon->page);
    KTEST_EXPECT(finds("I8: references of anons and overlays differ"));
    anon_put(anon);
}

KTEST(check, finds_a_standby_page_in_use_and_a_name_that_leads_nowhere)
{
    struct fake_object fake;
    struct page *page;
    standby_empty();
    fake_object_init(&fake, 2);
    KTEST_EXPECT(page_get(&fake.object, 0, 0, &page, NULL) == 0);
    standby_offer(page);
    page_pin(page);
    KTEST_EXPECT(finds("I5: a standby page is in use"));
    page_unpin(page);
    KTEST_EXPECT(page_get(&fake.object, 1, 0, &page, NULL) == 0);
    page_put(page);
    page->index = 0;
    KTEST_EXPECT(finds("I1: an object does not find its page"));
    page->index = 1;
    fake_object_end(&fake);
}

KTEST(check, finds_a_page_that_stays_busy)
{
    struct fake_object fake;
    struct page *page;
    fake_object_init(&fake, 1);
    KTEST_EXPECT(page_get(&fake.object, 0, 0, &page, NULL) == 0);
    KTEST_EXPECT(finds("I7: a page stays BUSY"));
    page_put(page);
    fake_object_end(&fake);
}
