/* Included before everything else in build/host/malloc.so: what these headers declare is visible outside, nothing else is. */
#pragma GCC visibility push(default)
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <threads.h>

void malloc_check(void);
#pragma GCC visibility pop
