/*
 * /dev/fb0. The display goes on drawing its text: what a program draws stays until the text there changes.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fb.h"
#include "kernel/dev/framebuffer.h"
#include "kernel/dev/framebuffer_file.h"
#include "kernel/fs/vfs.h"
#include "libc/format.h"
#include "mm/usercopy.h"

#define FRAMEBUFFER_MAJOR 29
#define BITS_PER_COLOUR 8

static uint64_t bytes_shown(void)
{
    return (uint64_t)framebuffer.pitch * framebuffer.height;
}

static ssize_t fb_read(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)file;
    uint64_t size = bytes_shown();
    if (offset >= size)
        return 0;
    return uio_copy_in(uio, framebuffer.pixels + offset, min_u64(uio->left, size - offset));
}

static ssize_t fb_write(struct file *file, struct uio *uio, uint64_t offset)
{
    (void)file;
    uint64_t size = bytes_shown();
    if (offset >= size)
        return uio->left == 0 ? 0 : -ENOSPC;
    return uio_copy_out(uio, framebuffer.pixels + offset, min_u64(uio->left, size - offset));
}

static long variable_get(vaddr_t to)
{
    struct linux_fb_variable info = {
        .width = framebuffer.width,
        .height = framebuffer.height,
        .virtual_width = framebuffer.width,
        .virtual_height = framebuffer.height,
        .bits_per_pixel = 32,
        .red = {.offset = framebuffer.red_shift, .length = BITS_PER_COLOUR},
        .green = {.offset = framebuffer.green_shift, .length = BITS_PER_COLOUR},
        .blue = {.offset = framebuffer.blue_shift, .length = BITS_PER_COLOUR},
        .height_mm = UINT32_MAX, /* not known */
        .width_mm = UINT32_MAX,
    };
    return copy_to_user(to, &info, sizeof(info));
}

static long fixed_get(vaddr_t to)
{
    struct linux_fb_fixed info = {
        .memory = framebuffer.physical,
        .memory_length = (uint32_t)bytes_shown(),
        .visual = FB_VISUAL_TRUECOLOR,
        .line_length = framebuffer.pitch,
    };
    snprintf(info.name, sizeof(info.name), "EFI VGA");
    return copy_to_user(to, &info, sizeof(info));
}

static long fb_ioctl(struct file *file, unsigned command, uint64_t argument)
{
    (void)file;
    switch (command) {
    case FBIOGET_VSCREENINFO:
        return variable_get(argument);
    case FBIOGET_FSCREENINFO:
        return fixed_get(argument);
    default:
        return -ENOTTY;
    }
}

static const struct file_ops fb_file_ops = {.read = fb_read, .write = fb_write, .ioctl = fb_ioctl};

void framebuffer_file_init(void)
{
    if (framebuffer.pixels != NULL)
        chardev_register("fb0", FRAMEBUFFER_MAJOR, 0, 0660, &fb_file_ops, NULL);
}
