/* What libc's malloc needs of the rest of libc, for build/host/malloc.so: the host's threads and fork. */
#include <dlfcn.h>
#include <pthread.h>
#include <threads.h>

#include "libc/lock.h"
#include "libc/malloc_special.h"

typedef int create_t(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef int thrd_create_t(thrd_t *, thrd_start_t, void *);

static void threads_begin(void)
{
    threads_running = true;
    malloc_threads_begin();
}

/* Instead of the host's: the heap learns that there will be a second thread, then the host makes it. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    create_t *create = (create_t *)dlsym(RTLD_NEXT, "pthread_create");

    threads_begin();
    return create(thread, attributes, start, argument);
}

int thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
    thrd_create_t *create = (thrd_create_t *)dlsym(RTLD_NEXT, "thrd_create");

    threads_begin();
    return create(thread, start, argument);
}

__attribute__((constructor)) static void fork_prepare(void)
{
    pthread_atfork(malloc_lock, malloc_unlock, malloc_fork_child);
}
