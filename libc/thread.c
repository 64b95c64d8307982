/* Thread-local storage: the image, and the first thread's copy of it. */
#include "libc/thread.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "libc/syscall.h"

enum {
    AREA_ALIGNMENT = 64,
    FIRST_SIZE = 1024,
    ARCH_SET_FS = 0x1002,
};

struct thread_image thread_image = {.alignment = 1};

/* Most programs have little more than errno: no mapping is needed for that. */
static _Alignas(AREA_ALIGNMENT) char first_area[FIRST_SIZE];

static unsigned long thread_canary;

static size_t variables_size(void)
{
    size_t alignment = thread_image.alignment > AREA_ALIGNMENT ? thread_image.alignment : AREA_ALIGNMENT;

    return (thread_image.size + alignment - 1) & ~(alignment - 1);
}

size_t thread_area_size(void)
{
    return variables_size() + sizeof(struct thread);
}

struct thread *thread_area_init(void *area)
{
    size_t offset = (thread_image.size + thread_image.alignment - 1) & ~(thread_image.alignment - 1);
    struct thread *thread = (struct thread *)((char *)area + variables_size());

    memcpy((char *)thread - offset, thread_image.data, thread_image.data_length);
    thread->self = thread;
    thread->canary = thread_canary;
    return thread;
}

static void image_find(const Elf64_Phdr *headers, size_t count)
{
    uintptr_t base = 0;

    for (size_t i = 0; i < count; i++)
        if (headers[i].p_type == PT_PHDR)
            base = (uintptr_t)headers - headers[i].p_vaddr;
    for (size_t i = 0; i < count; i++) {
        if (headers[i].p_type != PT_TLS)
            continue;
        thread_image.data = (const void *)(base + headers[i].p_vaddr);
        thread_image.data_length = headers[i].p_filesz;
        thread_image.size = headers[i].p_memsz;
        thread_image.alignment = headers[i].p_align ? headers[i].p_align : 1;
    }
}

void thread_first_init(const unsigned long *auxiliary)
{
    const Elf64_Phdr *headers = NULL;
    size_t count = 0;
    void *area = first_area;

    for (; auxiliary[0] != AT_NULL; auxiliary += 2) {
        if (auxiliary[0] == AT_PHDR)
            headers = (const Elf64_Phdr *)auxiliary[1];
        if (auxiliary[0] == AT_PHNUM)
            count = auxiliary[1];
        if (auxiliary[0] == AT_RANDOM)
            thread_canary = *(const unsigned long *)auxiliary[1] &
                            ~0xfful; /* a zero byte, which no string gets across */
    }
    if (headers)
        image_find(headers, count);
    if (thread_area_size() > sizeof first_area || thread_image.alignment > AREA_ALIGNMENT)
        area = (void *)call_raw6(SYS_mmap, 0, (long)thread_area_size(), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct thread *thread = thread_area_init(area);
    call_raw2(SYS_arch_prctl, ARCH_SET_FS, (long)thread);
}
