/* The PS/2 keyboard. */
#ifndef KERNEL_DEV_KEYBOARD_H
#define KERNEL_DEV_KEYBOARD_H

struct tty;

/* Sets the controller up and lets the keyboard type on `tty`. Does nothing on machines without. Thread context. */
void keyboard_init(struct tty *tty);

#endif
