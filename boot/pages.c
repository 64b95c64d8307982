/* Whole pages from the firmware; see loader.h for what their types mean afterwards. */
#include "boot/loader.h"

enum { LARGE_PAGE = 2 << 20 };

static void *pages_clear(EFI_PHYSICAL_ADDRESS address, UINTN bytes)
{
    ZeroMem((void *)address, bytes);
    return (void *)address;
}

static UINTN pages_count(UINTN bytes)
{
    return (bytes + LOADER_PAGE - 1) / LOADER_PAGE;
}

void *pages_get(EFI_MEMORY_TYPE type, UINTN bytes)
{
    EFI_PHYSICAL_ADDRESS address = 0;
    require(gBS->AllocatePages(AllocateAnyPages, type, pages_count(bytes), &address), L"allocating memory");
    return pages_clear(address, bytes);
}

void *pages_get_large(EFI_MEMORY_TYPE type, UINTN bytes)
{
    struct efi_map map = efi_map_new();
    require(efi_map_get(&map), L"reading the memory map");
    for (UINTN offset = 0; offset < map.size; offset += map.descriptor_size) {
        const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(map.descriptors + offset);
        UINT64 end = d->PhysicalStart + d->NumberOfPages * LOADER_PAGE;
        EFI_PHYSICAL_ADDRESS address = (d->PhysicalStart + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
        if (d->Type != EfiConventionalMemory || address == 0 || address + bytes > end)
            continue;
        if (!EFI_ERROR(gBS->AllocatePages(AllocateAddress, type, pages_count(bytes), &address)))
            return pages_clear(address, bytes);
    }
    return pages_get(type, bytes);
}
