/* The open streams, for fflush(NULL) and exit. */
#ifndef CLOCKHAND_LIBC_STDIO_LIST_H
#define CLOCKHAND_LIBC_STDIO_LIST_H

#include <stdio.h>

extern FILE *stdio_list;

#endif
