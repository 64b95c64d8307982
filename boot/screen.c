/* The firmware's linear framebuffer (UEFI 2.9, 12.9 Graphics Output Protocol), in whatever mode it is. */
#include "boot/loader.h"

static UINT8 lowest_bit(UINT32 mask)
{
    return mask == 0 ? 0 : (UINT8)__builtin_ctz(mask);
}

/* Where the colours are in a pixel; false for formats that have no framebuffer or not 32 bits a pixel. */
static bool screen_format(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode, struct boot_framebuffer *framebuffer)
{
    switch (mode->PixelFormat) {
    case PixelRedGreenBlueReserved8BitPerColor:
        framebuffer->red_shift = 0;
        framebuffer->green_shift = 8;
        framebuffer->blue_shift = 16;
        return true;
    case PixelBlueGreenRedReserved8BitPerColor:
        framebuffer->red_shift = 16;
        framebuffer->green_shift = 8;
        framebuffer->blue_shift = 0;
        return true;
    case PixelBitMask:
        framebuffer->red_shift = lowest_bit(mode->PixelInformation.RedMask);
        framebuffer->green_shift = lowest_bit(mode->PixelInformation.GreenMask);
        framebuffer->blue_shift = lowest_bit(mode->PixelInformation.BlueMask);
        return mode->PixelInformation.RedMask >> framebuffer->red_shift == 0xff;
    default:
        return false;
    }
}

void screen_find(struct boot_framebuffer *framebuffer)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *output;
    if (EFI_ERROR(gBS->LocateProtocol(&guid, NULL, (void **)&output)) || output->Mode == NULL)
        return;
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = output->Mode->Info;
    if (!screen_format(mode, framebuffer))
        return;
    framebuffer->base = output->Mode->FrameBufferBase;
    framebuffer->size = output->Mode->FrameBufferSize;
    framebuffer->width = mode->HorizontalResolution;
    framebuffer->height = mode->VerticalResolution;
    framebuffer->pitch = mode->PixelsPerScanLine * 4;
}
