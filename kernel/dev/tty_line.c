/*
 * The line discipline, input side and reading; tty_edit.c has the editing of lines, tty_output.c the output side.
 *
 * Sources: POSIX.1-2017, chapter 11 (General Terminal Interface); termios(3).
 */
#include "kernel/abi/signal.h"
#include "kernel/dev/tty_edit.h"
#include "kernel/dev/tty_line.h"
#include "libc/string.h"

#define HELD_BACK 256 /* bytes of the input ring for what a device that was told to hold back still sends */

void tty_line_init(struct tty_line *line)
{
    memset(line, 0, sizeof(*line));
    line->modes = (struct linux_termios){
        .c_iflag = ICRNL | IXON | IUTF8,
        .c_oflag = OPOST | ONLCR,
        .c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
        .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
        .c_cc = {[VINTR] = 'C' & 31,
                 [VQUIT] = '\\' & 31,
                 [VERASE] = 0x7f,
                 [VKILL] = 'U' & 31,
                 [VEOF] = 'D' & 31,
                 [VMIN] = 1,
                 [VSTART] = 'Q' & 31,
                 [VSTOP] = 'S' & 31,
                 [VSUSP] = 'Z' & 31,
                 [VREPRINT] = 'R' & 31,
                 [VDISCARD] = 'O' & 31,
                 [VWERASE] = 'W' & 31,
                 [VLNEXT] = 'V' & 31},
    };
}

static bool is_canonical(const struct tty_line *line)
{
    return (line->modes.c_lflag & ICANON) != 0;
}

static bool has_local(const struct tty_line *line, uint32_t flag)
{
    return (line->modes.c_lflag & flag) != 0;
}

static bool has_input(const struct tty_line *line, uint32_t flag)
{
    return (line->modes.c_iflag & flag) != 0;
}

/* Whether `byte` is the special character `index`; 0 means that one is switched off. */
static bool is_special(const struct tty_line *line, unsigned index, uint8_t byte)
{
    return byte != 0 && line->modes.c_cc[index] == byte;
}

static bool end_is_marked(const struct tty_line *line, uint32_t position)
{
    uint32_t place = position % TTY_RING;
    return (line->ends[place / 64] >> (place % 64) & 1) != 0;
}

static void end_mark(struct tty_line *line, uint32_t position, bool marked)
{
    uint32_t place = position % TTY_RING;
    uint64_t bit = (uint64_t)1 << (place % 64);
    if (marked)
        line->ends[place / 64] |= bit;
    else
        line->ends[place / 64] &= ~bit;
}

void tty_line_set_modes(struct tty_line *line, const struct linux_termios *modes)
{
    bool changed = ((line->modes.c_lflag ^ modes->c_lflag) & ICANON) != 0;
    line->modes = *modes;
    line->literal_next = false;
    if (!has_input(line, IXON))
        line->stopped = false;
    if (!changed)
        return;
    memset(line->ends, 0, sizeof(line->ends));
    line->pushed = is_canonical(line) && line->head != line->tail;
    line->canon = line->pushed ? line->head : line->tail;
    if (line->pushed)
        end_mark(line, line->head - 1, true);
}

void tty_line_flush_input(struct tty_line *line)
{
    memset(line->ends, 0, sizeof(line->ends));
    line->tail = line->head;
    line->canon = line->head;
    line->pushed = false;
    line->literal_next = false;
}

/* Stores a byte. One place is kept for the end of a line, so that a line too long can still be ended. False: no room. */
static bool store(struct tty_line *line, uint8_t byte, bool is_end)
{
    uint32_t limit = is_end || !is_canonical(line) ? TTY_RING : TTY_RING - 1;
    if (line->head - line->tail >= limit)
        return false;
    line->input[line->head % TTY_RING] = byte;
    end_mark(line, line->head, is_end);
    line->head++;
    if (is_end) {
        line->canon = line->head;
        line->pushed = false;
    }
    return true;
}

static void store_or_ring_bell(struct tty_line *line, uint8_t byte, bool is_end)
{
    if (!store(line, byte, is_end) && has_input(line, IMAXBEL))
        tty_edit_echo_raw(line, '\a');
}

/* An ordinary character. */
static void input_character(struct tty_line *line, uint8_t byte)
{
    if (has_local(line, ECHO)) {
        if (line->head == line->canon)
            line->edit_column = line->column;
        if (byte == '\n' && !line->literal_next)
            tty_edit_echo_raw(line, '\n');
        else
            tty_edit_echo(line, byte);
    }
    line->literal_next = false;
    store_or_ring_bell(line, byte, false);
}

/* Characters that end a line. True if `byte` was one. */
static bool input_line_end(struct tty_line *line, uint8_t byte)
{
    if (byte == '\n') {
        if (has_local(line, ECHO | ECHONL))
            tty_edit_echo_raw(line, '\n');
        store_or_ring_bell(line, '\n', true);
        return true;
    }
    if (is_special(line, VEOF, byte)) {
        store_or_ring_bell(line, '\0', true);
        return true;
    }
    if (is_special(line, VEOL, byte) || (is_special(line, VEOL2, byte) && has_local(line, IEXTEN))) {
        if (has_local(line, ECHO))
            tty_edit_echo(line, byte);
        store_or_ring_bell(line, byte, true);
        return true;
    }
    return false;
}

/* Characters that edit the line. True if `byte` was one. */
static bool input_editing(struct tty_line *line, uint8_t byte)
{
    bool extended = has_local(line, IEXTEN);
    if (is_special(line, VERASE, byte))
        tty_edit_erase(line);
    else if (is_special(line, VKILL, byte))
        tty_edit_kill(line);
    else if (is_special(line, VWERASE, byte) && extended)
        tty_edit_erase_word(line);
    else if (is_special(line, VLNEXT, byte) && extended)
        tty_edit_literal_next(line);
    else if (is_special(line, VREPRINT, byte) && extended && has_local(line, ECHO))
        tty_edit_reprint(line);
    else
        return false;
    return true;
}

static int signal_of(const struct tty_line *line, uint8_t byte)
{
    if (!has_local(line, ISIG))
        return 0;
    if (is_special(line, VINTR, byte))
        return SIGINT;
    if (is_special(line, VQUIT, byte))
        return SIGQUIT;
    return is_special(line, VSUSP, byte) ? SIGTSTP : 0;
}

static void input_signal(struct tty_line *line, uint8_t byte)
{
    if (!has_local(line, NOFLSH)) {
        tty_line_flush_input(line);
        tty_line_flush_output(line);
    }
    if (has_input(line, IXON))
        line->stopped = false;
    if (has_local(line, ECHO))
        tty_edit_echo(line, byte);
}

/* ^S and ^Q; with IXANY any character goes on. True if `byte` is used up by this. */
static bool input_flow(struct tty_line *line, uint8_t byte)
{
    if (!has_input(line, IXON))
        return false;
    if (is_special(line, VSTART, byte)) {
        line->stopped = false;
        return true;
    }
    if (is_special(line, VSTOP, byte)) {
        line->stopped = true;
        return true;
    }
    if (line->stopped && has_input(line, IXANY))
        line->stopped = false;
    return false;
}

/* Carriage return and newline as c_iflag maps them. False: the byte is dropped. */
static bool map_newline(const struct tty_line *line, uint8_t *byte)
{
    if (*byte == '\r') {
        if (has_input(line, IGNCR))
            return false;
        if (has_input(line, ICRNL))
            *byte = '\n';
    } else if (*byte == '\n' && has_input(line, INLCR)) {
        *byte = '\r';
    }
    return true;
}

int tty_line_input(struct tty_line *line, uint8_t byte)
{
    if (has_input(line, ISTRIP))
        byte &= 0x7f;
    if (has_input(line, IUCLC) && has_local(line, IEXTEN) && byte >= 'A' && byte <= 'Z')
        byte = (uint8_t)(byte - 'A' + 'a');
    if (line->literal_next) {
        input_character(line, byte);
        return 0;
    }
    if (input_flow(line, byte))
        return 0;
    int signal = signal_of(line, byte);
    if (signal != 0) {
        input_signal(line, byte);
        return signal;
    }
    if (!map_newline(line, &byte))
        return 0;
    if (is_canonical(line) && (input_editing(line, byte) || input_line_end(line, byte)))
        return 0;
    input_character(line, byte);
    return 0;
}

bool tty_line_is_readable(const struct tty_line *line, size_t minimum)
{
    if (is_canonical(line))
        return line->canon != line->tail;
    return line->head != line->tail && line->head - line->tail >= minimum;
}

bool tty_line_is_full(const struct tty_line *line)
{
    return tty_line_is_readable(line, 1) && line->head - line->tail > TTY_RING - HELD_BACK;
}

size_t tty_line_waiting(const struct tty_line *line)
{
    uint32_t end = is_canonical(line) ? line->canon : line->head;
    size_t waiting = 0;
    for (uint32_t at = line->tail; at != end; at++) {
        bool is_eof = is_canonical(line) && end_is_marked(line, at) && line->input[at % TTY_RING] == '\0';
        waiting += is_eof ? 0 : 1;
    }
    return waiting;
}

static size_t read_raw(struct tty_line *line, uint8_t *to, size_t size)
{
    size_t count = 0;
    while (count < size && line->tail != line->head)
        to[count++] = line->input[line->tail++ % TTY_RING];
    if (!is_canonical(line))
        line->canon = line->tail;
    return count;
}

size_t tty_line_read(struct tty_line *line, uint8_t *to, size_t size)
{
    if (!is_canonical(line))
        return read_raw(line, to, size);
    size_t count = 0;
    while (line->tail != line->canon) {
        uint32_t at = line->tail;
        uint8_t byte = line->input[at % TTY_RING];
        bool is_end = end_is_marked(line, at);
        bool is_eof = is_end && byte == '\0' && !line->pushed;
        if (count == size && !is_eof) /* an end of file right behind a full buffer belongs to this read */
            break;
        line->tail++;
        end_mark(line, at, false);
        if (!is_eof)
            to[count++] = byte;
        if (is_end) {
            line->pushed = false;
            break;
        }
    }
    return count;
}
