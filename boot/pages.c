/* Whole pages from the firmware; see loader.h for what their types mean afterwards. */
#include "boot/loader.h"

enum { LARGE_PAGE = 2 << 20 };

static void *pages_clear(EFI_PHYSICAL_ADDRESS address, UINTN bytes)
{
    ZeroMem((void *)address, bytes);
    return (void *)address;
}

void *pages_get(EFI_MEMORY_TYPE type, UINTN bytes)
{
    EFI_PHYSICAL_ADDRESS address = 0;
    EFI_STATUS status = gBS->AllocatePages(AllocateAnyPages, type, pages_count(bytes), &address);
    if (EFI_ERROR(status)) {
        CHAR16 line[64];
        SPrint(line, sizeof(line), L"allocating %d kB of memory", pages_count(bytes) * LOADER_PAGE / 1024);
        fail(line, status);
    }
    return pages_clear(address, bytes);
}

UINT64 pages_free(void)
{
    UINT64 most = 0;
    struct efi_map map = efi_map_new();
    require(efi_map_get(&map), L"reading the memory map");
    for (UINTN offset = 0; offset < map.size; offset += map.descriptor_size) {
        const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(map.descriptors + offset);
        if (d->Type == EfiConventionalMemory && d->NumberOfPages > most)
            most = d->NumberOfPages;
    }
    return most * LOADER_PAGE;
}

static bool is_firmware_only(UINT32 type)
{
    return type == EfiBootServicesCode || type == EfiBootServicesData;
}

/*
 * Free memory is taken from the firmware. On a small machine the firmware itself has nearly all of it: then a place inside one
 * of its own ranges is as good, since it is free when the kernel is copied there.
 */
UINT64 pages_find_place(UINTN bytes)
{
    EFI_PHYSICAL_ADDRESS later = 0;
    struct efi_map map = efi_map_new();
    require(efi_map_get(&map), L"reading the memory map");
    for (UINTN offset = 0; offset < map.size; offset += map.descriptor_size) {
        const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(map.descriptors + offset);
        UINT64 end = d->PhysicalStart + d->NumberOfPages * LOADER_PAGE;
        EFI_PHYSICAL_ADDRESS address = (d->PhysicalStart + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
        if (address == 0 || address + bytes > end)
            continue;
        if (d->Type == EfiConventionalMemory &&
            !EFI_ERROR(gBS->AllocatePages(AllocateAddress, EfiLoaderData, pages_count(bytes), &address)))
            return address;
        if (is_firmware_only(d->Type))
            later = address;
    }
    if (later == 0)
        fail(L"finding a place for the kernel", EFI_OUT_OF_RESOURCES);
    return later;
}
