/*
 * The parser of a text screen: a state machine over bytes.
 *
 *      TEXT --ESC--> ESCAPE --[--> CONTROL --final byte--> TEXT
 *                       |--( )--> CHARSET ---------------> TEXT
 *                       |--] P ^ _--> STRING --BEL, ESC \--> TEXT
 *
 * Control characters act in the middle of a sequence, too. Sources: ECMA-48; the VT100 user guide (DEC, 1978); console_codes(4).
 */
#include "kernel/dev/screen.h"
#include "libc/format.h"
#include "libc/string.h"

#define PARAMETER_MAX 9999
#define UNICODE_REPLACEMENT 0xfffd

/* Parameter `index`, or `otherwise` where it is missing or 0. */
static int parameter(const struct screen *screen, unsigned index, int otherwise)
{
    if (index >= screen->parameter_count || screen->parameters[index] == 0)
        return otherwise;
    return (int)screen->parameters[index];
}

static void answer(struct screen *screen, const char *text)
{
    screen->answer_length = (unsigned)snprintf(screen->answer, sizeof(screen->answer), "%s", text);
}

/* The cursor's row as programs count it. */
static int cursor_row(const struct screen *screen)
{
    return (int)(screen->cursor.row - (screen->cursor.origin ? screen->top : 0));
}

static void move_by(struct screen *screen, int rows, int columns)
{
    screen_move(screen, cursor_row(screen) + rows, (int)screen->cursor.column + columns);
}

static void save_cursor(struct screen *screen)
{
    screen->saved = screen->cursor;
}

static void restore_cursor(struct screen *screen)
{
    screen->cursor = screen->saved;
}

/* ESC [ J: the screen below, above, or all. */
static void erase_display(struct screen *screen, int which)
{
    unsigned cursor = screen->cursor.row * screen->columns + screen->cursor.column;
    unsigned end = screen->rows * screen->columns;
    screen_erase(screen, which == 0 ? cursor : 0, which == 1 ? cursor + 1 : end);
}

/* ESC [ K: the row to the right, to the left, or all. */
static void erase_row(struct screen *screen, int which)
{
    unsigned start = screen->cursor.row * screen->columns;
    unsigned cursor = start + screen->cursor.column;
    screen_erase(screen, which == 0 ? cursor : start, which == 1 ? cursor + 1 : start + screen->columns);
}

static void erase_cells(struct screen *screen, unsigned count)
{
    unsigned start = screen->cursor.row * screen->columns + screen->cursor.column;
    unsigned rest = screen->columns - screen->cursor.column;
    screen_erase(screen, start, start + (count < rest ? count : rest));
}

/* ESC [ ? ... h and l. */
static void set_private_mode(struct screen *screen, unsigned mode, bool on)
{
    switch (mode) {
    case 1:
        screen->cursor_keys = on;
        break;
    case 6:
        screen->cursor.origin = on;
        screen_move(screen, 0, 0);
        break;
    case 7:
        screen->autowrap = on;
        break;
    case 25:
        screen->cursor_hidden = !on;
        break;
    case 47:
    case 1047:
        screen_select_alternate(screen, on);
        break;
    case 1048:
        on ? save_cursor(screen) : restore_cursor(screen);
        break;
    case 1049:
        if (on)
            save_cursor(screen);
        screen_select_alternate(screen, on);
        if (!on)
            restore_cursor(screen);
        break;
    default:
        break;
    }
}

static void set_modes(struct screen *screen, bool on)
{
    for (unsigned i = 0; i < screen->parameter_count; i++) {
        if (screen->marker == '?')
            set_private_mode(screen, screen->parameters[i], on);
        else if (screen->marker == 0 && screen->parameters[i] == 4)
            screen->insert = on;
    }
}

/* ESC [ n: is it well, where is the cursor. */
static void report(struct screen *screen)
{
    char position[SCREEN_ANSWER_SIZE];
    snprintf(position, sizeof(position), "\033[%d;%dR", cursor_row(screen) + 1, (int)screen->cursor.column + 1);
    if (parameter(screen, 0, 0) == 5)
        answer(screen, "\033[0n");
    else if (parameter(screen, 0, 0) == 6)
        answer(screen, position);
}

static void tab_set(struct screen *screen, unsigned column, bool set)
{
    uint8_t bit = (uint8_t)(1 << column % 8);
    screen->tabs[column / 8] = (uint8_t)(set ? screen->tabs[column / 8] | bit : screen->tabs[column / 8] & ~bit);
}

static void tabs_clear(struct screen *screen, int which)
{
    if (which == 3)
        memset(screen->tabs, 0, sizeof(screen->tabs));
    else if (which == 0)
        tab_set(screen, screen->cursor.column, false);
}

static void repeat_last(struct screen *screen, int count)
{
    int most = (int)(screen->rows * screen->columns);
    for (int i = 0; i < count && i < most; i++)
        screen_put(screen, screen->last_character);
}

/* Final bytes that move the cursor. True if `byte` is one. */
static bool control_move(struct screen *screen, uint8_t byte)
{
    int count = parameter(screen, 0, 1);
    int column = (int)screen->cursor.column;
    switch (byte) {
    case 'A':
        move_by(screen, -count, 0);
        return true;
    case 'B':
    case 'e':
        move_by(screen, count, 0);
        return true;
    case 'C':
    case 'a':
        move_by(screen, 0, count);
        return true;
    case 'D':
        move_by(screen, 0, -count);
        return true;
    case 'E':
        screen_move(screen, cursor_row(screen) + count, 0);
        return true;
    case 'F':
        screen_move(screen, cursor_row(screen) - count, 0);
        return true;
    case 'G':
    case '`':
        screen_move(screen, cursor_row(screen), count - 1);
        return true;
    case 'd':
        screen_move(screen, count - 1, column);
        return true;
    case 'H':
    case 'f':
        screen_move(screen, count - 1, parameter(screen, 1, 1) - 1);
        return true;
    case 'I':
        screen_tab(screen, count);
        return true;
    case 'Z':
        screen_tab(screen, -count);
        return true;
    default:
        return false;
    }
}

/* Final bytes that change cells. True if `byte` is one. */
static bool control_edit(struct screen *screen, uint8_t byte)
{
    unsigned count = (unsigned)parameter(screen, 0, 1);
    switch (byte) {
    case 'J':
        erase_display(screen, parameter(screen, 0, 0));
        return true;
    case 'K':
        erase_row(screen, parameter(screen, 0, 0));
        return true;
    case 'X':
        erase_cells(screen, count);
        return true;
    case '@':
        screen_insert_cells(screen, count);
        return true;
    case 'P':
        screen_delete_cells(screen, count);
        return true;
    case 'L':
        screen_scroll_down(screen, screen->cursor.row, count);
        return true;
    case 'M':
        screen_scroll_up(screen, screen->cursor.row, count);
        return true;
    case 'S':
        screen_scroll_up(screen, screen->top, count);
        return true;
    case 'T':
        screen_scroll_down(screen, screen->top, count);
        return true;
    case 'b':
        repeat_last(screen, (int)count);
        return true;
    default:
        return false;
    }
}

static void control_other(struct screen *screen, uint8_t byte)
{
    switch (byte) {
    case 'm':
        screen_select_graphics(screen);
        break;
    case 'r':
        screen_set_region(screen, (unsigned)parameter(screen, 0, 1) - 1,
                          (unsigned)parameter(screen, 1, (int)screen->rows) - 1);
        break;
    case 's':
        save_cursor(screen);
        break;
    case 'u':
        restore_cursor(screen);
        break;
    case 'n':
        report(screen);
        break;
    case 'c':
        answer(screen, "\033[?6c"); /* a VT102 */
        break;
    case 'g':
        tabs_clear(screen, parameter(screen, 0, 0));
        break;
    default:
        break;
    }
}

/* A byte after ESC [. */
static void control_byte(struct screen *screen, uint8_t byte)
{
    unsigned *last = &screen->parameters[screen->parameter_count - 1];
    if (byte >= '0' && byte <= '9') {
        *last = *last * 10 + (byte - '0');
        if (*last > PARAMETER_MAX)
            *last = PARAMETER_MAX;
        return;
    }
    if (byte == ';' || byte == ':') {
        if (screen->parameter_count < SCREEN_PARAMETERS)
            screen->parameters[screen->parameter_count++] = 0;
        return;
    }
    if (byte < 0x40) { /* private marker or intermediate */
        screen->marker = byte;
        return;
    }
    screen->state = SCREEN_TEXT;
    if (byte == 'h' || byte == 'l')
        set_modes(screen, byte == 'h');
    else if (screen->marker == 0 && !control_move(screen, byte) && !control_edit(screen, byte))
        control_other(screen, byte);
}

static void control_begin(struct screen *screen)
{
    memset(screen->parameters, 0, sizeof(screen->parameters));
    screen->parameter_count = 1;
    screen->marker = 0;
    screen->state = SCREEN_CONTROL;
}

/* A byte after ESC. */
static void escape_byte(struct screen *screen, uint8_t byte)
{
    screen->state = SCREEN_TEXT;
    switch (byte) {
    case '[':
        control_begin(screen);
        break;
    case ']':
    case 'P':
    case '^':
    case '_':
    case 'X':
        screen->state = SCREEN_STRING;
        break;
    case '(':
        screen->state = SCREEN_CHARSET0;
        break;
    case ')':
        screen->state = SCREEN_CHARSET1;
        break;
    case '#':
        screen->state = SCREEN_HASH;
        break;
    case '7':
        save_cursor(screen);
        break;
    case '8':
        restore_cursor(screen);
        break;
    case 'D':
        screen_line_feed(screen);
        break;
    case 'E':
        screen->cursor.column = 0;
        screen_line_feed(screen);
        break;
    case 'M':
        screen_line_feed_reverse(screen);
        break;
    case 'H':
        tab_set(screen, screen->cursor.column, true);
        break;
    case 'Z':
        answer(screen, "\033[?6c");
        break;
    case 'c':
        screen_reset(screen);
        break;
    default:
        break;
    }
}

/* Control characters. */
static void control_character(struct screen *screen, uint8_t byte)
{
    switch (byte) {
    case '\b':
        if (screen->cursor.column > 0)
            screen->cursor.column--;
        screen->cursor.wrap_pending = false;
        break;
    case '\t':
        screen_tab(screen, 1);
        break;
    case '\n':
    case '\v':
    case '\f':
        screen_line_feed(screen);
        break;
    case '\r':
        screen->cursor.column = 0;
        screen->cursor.wrap_pending = false;
        break;
    case 14:
    case 15:
        screen->cursor.charset = byte == 14 ? 1 : 0;
        break;
    case 24:
    case 26:
        screen->state = SCREEN_TEXT;
        break;
    case 27:
        screen->state = SCREEN_ESCAPE;
        break;
    default:
        break;
    }
}

/* DEC's line-drawing characters, 0x5f to 0x7e. */
static uint16_t line_drawing(uint8_t byte)
{
    static const uint16_t characters[] = {
        ' ',    0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b,
        0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c,
        0x2524, 0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
    };
    return characters[byte - 0x5f];
}

/* The next byte of a UTF-8 sequence; puts the character when it is complete. False: `byte` does not continue it. */
static bool utf8_continue(struct screen *screen, uint8_t byte)
{
    if ((byte & 0xc0) != 0x80) {
        screen->utf8_left = 0;
        screen_put(screen, UNICODE_REPLACEMENT);
        return false;
    }
    screen->utf8_code = screen->utf8_code << 6 | (byte & 0x3f);
    if (--screen->utf8_left == 0)
        screen_put(screen, screen->utf8_code > 0xffff ? UNICODE_REPLACEMENT : (uint16_t)screen->utf8_code);
    return true;
}

static void utf8_begin(struct screen *screen, uint8_t byte)
{
    screen->utf8_left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    screen->utf8_code = byte & (0x3fu >> screen->utf8_left);
}

static void text_byte(struct screen *screen, uint8_t byte)
{
    if (byte < 0x80) {
        bool drawing = screen->cursor.drawing[screen->cursor.charset] && byte >= 0x5f && byte <= 0x7e;
        if (byte != 0x7f)
            screen_put(screen, drawing ? line_drawing(byte) : byte);
    } else if (byte >= 0xc2 && byte <= 0xf4) {
        utf8_begin(screen, byte);
    } else {
        screen_put(screen, UNICODE_REPLACEMENT);
    }
}

/* ESC # 8: the alignment pattern. */
static void hash_byte(struct screen *screen, uint8_t byte)
{
    screen->state = SCREEN_TEXT;
    for (unsigned i = 0; byte == '8' && i < screen->rows * screen->columns; i++)
        screen->cells[i].character = 'E';
}

static void string_byte(struct screen *screen, uint8_t byte)
{
    bool ends = byte == '\a' || (screen->state == SCREEN_STRING_ESCAPE && byte == '\\');
    screen->state = ends ? SCREEN_TEXT : byte == 27 ? SCREEN_STRING_ESCAPE : SCREEN_STRING;
}

static void screen_byte(struct screen *screen, uint8_t byte)
{
    bool in_string = screen->state == SCREEN_STRING || screen->state == SCREEN_STRING_ESCAPE;
    if (screen->utf8_left > 0 && utf8_continue(screen, byte))
        return;
    if (byte < 32 && !in_string) {
        control_character(screen, byte);
        return;
    }
    switch (screen->state) {
    case SCREEN_TEXT:
        text_byte(screen, byte);
        break;
    case SCREEN_ESCAPE:
        escape_byte(screen, byte);
        break;
    case SCREEN_CHARSET0:
    case SCREEN_CHARSET1:
        screen->cursor.drawing[screen->state == SCREEN_CHARSET1] = byte == '0';
        screen->state = SCREEN_TEXT;
        break;
    case SCREEN_HASH:
        hash_byte(screen, byte);
        break;
    case SCREEN_CONTROL:
        control_byte(screen, byte);
        break;
    case SCREEN_STRING:
    case SCREEN_STRING_ESCAPE:
        string_byte(screen, byte);
        break;
    }
}

void screen_write(struct screen *screen, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        screen_byte(screen, bytes[i]);
}
