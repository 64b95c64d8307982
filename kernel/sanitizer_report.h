/* What is said of an access that the shadow forbids. See sanitizer_address.c. */
#ifndef KERNEL_SANITIZER_REPORT_H
#define KERNEL_SANITIZER_REPORT_H

#include "kernel/types.h"

/* A global variable with the gap behind it: the compiler's (struct __asan_global). */
struct sanitizer_global {
    const char *start;
    size_t length, room;
    const char *name, *file;
    uint64_t constructed_at_run_time;
    const void *location;
    uint64_t indicator;
};

/* Those of one source file; the array is kept. */
void sanitizer_globals_add(const struct sanitizer_global *globals, size_t number);

/* The panic: `closed` is the first byte of the access that must not be accessed, `place` where in the code it was. */
void noreturn_function sanitizer_report(vaddr_t address, size_t length, bool write, vaddr_t closed, uint64_t place);

#endif
