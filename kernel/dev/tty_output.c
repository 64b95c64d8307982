/*
 * The output side of the line discipline: c_oflag, the cursor's column, the output ring.
 */
#include "kernel/dev/tty_output.h"

static bool has_output(const struct tty_line *line, uint32_t flag)
{
    return (line->modes.c_oflag & flag) != 0;
}

static size_t room(const struct tty_line *line)
{
    return TTY_RING - tty_line_output_waiting(line);
}

static void put(struct tty_line *line, uint8_t byte)
{
    line->output[line->output_head++ % TTY_RING] = byte;
}

/* Newline: where it leads the cursor depends on ONLCR and ONLRET. */
static bool output_newline(struct tty_line *line)
{
    if (has_output(line, ONLCR)) {
        if (room(line) < 2)
            return false;
        put(line, '\r');
    }
    if (has_output(line, ONLCR | ONLRET))
        line->column = 0;
    put(line, '\n');
    return true;
}

static bool output_return(struct tty_line *line)
{
    if (has_output(line, ONOCR) && line->column == 0)
        return true;
    if (has_output(line, OCRNL)) {
        if (has_output(line, ONLRET))
            line->column = 0;
        put(line, '\n');
        return true;
    }
    line->column = 0;
    put(line, '\r');
    return true;
}

static bool output_tab(struct tty_line *line)
{
    unsigned spaces = 8 - (line->column & 7);
    if ((line->modes.c_oflag & TABDLY) != XTABS) {
        put(line, '\t');
    } else {
        if (room(line) < spaces)
            return false;
        for (unsigned i = 0; i < spaces; i++)
            put(line, ' ');
    }
    line->column += spaces;
    return true;
}

static bool output_printable(struct tty_line *line, uint8_t byte)
{
    bool is_continuation = (line->modes.c_iflag & IUTF8) != 0 && (byte & 0xc0) == 0x80;
    if (byte == '\b') {
        if (line->column > 0)
            line->column--;
    } else if (byte >= 32 && byte != 0x7f && !is_continuation) {
        line->column++;
    }
    if (has_output(line, OLCUC) && byte >= 'a' && byte <= 'z')
        byte = (uint8_t)(byte - 'a' + 'A');
    put(line, byte);
    return true;
}

bool tty_output_byte(struct tty_line *line, uint8_t byte)
{
    if (room(line) == 0)
        return false;
    if (!has_output(line, OPOST)) {
        put(line, byte);
        return true;
    }
    switch (byte) {
    case '\n':
        return output_newline(line);
    case '\r':
        return output_return(line);
    case '\t':
        return output_tab(line);
    default:
        return output_printable(line, byte);
    }
}

size_t tty_line_write(struct tty_line *line, const uint8_t *from, size_t size)
{
    size_t count = 0;
    while (count < size && tty_output_byte(line, from[count]))
        count++;
    return count;
}

bool tty_line_is_writable(const struct tty_line *line)
{
    return room(line) >= TTY_RING / 4;
}

size_t tty_line_take(struct tty_line *line, uint8_t *to, size_t size)
{
    size_t count = 0;
    if (line->stopped)
        return 0;
    while (count < size && line->output_tail != line->output_head)
        to[count++] = line->output[line->output_tail++ % TTY_RING];
    return count;
}

void tty_line_flush_output(struct tty_line *line)
{
    line->output_tail = line->output_head;
}
