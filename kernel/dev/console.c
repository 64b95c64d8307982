/* The console. */
#include "kernel/dev/console.h"
#include "kernel/dev/serial.h"
#include "kernel/dev/tty.h"
#include "kernel/dev/uart.h"
#include "kernel/fs/vfs.h"

void console_init(void)
{
    struct tty *tty = serial_tty(0);
    chardev_register("tty", TTY_ALTERNATE_MAJOR, 0, 0666, &tty_own_file_ops, NULL);
    if (tty != NULL)
        chardev_register("console", TTY_ALTERNATE_MAJOR, 1, 0600, &tty_file_ops, tty);
}

void console_opened(const struct tty *tty)
{
    if (tty == serial_tty(0))
        uart_log_silence();
}
