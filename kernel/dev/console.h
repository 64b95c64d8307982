/* The console: the terminal that process 1 gets, /dev/console. */
#ifndef KERNEL_DEV_CONSOLE_H
#define KERNEL_DEV_CONSOLE_H

struct tty;

/* Chooses the console by the option console=, publishes /dev/console and /dev/tty. After serial_init() and screen_tty_init(). */
void console_init(void);

/* Somebody has opened terminal `tty`: the log's lines no longer go to the device it is on. */
void console_opened(const struct tty *tty);

#endif
