/* Output processing of the line discipline: the part behind tty_line.c that fills the output ring. */
#ifndef KERNEL_DEV_TTY_OUTPUT_H
#define KERNEL_DEV_TTY_OUTPUT_H

#include "kernel/dev/tty_line.h"

/* Puts one byte through output processing (OPOST) into the output ring. False: no room for all it becomes; nothing was put. */
bool tty_output_byte(struct tty_line *line, uint8_t byte);

#endif
