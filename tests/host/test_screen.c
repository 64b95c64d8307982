/*
 * The text screen: each kind of escape sequence by its effect, and random bytes, which must never write outside the cells.
 *
 * Links: kernel/dev/screen.c kernel/dev/screen_grid.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/dev/screen.h"
#include "tests/host/support/tap.h"

enum { ROWS = 6, COLUMNS = 20, CELLS = ROWS * COLUMNS, ROUNDS = 3000, BYTES = 400 };

static struct screen screen;
static struct screen_cell *cells, *others;

static void write_text(const char *text)
{
    screen_write(&screen, (const uint8_t *)text, strlen(text));
}

static void fresh(const char *text)
{
    screen_init(&screen, ROWS, COLUMNS, cells, others);
    write_text(text);
}

/* Whether row `row` shows `text`, and blanks behind it. */
static bool row_is(unsigned row, const char *text)
{
    size_t length = strlen(text);
    for (unsigned column = 0; column < COLUMNS; column++) {
        uint16_t wanted = column < length ? (uint8_t)text[column] : ' ';
        if (screen_cell_at(&screen, row, column)->character != wanted)
            return false;
    }
    return true;
}

static bool cursor_is(unsigned row, unsigned column)
{
    return screen.cursor.row == row && screen.cursor.column == column;
}

static bool answers(const char *text, const char *answer)
{
    screen.answer_length = 0;
    write_text(text);
    return screen.answer_length == strlen(answer) && memcmp(screen.answer, answer, strlen(answer)) == 0;
}

static void test_text(void)
{
    fresh("hello\r\nworld\b\bX");
    check(row_is(0, "hello") && row_is(1, "worXd") && cursor_is(1, 4), "text, CR, NL, BS");
    fresh("a\tb\tc");
    check(row_is(0, "a       b       c"), "tabs");
    fresh("12345678901234567890");
    check(cursor_is(0, 19), "the last column is written without leaving it");
    write_text("x");
    check(row_is(1, "x") && cursor_is(1, 1), "the next character wraps");
    fresh("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7");
    check(row_is(0, "2") && row_is(5, "7"), "the screen scrolls");
    fresh("\033[?7l1234567890123456789012345");
    check(row_is(0, "12345678901234567895") && row_is(1, ""), "without wrapping the last column is written over");
    fresh("\303\244\342\202\254\360\237\230\200\377z");
    check(cells[0].character == 0xe4 && cells[1].character == 0x20ac && cells[2].character == 0xfffd &&
              cells[3].character == 0xfffd && cells[4].character == 'z',
          "UTF-8");
    fresh("\033(0lqk\033(Bl");
    check(cells[0].character == 0x250c && cells[1].character == 0x2500 && cells[3].character == 'l', "line drawing");
}

static void test_cursor(void)
{
    fresh("\033[3;5Hx");
    check(row_is(2, "    x") && cursor_is(2, 5), "moving to a place");
    write_text("\033[2A\033[3D");
    check(cursor_is(0, 2), "up and left");
    write_text("\033[99B\033[99C");
    check(cursor_is(5, 19), "no further than the edge");
    write_text("\033[H\0337\033[4;4H\0338");
    check(cursor_is(0, 0), "saving and restoring");
    check(answers("\033[2;3H\033[6n", "\033[2;3R") && answers("\033[c", "\033[?6c") && answers("\033[5n", "\033[0n"),
          "reports");
    fresh("\033[2;4r\033[?6h\033[2;2Hx");
    check(row_is(2, " x") && answers("\033[6n", "\033[2;3R"), "origin mode counts from the region");
    fresh("\033[5Gx\033[4dy");
    check(row_is(0, "    x") && row_is(3, "     y"), "column and row alone");
}

static void test_erase(void)
{
    fresh("abcdef\033[3D\033[K");
    check(row_is(0, "abc"), "the rest of the row");
    fresh("abcdef\033[3D\033[1K");
    check(row_is(0, "    ef"), "its beginning");
    fresh("one\r\ntwo\r\nthree\033[2;2H\033[J");
    check(row_is(0, "one") && row_is(1, "t") && row_is(2, ""), "the rest of the screen");
    fresh("one\r\ntwo\033[2J");
    check(row_is(0, "") && row_is(1, "") && cursor_is(1, 3), "all of it");
    fresh("abcdef\r\033[2P");
    check(row_is(0, "cdef"), "delete characters");
    fresh("abcdef\r\033[2@");
    check(row_is(0, "  abcdef"), "insert characters");
    fresh("abcdef\r\033[4hxy");
    check(row_is(0, "xyabcdef"), "insert mode");
    fresh("abcdef\r\033[3X");
    check(row_is(0, "   def"), "erase characters");
}

static void test_scroll(void)
{
    fresh("1\r\n2\r\n3\r\n4\r\n5\r\n6\033[2;4r\033[4;1H\nx");
    check(row_is(0, "1") && row_is(1, "3") && row_is(2, "4") && row_is(3, "x") && row_is(4, "5"),
          "a region scrolls alone");
    write_text("\033[2;1H\033M");
    check(row_is(1, "") && row_is(2, "3") && row_is(4, "5"), "and backwards");
    fresh("1\r\n2\r\n3\r\n4\033[2;1H\033[L");
    check(row_is(1, "") && row_is(2, "2") && row_is(4, "4"), "insert a line");
    write_text("\033[2M");
    check(row_is(1, "3") && row_is(2, "4") && row_is(3, ""), "delete lines");
    fresh("1\033[?1049h2\033[?1049l");
    check(row_is(0, "1") && cursor_is(0, 1), "the other screen is another one");
}

static void test_colours(void)
{
    fresh("\033[31;44;1;4mx\033[0my\033[7mz\033[38;5;196m\033[48;2;0;0;255mw\033[m\033[97mv");
    check(cells[0].colours == 0x41 && cells[0].style == (STYLE_BOLD | STYLE_UNDERLINE), "colours and styles");
    check(cells[1].colours == 0x07 && cells[1].style == 0 && cells[2].style == STYLE_REVERSE, "and none");
    check(cells[3].colours == 0xc9 && cells[4].colours == 0x0f, "colours by table and by value become the nearest");
    fresh("\033]0;title\007a\033Pxyz\033\\b\033[>1;2cc");
    check(row_is(0, "abc"), "what is not understood is swallowed");
}

static void test_random(void)
{
    static const char parts[] = "\033[0123456789;?hlmrJKHLMPSTX@ABCDnbg\n\r\t\b()#78cDEM\x0e\x0f]\a\303\244";
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint8_t bytes[BYTES];
        for (unsigned i = 0; i < BYTES; i++) {
            unsigned kind = random_below(8);
            bytes[i] = kind == 0 ? (uint8_t)random_below(256) : (uint8_t)parts[random_below(sizeof(parts) - 1)];
            if (kind == 1 && i > 0)
                bytes[i - 1] = '\033', bytes[i] = '[';
        }
        if (round % 10 == 0)
            screen_init(&screen, 1 + random_below(ROWS), 1 + random_below(COLUMNS), cells,
                        random_below(2) ? others : NULL);
        screen_write(&screen, bytes, BYTES);
        if (screen.cursor.row >= screen.rows || screen.cursor.column >= screen.columns || screen.bottom >= screen.rows)
            failures++;
    }
    check(failures == 0, "random bytes do no harm");
}

int main(void)
{
    cells = calloc(CELLS, sizeof(*cells)); /* the sanitizer watches their edges */
    others = calloc(CELLS, sizeof(*others));
    struct screen_cell *first = cells, *second = others;
    test_text();
    test_cursor();
    test_erase();
    test_scroll();
    test_colours();
    test_random();
    free(first);
    free(second);
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}
