/* Editing of the line being typed, and its echo: the part of the line discipline behind tty_line.c. */
#ifndef KERNEL_DEV_TTY_EDIT_H
#define KERNEL_DEV_TTY_EDIT_H

#include "kernel/dev/tty_line.h"

/* Echo of a typed byte: control characters as ^X with ECHOCTL; as it is. Dropped when the output ring is full. */
void tty_edit_echo(struct tty_line *line, uint8_t byte);
void tty_edit_echo_raw(struct tty_line *line, uint8_t byte);

/* The special characters ERASE, KILL, WERASE, LNEXT, REPRINT. */
void tty_edit_erase(struct tty_line *line);
void tty_edit_kill(struct tty_line *line);
void tty_edit_erase_word(struct tty_line *line);
void tty_edit_literal_next(struct tty_line *line);
void tty_edit_reprint(struct tty_line *line);

#endif
