/* The display: a text screen (screen.h) drawn into the framebuffer, with a terminal, tty0, on it. */
#ifndef KERNEL_DEV_DISPLAY_H
#define KERNEL_DEV_DISPLAY_H

#include "kernel/dev/tty.h"

struct boot_framebuffer;

/* Starts the display if there are a framebuffer, a font and memory; it shows the log until a terminal takes it over. Thread context. */
void display_init(const struct boot_framebuffer *info);

/* The display's own terminal, tty0; null when there is no display. */
struct tty *display_tty(void);

/* For tty->mirror of another terminal: shows its output on the display as well. */
void display_mirror(struct tty *tty, const uint8_t *bytes, size_t count);

/* The log's lines are shown no more, but for a panic's. */
void display_log_silence(void);

/* Whether programs have asked for the cursor keys' application codes. */
bool display_cursor_keys(void);

#endif
