/*
 * The kernel's log: a ring of lines with time and level, copied to every console at or below `loglevel=`.
 *
 * log_write() may be called from anywhere: any lock held, interrupt handlers, before there are threads.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdarg.h>

#include "kernel/types.h"

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_DEBUG = 7 }; /* syslog(3)'s numbers */

/* One line; the newline is added. Formats as libc/format.c. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

void log_write_va(enum log_level level, const char *format, va_list arguments);

/* Adds the consoles that work without interrupts: QEMU's debug console and COM1. The first thing of all to start. */
void log_start(void);

/* Consoles get lines up to `level` (option loglevel=; before that LOG_INFO). The ring keeps all. */
void log_set_level(enum log_level level);

/* From now on no lock is taken and every console is written to. For a panic, when the other CPUs have been stopped. */
void log_panic(void);
/* Whether log_panic() was called: for consoles that have locks of their own. */
bool log_is_panicking(void);

/* Bytes to the log's consoles as they are, without ring, level and time: KTAP output of the in-kernel tests. */
void log_raw(const char *text);

/* An output device of the log. Called with the console lock held, interrupts off; must not sleep and must not log. */
struct log_console {
    struct log_console *next;
    void (*write)(struct log_console *console, const char *text, size_t length);
    bool raw_only_when_panicking; /* silent once a terminal has taken the device over, except for a panic */
};
/* Adds a console; it is given what has been logged so far. */
void log_console_add(struct log_console *console);

/*
 * Copies the ring's text from byte offset `*position` on into `buffer` (at most `size`), moves the position, returns
 * the count. For /dev/kmsg, dmesg.
 */
size_t log_read(uint64_t *position, char *buffer, size_t size);

/* The position behind the newest line: a reader that starts here sees only what comes later. */
uint64_t log_end(void);

#endif
