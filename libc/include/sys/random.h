/* Random bytes. */
#ifndef CLOCKHAND_SYS_RANDOM_H
#define CLOCKHAND_SYS_RANDOM_H

#include <sys/types.h>

#define GRND_NONBLOCK 1
#define GRND_RANDOM 2

ssize_t getrandom(void *buffer, size_t length, unsigned flags);
int getentropy(void *buffer, size_t length);

#endif
