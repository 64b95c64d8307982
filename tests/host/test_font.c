/*
 * PSF fonts: one of each version made here, files cut short, random damage.
 *
 * Links: kernel/dev/font.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/dev/font.h"
#include "tests/host/support/tap.h"

enum { GLYPHS = 4, HEIGHT = 3, HEADER = 32, ROUNDS = 4000 };

static const uint8_t bitmaps[GLYPHS * HEIGHT] = {0, 0, 0, 0x80, 0x40, 0x01, 1, 2, 3, 4, 5, 6};
/* Glyph 0: '?' and U+FFFD; 1: 'A'; 2: U+00E4 and a combination that means nothing here; 3: U+2500. */
static const uint8_t table[] = "?\xef\xbf\xbd\xff"
                               "A\xff"
                               "\xc3\xa4\xfe"
                               "B\xcc\x88\xff"
                               "\xe2\x94\x80\xff";

static size_t make_font(uint8_t *file)
{
    const uint32_t header[] = {0x864ab572, 0, HEADER, 1, GLYPHS, HEIGHT, HEIGHT, 8};
    memcpy(file, header, HEADER);
    memcpy(file + HEADER, bitmaps, sizeof(bitmaps));
    memcpy(file + HEADER + sizeof(bitmaps), table, sizeof(table) - 1);
    return HEADER + sizeof(bitmaps) + sizeof(table) - 1;
}

/* Version 1: 256 glyphs 2 pixels high; glyph 65 shows 'A' and U+2500, the others nothing. */
static size_t make_old_font(uint8_t *file)
{
    static const uint8_t letter[] = {'A', 0, 0x00, 0x25};
    const uint8_t header[] = {0x36, 0x04, 2, 2};
    memcpy(file, header, sizeof(header));
    uint8_t *at = file + sizeof(header);
    memset(at, 0x55, 512);
    at += 512;
    for (unsigned i = 0; i < 256; i++) {
        if (i == 65) {
            memcpy(at, letter, sizeof(letter));
            at += sizeof(letter);
        }
        *at++ = 0xff;
        *at++ = 0xff;
    }
    return (size_t)(at - file);
}

/* Looks every character up in a font of exactly `length` bytes, where the sanitizer watches the end. */
static bool survives(const uint8_t *file, size_t length)
{
    uint8_t *copy = malloc(length);
    struct font font;
    memcpy(copy, file, length);
    bool good = font_open(&font, copy, length) != 0;
    if (!good) {
        for (unsigned character = 0; character < 0x10000; character += 997) {
            const uint8_t *glyph = font_glyph(&font, (uint16_t)character);
            good |= glyph >= copy && glyph + font.glyph_bytes <= copy + length;
        }
    }
    free(copy);
    return good;
}

int main(void)
{
    uint8_t file[2048];
    struct font font;
    size_t length = make_font(file);
    check(font_open(&font, file, length) == 0 && font.width == 8 && font.height == HEIGHT, "a font is read");
    check(font_glyph(&font, 'A') == font.glyphs + HEIGHT && font_glyph(&font, 0xe4) == font.glyphs + 2 * HEIGHT &&
              font_glyph(&font, 0x2500) == font.glyphs + 3 * HEIGHT,
          "characters are found by the table");
    check(font_glyph(&font, 'B') == font.glyphs && font_glyph(&font, 0x1234) == font.glyphs,
          "others show the substitute");
    check(font_pixel(&font, font_glyph(&font, 'A'), 0, 0) && font_pixel(&font, font_glyph(&font, 'A'), 7, 2) &&
              !font_pixel(&font, font_glyph(&font, 'A'), 1, 0),
          "pixels");
    length = make_old_font(file);
    check(font_open(&font, file, length) == 0 && font.height == 2 && font.glyph_count == 256 &&
              font_glyph(&font, 'A') == font.glyphs + 130 && font_glyph(&font, 0x2500) == font.glyphs + 130 &&
              font_glyph(&font, 'B') == font.glyphs,
          "version 1");
    bool good = survives(file, length - 1) && survives(file, 515);
    length = make_font(file);
    for (size_t cut = 1; cut < length; cut++)
        good &= survives(file, cut);
    check(good, "files cut short do no harm");
    for (unsigned i = 0; i < ROUNDS && good; i++) {
        length = i % 2 ? make_font(file) : make_old_font(file);
        for (unsigned n = (unsigned)random() % 4 + 1; n > 0; n--)
            file[(unsigned)random() % length] = (uint8_t)random();
        good &= survives(file, length);
    }
    check(good, "nor do damaged ones");
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}
