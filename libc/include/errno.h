/*
 * errno, and the error numbers: those of the system-call interface, from the kernel's own list.
 */
#ifndef CLOCKHAND_ERRNO_H
#define CLOCKHAND_ERRNO_H

#include "kernel/abi/errno.h"

#define EDEADLOCK EDEADLK

extern _Thread_local int errno;
#define errno errno

extern char *program_invocation_name;
extern char *program_invocation_short_name;

#endif
