/*
 * PC Screen Font: a header, the bitmaps, and a table that says which characters each bitmap shows.
 *
 *      version 1    width 8, 256 or 512 glyphs; characters of 16 bits, 0xfffe before combinations, 0xffff behind each glyph's
 *      version 2    any size; characters in UTF-8, 0xfe and 0xff likewise
 *
 * Source: psf.h of the kbd package.
 */
#include "kernel/abi/errno.h"
#include "kernel/dev/font.h"
#include "libc/string.h"

#define PSF1_MAGIC 0x0436
#define PSF1_512_GLYPHS 1u
#define PSF1_HAS_UNICODE 6u
#define PSF2_MAGIC 0x864ab572
#define PSF2_HAS_UNICODE 1u
#define WIDTH_MAX 32
#define HEIGHT_MAX 64

struct psf1_header {
    uint16_t magic;
    uint8_t mode, glyph_bytes;
};

struct psf2_header {
    uint32_t magic, version, header_size, flags;
    uint32_t glyph_count, glyph_bytes, height, width;
};

static bool header_is_right(const struct psf2_header *header, size_t length)
{
    if (header->magic != PSF2_MAGIC || header->width == 0 || header->width > WIDTH_MAX || header->height == 0 ||
        header->height > HEIGHT_MAX || header->glyph_count == 0 || header->glyph_count > 65536)
        return false;
    return header->glyph_bytes == header->height * ((header->width + 7) / 8) &&
           header->header_size >= sizeof(struct psf1_header) && header->header_size <= length &&
           (uint64_t)header->glyph_count * header->glyph_bytes <= length - header->header_size;
}

/* Decodes one UTF-8 character of the table at *at (not beyond `end`) and moves *at behind it. */
static uint32_t utf8_next(const uint8_t **at, const uint8_t *end)
{
    uint8_t first = *(*at)++;
    unsigned left = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    uint32_t code = left == 0 ? first : first & (0x3fu >> left);
    while (left-- > 0 && *at < end && (**at & 0xc0) == 0x80)
        code = code << 6 | (*(*at)++ & 0x3f);
    return code;
}

/* What the table has beside characters. */
enum { TABLE_GLYPH_ENDS = -1, TABLE_COMBINATIONS = -2, TABLE_ENDS = -3 };

/* A place in the table of characters. */
struct table_place {
    const uint8_t *at;
    unsigned glyph;
    bool in_combinations; /* what follows, up to the end of the glyph's entry, are combined characters */
};

static int32_t entry_next(const struct font *font, const uint8_t **at)
{
    int32_t marks = font->unicode_is_16 ? 0xfffe : 0xfe;
    if (font->end - *at < (font->unicode_is_16 ? 2 : 1))
        return TABLE_ENDS;
    int32_t value = font->unicode_is_16 ? (*at)[0] | (*at)[1] << 8 : (*at)[0];
    if (value < marks && !font->unicode_is_16)
        return (int32_t)utf8_next(at, font->end);
    *at += font->unicode_is_16 ? 2 : 1;
    if (value < marks)
        return value;
    return value == marks ? TABLE_COMBINATIONS : TABLE_GLYPH_ENDS;
}

/* The next character of the table, and in place->glyph the glyph that shows it; -1 at the end. Not the combined ones. */
static int32_t table_next(const struct font *font, struct table_place *place)
{
    while (place->glyph < font->glyph_count) {
        int32_t entry = entry_next(font, &place->at);
        if (entry == TABLE_ENDS)
            break;
        if (entry == TABLE_GLYPH_ENDS)
            place->glyph++;
        if (entry < 0)
            place->in_combinations = entry == TABLE_COMBINATIONS;
        else if (!place->in_combinations)
            return entry;
    }
    return -1;
}

/* The glyph that shows `character`, by a search of the table; -1 if none does. */
static int glyph_search(const struct font *font, uint16_t character)
{
    if (font->unicode == NULL)
        return character < font->glyph_count ? character : -1;
    struct table_place place = {.at = font->unicode};
    int32_t found;
    while ((found = table_next(font, &place)) >= 0) {
        if (found == character)
            return (int)place.glyph;
    }
    return -1;
}

static int glyph_or_substitute(const struct font *font, uint16_t character)
{
    int glyph = glyph_search(font, character);
    if (glyph < 0)
        glyph = glyph_search(font, 0xfffd);
    if (glyph < 0)
        glyph = glyph_search(font, '?');
    return glyph < 0 ? 0 : glyph;
}

/* Fills font->low in one pass over the table. */
static void low_fill(struct font *font)
{
    uint16_t substitute = (uint16_t)glyph_or_substitute(font, 0xfffd);
    struct table_place place = {.at = font->unicode};
    int32_t character;
    for (unsigned i = 0; i < ARRAY_LENGTH(font->low); i++)
        font->low[i] = font->unicode != NULL || i >= font->glyph_count ? substitute : (uint16_t)i;
    while (font->unicode != NULL && (character = table_next(font, &place)) >= 0) {
        if (character < (int32_t)ARRAY_LENGTH(font->low))
            font->low[character] = (uint16_t)place.glyph;
    }
}

/* The header of either version in the form of version 2, checked. False when it is none. */
static bool header_read(struct psf2_header *header, const uint8_t *file, size_t length)
{
    struct psf1_header old = {0};
    memcpy(&old, file, min_u64(length, sizeof(old)));
    if (old.magic == PSF1_MAGIC) {
        *header = (struct psf2_header){
            .magic = PSF2_MAGIC,
            .header_size = sizeof(old),
            .flags = (old.mode & PSF1_HAS_UNICODE) != 0 ? PSF2_HAS_UNICODE : 0,
            .glyph_count = (old.mode & PSF1_512_GLYPHS) != 0 ? 512 : 256,
            .glyph_bytes = old.glyph_bytes,
            .height = old.glyph_bytes,
            .width = 8,
        };
    } else if (length >= sizeof(*header)) {
        memcpy(header, file, sizeof(*header));
    } else {
        return false;
    }
    return header_is_right(header, length);
}

int font_open(struct font *font, const uint8_t *file, size_t length)
{
    struct psf2_header header;
    if (!header_read(&header, file, length))
        return -EINVAL;
    memset(font, 0, sizeof(*font));
    font->glyphs = file + header.header_size;
    font->glyph_count = header.glyph_count;
    font->glyph_bytes = header.glyph_bytes;
    font->width = header.width;
    font->height = header.height;
    font->end = file + length;
    font->unicode_is_16 = header.header_size == sizeof(struct psf1_header);
    if ((header.flags & PSF2_HAS_UNICODE) != 0)
        font->unicode = font->glyphs + (size_t)header.glyph_count * header.glyph_bytes;
    low_fill(font);
    return 0;
}

const uint8_t *font_glyph(const struct font *font, uint16_t character)
{
    unsigned glyph = character < ARRAY_LENGTH(font->low) ? font->low[character]
                                                         : (unsigned)glyph_or_substitute(font, character);
    return font->glyphs + (size_t)glyph * font->glyph_bytes;
}
