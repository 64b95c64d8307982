/* The console's font: bitmaps by Unicode character, from a PC Screen Font file. */
#ifndef KERNEL_DEV_FONT_H
#define KERNEL_DEV_FONT_H

#include "kernel/types.h"

struct font {
    /* glyph_count bitmaps of glyph_bytes each: rows of (width + 7) / 8 bytes, the leftmost pixel in the top bit. */
    const uint8_t *glyphs;
    unsigned glyph_count, glyph_bytes;
    unsigned width, height;
    /* For each glyph its characters, in the form of the file's version; or null: a glyph's number is its character. */
    const uint8_t *unicode;
    bool unicode_is_16; /* version 1: 16 bits each; version 2: UTF-8 */
    const uint8_t *end; /* of the file */
    uint16_t low[256];  /* glyphs of the first characters, so that most need no search */
};

/* Reads a PSF file of version 1 or 2, `length` bytes. 0 or -EINVAL. Pure. */
int font_open(struct font *font, const uint8_t *file, size_t length) must_check;

/* The bitmap of a character; that of U+FFFD or of '?' when the font has none. Pure. */
const uint8_t *font_glyph(const struct font *font, uint16_t character);

/* Whether the pixel is set. */
static inline bool font_pixel(const struct font *font, const uint8_t *glyph, unsigned x, unsigned y)
{
    return (glyph[y * ((font->width + 7) / 8) + x / 8] >> (7 - x % 8) & 1) != 0;
}

/* The font built into the kernel; font_file == font_file_end when there was none at build time. */
extern const uint8_t font_file[], font_file_end[];

#endif
