/*
 * What libraries want done around a fork. The handlers for the time before run last first, those for after first first, in the
 * thread that forks; a list of them grows and is never shortened.
 */
#include "libc/pthread_fork.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "libc/lock.h"

struct handlers {
    struct handlers *earlier, *later;
    void (*prepare)(void);
    void (*parent)(void);
    void (*child)(void);
};

/* Held from fork_prepare() until the fork is over, so that both sides see the same list. */
static struct lock lock;
static struct handlers *first, *last;

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    struct handlers *handlers = malloc(sizeof *handlers);

    if (!handlers)
        return ENOMEM;
    lock_take(&lock);
    *handlers = (struct handlers){last, NULL, prepare, parent, child};
    if (last)
        last->later = handlers;
    else
        first = handlers;
    last = handlers;
    lock_give(&lock);
    return 0;
}

void fork_prepare(void)
{
    lock_take(&lock);
    for (struct handlers *at = last; at; at = at->earlier)
        if (at->prepare)
            at->prepare();
}

void fork_parent(void)
{
    for (struct handlers *at = first; at; at = at->later)
        if (at->parent)
            at->parent();
    lock_give(&lock);
}

void fork_child(void)
{
    for (struct handlers *at = first; at; at = at->later)
        if (at->child)
            at->child();
    lock_give(&lock);
}
