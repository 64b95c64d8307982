/*
 * The grid of a text screen: cells, cursor, scrolling.
 *
 * Erased cells take the background in force, as on Linux's console.
 */
#include "kernel/dev/screen.h"
#include "libc/string.h"

#define COLOURS_NORMAL 0x07 /* light grey on black */
#define TAB_WIDTH 8

static struct screen_cell blank_cell(const struct screen *screen)
{
    uint8_t background = screen->cursor.colours & 0xf0;
    return (struct screen_cell){.character = ' ', .colours = background | (COLOURS_NORMAL & 0x0f)};
}

void screen_erase(struct screen *screen, unsigned from, unsigned to)
{
    struct screen_cell blank = blank_cell(screen);
    for (unsigned i = from; i < to; i++)
        screen->cells[i] = blank;
}

static void tabs_reset(struct screen *screen)
{
    memset(screen->tabs, 0, sizeof(screen->tabs));
    for (unsigned column = 0; column < screen->columns; column += TAB_WIDTH)
        screen->tabs[column / 8] |= (uint8_t)(1 << column % 8);
}

void screen_reset(struct screen *screen)
{
    if (screen->on_alternate)
        screen_select_alternate(screen, false);
    screen->cursor = (struct screen_cursor){.colours = COLOURS_NORMAL};
    screen->saved = screen->cursor;
    screen->top = 0;
    screen->bottom = screen->rows - 1;
    screen->autowrap = true;
    screen->insert = false;
    screen->cursor_hidden = false;
    screen->cursor_keys = false;
    screen->state = SCREEN_TEXT;
    screen->utf8_left = 0;
    screen->last_character = ' ';
    tabs_reset(screen);
    screen_erase(screen, 0, screen->rows * screen->columns);
}

void screen_init(struct screen *screen, unsigned rows, unsigned columns, struct screen_cell *cells,
                 struct screen_cell *alternate)
{
    memset(screen, 0, sizeof(*screen));
    screen->rows = rows;
    screen->columns = columns;
    screen->cells = cells;
    screen->alternate = alternate;
    screen_reset(screen);
}

static unsigned clamp(int value, unsigned low, unsigned high)
{
    if (value < (int)low)
        return low;
    return value > (int)high ? high : (unsigned)value;
}

void screen_move(struct screen *screen, int row, int column)
{
    struct screen_cursor *cursor = &screen->cursor;
    unsigned first = cursor->origin ? screen->top : 0;
    unsigned last = cursor->origin ? screen->bottom : screen->rows - 1;
    cursor->row = clamp(row + (int)first, first, last);
    cursor->column = clamp(column, 0, screen->columns - 1);
    cursor->wrap_pending = false;
}

void screen_set_region(struct screen *screen, unsigned top, unsigned bottom)
{
    if (bottom >= screen->rows)
        bottom = screen->rows - 1;
    if (top >= bottom)
        return;
    screen->top = top;
    screen->bottom = bottom;
    screen_move(screen, 0, 0);
}

/* Rows of the region from `from` on; 0 when that is outside it. */
static unsigned region_rows(const struct screen *screen, unsigned from)
{
    return from < screen->top || from > screen->bottom ? 0 : screen->bottom - from + 1;
}

void screen_scroll_up(struct screen *screen, unsigned from, unsigned count)
{
    unsigned rows = region_rows(screen, from), columns = screen->columns;
    if (count > rows)
        count = rows;
    struct screen_cell *first = &screen->cells[from * columns];
    memmove(first, first + count * columns, (size_t)(rows - count) * columns * sizeof(*first));
    screen_erase(screen, (from + rows - count) * columns, (from + rows) * columns);
}

void screen_scroll_down(struct screen *screen, unsigned from, unsigned count)
{
    unsigned rows = region_rows(screen, from), columns = screen->columns;
    if (count > rows)
        count = rows;
    struct screen_cell *first = &screen->cells[from * columns];
    memmove(first + count * columns, first, (size_t)(rows - count) * columns * sizeof(*first));
    screen_erase(screen, from * columns, (from + count) * columns);
}

void screen_line_feed(struct screen *screen)
{
    screen->cursor.wrap_pending = false;
    if (screen->cursor.row == screen->bottom)
        screen_scroll_up(screen, screen->top, 1);
    else if (screen->cursor.row < screen->rows - 1)
        screen->cursor.row++;
}

void screen_line_feed_reverse(struct screen *screen)
{
    screen->cursor.wrap_pending = false;
    if (screen->cursor.row == screen->top)
        screen_scroll_down(screen, screen->top, 1);
    else if (screen->cursor.row > 0)
        screen->cursor.row--;
}

/* Cells from the cursor to the end of its row. */
static unsigned row_rest(const struct screen *screen)
{
    return screen->columns - screen->cursor.column;
}

static unsigned cursor_index(const struct screen *screen)
{
    return screen->cursor.row * screen->columns + screen->cursor.column;
}

void screen_insert_cells(struct screen *screen, unsigned count)
{
    unsigned rest = row_rest(screen), at = cursor_index(screen);
    if (count > rest)
        count = rest;
    struct screen_cell *cells = &screen->cells[at];
    memmove(cells + count, cells, (rest - count) * sizeof(*cells));
    screen_erase(screen, at, at + count);
    screen->cursor.wrap_pending = false;
}

void screen_delete_cells(struct screen *screen, unsigned count)
{
    unsigned rest = row_rest(screen), at = cursor_index(screen);
    if (count > rest)
        count = rest;
    struct screen_cell *cells = &screen->cells[at];
    memmove(cells, cells + count, (rest - count) * sizeof(*cells));
    screen_erase(screen, at + rest - count, at + rest);
    screen->cursor.wrap_pending = false;
}

void screen_put(struct screen *screen, uint16_t character)
{
    struct screen_cursor *cursor = &screen->cursor;
    if (cursor->wrap_pending && screen->autowrap) {
        cursor->column = 0;
        screen_line_feed(screen);
    }
    if (screen->insert)
        screen_insert_cells(screen, 1);
    *screen_cell_at(screen, cursor->row, cursor->column) = (struct screen_cell){
        .character = character, .colours = cursor->colours, .style = cursor->style};
    screen->last_character = character;
    cursor->wrap_pending = cursor->column == screen->columns - 1;
    if (!cursor->wrap_pending)
        cursor->column++;
}

static bool tab_is_set(const struct screen *screen, unsigned column)
{
    return (screen->tabs[column / 8] >> column % 8 & 1) != 0;
}

void screen_tab(struct screen *screen, int stops)
{
    unsigned column = screen->cursor.column;
    int step = stops < 0 ? -1 : 1;
    unsigned edge = stops < 0 ? 0 : screen->columns - 1;
    for (int left = stops * step; left > 0 && column != edge; left--) {
        do
            column = (unsigned)((int)column + step);
        while (column != edge && !tab_is_set(screen, column));
    }
    screen->cursor.column = column;
    screen->cursor.wrap_pending = false;
}

void screen_select_alternate(struct screen *screen, bool alternate)
{
    if (screen->alternate == NULL || screen->on_alternate == alternate)
        return;
    struct screen_cell *shown = screen->cells;
    screen->cells = screen->alternate;
    screen->alternate = shown;
    screen->on_alternate = alternate;
    if (alternate)
        screen_erase(screen, 0, screen->rows * screen->columns);
}

/* The nearest of the sixteen colours to one given by red, green and blue. */
static uint8_t colour_of_rgb(unsigned red, unsigned green, unsigned blue)
{
    unsigned brightest = red > green ? red : green;
    if (blue > brightest)
        brightest = blue;
    unsigned half = brightest / 2;
    uint8_t colour = (uint8_t)((red > half ? 1 : 0) | (green > half ? 2 : 0) | (blue > half ? 4 : 0));
    if (brightest < 48)
        return 0;
    if (colour == 7 && brightest < 128)
        return 8;
    return brightest > 192 ? colour | 8 : colour;
}

/* A colour of the 256-colour table: 16, a cube of 6 * 6 * 6, 24 greys. */
static uint8_t colour_of_table(unsigned number)
{
    if (number < 16)
        return (uint8_t)number;
    if (number >= 232) {
        unsigned grey = 8 + (number - 232) * 10;
        return colour_of_rgb(grey, grey, grey);
    }
    number -= 16;
    return colour_of_rgb(number / 36 * 51, number / 6 % 6 * 51, number % 6 * 51);
}

/* 38 and 48: reads the colour that follows parameter *index and moves *index to its last one. */
static uint8_t colour_extended(const struct screen *screen, unsigned *index, uint8_t otherwise)
{
    const unsigned *parameters = &screen->parameters[*index];
    unsigned left = screen->parameter_count - *index;
    if (left >= 3 && parameters[1] == 5) {
        *index += 2;
        return colour_of_table(parameters[2] & 255);
    }
    if (left >= 5 && parameters[1] == 2) {
        *index += 4;
        return colour_of_rgb(parameters[2] & 255, parameters[3] & 255, parameters[4] & 255);
    }
    *index = screen->parameter_count;
    return otherwise;
}

static void set_foreground(struct screen_cursor *cursor, uint8_t colour)
{
    cursor->colours = (uint8_t)((cursor->colours & 0xf0) | colour);
}

static void set_background(struct screen_cursor *cursor, uint8_t colour)
{
    cursor->colours = (uint8_t)((cursor->colours & 0x0f) | colour << 4);
}

static bool in_range(unsigned value, unsigned first, unsigned last)
{
    return value >= first && value <= last;
}

/* The parameters that name colours. */
static void select_colour(struct screen *screen, unsigned *index)
{
    struct screen_cursor *cursor = &screen->cursor;
    unsigned value = screen->parameters[*index];
    if (in_range(value, 30, 37))
        set_foreground(cursor, (uint8_t)(value - 30));
    else if (in_range(value, 90, 97))
        set_foreground(cursor, (uint8_t)(value - 90 + 8));
    else if (in_range(value, 40, 47))
        set_background(cursor, (uint8_t)(value - 40));
    else if (in_range(value, 100, 107))
        set_background(cursor, (uint8_t)(value - 100 + 8));
    else if (value == 38)
        set_foreground(cursor, colour_extended(screen, index, cursor->colours & 0x0f));
    else if (value == 48)
        set_background(cursor, colour_extended(screen, index, cursor->colours >> 4));
    else if (value == 39)
        set_foreground(cursor, COLOURS_NORMAL & 0x0f);
    else if (value == 49)
        set_background(cursor, COLOURS_NORMAL >> 4);
}

static void select_one(struct screen *screen, unsigned *index)
{
    struct screen_cursor *cursor = &screen->cursor;
    switch (screen->parameters[*index]) {
    case 0:
        cursor->colours = COLOURS_NORMAL;
        cursor->style = 0;
        break;
    case 1:
        cursor->style |= STYLE_BOLD;
        break;
    case 4:
        cursor->style |= STYLE_UNDERLINE;
        break;
    case 7:
        cursor->style |= STYLE_REVERSE;
        break;
    case 22:
        cursor->style &= (uint8_t)~STYLE_BOLD;
        break;
    case 24:
        cursor->style &= (uint8_t)~STYLE_UNDERLINE;
        break;
    case 27:
        cursor->style &= (uint8_t)~STYLE_REVERSE;
        break;
    default:
        select_colour(screen, index);
    }
}

void screen_select_graphics(struct screen *screen)
{
    for (unsigned i = 0; i < screen->parameter_count; i++)
        select_one(screen, &i);
}
