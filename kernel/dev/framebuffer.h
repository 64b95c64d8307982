/* The firmware's linear framebuffer, 32 bits a pixel. */
#ifndef KERNEL_DEV_FRAMEBUFFER_H
#define KERNEL_DEV_FRAMEBUFFER_H

#include "kernel/types.h"

struct boot_framebuffer;
struct font;

struct framebuffer {
    uint8_t *pixels; /* mapped write-combining; null: there is none */
    paddr_t physical;
    uint64_t size; /* bytes */
    unsigned width, height;
    unsigned pitch; /* bytes a line */
    uint8_t red_shift, green_shift, blue_shift;
};

/* The one framebuffer; pixels == NULL before framebuffer_init() and on machines without. */
extern struct framebuffer framebuffer;

/* Maps the framebuffer. False when there is none or it makes no sense. Sleeps. */
bool framebuffer_init(const struct boot_framebuffer *info);

/* A pixel of colour 0xrrggbb as the framebuffer stores it. */
uint32_t framebuffer_pixel(const struct framebuffer *to, uint32_t rgb);

/* Draws a glyph with its top left corner at (x, y), which must be within the framebuffer with all of the glyph. */
void framebuffer_draw(const struct framebuffer *to, const struct font *font, const uint8_t *glyph, unsigned x,
                      unsigned y, uint32_t foreground, uint32_t background);
/* Fills everything with one pixel value. */
void framebuffer_fill(const struct framebuffer *to, uint32_t pixel);

#endif
