/*
 * Threads: making, ending and waiting for them.
 *
 *     one mapping:  | guard | stack ... <- | thread-local variables | struct thread |
 *
 * A joinable thread's mapping is freed by whoever joins it, a detached one's by its own last instructions. The last thread to
 * end ends the process.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/futex.h"
#include "libc/lock.h"
#include "libc/malloc_special.h"
#include "libc/pthread_fork.h"
#include "libc/pthread_robust.h"
#include "libc/thread.h"

void malloc_threads_begin(void) __attribute__((weak));

enum { PAGE = 4096 };

static const unsigned long CLONE_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                         CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

static atomic_int threads_count = 1;

static size_t page_round(size_t length)
{
    return (length + PAGE - 1) & ~(size_t)(PAGE - 1);
}

pthread_t pthread_self(void)
{
    return thread_self();
}

int pthread_equal(pthread_t left, pthread_t right)
{
    return left == right;
}

void threads_begin(void)
{
    if (threads_running)
        return;
    thread_self()->id = gettid();
    threads_running = true;
    if (malloc_threads_begin)
        malloc_threads_begin();
}

/* A thread starts with its creator's mask, which may be that of a handler that was being cancelled (cancel.h). */
static void cancel_unblock(void)
{
    static const unsigned long cancel = 1ul << (SIGNAL_CANCEL - 1);

    call_raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&cancel, 0, sizeof cancel);
}

void threads_fork_child(void)
{
    if (!threads_running)
        return;
    threads_count = 1;
    thread_self()->id = gettid();
    atomic_store(&thread_self()->cancelled, 0);
    cancel_unblock();
}

/* On a stack that is the program's own, whose guard is its business, too. */
static struct thread *thread_new_on(void *stack, size_t length)
{
    size_t area = (thread_area_size() + 63) & ~(size_t)63;
    uintptr_t end = ((uintptr_t)stack + length) & ~(uintptr_t)63;

    memset((void *)(end - area), 0, area);
    struct thread *thread = thread_area_init((void *)(end - area));
    thread->stack = stack;
    thread->stack_length = end - area - (uintptr_t)stack;
    return thread;
}

/* The mapping with its guard, and the thread's own structures at its end. */
static struct thread *thread_new(size_t stack_size, size_t guard_size)
{
    size_t area = (thread_area_size() + 63) & ~(size_t)63, guard = page_round(guard_size);
    size_t length = guard + page_round(stack_size + area);
    char *mapping = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (mapping == MAP_FAILED)
        return NULL;
    if (guard && mprotect(mapping, guard, PROT_NONE)) {
        munmap(mapping, length);
        return NULL;
    }
    struct thread *thread = thread_area_init(mapping + length - area);
    thread->mapping = mapping;
    thread->mapping_length = length;
    thread->stack = mapping + guard;
    thread->stack_length = length - area - guard;
    return thread;
}

int pthread_create(pthread_t *result, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    static const pthread_attr_t defaults = {.stack_size = PTHREAD_STACK_DEFAULT, .guard_size = PAGE};
    const pthread_attr_t *chosen = attributes ? attributes : &defaults;

    threads_begin();
    struct thread *thread = chosen->stack ? thread_new_on(chosen->stack, chosen->stack_size)
                                          : thread_new(chosen->stack_size, chosen->guard_size);
    if (!thread)
        return EAGAIN;
    thread->start = start;
    thread->argument = argument;
    thread->state = chosen->detached ? THREAD_DETACHED : THREAD_JOINABLE;
    atomic_fetch_add(&threads_count, 1);
    *result = thread;
    long id = thread_clone(CLONE_FLAGS, (char *)thread->stack + thread->stack_length, &thread->id, thread);
    if (id > 0)
        return 0;
    atomic_fetch_sub(&threads_count, 1);
    if (thread->mapping)
        munmap(thread->mapping, thread->mapping_length);
    return EAGAIN;
}

void thread_main(struct thread *thread)
{
    cancel_unblock();
    pthread_exit(thread->start(thread->argument));
}

/* The handlers that were pushed; from now on the thread cannot be cancelled. */
static void self_cleanup(struct thread *thread)
{
    thread->cancel_disabled = 1;
    while (thread->cleanups) {
        struct pthread_cleanup *last = thread->cleanups;
        thread->cleanups = last->outer;
        last->function(last->argument);
    }
}

void pthread_exit(void *result)
{
    struct thread *thread = thread_self();
    int joinable = THREAD_JOINABLE;

    self_cleanup(thread);
    if (thread_values_destroy)
        thread_values_destroy();
    if (atomic_fetch_sub(&threads_count, 1) == 1)
        exit(0);
    thread->result = result;
    if (thread->mapping && !atomic_compare_exchange_strong(&thread->state, &joinable, THREAD_ENDED)) {
        static atomic_int nobody;
        if (robust_list_end)
            robust_list_end();
        static const unsigned long all = ~0ul; /* sigfillset leaves some out */
        /* Nothing may use the stack any more, not even a signal; and the kernel must not touch the id in it, nor its list. */
        call_raw4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, 0, sizeof all);
        call_raw1(SYS_set_tid_address, (long)&nobody);
        thread_unmap_exit(thread->mapping, thread->mapping_length);
    }
    for (;;)
        call_raw1(SYS_exit, 0);
}

int pthread_join(pthread_t thread, void **result)
{
    int id;

    pthread_testcancel();
    if (thread == thread_self())
        return EDEADLK;
    if (thread->state == THREAD_DETACHED)
        return EINVAL;
    /* The kernel's wake-up is not a private one. */
    while ((id = atomic_load(&thread->id)))
        call_blocking4(SYS_futex, (long)&thread->id, FUTEX_WAIT, id, 0);
    if (result)
        *result = thread->result;
    if (thread->mapping)
        munmap(thread->mapping, thread->mapping_length);
    return 0;
}

int pthread_detach(pthread_t thread)
{
    int joinable = THREAD_JOINABLE;

    if (atomic_compare_exchange_strong(&thread->state, &joinable, THREAD_DETACHED))
        return 0;
    return joinable == THREAD_ENDED ? pthread_join(thread, NULL) : EINVAL;
}

int pthread_kill(pthread_t thread, int number)
{
    int id = thread == thread_self() ? gettid() : atomic_load(&thread->id);

    return id ? (int)-call_raw3(SYS_tgkill, getpid(), id, number) : ESRCH;
}
