/* Terminals on the serial ports COM1 to COM4: ttyS0 to ttyS3. */
#ifndef KERNEL_DEV_SERIAL_H
#define KERNEL_DEV_SERIAL_H

#include "kernel/dev/tty.h"

/* Finds the ports, connects their interrupts and publishes their terminals. In thread context, after vfs_init(). */
void serial_init(void);

/* The terminal on COM1 (index 0) to COM4; null when there is no such port. */
struct tty *serial_tty(unsigned index);

#endif
