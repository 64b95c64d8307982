/*
 * The record of all calls that MALLOC_TRACE=FILE asks for: a line each, with addresses as hexadecimal numbers.
 *
 *     a ADDRESS SIZE       r OLD NEW SIZE       f ADDRESS
 *
 * Calls that failed are left out. If FILE exists already, FILE.PID is written: a program that starts others, all of which
 * would record, ends with one file each. tests/malloc/record.awk makes a trace in the format of CS:APP's malloc lab of it.
 */
#ifndef CLOCKHAND_LIBC_MALLOC_TRACE_H
#define CLOCKHAND_LIBC_MALLOC_TRACE_H

#include <stdbool.h>
#include <stddef.h>

/* Begins; false if the file cannot be written. */
bool trace_begin(const char *path);
/* One line. `old` is NULL except for 'r' and 'f', `payload` is NULL for 'f'. */
void trace_note(char kind, const void *old, const void *payload, size_t request);
/* Forgets what is not written yet, without writing it. */
void trace_drop(void);

#endif
