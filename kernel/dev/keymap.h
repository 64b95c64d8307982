/* What the keys of a PC keyboard mean: scan codes to the bytes a terminal types. US layout. Pure code. */
#ifndef KERNEL_DEV_KEYMAP_H
#define KERNEL_DEV_KEYMAP_H

#include "kernel/types.h"

#define KEYMAP_BYTES_MAX 8

/* The keyboard's state between scan codes. */
struct keymap {
    bool extended;       /* 0xe0 came: the next code is of a key the first PC did not have */
    unsigned pause_left; /* codes of the Pause key still to come */
    bool shift_left, shift_right, control_left, control_right, alt_left, alt_right;
    bool caps_lock;
};

/*
 * Takes one byte of scan code set 1 and writes what the key types to `bytes`; returns how many, 0 for none. `application`: cursor keys
 * send ESC O x instead of ESC [ x.
 */
size_t keymap_translate(struct keymap *keymap, uint8_t code, bool application, uint8_t bytes[KEYMAP_BYTES_MAX]);

#endif
