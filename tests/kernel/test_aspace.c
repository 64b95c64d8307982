/* Address spaces: users, references and holds end one after the other, and each takes its part with it; the walk over all of them; what may grow. */
#include "mm/aspace.h"

#include "kernel/ktest.h"
#include "kernel/thread.h"
#include "mm/map.h"
#include "tests/kernel/spaces.h"

enum { PAGES = 8 };

KTEST(aspace, the_last_user_takes_the_memory_the_last_reference_the_rest)
{
    struct aspace *aspace = space_filled(PAGES, 0);
    aspace_share(aspace);
    aspace_get(aspace); /* somebody who looks at it */
    aspace_leave(aspace);
    KTEST_EXPECT(space_resident(aspace) == PAGES && aspace->areas.count == 1 && aspace->users == 1);
    aspace_leave(aspace);
    KTEST_EXPECT(aspace->users == 0 && space_resident(aspace) == 0 && aspace->areas.count == 0);
    KTEST_EXPECT(aspace->overlay.count == 0 && aspace->total_pages == 0 && aspace->references == 1);
    KTEST_EXPECT(fault_resolve(aspace, SPACE_BASE, FAULT_READ) == FAULT_MAPERR);
    aspace_hold(aspace); /* a pager at one of its mappings */
    aspace_put(aspace);
    KTEST_EXPECT(aspace->references == 0 && aspace->holds == 1);
    aspace_release(aspace);
}

KTEST(aspace, each_is_in_the_list_of_all_once_while_it_is_referenced)
{
    struct aspace *one = aspace_create(), *two = aspace_create();
    unsigned ones = 0, twos = 0;
    for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace)) {
        ones += aspace == one;
        twos += aspace == two;
    }
    KTEST_EXPECT(ones == 1 && twos == 1 && one->references == 1 && two->references == 1);
    aspace_hold(two);
    aspace_put(two);
    twos = 0;
    for (struct aspace *aspace = aspace_next(NULL); aspace != NULL; aspace = aspace_next(aspace))
        twos += aspace == two;
    KTEST_EXPECT(twos == 0);
    aspace_release(two);
    aspace_put(one);
}

KTEST(aspace, limits_count_what_there_is_and_what_is_replaced_once)
{
    struct aspace *aspace = space_filled(PAGES, 0);
    mutex_lock(&aspace->lock);
    aspace->aspace_limit = (PAGES + 2) << PAGE_SHIFT;
    KTEST_EXPECT(aspace_may_grow_locked(aspace, 2, AREA_READ) && !aspace_may_grow_locked(aspace, 3, AREA_READ));
    KTEST_EXPECT(aspace_may_replace_locked(aspace, SPACE_BASE, PAGES + 2, AREA_READ));
    KTEST_EXPECT(!aspace_may_replace_locked(aspace, SPACE_BASE + PAGE_SIZE, PAGES + 2, AREA_READ));
    aspace->data_limit = PAGES << PAGE_SHIFT;
    KTEST_EXPECT(!aspace_may_grow_locked(aspace, 1, AREA_READ | AREA_WRITE) &&
                 aspace_may_grow_locked(aspace, 1, AREA_READ));
    KTEST_EXPECT(aspace_may_grow_locked(aspace, 1, SPACE_RW | AREA_SHARED));
    KTEST_EXPECT(aspace_may_replace_locked(aspace, SPACE_BASE, PAGES, SPACE_RW));
    mutex_unlock(&aspace->lock);
    aspace_put(aspace);
}

KTEST(aspace, a_thread_uses_the_one_it_was_given)
{
    struct aspace *aspace = space_filled(PAGES, 0);
    aspace_use(aspace);
    KTEST_EXPECT(thread_current()->aspace == aspace);
    aspace_use(NULL);
    KTEST_EXPECT(thread_current()->aspace == NULL && aspace->references == 1);
    aspace_put(aspace);
}
