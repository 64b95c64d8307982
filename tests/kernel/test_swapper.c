/*
 * The swapper's part that needs no programs: its settings and their bounds. (Its choice, and whom it leaves alone, is
 * tests/host/test_balance.c, address spaces that go and come tests/kernel/test_swapout.c, whole processes tests/swapping.t.)
 */
#include "mm/swapper.h"

#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "tests/kernel/proc_text.h"

static const char *const settings[] = {"sys/vm/swapout_ms", "sys/vm/swapin_ms"};

/* Whether the file shows that number. */
static bool shows(const char *path, const char *number)
{
    struct text text = proc_text(path);
    size_t length = strlen(number);
    bool same = strncmp(text.data, number, length) == 0 && strcmp(text.data + length, "\n") == 0;
    text_release(&text);
    return same;
}

KTEST(swapper, settings_are_milliseconds_within_bounds)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(settings); i++) {
        struct text before = proc_text(settings[i]);
        before.data[before.length - 2] = '\0'; /* the newline */
        KTEST_EXPECT(proc_text_store(settings[i], "") == -EINVAL && proc_text_store(settings[i], "2x") == -EINVAL);
        KTEST_EXPECT(proc_text_store(settings[i], "-1") == -EINVAL);
        KTEST_EXPECT(proc_text_store(settings[i], "1000001") == -EINVAL);
        KTEST_EXPECT(proc_text_store(settings[i], "99999999999999999999999") == -EINVAL);
        KTEST_EXPECT(shows(settings[i], before.data));
        KTEST_EXPECT(proc_text_store(settings[i], "1000000") == 0 && shows(settings[i], "1000000"));
        KTEST_EXPECT(proc_text_store(settings[i], "0") == (i == 0 ? 0 : -EINVAL)); /* a turn takes some time */
        KTEST_EXPECT(proc_text_store(settings[i], before.data) == 0 && shows(settings[i], before.data));
        text_release(&before);
    }
}

static void swapper_count(struct thread *thread, void *context)
{
    *(unsigned *)context += strcmp(thread->name, "swapper") == 0;
}

KTEST(swapper, there_is_one)
{
    unsigned count = 0;
    threads_for_each(swapper_count, &count);
    KTEST_EXPECT(count == 1);
}
