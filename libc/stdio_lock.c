/*
 * The lock of a stream, which its owner may take again. The library's own functions need it only when there are threads; who takes it
 * with flockfile may start the first other thread before he gives it back, so these always take it.
 */
#include "libc/stdio_file.h"
#include "libc/thread.h"

/* Only its owner can find himself in `owner`. */
void stdio_lock_wait(FILE *file)
{
    struct thread *self = thread_self();

    if (file->owner != self) {
        lock_always_take(&file->lock);
        file->owner = self;
    }
    file->depth++;
}

void stdio_lock_give(FILE *file)
{
    if (--file->depth)
        return;
    file->owner = NULL;
    lock_always_give(&file->lock);
}

void flockfile(FILE *file)
{
    stdio_lock_wait(file);
}

void funlockfile(FILE *file)
{
    stdio_lock_give(file);
}

/* Returns 0 if it has the lock now. */
int ftrylockfile(FILE *file)
{
    struct thread *self = thread_self();

    if (file->owner != self) {
        if (!lock_always_try(&file->lock))
            return -1;
        file->owner = self;
    }
    file->depth++;
    return 0;
}
