/*
 * The loader: a UEFI application (EFI/BOOT/BOOTX64.EFI) that brings the kernel into memory and leaves.
 *
 * efi_main is the whole story, a list of steps. Each either succeeds or ends the loader with one line that names the step and
 * the firmware's status. The kernel learns everything from one struct bootinfo. Source: UEFI Specification 2.9, chapters 4
 * (system table), 7 (memory, exit), 12 (graphics), 13 (files).
 */
#include "boot/loader.h"

#include "kernel/layout.h"

enum {
    MEMORY_ENTRIES = 1024, /* firmware maps have 50 to 200 */
    EXIT_TRIES = 8,
};

static EFI_HANDLE loader_image;

void fail(const CHAR16 *what, EFI_STATUS status)
{
    CHAR16 name[64];
    StatusToString(name, status);
    Print(L"\r\nclockhand: %s: %s (%lx)\r\n", what, name, (UINT64)status);
    fwcfg_end_machine(what, name);
    Print(L"Press a key.\r\n");
    UINTN index;
    gBS->WaitForEvent(1, &gST->ConIn->WaitForKey, &index);
    gBS->Exit(loader_image, status, 0, NULL);
    for (;;)
        ;
}

/* Physical address of ACPI's root pointer; the second version's is preferred. */
static UINT64 acpi_find_root(void)
{
    EFI_GUID acpi_2 = ACPI_20_TABLE_GUID, acpi_1 = ACPI_TABLE_GUID;
    void *root = NULL;
    if (EFI_ERROR(LibGetSystemConfigurationTable(&acpi_2, &root)))
        LibGetSystemConfigurationTable(&acpi_1, &root);
    return (UINT64)root;
}

/*
 * Leaves the firmware. Its map may change between the call that reads it and the one that leaves: then the key is stale, the
 * call fails, and the rule is to read the map again and repeat, calling nothing else in between.
 */
static void firmware_leave(struct efi_map *map)
{
    EFI_STATUS status = EFI_NOT_STARTED;
    for (int i = 0; i < EXIT_TRIES && EFI_ERROR(status); i++) {
        require(efi_map_get(map), L"reading the memory map");
        status = gBS->ExitBootServices(loader_image, map->key);
    }
    require(status, L"leaving the firmware's boot services");
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    loader_image = image;
    InitializeLib(image, system);
    gBS->SetWatchdogTimer(0, 0, 0, NULL);
    debugger_wait();

    cpu_require();

    struct loader_file elf = file_read(image, L"\\clockhand\\kernel.elf");
    if (elf.data == NULL)
        fail(L"opening \\clockhand\\kernel.elf", EFI_NOT_FOUND);
    struct kernel_image kernel = kernel_open(&elf);
    struct jump_copy *copies = kernel_copies(&kernel);

    struct bootinfo *info = pages_get(EfiLoaderCode, sizeof(*info));
    info->magic = BOOTINFO_MAGIC;
    info->version = BOOTINFO_VERSION;
    info->direct_map_virt = DIRECT_MAP_BASE;
    info->kernel_base = kernel.physical;
    info->kernel_virt = KERNEL_BASE;
    info->kernel_size = kernel.size;

    screen_find(&info->framebuffer);
    info->rsdp = acpi_find_root();

    struct loader_file options = file_read(image, L"\\clockhand\\options.txt");
    options_append(info->options, &options);
    options = fwcfg_read("opt/clockhand/options");
    options_append(info->options, &options);

    struct loader_file exec = fwcfg_read("opt/clockhand/exec");
    info->exec = (UINT64)exec.data;
    info->exec_length = exec.size;

    root_find_or_load(image, info);

    struct boot_memory *memory = pages_get(EfiLoaderCode, MEMORY_ENTRIES * sizeof(*memory));
    struct efi_map map = efi_map_new();
    require(efi_map_get(&map), L"reading the memory map");
    UINTN count = memory_translate(&map, memory, MEMORY_ENTRIES);
    info->page_table = (UINT64)paging_build(&kernel, memory, count);

    firmware_leave(&map);
    /* The point of no return: from here on there is no firmware to call, print with, or go back to. */

    info->memory = (UINT64)memory;
    count = memory_translate(&map, memory, MEMORY_ENTRIES);
    count = memory_claim(memory, count, kernel.physical, kernel.size, BOOT_MEMORY_KERNEL);
    info->memory_count = memory_claim(memory, count, info->root_disk, info->root_size, BOOT_MEMORY_DISK);
    jump(info->page_table, kernel.entry, (UINT64)direct_map((UINT64)info), (UINT64)direct_map((UINT64)copies));
}
