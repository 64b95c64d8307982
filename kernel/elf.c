/*
 * Loading ELF64 executables; contract in elf.h. (System V ABI, chapter 5)
 *
 *     file      | headers | text ......| rodata | data ....|
 *                    |          |          |        |
 *     memory         +----------+----------+--------+------+ 0000 | zero-filled pages
 *                      mapped from the file: read when touched     ^ the rest of data's last page is cleared: bss
 *
 * Each part is a segment, PT_LOAD: offset and size in the file, address and size in memory.
 *
 * Nothing in the file is believed: every number is checked against the file's format and the user's half before it is
 * used, so a hostile file is at worst a program that crashes.
 */
#include "kernel/elf.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/layout.h"
#include "kernel/types.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { SEGMENTS_MAX = 128 };

bool elf_header_is_valid(const struct elf_header *header)
{
    return memcmp(header->magic, "\177ELF", 4) == 0 && header->class == ELF_CLASS_64 &&
           header->data == ELF_DATA_LITTLE && header->machine == ELF_MACHINE_X86_64 &&
           (header->type == ET_EXEC || header->type == ET_DYN) && header->segment_size == sizeof(struct elf_segment) &&
           header->segment_count > 0 && header->segment_count <= SEGMENTS_MAX;
}

static inline vaddr_t segment_end(const struct elf_segment *segment)
{
    return segment->address + segment->memory_size;
}

/* Whether a segment's numbers fit together; `base` may still be added if the sum stays in user space. */
static bool segment_is_sane(const struct elf_segment *segment)
{
    return segment->file_size <= segment->memory_size && user_range_ok(segment->address, segment->memory_size) &&
           segment->offset <= INT64_MAX - segment->memory_size && (segment->address - segment->offset) % PAGE_SIZE == 0;
}

/* The program headers, in memory of their own; null with *error set. */
static struct elf_segment *segments_read(struct file *file, const struct elf_head *head, int *error)
{
    size_t size = head->header.segment_count * sizeof(struct elf_segment);
    uint64_t offset = head->header.segments_offset;
    *error = -ENOEXEC;
    if (offset > INT64_MAX - size)
        return NULL;
    struct elf_segment *segments = kmalloc(size);
    if (segments == NULL) {
        *error = -ENOMEM;
        return NULL;
    }
    if (offset + size <= head->length) {
        memcpy(segments, head->text + offset, size);
        return segments;
    }
    ssize_t length = file_read_kernel(file, segments, size, offset);
    if (length == (ssize_t)size)
        return segments;
    if (length < 0)
        *error = (int)length;
    kfree(segments);
    return NULL;
}

/* The range all PT_LOAD segments lie in, page-aligned; false if there is none or one makes no sense. */
static bool segments_range(const struct elf_segment *segments, unsigned count, vaddr_t *start, vaddr_t *end)
{
    *start = USER_END;
    *end = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct elf_segment *segment = &segments[i];
        if (segment->type != PT_LOAD)
            continue;
        if (!segment_is_sane(segment))
            return false;
        *start = min_u64(*start, round_down(segment->address, PAGE_SIZE));
        *end = max_u64(*end, round_up(segment_end(segment), PAGE_SIZE));
    }
    return *start < *end;
}

static uint32_t segment_rights(const struct elf_segment *segment)
{
    return ((segment->flags & PF_R) != 0 ? AREA_READ : 0) | ((segment->flags & PF_W) != 0 ? AREA_WRITE : 0) |
           ((segment->flags & PF_X) != 0 ? AREA_EXEC : 0);
}

/* Clears from the end of the file's bytes to the end of their last page. */
static int tail_clear(struct aspace *aspace, vaddr_t from)
{
    static const uint8_t zeros[PAGE_SIZE];
    uint64_t length = round_up(from, PAGE_SIZE) - from;
    return length != 0 ? copy_to_aspace(aspace, from, zeros, length) : 0;
}

/* The part of a segment that comes from the file. */
static int map_file_part(struct aspace *aspace, struct file *file, const struct elf_segment *segment, vaddr_t base)
{
    uint64_t skew = segment->address % PAGE_SIZE;
    vaddr_t at;
    struct map_request request = {
        .address = base + segment->address - skew,
        .length = segment->file_size + skew,
        .flags = segment_rights(segment) | AREA_MAY_WRITE,
        .fixed = true,
        .object = &file->inode->object,
        .offset = segment->offset - skew,
        .file = file,
    };
    if (segment->offset < skew)
        return -ENOEXEC;
    return aspace_map(aspace, &request, &at);
}

/*
 * The part that starts as zeros. A segment that may not be written has none in its last file page (Linux leaves it,
 * too).
 */
static int map_zero_part(struct aspace *aspace, const struct elf_segment *segment, vaddr_t base)
{
    vaddr_t data_end = base + segment->address + segment->file_size, at;
    vaddr_t start = round_up(data_end, PAGE_SIZE), end = round_up(base + segment_end(segment), PAGE_SIZE);
    if (segment->file_size == 0)
        start = round_down(data_end, PAGE_SIZE);
    else if ((segment->flags & PF_W) != 0 && tail_clear(aspace, data_end) != 0)
        return -EIO;
    if (start >= end)
        return 0;
    struct map_request request = {
        .address = start,
        .length = end - start,
        .flags = segment_rights(segment) | AREA_MAY_WRITE,
        .fixed = true,
    };
    return aspace_map(aspace, &request, &at);
}

static int segment_map(struct aspace *aspace, struct file *file, const struct elf_segment *segment, vaddr_t base)
{
    if (segment->file_size != 0) {
        int error = map_file_part(aspace, file, segment, base);
        if (error != 0)
            return error;
    }
    return segment->memory_size > segment->file_size ? map_zero_part(aspace, segment, base) : 0;
}

/* Where an image that can lie anywhere is put: at `wanted`, or, with 0, where aspace_map() finds room. */
static int base_choose(struct aspace *aspace, vaddr_t wanted, vaddr_t start, vaddr_t end, vaddr_t *base)
{
    vaddr_t at = wanted;
    if (wanted == 0) {
        struct map_request request = {.length = end - start, .flags = AREA_MAY_WRITE};
        int error = aspace_map(aspace, &request, &at);
        if (error != 0)
            return error;
    }
    if (!user_range_ok(at, end - start))
        return -ENOEXEC;
    *base = at - start;
    return 0;
}

static int interpreter_read(struct file *file, const struct elf_segment *segment, struct elf_image *image)
{
    uint64_t size = segment->file_size;
    if (size < 2 || size > sizeof(image->interpreter) || segment->offset > INT64_MAX - size)
        return -ENOEXEC;
    ssize_t length = file_read_kernel(file, image->interpreter, size, segment->offset);
    if (length != (ssize_t)size)
        return length < 0 ? (int)length : -ENOEXEC;
    return image->interpreter[size - 1] == '\0' ? 0 : -ENOEXEC;
}

/* What the image says about itself beside its memory. */
static int image_describe(struct file *file, const struct elf_header *header, const struct elf_segment *segments,
                          struct elf_image *image)
{
    image->entry = header->entry + image->base;
    image->segment_count = header->segment_count;
    for (unsigned i = 0; i < header->segment_count; i++) {
        const struct elf_segment *segment = &segments[i];
        if (segment->type == PT_GNU_STACK)
            image->stack_executable = (segment->flags & PF_X) != 0;
        if (segment->type == PT_INTERP && image->interpreter[0] == '\0') {
            int error = interpreter_read(file, segment, image);
            if (error != 0)
                return error;
        }
        if (segment->type == PT_LOAD && segment->offset <= header->segments_offset &&
            header->segments_offset - segment->offset < segment->file_size)
            image->segments = image->base + segment->address + (header->segments_offset - segment->offset);
    }
    return 0;
}

static int segments_load(struct aspace *aspace, struct file *file, const struct elf_header *header,
                         const struct elf_segment *segments, vaddr_t base, struct elf_image *image)
{
    vaddr_t start, end;
    int error = 0;
    if (!segments_range(segments, header->segment_count, &start, &end))
        return -ENOEXEC;
    if (header->type == ET_DYN)
        error = base_choose(aspace, base, start, end, &image->base);
    for (unsigned i = 0; i < header->segment_count && error == 0; i++)
        if (segments[i].type == PT_LOAD && segments[i].memory_size != 0)
            error = segment_map(aspace, file, &segments[i], image->base);
    image->end = image->base + end;
    return error != 0 ? error : image_describe(file, header, segments, image);
}

int elf_load(struct aspace *aspace, struct file *file, const struct elf_head *head, vaddr_t base,
             struct elf_image *image)
{
    int error;
    memset(image, 0, sizeof(*image));
    struct elf_segment *segments = segments_read(file, head, &error);
    if (segments == NULL)
        return error;
    error = segments_load(aspace, file, &head->header, segments, base, image);
    kfree(segments);
    return error;
}
