/* Files of the EFI partition the loader was started from. */
#include "boot/loader.h"

static EFI_FILE_HANDLE volume_open(EFI_HANDLE image)
{
    EFI_GUID image_guid = LOADED_IMAGE_PROTOCOL, volume_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
    EFI_LOADED_IMAGE *loaded;
    require(gBS->HandleProtocol(image, &image_guid, (void **)&loaded), L"finding the loader's own partition");
    EFI_FILE_IO_INTERFACE *volume;
    require(gBS->HandleProtocol(loaded->DeviceHandle, &volume_guid, (void **)&volume), L"finding the file system");
    EFI_FILE_HANDLE root;
    require(volume->OpenVolume(volume, &root), L"opening the file system");
    return root;
}

static UINTN file_size(EFI_FILE_HANDLE file)
{
    EFI_GUID guid = EFI_FILE_INFO_ID;
    UINT64 buffer[64]; /* the structure with room for the name */
    UINTN size = sizeof(buffer);
    require(file->GetInfo(file, &guid, &size, buffer), L"asking for a file's size");
    return ((EFI_FILE_INFO *)buffer)->FileSize;
}

struct loader_file file_read(EFI_HANDLE image, CHAR16 *path)
{
    struct loader_file result = {NULL, 0};
    EFI_FILE_HANDLE root = volume_open(image), file;
    EFI_STATUS status = root->Open(root, &file, path, EFI_FILE_MODE_READ, 0);
    root->Close(root);
    if (status == EFI_NOT_FOUND)
        return result;
    require(status, path);
    result.size = file_size(file);
    result.data = pages_get(EfiLoaderCode, result.size + 1); /* read until the very end, then the kernel's to free */
    require(file->Read(file, &result.size, result.data), path);
    file->Close(file);
    return result;
}
