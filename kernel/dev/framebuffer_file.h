/* /dev/fb0: the framebuffer's memory as a file to read and write; it cannot be mapped (ENODEV). */
#ifndef KERNEL_DEV_FRAMEBUFFER_FILE_H
#define KERNEL_DEV_FRAMEBUFFER_FILE_H

/* Makes /dev/fb0 if there is a framebuffer. After display_init(). */
void framebuffer_file_init(void);

#endif
