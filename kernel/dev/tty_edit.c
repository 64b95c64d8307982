/*
 * Erasing on a terminal that only prints: each byte taken back from the line is painted over, `\b \b` for each column it took. A tab took as many columns
 * as lead to the next stop, so the columns up to it are counted anew from where the line began.
 */
#include "kernel/dev/tty_edit.h"
#include "kernel/dev/tty_output.h"

static bool has_local(const struct tty_line *line, uint32_t flag)
{
    return (line->modes.c_lflag & flag) != 0;
}

static bool is_control(uint8_t byte)
{
    return byte < 32 || byte == 0x7f;
}

/* A byte of a UTF-8 sequence but its first. */
static bool is_continuation(const struct tty_line *line, uint8_t byte)
{
    return (line->modes.c_iflag & IUTF8) != 0 && (byte & 0xc0) == 0x80;
}

void tty_edit_echo_raw(struct tty_line *line, uint8_t byte)
{
    (void)tty_output_byte(line, byte);
}

void tty_edit_echo(struct tty_line *line, uint8_t byte)
{
    if (has_local(line, ECHOCTL) && is_control(byte) && byte != '\t') {
        tty_edit_echo_raw(line, '^');
        tty_edit_echo_raw(line, byte ^ 0100);
        return;
    }
    tty_edit_echo_raw(line, byte);
}

static uint8_t byte_at(const struct tty_line *line, uint32_t position)
{
    return line->input[position % TTY_RING];
}

/* The column behind `byte` when it is echoed at `column`. */
static unsigned column_after(const struct tty_line *line, unsigned column, uint8_t byte)
{
    if (byte == '\t')
        return (column | 7) + 1;
    if (is_continuation(line, byte))
        return column;
    if (is_control(byte))
        return has_local(line, ECHOCTL) ? column + 2 : column;
    return column + 1;
}

/* The column the line's byte at `position` began at. */
static unsigned column_of(const struct tty_line *line, uint32_t position)
{
    unsigned column = line->edit_column;
    for (uint32_t at = line->canon; at != position; at++)
        column = column_after(line, column, byte_at(line, at));
    return column;
}

/* The columns that the character at `position`, the line's last, takes on the screen. */
static unsigned width_of(const struct tty_line *line, uint32_t position)
{
    uint8_t byte = byte_at(line, position);
    if (byte != '\t')
        return column_after(line, 0, byte);
    unsigned column = column_of(line, position);
    return column_after(line, column, byte) - column;
}

/* Takes `columns` columns back from the screen. A tab's are blank already. */
static void erase_columns(struct tty_line *line, unsigned columns, bool is_tab)
{
    for (unsigned i = 0; i < columns; i++) {
        tty_edit_echo_raw(line, '\b');
        if (!is_tab) {
            tty_edit_echo_raw(line, ' ');
            tty_edit_echo_raw(line, '\b');
        }
    }
}

/* Where the line's last character begins; its end when there is none: at the line's start, or when bytes of it are missing. */
static uint32_t last_character(const struct tty_line *line)
{
    uint32_t start = line->head;
    if (start == line->canon)
        return line->head;
    do
        start--;
    while (start != line->canon && is_continuation(line, byte_at(line, start)));
    return is_continuation(line, byte_at(line, start)) ? line->head : start;
}

/* Takes the last character back from the line and from the screen. False when there is none. */
static bool erase_last(struct tty_line *line)
{
    uint32_t start = last_character(line);
    if (start == line->head)
        return false;
    line->head = start;
    if (has_local(line, ECHO))
        erase_columns(line, width_of(line, start), byte_at(line, start) == '\t');
    return true;
}

void tty_edit_erase(struct tty_line *line)
{
    uint32_t start = last_character(line);
    if (start != line->head && has_local(line, ECHO) && !has_local(line, ECHOE)) {
        line->head = start;
        tty_edit_echo(line, line->modes.c_cc[VERASE]);
        return;
    }
    (void)erase_last(line);
}

void tty_edit_kill(struct tty_line *line)
{
    if (line->head == line->canon)
        return;
    if (has_local(line, ECHO) && !(has_local(line, ECHOK) && has_local(line, ECHOKE) && has_local(line, ECHOE))) {
        line->head = line->canon;
        tty_edit_echo(line, line->modes.c_cc[VKILL]);
        if (has_local(line, ECHOK))
            tty_edit_echo_raw(line, '\n');
        return;
    }
    if (!has_local(line, ECHO))
        line->head = line->canon;
    while (erase_last(line))
        continue;
}

/* Whether a character that begins with `byte` is part of a word: letters of Latin 1 count, and so all of UTF-8. */
static bool is_word_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7);
}

void tty_edit_erase_word(struct tty_line *line)
{
    bool in_word = false;
    while (line->head != line->canon) {
        bool is_word = is_word_byte(byte_at(line, last_character(line)));
        if ((in_word && !is_word) || !erase_last(line))
            break;
        in_word = is_word;
    }
}

void tty_edit_literal_next(struct tty_line *line)
{
    line->literal_next = true;
    if (has_local(line, ECHO) && has_local(line, ECHOCTL)) {
        tty_edit_echo_raw(line, '^');
        tty_edit_echo_raw(line, '\b');
    }
}

void tty_edit_reprint(struct tty_line *line)
{
    tty_edit_echo(line, line->modes.c_cc[VREPRINT]);
    tty_edit_echo_raw(line, '\n');
    line->edit_column = line->column;
    for (uint32_t at = line->canon; at != line->head; at++)
        tty_edit_echo(line, byte_at(line, at));
}
