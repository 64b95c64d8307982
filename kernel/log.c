/*
 * The kernel's log: a ring of text, and the consoles it is copied to.
 *
 *     <6>[    0.012345] text\n     in the ring (levels as syslog has them); consoles get it without the level
 *
 * The ring keeps the last RING_SIZE bytes. `ring_end` counts all bytes ever written, so a reader's position stays
 * meaningful when the ring has gone round: it is moved to the oldest line that is left.
 *
 * Locks: console_lock (RANK_CONSOLE) keeps lines whole on the consoles and guards their list; ring_lock (RANK_LOG)
 * guards the ring. After log_panic() nothing is locked any more, as the other CPUs have been stopped, perhaps while
 * they held one.
 */
#include "kernel/log.h"

#include <stdarg.h>

#include "kernel/dev/debugcon.h"
#include "kernel/dev/uart.h"
#include "kernel/lock.h"
#include "kernel/time.h"
#include "libc/format.h"
#include "libc/string.h"

#define RING_SIZE ((uint64_t)32 * 1024)
#define LINE_MAX 512

static struct spinlock console_lock = SPINLOCK_INIT(RANK_CONSOLE);
static struct log_console *consoles;

static struct spinlock ring_lock = SPINLOCK_INIT(RANK_LOG);
static char ring[RING_SIZE];
static uint64_t ring_end;

static enum log_level console_level = LOG_INFO;
static volatile bool panicking;

static void log_lock(struct spinlock *lock)
{
    if (!panicking)
        spin_lock(lock);
}

static void log_unlock(struct spinlock *lock)
{
    if (!panicking)
        spin_unlock(lock);
}

static char ring_at(uint64_t position)
{
    return ring[position % RING_SIZE];
}

static void ring_append(const char *text, size_t length)
{
    log_lock(&ring_lock);
    for (size_t i = 0; i < length; i++)
        ring[(ring_end + i) % RING_SIZE] = text[i];
    ring_end += length;
    log_unlock(&ring_lock);
}

/* The first line that is whole in the ring at or after `position`. */
static uint64_t ring_line_from(uint64_t position)
{
    if (ring_end <= RING_SIZE || position >= ring_end - RING_SIZE)
        return position;
    position = ring_end - RING_SIZE;
    while (position < ring_end && ring_at(position) != '\n')
        position++;
    return position < ring_end ? position + 1 : ring_end;
}

size_t log_read(uint64_t *position, char *buffer, size_t size)
{
    log_lock(&ring_lock);
    uint64_t from = ring_line_from(*position);
    size_t count = (size_t)min_u64(size, from < ring_end ? ring_end - from : 0);
    for (size_t i = 0; i < count; i++)
        buffer[i] = ring_at(from + i);
    *position = from + count;
    log_unlock(&ring_lock);
    return count;
}

uint64_t log_end(void)
{
    return ring_end;
}

static void consoles_write(const char *text, size_t length)
{
    for (struct log_console *console = consoles; console != NULL; console = console->next) {
        if (!console->raw_only_when_panicking || panicking)
            console->write(console, text, length);
    }
}

/* Level, time and text of one line. Returns its length; the text is cut to fit. */
static size_t line_format(char line[LINE_MAX], enum log_level level, const char *format, va_list arguments)
{
    uint64_t now = time_now();
    int head = snprintf(line, LINE_MAX, "<%d>[%5u.%06u] ", (int)level, (unsigned)(now / NS_PER_SECOND),
                        (unsigned)(now % NS_PER_SECOND / 1000));
    int body = vsnprintf(line + head, (size_t)(LINE_MAX - head - 1), format, arguments);
    size_t length = (size_t)min_u64((uint64_t)head + (uint64_t)(body < 0 ? 0 : body), LINE_MAX - 2);
    line[length] = '\n';
    return length + 1;
}

void log_write_va(enum log_level level, const char *format, va_list arguments)
{
    char line[LINE_MAX];
    size_t length = line_format(line, level, format, arguments);
    log_lock(&console_lock);
    ring_append(line, length);
    if (level <= console_level)
        consoles_write(line + 3, length - 3);
    log_unlock(&console_lock);
}

void log_write(enum log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_write_va(level, format, arguments);
    va_end(arguments);
}

void log_raw(const char *text)
{
    log_lock(&console_lock);
    consoles_write(text, strlen(text));
    log_unlock(&console_lock);
}

/* What was logged before the console came, at the level of consoles. */
static void console_catch_up(struct log_console *console)
{
    uint64_t position = ring_line_from(0);
    while (position < ring_end) {
        char line[LINE_MAX];
        size_t length = 0;
        while (position < ring_end && length < sizeof(line)) {
            line[length] = ring_at(position++);
            if (line[length++] == '\n')
                break;
        }
        if (length > 3 && line[1] - '0' <= (int)console_level)
            console->write(console, line + 3, length - 3);
    }
}

void log_console_add(struct log_console *console)
{
    log_lock(&console_lock);
    console_catch_up(console);
    console->next = consoles;
    consoles = console;
    log_unlock(&console_lock);
}

void log_set_level(enum log_level level)
{
    console_level = level;
}

void log_panic(void)
{
    panicking = true;
}

bool log_is_panicking(void)
{
    return panicking;
}

void log_start(void)
{
    debugcon_init();
    uart_log_start();
}
