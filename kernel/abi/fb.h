/*
 * Framebuffers: Linux's x86-64 system-call interface.
 */
#ifndef KERNEL_ABI_FB_H
#define KERNEL_ABI_FB_H

#include "kernel/types.h"

enum { FBIOGET_VSCREENINFO = 0x4600, FBIOGET_FSCREENINFO = 0x4602 };

/* Where a colour is in a pixel. */
struct linux_fb_bitfield {
    uint32_t offset, length, right;
};

struct linux_fb_variable {
    uint32_t width, height;                 /* what is seen */
    uint32_t virtual_width, virtual_height; /* what there is */
    uint32_t x_offset, y_offset;
    uint32_t bits_per_pixel, greyscale;
    struct linux_fb_bitfield red, green, blue, transparency;
    uint32_t nonstandard, activate;
    uint32_t height_mm, width_mm;
    uint32_t flags, timing[10], colour_space, reserved[4];
};
_Static_assert(sizeof(struct linux_fb_variable) == 160, "ABI");

enum { FB_VISUAL_TRUECOLOR = 2 };

struct linux_fb_fixed {
    char name[16];
    uint64_t memory;
    uint32_t memory_length;
    uint32_t type, type_aux, visual;
    uint16_t x_pan, y_pan, y_wrap;
    uint32_t line_length;
    uint64_t registers;
    uint32_t registers_length, acceleration;
    uint16_t capabilities, reserved[2];
};
_Static_assert(sizeof(struct linux_fb_fixed) == 80, "ABI");

#endif
