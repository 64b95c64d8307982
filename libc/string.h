/* The kernel's way to the shared string functions; the declarations themselves are those programs get from <string.h>. */
#ifndef CLOCKHAND_LIBC_STRING_H
#define CLOCKHAND_LIBC_STRING_H

#include "libc/include/string.h"

#endif
