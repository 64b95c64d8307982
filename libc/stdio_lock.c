/* The lock of a stream, which its owner may take again. */
#include "libc/stdio_file.h"
#include "libc/thread.h"

/* Only its owner can find himself in `owner`. */
void stdio_lock_wait(FILE *file)
{
    struct thread *self = thread_self();

    if (file->owner != self) {
        lock_take(&file->lock);
        file->owner = self;
    }
    file->depth++;
}

void stdio_lock_give(FILE *file)
{
    if (--file->depth)
        return;
    file->owner = NULL;
    lock_give(&file->lock);
}

void flockfile(FILE *file)
{
    stdio_lock(file);
}

void funlockfile(FILE *file)
{
    stdio_unlock(file);
}
