/* The firmware's framebuffer. It is only ever written: reading device memory is slow. */
#include "boot/bootinfo.h"
#include "kernel/dev/font.h"
#include "kernel/dev/framebuffer.h"
#include "mm/kmap.h"

struct framebuffer framebuffer;

bool framebuffer_init(const struct boot_framebuffer *info)
{
    if (info->width == 0 || info->height == 0 || (uint64_t)info->width * sizeof(uint32_t) > info->pitch ||
        (uint64_t)info->pitch * info->height > info->size)
        return false;
    framebuffer = (struct framebuffer){
        .physical = info->base,
        .size = info->size,
        .width = info->width,
        .height = info->height,
        .pitch = info->pitch,
        .red_shift = info->red_shift,
        .green_shift = info->green_shift,
        .blue_shift = info->blue_shift,
    };
    framebuffer.pixels = mmio_map(info->base, info->size, true);
    return framebuffer.pixels != NULL;
}

uint32_t framebuffer_pixel(const struct framebuffer *to, uint32_t rgb)
{
    return (rgb >> 16 & 255) << to->red_shift | (rgb >> 8 & 255) << to->green_shift | (rgb & 255) << to->blue_shift;
}

static volatile uint32_t *line_at(const struct framebuffer *to, unsigned x, unsigned y)
{
    return (volatile uint32_t *)(to->pixels + (uint64_t)y * to->pitch) + x;
}

void framebuffer_draw(const struct framebuffer *to, const struct font *font, const uint8_t *glyph, unsigned x,
                      unsigned y, uint32_t foreground, uint32_t background)
{
    for (unsigned row = 0; row < font->height; row++) {
        volatile uint32_t *line = line_at(to, x, y + row);
        for (unsigned column = 0; column < font->width; column++)
            line[column] = font_pixel(font, glyph, column, row) ? foreground : background;
    }
}

void framebuffer_fill(const struct framebuffer *to, uint32_t pixel)
{
    for (unsigned y = 0; y < to->height; y++) {
        volatile uint32_t *line = line_at(to, 0, y);
        uint64_t count = to->width;
        __asm__ volatile("rep stosl" : "+D"(line), "+c"(count) : "a"(pixel) : "memory");
    }
}
