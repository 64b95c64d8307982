/* /proc/PID/oom_score and oom_score_adj from inside: what they show of a process. (What can be written, and by whom: tests/user/vm_oom.c.) */
#include "kernel/ktest.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/oom.h"
#include "tests/kernel/proc_text.h"
#include "tests/kernel/spaces.h"

/* Whether the file of the process shows that number. */
static bool shows(struct process *process, const char *name, const char *number)
{
    struct text text = proc_text_of(process, name);
    size_t length = strlen(number);
    bool same = strncmp(text.data, number, length) == 0 && strcmp(text.data + length, "\n") == 0;
    text_release(&text);
    return same;
}

KTEST(report_oom, the_wish_is_shown_as_it_is)
{
    static struct process process;
    process.oom_adjustment = -17;
    KTEST_EXPECT(shows(&process, "oom_score_adj", "-17"));
    process.oom_adjustment = OOM_ADJUSTMENT_MAX;
    KTEST_EXPECT(shows(&process, "oom_score_adj", "1000") && shows(&process, "oom_adj", "15"));
    process.oom_adjustment = -OOM_ADJUSTMENT_MAX;
    KTEST_EXPECT(shows(&process, "oom_adj", "-17"));
    process.oom_adjustment = -59;
    KTEST_EXPECT(shows(&process, "oom_adj", "-1"));
    process.oom_adjustment = 0;
}

KTEST(report_oom, the_score_grows_with_the_wish_and_is_0_for_never)
{
    static struct process process = {.pid = 1000};
    KTEST_EXPECT(shows(&process, "oom_score", "0")); /* it has no memory */
    process.aspace = aspace_create();
    space_map(process.aspace, SPACE_BASE, 1, SPACE_RW);
    KTEST_EXPECT(shows(&process, "oom_score", "666"));
    process.oom_adjustment = 500;
    uint64_t score = oom_process_score(&process);
    KTEST_EXPECT(score > 900 && score <= 1000);
    process.oom_adjustment = -OOM_ADJUSTMENT_MAX;
    KTEST_EXPECT(shows(&process, "oom_score", "0"));
    process.oom_adjustment = 0;
    aspace_put(process.aspace);
    process.aspace = NULL;
}
