/*
 * The display.
 *
 *      terminal, log ---> screen: cells ---> thread "display": what differs from what was drawn ---> framebuffer
 *
 * Writing to the screen changes cells only. The thread draws the difference at most FRAMES_PER_SECOND times a second, so that a flood of output
 * costs a few drawings, not one for each line scrolled. In a panic there are no threads any more, and every line is drawn at once.
 *
 * Locks: screen_lock (RANK_PORTS) guards the screen; it is below the log's locks, so the log may write at any time. What was drawn belongs to the
 * thread alone.
 */
#include <stdatomic.h>

#include "boot/bootinfo.h"
#include "kernel/dev/display.h"
#include "kernel/dev/font.h"
#include "kernel/dev/framebuffer.h"
#include "kernel/dev/screen.h"
#include "kernel/log.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "libc/string.h"
#include "mm/slab.h"

#define FRAMES_PER_SECOND 50
#define LOG_INTERVAL (NS_PER_SECOND / 10) /* how often to look for lines of the log, which cannot wake the thread */
#define CHUNK 128

static struct spinlock screen_lock = SPINLOCK_INIT(RANK_PORTS);
static struct screen screen;
static struct font font;
static struct screen_cell *drawn; /* what the framebuffer shows */
static struct tty display_terminal;
static bool present;
static _Atomic bool changed; /* the screen, since the thread last looked */
static struct waitqueue changes = WAITQUEUE_INIT(changes);

/* The sixteen colours of the IBM CGA, in the order of ANSI. */
static const uint32_t palette[16] = {
    0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
    0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
};
static uint32_t pixels[16]; /* the palette as the framebuffer stores it */

static void draw_underline(unsigned x, unsigned y, uint32_t pixel)
{
    volatile uint32_t *line = (volatile uint32_t *)(framebuffer.pixels +
                                                    (uint64_t)(y + font.height - 2) * framebuffer.pitch);
    for (unsigned column = 0; column < font.width; column++)
        line[x + column] = pixel;
}

static void draw_cell(unsigned row, unsigned column, const struct screen_cell *cell)
{
    unsigned foreground = cell->colours & 15, background = cell->colours >> 4;
    if ((cell->style & STYLE_BOLD) != 0)
        foreground |= 8;
    if ((cell->style & STYLE_REVERSE) != 0) {
        unsigned swap = foreground;
        foreground = background;
        background = swap;
    }
    unsigned x = column * font.width, y = row * font.height;
    framebuffer_draw(&framebuffer, &font, font_glyph(&font, cell->character), x, y, pixels[foreground],
                     pixels[background]);
    if ((cell->style & STYLE_UNDERLINE) != 0)
        draw_underline(x, y, pixels[foreground]);
}

static bool cells_differ(const struct screen_cell *a, const struct screen_cell *b)
{
    return memcmp(a, b, sizeof(*a)) != 0;
}

/* Draws the cells of a row that differ from what was drawn. */
static void draw_row(unsigned row, const struct screen_cell *cells)
{
    struct screen_cell *before = &drawn[row * screen.columns];
    for (unsigned column = 0; column < screen.columns; column++) {
        if (!cells_differ(&before[column], &cells[column]))
            continue;
        before[column] = cells[column];
        draw_cell(row, column, &cells[column]);
    }
}

/* A row as it is to be seen, with the cursor in it. */
static void row_copy(unsigned row, struct screen_cell *cells)
{
    memcpy(cells, screen_cell_at(&screen, row, 0), screen.columns * sizeof(*cells));
    if (row == screen.cursor.row && !screen.cursor_hidden)
        cells[screen.cursor.column].style ^= STYLE_REVERSE;
}

static void draw_changes(void)
{
    struct screen_cell cells[SCREEN_COLUMNS_MAX];
    for (unsigned row = 0; row < screen.rows; row++) {
        spin_lock(&screen_lock);
        row_copy(row, cells);
        spin_unlock(&screen_lock);
        draw_row(row, cells);
    }
}

static bool take_changed(void)
{
    return atomic_exchange_explicit(&changed, false, memory_order_acquire);
}

static bool log_is_shown(void);

static void display_thread(void *argument)
{
    (void)argument;
    framebuffer_fill(&framebuffer, pixels[0]);
    for (;;) {
        if (take_changed())
            draw_changes();
        (void)thread_sleep_until(time_now() + NS_PER_SECOND / FRAMES_PER_SECOND, false);
        uint64_t deadline = log_is_shown() ? time_now() + LOG_INTERVAL : 0;
        (void)wait_event_interruptible(&changes, atomic_load(&changed), deadline);
    }
}

/* Shows bytes; the answers of the screen, if any, are moved to `answer`. */
static size_t show(const uint8_t *bytes, size_t count, uint8_t answer[SCREEN_ANSWER_SIZE])
{
    spin_lock(&screen_lock);
    screen_write(&screen, bytes, count);
    size_t length = screen.answer_length;
    memcpy(answer, screen.answer, length);
    screen.answer_length = 0;
    spin_unlock(&screen_lock);
    if (!atomic_exchange_explicit(&changed, true, memory_order_release))
        wait_wake_all(&changes);
    return length;
}

void display_mirror(struct tty *tty, const uint8_t *bytes, size_t count)
{
    uint8_t answer[SCREEN_ANSWER_SIZE];
    (void)tty;
    (void)show(bytes, count, answer); /* the terminal itself answers */
}

static void terminal_start(struct tty *tty)
{
    uint8_t bytes[CHUNK], answer[SCREEN_ANSWER_SIZE];
    size_t count;
    while ((count = tty_take(tty, bytes, sizeof(bytes))) > 0) {
        size_t length = show(bytes, count, answer);
        tty_receive_locked(tty, answer, length);
    }
}

static const struct tty_driver terminal_driver = {.start = terminal_start};

/* A line of the log ends in NL alone; the screen wants CR NL. */
static void log_show(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            screen_write(&screen, (const uint8_t *)"\r", 1);
        screen_write(&screen, (const uint8_t *)&text[i], 1);
    }
    screen.answer_length = 0;
}

static void log_line(struct log_console *console, const char *text, size_t length)
{
    (void)console;
    if (log_is_panicking()) { /* whoever holds the lock will not give it back, and the thread does not run */
        log_show(text, length);
        for (unsigned row = 0; row < screen.rows; row++) {
            struct screen_cell cells[SCREEN_COLUMNS_MAX];
            row_copy(row, cells);
            draw_row(row, cells);
        }
        return;
    }
    spin_lock(&screen_lock);
    log_show(text, length);
    spin_unlock(&screen_lock);
    atomic_store_explicit(&changed, true, memory_order_release);
}

static struct log_console log_console = {.write = log_line};

static bool log_is_shown(void)
{
    return !log_console.raw_only_when_panicking;
}

void display_log_silence(void)
{
    log_console.raw_only_when_panicking = true;
}

/* Cells for what is seen, for the second screen, and for what was drawn. */
static bool cells_alloc(unsigned rows, unsigned columns)
{
    size_t count = (size_t)rows * columns;
    struct screen_cell *cells = kmalloc(3 * count * sizeof(*cells));
    if (cells == NULL)
        return false;
    drawn = cells + 2 * count;
    screen_init(&screen, rows, columns, cells, cells + count);
    memcpy(drawn, cells, count * sizeof(*cells)); /* empty, as the framebuffer will be */
    return true;
}

static void palette_init(void)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(palette); i++)
        pixels[i] = framebuffer_pixel(&framebuffer, palette[i]);
}

void display_init(const struct boot_framebuffer *info)
{
    if (!framebuffer_init(info))
        return;
    if (font_open(&font, font_file, (size_t)(font_file_end - font_file)) != 0) {
        log_write(LOG_WARNING, "display: the kernel was built without a font");
        return;
    }
    unsigned rows = framebuffer.height / font.height;
    unsigned columns = (unsigned)min_u64(framebuffer.width / font.width, SCREEN_COLUMNS_MAX);
    if (rows == 0 || columns == 0 || !cells_alloc(rows, columns))
        return;
    palette_init();
    tty_init(&display_terminal, "tty0", TTY_MAJOR << 8);
    display_terminal.driver = &terminal_driver;
    display_terminal.window = (struct linux_winsize){(uint16_t)rows, (uint16_t)columns, (uint16_t)framebuffer.width,
                                                     (uint16_t)framebuffer.height};
    present = thread_create_kernel("display", display_thread, NULL) != NULL;
    if (present)
        log_console_add(&log_console);
}

struct tty *display_tty(void)
{
    return present ? &display_terminal : NULL;
}

bool display_cursor_keys(void)
{
    return screen.cursor_keys;
}
