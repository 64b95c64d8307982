/*
 * The console: one terminal, with up to two devices behind it.
 *
 *     console=ttyS0    COM1                     tty0 (display and keyboard) is a terminal of its own
 *     console=tty0     display and keyboard     ttyS0 is a terminal of its own
 *     otherwise        COM1; the display shows the same, and what is typed on the keyboard goes there, too: /dev/tty0 is the same terminal
 */
#include "kernel/dev/console.h"
#include "kernel/dev/display.h"
#include "kernel/dev/keyboard.h"
#include "kernel/dev/serial.h"
#include "kernel/dev/tty.h"
#include "kernel/dev/uart.h"
#include "kernel/fs/vfs.h"
#include "kernel/log.h"
#include "kernel/option.h"
#include "libc/string.h"

static struct tty *console;

/* The terminal that the option console= names, or null. */
static struct tty *console_asked_for(struct tty *display)
{
    const char *name = option_text("console", NULL);
    if (name == NULL)
        return NULL;
    if (display != NULL && strcmp(name, display->name) == 0)
        return display;
    for (unsigned i = 0; i < 4; i++) {
        struct tty *serial = serial_tty(i);
        if (serial != NULL && strcmp(name, serial->name) == 0)
            return serial;
    }
    log_write(LOG_WARNING, "console: there is no terminal %s", name);
    return NULL;
}

/* The terminal the keyboard types on: the display's own, or the console that the display mirrors. */
static void display_connect(struct tty *display, struct tty *serial, bool mirrored)
{
    if (display == NULL)
        return;
    struct tty *terminal = display;
    if (mirrored && serial != NULL) {
        spin_lock(&serial->lock);
        serial->mirror = display_mirror;
        spin_unlock(&serial->lock);
        terminal = serial;
    }
    keyboard_init(terminal);
    chardev_register("tty0", TTY_MAJOR, 0, 0620, &tty_file_ops, terminal);
}

void console_init(void)
{
    struct tty *display = display_tty();
    struct tty *serial = serial_tty(0);
    struct tty *asked = console_asked_for(display);
    console = asked != NULL ? asked : serial != NULL ? serial : display;
    display_connect(display, serial, asked == NULL);
    chardev_register("tty", TTY_ALTERNATE_MAJOR, 0, 0666, &tty_own_file_ops, NULL);
    if (console == NULL)
        log_write(LOG_WARNING, "console: this machine has no terminal");
    else
        chardev_register("console", TTY_ALTERNATE_MAJOR, 1, 0600, &tty_file_ops, console);
}

void console_opened(const struct tty *tty)
{
    if (tty == serial_tty(0))
        uart_log_silence();
    if (tty == display_tty() || tty->mirror == display_mirror)
        display_log_silence();
}
