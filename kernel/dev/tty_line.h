/*
 * The line discipline: what a terminal makes of the bytes typed and the bytes written, as termios(3) says. Pure code.
 *
 *      typed ---> tty_line_input ---> input ring ---> tty_line_read ---> the program
 *                       | echo
 *      written ---> tty_line_write ---> output ring ---> tty_line_take ---> the device
 *
 * In canonical mode the input ring holds lines, ended by marked bytes, and after them the line being edited:
 *
 *      tail          canon           head             counters that only grow; a byte's place is its counter modulo the ring's size
 *       | ls -l\n*  ^D* | cat fi       |              * marked in `ends`; an end-of-file character is stored as a marked NUL
 *
 * The caller serialises all calls (tty.c: the terminal's spin lock).
 */
#ifndef KERNEL_DEV_TTY_LINE_H
#define KERNEL_DEV_TTY_LINE_H

#include "kernel/abi/termios.h"
#include "kernel/types.h"

#define TTY_RING 4096 /* bytes of input, and of output; a power of two */

struct tty_line {
    struct linux_termios modes;
    uint8_t input[TTY_RING];
    uint64_t ends[TTY_RING / 64];
    uint32_t head, canon, tail;
    bool pushed;          /* the marked last byte was not a line's end: the mode became canonical behind it */
    bool literal_next;    /* ^V was typed */
    bool stopped;         /* ^S: nothing is taken from the output ring */
    unsigned column;      /* of the cursor, as far as output tells */
    unsigned edit_column; /* where the line being edited began */
    uint8_t output[TTY_RING];
    uint32_t output_head, output_tail;
};

/* Rings empty, and the modes Linux gives a fresh terminal: canonical, echoing, signals on. */
void tty_line_init(struct tty_line *line);

/* Takes new modes; input already there is kept and read by the new rules. */
void tty_line_set_modes(struct tty_line *line, const struct linux_termios *modes);

/* A byte was typed. Echoes; returns the signal for the foreground group, or 0. */
int tty_line_input(struct tty_line *line, uint8_t byte);

/* Whether a read would return something now (a line or end of file; in raw mode at least `minimum` bytes). */
bool tty_line_is_readable(const struct tty_line *line, size_t minimum);

/*
 * Moves up to `size` bytes, at most to the end of the line in canonical mode, to `to` and returns how many: 0 at end of file or when nothing is
 * there (ask tty_line_is_readable() first).
 */
size_t tty_line_read(struct tty_line *line, uint8_t *to, size_t size);
/* Whether a reader has so much to read that the device should hold back what is typed: only a few hundred bytes more would fit. */
bool tty_line_is_full(const struct tty_line *line);
/* Bytes a read could return: FIONREAD. */
size_t tty_line_waiting(const struct tty_line *line);

/* Writes up to `size` bytes through output processing; returns how many were taken, fewer when the output ring is full. */
size_t tty_line_write(struct tty_line *line, const uint8_t *from, size_t size);
/* Whether a write would take something: a quarter of the ring is free. */
bool tty_line_is_writable(const struct tty_line *line);

/* The next bytes for the device, at most `size`; none while stopped. */
size_t tty_line_take(struct tty_line *line, uint8_t *to, size_t size);
static inline size_t tty_line_output_waiting(const struct tty_line *line)
{
    return line->output_head - line->output_tail;
}
static inline bool tty_line_may_take(const struct tty_line *line)
{
    return !line->stopped && line->output_head != line->output_tail;
}

void tty_line_flush_input(struct tty_line *line);
void tty_line_flush_output(struct tty_line *line);

#endif
