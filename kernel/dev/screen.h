/*
 * A text screen: what a VT100-like terminal makes of the bytes written to it, as a grid of cells. Pure code; the display draws the cells.
 *
 * Understood: the control characters, cursor movement, erasing, inserting and deleting, scroll regions, colours and styles, tab stops, saving the
 * cursor, the alternate screen, line drawing, reports; UTF-8. What is not understood is swallowed. The caller serialises all calls.
 */
#ifndef KERNEL_DEV_SCREEN_H
#define KERNEL_DEV_SCREEN_H

#include "kernel/types.h"

#define SCREEN_COLUMNS_MAX 512
#define SCREEN_PARAMETERS 16
#define SCREEN_ANSWER_SIZE 32

enum screen_style {
    STYLE_BOLD = 1 << 0,
    STYLE_UNDERLINE = 1 << 1,
    STYLE_REVERSE = 1 << 2,
};

struct screen_cell {
    uint16_t character; /* Unicode; 0xfffd for what is beyond 16 bits */
    uint8_t
        colours; /* foreground, and background in the upper four bits; the eight colours of ANSI, then the same bright */
    uint8_t style; /* enum screen_style */
};

/* Where the cursor is and how it writes. */
struct screen_cursor {
    unsigned row, column;
    uint8_t colours, style;
    bool wrap_pending; /* the last column was written: the next character goes to the next line */
    bool origin;       /* rows count from the top of the scroll region */
    bool drawing[2];   /* G0, G1: line drawing instead of ASCII */
    unsigned charset;  /* 0 or 1 */
};

enum screen_state {
    SCREEN_TEXT,
    SCREEN_ESCAPE,   /* after ESC */
    SCREEN_CHARSET0, /* after ESC ( */
    SCREEN_CHARSET1, /* after ESC ) */
    SCREEN_HASH,     /* after ESC # */
    SCREEN_CONTROL,  /* after ESC [ : parameters */
    SCREEN_STRING,   /* after ESC ] and its like: up to BEL or ESC \ */
    SCREEN_STRING_ESCAPE,
};

struct screen {
    unsigned rows, columns;
    struct screen_cell *cells;     /* rows * columns: what is to be seen */
    struct screen_cell *alternate; /* as many, for the screen that is not seen; or null */
    bool on_alternate;
    struct screen_cursor cursor;
    struct screen_cursor saved;
    unsigned top, bottom; /* the scroll region's first and last row */
    bool autowrap, insert, cursor_hidden;
    bool cursor_keys;                     /* the cursor keys send ESC O x instead of ESC [ x */
    uint8_t tabs[SCREEN_COLUMNS_MAX / 8]; /* a bit for each column with a stop */
    uint16_t last_character;              /* for repeating */

    enum screen_state state;
    unsigned parameters[SCREEN_PARAMETERS];
    unsigned parameter_count;
    uint8_t marker;     /* '?', '>' ... in front of the parameters, or an intermediate byte; 0: none */
    uint32_t utf8_code; /* of a sequence under way */
    unsigned utf8_left;

    char answer[SCREEN_ANSWER_SIZE]; /* what the terminal types in reply; the caller takes it and zeroes the length */
    unsigned answer_length;
};

/* An empty screen over `cells`, and over `alternate` (may be null) as the second one. At most SCREEN_COLUMNS_MAX columns. */
void screen_init(struct screen *screen, unsigned rows, unsigned columns, struct screen_cell *cells,
                 struct screen_cell *alternate);

void screen_write(struct screen *screen, const uint8_t *bytes, size_t count);

static inline struct screen_cell *screen_cell_at(const struct screen *screen, unsigned row, unsigned column)
{
    return &screen->cells[row * screen->columns + column];
}

/* --- what the parser (screen.c) does to the grid (screen_grid.c) --- */

void screen_reset(struct screen *screen);
/* Writes a character at the cursor and moves on. */
void screen_put(struct screen *screen, uint16_t character);
/* To (row, column), kept on the screen; with `origin`, rows count from the top of the region. */
void screen_move(struct screen *screen, int row, int column);
/* Down one row, up one row, scrolling the region at its edge. */
void screen_line_feed(struct screen *screen);
void screen_line_feed_reverse(struct screen *screen);
/* Moves rows `from` .. bottom of the region `count` rows up or down, with empty ones coming in. */
void screen_scroll_up(struct screen *screen, unsigned from, unsigned count);
void screen_scroll_down(struct screen *screen, unsigned from, unsigned count);
/* Empties cells [from, to), counted from the first cell of the screen. */
void screen_erase(struct screen *screen, unsigned from, unsigned to);
/* Makes room for, or takes out, `count` cells at the cursor. */
void screen_insert_cells(struct screen *screen, unsigned count);
void screen_delete_cells(struct screen *screen, unsigned count);
void screen_tab(struct screen *screen, int stops); /* forward, or back when negative */
void screen_set_region(struct screen *screen, unsigned top, unsigned bottom);
void screen_select_alternate(struct screen *screen, bool alternate);
/* Sets colours and styles by the parameters of ESC [ ... m. */
void screen_select_graphics(struct screen *screen);

#endif
