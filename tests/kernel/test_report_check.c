/* What tests ask of the memory system: the check, the states of all frames, failures on purpose. */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/inject.h"
#include "mm/slab.h"
#include "tests/kernel/proc_text.h"

KTEST(report_check, the_check_says_ok)
{
    struct text text = proc_text("sys/vm/check"); /* anything else is a panic */
    KTEST_EXPECT(strcmp(text.data, "ok\n") == 0);
    text_release(&text);
}

KTEST(report_check, frames_are_in_one_state_each)
{
    static const char *const states[] = {"free", "detached", "active", "standby", "wired", "absent"};
    static const char *const owners[] = {"wired_page_tables", "wired_kmalloc"};
    struct page *page = frame_alloc(0); /* so that one is DETACHED */
    struct text text = proc_text("frames");
    uint64_t sum = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(states); i++)
        sum += text_number(&text, states[i]);
    KTEST_EXPECT(text_number(&text, "detached") >= 1 && text_number(&text, "absent") == frame_limit - frames_total());
    KTEST_EXPECT(sum + 64 >= frame_limit &&
                 sum <= frame_limit + 64); /* counted one after the other: some may have moved */
    for (unsigned i = 0; i < ARRAY_LENGTH(owners); i++)
        KTEST_EXPECT(text_number(&text, owners[i]) < text_number(&text, "wired"));
    text_release(&text);
    frame_free(page);
}

KTEST(report_check, failures_are_set_for_others)
{
    bool spared = thread_current()->spared;
    KTEST_EXPECT(proc_text_store("sys/vm/fail_frame", "1") == 0 && frame_fails_every() == 1);
    struct page *page = frame_alloc(FRAME_NOWAIT); /* who has asked for it is spared */
    KTEST_EXPECT(page != NULL && thread_current()->spared);
    KTEST_EXPECT(proc_text_store("sys/vm/fail_frame", "0") == 0 && frame_fails_every() == 0);
    KTEST_EXPECT(proc_text_store("sys/vm/fail_slab", "77") == 0 && slab_fails_every() == 77);
    KTEST_EXPECT(proc_text_store("sys/vm/fail_slab", "0") == 0 && proc_text_store("sys/vm/fail_slab", "x") == -EINVAL);
    KTEST_EXPECT(proc_text_store("sys/vm/fail_once", "1000000") == 0 && injection_once_left() > 1000);
    KTEST_EXPECT(frame_fails_every() == INJECTION_ONCE && slab_fails_every() == INJECTION_ONCE);
    KTEST_EXPECT(proc_text_store("sys/vm/fail_once", "0") == 0 && injection_once_left() == 0);
    KTEST_EXPECT(frame_fails_every() == 0 && slab_fails_every() == 0);
    thread_current()->spared = spared;
    if (page != NULL)
        frame_free(page);
}

KTEST(report_check, failures_may_be_the_kernels_own_only)
{
    KTEST_EXPECT(proc_text_store("sys/vm/fail_in", "kernel") == 0 && atomic_load(&injection_in_kernel));
    struct text text = proc_text("sys/vm/fail_in");
    KTEST_EXPECT(strcmp(text.data, "kernel\n") == 0);
    text_release(&text);
    KTEST_EXPECT(proc_text_store("sys/vm/fail_in", "user") == -EINVAL && atomic_load(&injection_in_kernel));
    KTEST_EXPECT(proc_text_store("sys/vm/fail_in", "all") == 0 && !atomic_load(&injection_in_kernel));
}
