/*
 * The table of signal handlers of a process (contracts in signal.h).
 *
 * clone(CLONE_SIGHAND) shares it. A process that executes a program while it shares its table with another process gets
 * a new one; the old one stays allocated as long as the new one (`left`), because a sender may just be taking its lock:
 * it then sees that the table has changed, and tries again.
 */
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/signal.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

static struct slab_cache sighand_cache;

void sighand_module_init(void)
{
    slab_cache_init(&sighand_cache, "sighand", sizeof(struct sighand));
}

static struct sighand *sighand_allocate(unsigned flags)
{
    struct sighand *sighand = slab_alloc(&sighand_cache, flags);
    if (sighand == NULL)
        return NULL;
    spin_init(&sighand->lock, RANK_SIGNAL);
    sighand->references = 1;
    sighand->left = NULL;
    return sighand;
}

struct sighand *sighand_create(void)
{
    return sighand_allocate(FRAME_ZERO);
}

struct sighand *sighand_copy(struct sighand *from)
{
    struct sighand *copy = sighand_allocate(0);
    if (copy == NULL)
        return NULL;
    spin_lock(&from->lock);
    memcpy(copy->flags, from->flags, sizeof(*copy) - offsetof(struct sighand, flags));
    spin_unlock(&from->lock);
    return copy;
}

void sighand_put(struct sighand *sighand)
{
    while (sighand != NULL && atomic_fetch_sub_explicit(&sighand->references, 1, memory_order_acq_rel) == 1) {
        struct sighand *left = sighand->left;
        slab_free(&sighand_cache, sighand);
        sighand = left;
    }
}

/* Copies which signals are ignored, and nothing else. */
static void copy_ignored(struct sighand *to, const struct sighand *from)
{
    for (unsigned i = 0; i < SIGNALS; i++)
        to->handlers[i] = from->handlers[i] == SIG_IGN ? SIG_IGN : SIG_DFL;
}

static void reset_in_place(struct sighand *sighand)
{
    copy_ignored(sighand, sighand);
    memset(sighand->flags, 0, sizeof(sighand->flags));
    memset(sighand->restorers, 0, sizeof(sighand->restorers));
    memset(sighand->masks, 0, sizeof(sighand->masks));
}

void sighand_reset(struct process *process, struct sighand *fresh)
{
    struct sighand *old = sighand_lock_process(process);
    if (old->references == 1) {
        reset_in_place(old);
        spin_unlock(&old->lock);
        sighand_put(fresh);
        return;
    }
    copy_ignored(fresh, old);
    fresh->left = old;
    process->sighand = fresh;
    spin_unlock(&old->lock);
}
