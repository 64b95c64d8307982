/*
 * Reading from and writing to terminals: the waiting around the line discipline.
 *
 * How long a read waits (POSIX 11.1.7):
 *
 *      canonical          a line or end of file
 *      MIN > 0, TIME = 0  MIN bytes, or as many as were asked for
 *      MIN > 0, TIME > 0  the same, or TIME tenths of a second after the last byte
 *      MIN = 0, TIME > 0  one byte, at most TIME tenths of a second
 *      MIN = 0, TIME = 0  not at all
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/poll.h"
#include "kernel/abi/signal.h"
#include "kernel/dev/tty.h"
#include "kernel/panic.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "libc/format.h"
#include "mm/slab.h"

#define TENTH_NS (NS_PER_SECOND / 10)
#define WRITE_CHUNK 256

void tty_init(struct tty *tty, const char *name, uint32_t number)
{
    snprintf(tty->name, sizeof(tty->name), "%s", name);
    tty->number = number;
    spin_init(&tty->lock, RANK_TTY_INPUT);
    tty_line_init(&tty->line);
    waitqueue_init(&tty->readers);
    waitqueue_init(&tty->writers);
}

/* Feeds the line; returns a bit for each signal typed. */
static uint64_t input_locked(struct tty *tty, const uint8_t *bytes, size_t count)
{
    uint64_t signals = 0;
    for (size_t i = 0; i < count; i++) {
        int signal = tty_line_input(&tty->line, bytes[i]);
        if (signal != 0)
            signals |= signal_bit(signal);
    }
    if (tty_line_is_readable(&tty->line, 1))
        wait_wake_all(&tty->readers);
    return signals;
}

void tty_receive_locked(struct tty *tty, const uint8_t *bytes, size_t count)
{
    assert(spin_is_held(&tty->lock));
    (void)input_locked(tty, bytes, count);
}

static void signals_send(pid_t group, uint64_t signals)
{
    static const int typed[] = {SIGINT, SIGQUIT, SIGTSTP};
    for (unsigned i = 0; i < ARRAY_LENGTH(typed); i++) {
        if ((signals & signal_bit(typed[i])) != 0)
            (void)signal_send_group(group, typed[i]); /* nobody in the group any more: nothing to do */
    }
}

void tty_receive(struct tty *tty, const uint8_t *bytes, size_t count)
{
    spin_lock(&tty->lock);
    uint64_t signals = input_locked(tty, bytes, count);
    pid_t group = tty->group;
    tty->driver->start(tty); /* echo, and output that ^Q set free */
    spin_unlock(&tty->lock);
    if (signals != 0)
        wait_wake_all(&tty->writers); /* the output was thrown away */
    if (group != 0)
        signals_send(group, signals);
}

size_t tty_take(struct tty *tty, uint8_t *to, size_t size)
{
    assert(spin_is_held(&tty->lock));
    size_t count = tty_line_take(&tty->line, to, size);
    if (count == 0)
        return 0;
    if (tty->mirror != NULL)
        tty->mirror(tty, to, count);
    if (tty_line_is_writable(&tty->line))
        wait_wake_all(&tty->writers);
    return count;
}

static bool is_readable(struct tty *tty, size_t minimum)
{
    spin_lock(&tty->lock);
    bool readable = tty->hung_up || tty_line_is_readable(&tty->line, minimum);
    spin_unlock(&tty->lock);
    return readable;
}

static bool is_writable(struct tty *tty)
{
    spin_lock(&tty->lock);
    bool writable = tty->hung_up || tty_line_is_writable(&tty->line);
    spin_unlock(&tty->lock);
    return writable;
}

static bool is_drained(struct tty *tty)
{
    spin_lock(&tty->lock);
    bool drained = tty->hung_up || tty_line_output_waiting(&tty->line) == 0;
    spin_unlock(&tty->lock);
    return drained;
}

/* One read under way. */
struct tty_reader {
    uint8_t *buffer;
    size_t size;
    size_t count;      /* bytes read so far */
    uint64_t deadline; /* when to stop waiting; 0: never */
    bool canonical;    /* as the modes were when the line was last looked at */
    uint8_t minimum;   /* MIN */
    uint8_t tenths;    /* TIME */
};

/* Takes what is there. True when the read is complete. */
static bool reader_fetch(struct tty *tty, struct tty_reader *reader)
{
    spin_lock(&tty->lock);
    const struct linux_termios *modes = &tty->line.modes;
    reader->canonical = (modes->c_lflag & ICANON) != 0;
    reader->minimum = modes->c_cc[VMIN];
    reader->tenths = modes->c_cc[VTIME];
    bool readable = tty_line_is_readable(&tty->line, 1);
    size_t count = tty_line_read(&tty->line, reader->buffer + reader->count, reader->size - reader->count);
    if (tty->driver->resume != NULL && !tty_line_is_full(&tty->line))
        tty->driver->resume(tty);
    spin_unlock(&tty->lock);
    reader->count += count;
    if (reader->canonical)
        return readable || reader->count > 0;
    if (count > 0 && reader->minimum > 0)
        reader->deadline = reader->tenths > 0 ? time_now() + reader->tenths * TENTH_NS : 0;
    return reader->count >= min_u64(max_u64(reader->minimum, 1), reader->size);
}

/* Whether a read that is not complete may wait for more. */
static bool reader_may_wait(struct tty_reader *reader)
{
    if (reader->canonical || reader->minimum > 0)
        return true;
    if (reader->tenths == 0)
        return false;
    if (reader->deadline == 0)
        reader->deadline = time_now() + reader->tenths * TENTH_NS;
    return true;
}

/* Runs one read. 0 when it has ended by itself (reader->count may be 0), or why it ended early. */
static int reader_run(struct tty *tty, struct tty_reader *reader, bool nonblocking)
{
    for (;;) {
        int error = tty_check_background(tty, SIGTTIN);
        if (error != 0)
            return error;
        if (reader_fetch(tty, reader) || !reader_may_wait(reader) || tty->hung_up)
            return 0;
        if (nonblocking)
            return -EAGAIN;
        error = wait_event_interruptible(&tty->readers, is_readable(tty, 1), reader->deadline);
        if (error == -ETIMEDOUT)
            return 0;
        if (error == 0 && tty->hung_up) /* it has happened while we waited; later reads give end of file */
            return -EIO;
        if (error != 0)
            return error;
    }
}

ssize_t tty_read(struct tty *tty, struct uio *uio, bool nonblocking)
{
    struct tty_reader reader = {.size = min_u64(uio->left, TTY_RING)};
    if (reader.size == 0)
        return 0;
    reader.buffer = kmalloc(reader.size);
    if (reader.buffer == NULL)
        return -ENOMEM;
    ssize_t result = reader_run(tty, &reader, nonblocking);
    if (reader.count > 0)
        result = uio_copy_in(uio, reader.buffer, reader.count);
    kfree(reader.buffer);
    return result;
}

/* Writes `size` bytes, waiting for room. Returns how many; *error says why it is fewer. */
static size_t write_bytes(struct tty *tty, const uint8_t *bytes, size_t size, bool nonblocking, int *error)
{
    size_t count = 0;
    *error = 0;
    for (;;) {
        spin_lock(&tty->lock);
        if (!tty->hung_up)
            count += tty_line_write(&tty->line, bytes + count, size - count);
        tty->driver->start(tty);
        bool hung_up = tty->hung_up;
        spin_unlock(&tty->lock);
        if (count == size)
            return count;
        if (hung_up) {
            *error = -EIO;
            return count;
        }
        *error = nonblocking ? -EAGAIN : wait_event_interruptible(&tty->writers, is_writable(tty), 0);
        if (*error != 0)
            return count;
    }
}

static int check_background_write(struct tty *tty)
{
    if ((tty->line.modes.c_lflag & TOSTOP) == 0)
        return 0;
    return tty_check_background(tty, SIGTTOU);
}

ssize_t tty_write(struct tty *tty, struct uio *uio, bool nonblocking)
{
    uint8_t chunk[WRITE_CHUNK];
    ssize_t written = 0;
    int error = check_background_write(tty);
    while (error == 0 && uio->left > 0) {
        ssize_t size = uio_copy_out(uio, chunk, sizeof(chunk));
        if (size < 0) {
            error = (int)size;
            break;
        }
        written += (ssize_t)write_bytes(tty, chunk, (size_t)size, nonblocking, &error);
    }
    return written > 0 ? written : error;
}

unsigned tty_poll(struct tty *tty)
{
    spin_lock(&tty->lock);
    const uint8_t *characters = tty->line.modes.c_cc;
    size_t minimum = characters[VTIME] == 0 && characters[VMIN] > 0 ? characters[VMIN] : 1;
    unsigned events = 0;
    if (tty_line_is_readable(&tty->line, minimum))
        events |= POLLIN | POLLRDNORM;
    if (tty_line_is_writable(&tty->line))
        events |= POLLOUT | POLLWRNORM;
    if (tty->hung_up)
        events |= POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP;
    spin_unlock(&tty->lock);
    return events;
}

int tty_drain(struct tty *tty)
{
    if (tty->driver->sends_at_once)
        return 0;
    return wait_event_interruptible(&tty->writers, is_drained(tty), 0);
}
