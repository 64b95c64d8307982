/*
 * /dev/pts: the slaves of pseudo-terminals whose masters are open, by number.
 */
#ifndef KERNEL_FS_DEVPTS_H
#define KERNEL_FS_DEVPTS_H

void devpts_init(void);

#endif
