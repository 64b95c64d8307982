/* QEMU's debug console: bytes written to port 0xe9 go to a file of the host. */
#ifndef KERNEL_DEV_DEBUGCON_H
#define KERNEL_DEV_DEBUGCON_H

/* Makes it a console of the log if the machine has one. */
void debugcon_init(void);

#endif
