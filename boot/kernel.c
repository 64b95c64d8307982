/*
 * The kernel's ELF file: what is in it, and where it goes: one contiguous run of frames, byte N of the image at its physical
 * base + N.
 * Source: System V ABI, chapters 4 and 5; the AMD64 supplement.
 */
#include "boot/loader.h"

#include "kernel/layout.h"

enum { ELF_CLASS_64 = 2, ELF_LITTLE_ENDIAN = 1, ELF_EXECUTABLE = 2, ELF_X86_64 = 62 };
enum { SEGMENT_LOAD = 1, SEGMENT_EXECUTABLE = 1, SEGMENT_WRITABLE = 2 };

struct elf_header {
    UINT8 magic[4];
    UINT8 class;
    UINT8 byte_order;
    UINT8 padding[10];
    UINT16 type;
    UINT16 machine;
    UINT32 version;
    UINT64 entry;
    UINT64 segments; /* offset in the file */
    UINT64 sections;
    UINT32 flags;
    UINT16 header_size;
    UINT16 segment_size;
    UINT16 segment_count;
};

struct elf_segment {
    UINT32 type;
    UINT32 flags;
    UINT64 offset;
    UINT64 virtual;
    UINT64 physical;
    UINT64 file_size;
    UINT64 memory_size;
    UINT64 alignment;
};

static void header_check(const struct loader_file *elf)
{
    const struct elf_header *header = (const struct elf_header *)elf->data;
    if (elf->size < sizeof(*header) || CompareMem(header->magic, "\177ELF", 4) != 0 || header->class != ELF_CLASS_64 ||
        header->byte_order != ELF_LITTLE_ENDIAN || header->type != ELF_EXECUTABLE || header->machine != ELF_X86_64)
        fail(L"kernel.elf is not an x86-64 ELF executable", EFI_LOAD_ERROR);
    if (header->segment_size != sizeof(struct elf_segment) || header->segments > elf->size ||
        header->segment_count > (elf->size - header->segments) / sizeof(struct elf_segment))
        fail(L"kernel.elf is damaged: its program headers", EFI_LOAD_ERROR);
}

static void segment_check(const struct loader_file *elf, const struct elf_segment *segment)
{
    if (segment->offset > elf->size || segment->file_size > elf->size - segment->offset ||
        segment->file_size > segment->memory_size)
        fail(L"kernel.elf is damaged: a segment reaches beyond the file", EFI_LOAD_ERROR);
    if (segment->virtual < KERNEL_BASE || segment->virtual % LOADER_PAGE != 0 ||
        segment->memory_size > 0 - KERNEL_BASE - (segment->virtual - KERNEL_BASE))
        fail(L"kernel.elf has a segment outside the top 2 GB", EFI_LOAD_ERROR);
}

/* Notes the loadable segments in `image`; their sum is its size. */
static void segments_collect(const struct loader_file *elf, const struct elf_segment *segments, UINTN count,
                             struct kernel_image *image)
{
    for (UINTN i = 0; i < count; i++) {
        const struct elf_segment *segment = &segments[i];
        if (segment->type != SEGMENT_LOAD || segment->memory_size == 0)
            continue;
        segment_check(elf, segment);
        if (image->segment_count == KERNEL_SEGMENTS_MAX)
            fail(L"kernel.elf has too many segments", EFI_LOAD_ERROR);
        UINT64 length = (segment->memory_size + LOADER_PAGE - 1) / LOADER_PAGE * LOADER_PAGE;
        image->segments[image->segment_count++] = (struct kernel_segment){
            .virtual = segment->virtual,
            .length = length,
            .data = elf->data + segment->offset,
            .data_length = segment->file_size,
            .writable = (segment->flags & SEGMENT_WRITABLE) != 0,
            .executable = (segment->flags & SEGMENT_EXECUTABLE) != 0,
        };
        UINT64 end = segment->virtual - KERNEL_BASE + length;
        image->size = end > image->size ? end : image->size;
    }
}

struct kernel_image kernel_open(const struct loader_file *elf)
{
    header_check(elf);
    const struct elf_header *header = (const struct elf_header *)elf->data;
    const struct elf_segment *segments = (const struct elf_segment *)(elf->data + header->segments);

    struct kernel_image image = {.entry = header->entry};
    segments_collect(elf, segments, header->segment_count, &image);

    /* On a 2 MB boundary, so that a segment that large gets a large page. */
    image.physical = pages_find_place(image.size);
    return image;
}

struct jump_copy *kernel_copies(const struct kernel_image *kernel)
{
    struct jump_copy *copies = pages_get(EfiLoaderCode, (KERNEL_SEGMENTS_MAX + 1) * sizeof(*copies));
    for (UINTN i = 0; i < kernel->segment_count; i++) {
        const struct kernel_segment *segment = &kernel->segments[i];
        copies[i] = (struct jump_copy){
            .to = (UINT64)direct_map(kernel->physical + (segment->virtual - KERNEL_BASE)),
            .from = (UINT64)direct_map((UINT64)segment->data),
            .length = segment->data_length,
            .zeros = segment->length - segment->data_length,
        };
    }
    return copies; /* the pages came zeroed: the list has its end */
}
