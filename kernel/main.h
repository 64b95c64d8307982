/* The kernel's first C function, called by start.asm. */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

struct bootinfo;

/* Never returns: the boot CPU ends up in its idle loop. */
void kernel_main(const struct bootinfo *info);

#endif
