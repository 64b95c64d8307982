/*
 * The firmware's memory map, and its translation into the kernel's terms.
 *
 * The firmware lists ranges by what they are used for now, in any order and finely divided; the kernel wants to know what is
 * left when the firmware is gone, sorted and merged. Source: UEFI 2.9, table 7-6 (memory types after ExitBootServices).
 */
#include "boot/loader.h"

struct efi_map efi_map_new(void)
{
    struct efi_map map = {NULL, 0, 0, 0, 0};
    UINT32 version;
    gBS->GetMemoryMap(&map.size, NULL, &map.key, &map.descriptor_size, &version);
    /* The map grows by what is allocated from now on, this buffer first of all. */
    map.capacity = map.size * 2 + 64 * map.descriptor_size;
    map.descriptors = pages_get(EfiBootServicesData, map.capacity);
    return map;
}

EFI_STATUS efi_map_get(struct efi_map *map)
{
    UINT32 version;
    map->size = map->capacity;
    return gBS->GetMemoryMap(&map->size, (EFI_MEMORY_DESCRIPTOR *)map->descriptors, &map->key, &map->descriptor_size,
                             &version);
}

static UINT32 kind_of(const EFI_MEMORY_DESCRIPTOR *descriptor)
{
    switch (descriptor->Type) {
    case EfiConventionalMemory:
    case EfiBootServicesCode:
    case EfiBootServicesData:
        return BOOT_MEMORY_USABLE;
    case EfiLoaderCode:
        return BOOT_MEMORY_RECLAIM;
    case EfiLoaderData:
        return BOOT_MEMORY_KERNEL;
    case EfiACPIReclaimMemory:
        return BOOT_MEMORY_ACPI_RECLAIM;
    case EfiACPIMemoryNVS:
        return BOOT_MEMORY_ACPI_NVS;
    case EfiRuntimeServicesCode:
    case EfiRuntimeServicesData:
        return BOOT_MEMORY_RUNTIME;
    case EfiMemoryMappedIO:
    case EfiMemoryMappedIOPortSpace:
        return BOOT_MEMORY_MMIO;
    default:
        return BOOT_MEMORY_RESERVED;
    }
}

bool memory_is_ram(const struct boot_memory *memory)
{
    return memory->kind <= BOOT_MEMORY_RUNTIME;
}

/* Inserts one range into the sorted array of `count`, which has room. */
static void memory_insert(struct boot_memory *memory, UINTN count, struct boot_memory range)
{
    UINTN i = count;
    for (; i > 0 && memory[i - 1].start > range.start; i--)
        memory[i] = memory[i - 1];
    memory[i] = range;
}

static UINTN memory_merge(struct boot_memory *memory, UINTN count)
{
    UINTN kept = 0;
    for (UINTN i = 0; i < count; i++) {
        struct boot_memory *last = kept > 0 ? &memory[kept - 1] : NULL;
        if (last != NULL && last->kind == memory[i].kind && last->start + last->length == memory[i].start)
            last->length += memory[i].length;
        else
            memory[kept++] = memory[i];
    }
    return kept;
}

UINTN memory_translate(const struct efi_map *map, struct boot_memory *memory, UINTN limit)
{
    UINTN count = 0;
    for (UINTN offset = 0; offset < map->size && count + 1 < limit; offset += map->descriptor_size) {
        const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(map->descriptors + offset);
        struct boot_memory range = {d->PhysicalStart, d->NumberOfPages * LOADER_PAGE, kind_of(d), 0};
        /* Physical page 0 is nobody's, so that 0 can mean "none" everywhere. */
        if (range.start == 0 && range.length > 0) {
            memory_insert(memory, count++, (struct boot_memory){0, LOADER_PAGE, BOOT_MEMORY_RESERVED, 0});
            range.start += LOADER_PAGE;
            range.length -= LOADER_PAGE;
        }
        if (range.length > 0)
            memory_insert(memory, count++, range);
    }
    return memory_merge(memory, count);
}

UINTN memory_claim(struct boot_memory *memory, UINTN count, UINT64 start, UINT64 length, enum boot_memory_kind kind)
{
    UINTN i = 0;
    while (i + 1 < count && memory[i + 1].start <= start)
        i++;
    struct boot_memory whole = memory[i];
    UINT64 behind = start + length;
    if (length == 0 || whole.kind == kind)
        return count;
    memory[i] = (struct boot_memory){start, length, kind, 0};
    if (whole.start < start)
        memory_insert(memory, count++, (struct boot_memory){whole.start, start - whole.start, whole.kind, 0});
    if (behind < whole.start + whole.length)
        memory_insert(memory, count++,
                      (struct boot_memory){behind, whole.start + whole.length - behind, whole.kind, 0});
    return memory_merge(memory, count);
}
