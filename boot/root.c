/*
 * The root file system: which partition it is, and, where the kernel has no driver for its disk, all of it in memory.
 *
 *     disk     | EFI partition | root, ext2             | swap |
 *                ^ loaded from   ^ the disk's first partition with an ext2
 *     memory                   | the same, where in use |   the kernel's disk ram0: kernel/dev/ram_disk.c
 *
 * The firmware reads whatever it can start from: USB sticks, SATA, SD cards. So an image works from any of these; only that
 * changes are lost at power-off. Source: UEFI 2.9, 10.3.5 (device paths of partitions), 14.4 (PCI I/O).
 */
#include "boot/loader.h"

#include "kernel/dev/disk_controllers.h"

enum { KERNEL_NEEDS = 16 << 20 /* bytes of memory beside the file system */ };

/* The node of a device path that names a partition of a disk; NULL if there is none. */
static HARDDRIVE_DEVICE_PATH *partition_node(EFI_DEVICE_PATH *path)
{
    for (; path != NULL && !IsDevicePathEnd(path); path = NextDevicePathNode(path)) {
        if (DevicePathType(path) == MEDIA_DEVICE_PATH && DevicePathSubType(path) == MEDIA_HARDDRIVE_DP)
            return (HARDDRIVE_DEVICE_PATH *)path;
    }
    return NULL;
}

/* Whether two partitions are on one disk: what stands before the partition's node is the same. */
static bool is_same_disk(EFI_DEVICE_PATH *a, EFI_DEVICE_PATH *b)
{
    HARDDRIVE_DEVICE_PATH *a_node = partition_node(a), *b_node = partition_node(b);
    if (a_node == NULL || b_node == NULL)
        return false;
    UINTN length = (UINTN)a_node - (UINTN)a;
    return length == (UINTN)b_node - (UINTN)b && CompareMem(a, b, length) == 0;
}

static EFI_HANDLE own_partition(EFI_HANDLE image)
{
    EFI_GUID guid = LOADED_IMAGE_PROTOCOL;
    EFI_LOADED_IMAGE *loaded;
    require(gBS->HandleProtocol(image, &guid, (void **)&loaded), L"finding the loader's own partition");
    return loaded->DeviceHandle;
}

/* The first partition with an ext2 on the disk of `own`, a partition itself: its geometry and GUID. NULL when there is none. */
static EFI_BLOCK_IO *root_find(EFI_HANDLE own, struct ext2_geometry *geometry, UINT8 guid[16])
{
    EFI_GUID block_guid = BLOCK_IO_PROTOCOL;
    EFI_BLOCK_IO *block;
    EFI_HANDLE *handles;
    UINTN count;
    if (EFI_ERROR(LibLocateHandle(ByProtocol, &block_guid, NULL, &count, &handles)))
        return NULL;
    for (UINTN i = 0; i < count; i++) {
        EFI_DEVICE_PATH *path = DevicePathFromHandle(handles[i]);
        if (!is_same_disk(path, DevicePathFromHandle(own)) ||
            EFI_ERROR(gBS->HandleProtocol(handles[i], &block_guid, (void **)&block)) || !root_open(block, geometry))
            continue;
        const HARDDRIVE_DEVICE_PATH *node = partition_node(path);
        if (node->SignatureType == SIGNATURE_TYPE_GUID)
            CopyMem(guid, node->Signature, sizeof(node->Signature));
        return block;
    }
    return NULL;
}

/* Whether the kernel will find the disk of this partition by itself. */
static bool kernel_has_driver(EFI_HANDLE partition)
{
    EFI_GUID guid = EFI_PCI_IO_PROTOCOL_GUID;
    EFI_DEVICE_PATH *path = DevicePathFromHandle(partition);
    EFI_HANDLE controller;
    EFI_PCI_IO_PROTOCOL *pci;
    UINT32 words[3];
    return !EFI_ERROR(gBS->LocateDevicePath(&guid, &path, &controller)) &&
           !EFI_ERROR(gBS->HandleProtocol(controller, &guid, (void **)&pci)) &&
           !EFI_ERROR(pci->Pci.Read(pci, EfiPciIoWidthUint32, 0, 3, words)) &&
           controller_has_driver(words[0], words[2]);
}

static void memory_require(UINT64 bytes)
{
    CHAR16 line[128];
    UINT64 available = pages_free();
    if (available >= bytes + KERNEL_NEEDS)
        return;
    SPrint(line, sizeof(line),
           L"the root file system is copied to memory: it takes %d MB and the kernel %d, but %d are free in one piece",
           bytes >> 20, KERNEL_NEEDS >> 20, available >> 20);
    fail(line, EFI_OUT_OF_RESOURCES);
}

void root_find_or_load(EFI_HANDLE image, struct bootinfo *info)
{
    struct ext2_geometry geometry;
    EFI_HANDLE own = own_partition(image);
    EFI_BLOCK_IO *block = root_find(own, &geometry, info->root_guid);
    enum root_wish wish = options_root(info->options);
    if (block == NULL || wish == ROOT_ELSEWHERE || (wish == ROOT_WHERE_IT_IS && kernel_has_driver(own)))
        return;
    info->root_size = pages_count((UINT64)geometry.blocks << geometry.block_shift) * LOADER_PAGE;
    memory_require(info->root_size);
    Print(L"clockhand: copying the root file system to memory, %d MB\r\n", info->root_size >> 20);
    info->root_disk = (UINT64)pages_get(EfiLoaderData, info->root_size);
    root_read(block, &geometry, (UINT8 *)info->root_disk);
}
