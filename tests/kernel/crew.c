/* A crew of threads; see crew.h. */
#include "tests/kernel/crew.h"

#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/frame.h"

#define CREW_MAX (2 * CPUS_MAX)
enum { SAME_TIMES = 2, ATTEMPTS = 100 };
#define LAST_STEPS_NS (NS_PER_SECOND / 50) /* other threads have a few left when their work is done */

struct crew {
    void (*work)(unsigned number, void *context);
    void *context;
    unsigned count;
    unsigned left; /* members_left() */
    _Atomic unsigned numbers, ready;
};

static void member(void *argument)
{
    struct crew *crew = argument;
    unsigned number = atomic_fetch_add(&crew->numbers, 1);
    atomic_fetch_add(&crew->ready, 1);
    while (atomic_load(&crew->ready) < crew->count)
        thread_yield();
    crew->work(number, crew->context);
}

static void member_count(struct thread *thread, void *context)
{
    if (thread->argument == context && thread->function == member)
        ((struct crew *)context)->left++;
}

/* Threads of the crew that have not ended yet, or whose stacks are still there. */
static unsigned members_left(struct crew *crew)
{
    threads_reap();
    crew->left = 0;
    threads_for_each(member_count, crew);
    return crew->left;
}

void crew_run(unsigned count, void (*work)(unsigned number, void *context), void *context)
{
    struct crew crew = {.work = work, .context = context, .count = count};
    assert(count <= CREW_MAX);
    for (unsigned i = 0; i < count; i++) {
        struct thread *thread = thread_create_kernel("crew", member, &crew);
        assert(thread != NULL);
    }
    while (members_left(&crew) > 0)
        thread_yield();
}

unsigned crew_size(void)
{
    return 2 * cpus_online();
}

static uint64_t frames_settle(void)
{
    (void)thread_sleep_until(time_now() + LAST_STEPS_NS, false);
    threads_reap();
    while (frames_reclaim() > 0)
        ;
    frames_drain();
    return frames_free();
}

uint64_t frames_settled(void)
{
    uint64_t count = frames_settle();
    for (unsigned same = 0, attempt = 0; same < SAME_TIMES && attempt < ATTEMPTS; attempt++) {
        uint64_t last = count;
        count = frames_settle();
        same = count == last ? same + 1 : 0;
    }
    return count;
}

bool frames_come_back(void (*work)(void))
{
    for (unsigned run = 0; run < 4 * CPUS_MAX; run++) {
        uint64_t before = frames_settled();
        work();
        if (frames_settled() == before)
            return true;
    }
    return false;
}

bool holds_soon(bool (*condition)(void))
{
    bool holds = condition();
    for (unsigned attempt = 0; attempt < 100 && !holds; attempt++) {
        (void)thread_sleep_until(time_now() + NS_PER_SECOND / 100, false);
        holds = condition();
    }
    return holds;
}

bool run_is_free(unsigned order)
{
    frames_drain();
    struct page *run = frame_alloc_run(order, 0);
    if (run != NULL)
        frame_free_run(run, order);
    return run != NULL;
}
