/* The open streams, for fflush(NULL) and exit. */
#ifndef CLOCKHAND_LIBC_STDIO_LIST_H
#define CLOCKHAND_LIBC_STDIO_LIST_H

#include <stdio.h>

#include "libc/lock.h"

/* Held while the list is walked or changed; a stream's own lock may be taken under it. */
extern struct lock stdio_list_lock;
extern FILE *stdio_list;

#endif
