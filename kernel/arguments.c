/*
 * Arguments and environment; contracts in arguments.h.
 *
 * The stack a program finds (System V ABI 3.4.1; the same picture in libc/start.c), built in kernel memory and copied
 * in one piece:
 *
 *     top   8 zero bytes
 *           path of the program       AT_EXECFN
 *           environment strings
 *           argument strings
 *           "x86_64", 16 random bytes AT_PLATFORM, AT_RANDOM
 *           auxiliary vector, 0 0
 *           envp[0] ... 0
 *           argv[0] ... 0
 *     sp    argc                      a multiple of 16
 */
#include "kernel/arguments.h"

#include "kernel/abi/auxv.h"
#include "kernel/abi/errno.h"
#include "kernel/abi/signal.h"
#include "kernel/abi/time.h"
#include "kernel/elf.h"
#include "kernel/fpu.h"
#include "kernel/panic.h"
#include "kernel/random.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum {
    STRING_MAX = 128 * 1024, /* one string, with its NUL (Linux) */
    LIMIT_MIN = 128 * 1024,  /* all of them, whatever the stack limit */
    LIMIT_MAX = 6 * 1024 * 1024,
    FIRST_CAPACITY = 1024,
    POINTERS_AT_ONCE = 32,
    RANDOM_SIZE = 16,
    AUXILIARY_ENTRIES = 21,
};

static const char platform[] = "x86_64";

void arguments_init(struct arguments *arguments, uint64_t stack_limit)
{
    *arguments = (struct arguments){.limit = max_u64(min_u64(stack_limit / 4, LIMIT_MAX), LIMIT_MIN)};
}

void arguments_release(struct arguments *arguments)
{
    kfree(arguments->argv.text);
    kfree(arguments->envp.text);
}

static size_t bytes_used(const struct arguments *arguments)
{
    size_t pointers = arguments->argv.count + (size_t)arguments->envp.count + 2;
    return arguments->argv.used + arguments->envp.used + pointers * sizeof(vaddr_t);
}

/* Doubles the room for strings. */
static int strings_grow(struct strings *strings)
{
    size_t capacity = strings->capacity != 0 ? 2 * strings->capacity : FIRST_CAPACITY;
    char *text = kmalloc(capacity);
    if (text == NULL)
        return -ENOMEM;
    memcpy(text, strings->text, strings->used);
    kfree(strings->text);
    strings->text = text;
    strings->capacity = capacity;
    return 0;
}

/* Counts a string of `length` bytes, already in place, if it is not too much. */
static int string_accept(const struct arguments *arguments, struct strings *strings, size_t length)
{
    strings->used += length + 1;
    strings->count++;
    return length >= STRING_MAX || bytes_used(arguments) > arguments->limit ? -E2BIG : 0;
}

static int string_read(const struct arguments *arguments, struct strings *strings, vaddr_t from)
{
    for (;;) {
        size_t room = strings->capacity - strings->used;
        ssize_t length = room != 0 ? copy_string_from_user(strings->text + strings->used, from, room) : -ENAMETOOLONG;
        if (length >= 0)
            return string_accept(arguments, strings, (size_t)length);
        if (length != -ENAMETOOLONG)
            return (int)length;
        if (room > STRING_MAX)
            return -E2BIG;
        int error = strings_grow(strings);
        if (error != 0)
            return error;
    }
}

int arguments_add(struct arguments *arguments, struct strings *strings, const char *text)
{
    size_t length = strlen(text);
    while (strings->capacity - strings->used <= length) {
        int error = strings_grow(strings);
        if (error != 0)
            return error;
    }
    memcpy(strings->text + strings->used, text, length + 1);
    return string_accept(arguments, strings, length);
}

int arguments_read(struct arguments *arguments, struct strings *strings, vaddr_t array)
{
    vaddr_t pointers[POINTERS_AT_ONCE];
    if (array == 0)
        return 0;
    for (;;) {
        /* Not over the end of a page: the next one may not be there, nor needed. */
        uint64_t in_page = (PAGE_SIZE - array % PAGE_SIZE) / sizeof(vaddr_t);
        uint64_t count = max_u64(min_u64(in_page, POINTERS_AT_ONCE), 1);
        if (copy_from_user(pointers, array, count * sizeof(vaddr_t)) != 0)
            return -EFAULT;
        for (uint64_t i = 0; i < count; i++) {
            if (pointers[i] == 0)
                return 0;
            int error = string_read(arguments, strings, pointers[i]);
            if (error != 0)
                return error;
        }
        array += count * sizeof(vaddr_t);
    }
}

int arguments_replace_first(struct arguments *arguments, const char *const *texts, unsigned count)
{
    struct strings old = arguments->argv, *argv = &arguments->argv;
    size_t first = old.count != 0 ? strlen(old.text) + 1 : 0;
    int error = 0;
    *argv = (struct strings){0};
    for (unsigned i = 0; i < count && error == 0; i++)
        error = arguments_add(arguments, argv, texts[i]);
    size_t rest = old.used - first;
    while (error == 0 && argv->capacity - argv->used < rest)
        error = strings_grow(argv);
    if (error == 0) {
        memcpy(argv->text + argv->used, old.text + first, rest);
        argv->used += rest;
        argv->count += old.count != 0 ? old.count - 1 : 0;
    }
    kfree(old.text);
    return error != 0 ? error : bytes_used(arguments) > arguments->limit ? -E2BIG : 0;
}

static size_t strings_area_size(const struct arguments *arguments, const struct stack_facts *facts)
{
    return sizeof(uint64_t) + strlen(facts->path) + 1 + arguments->envp.used + arguments->argv.used + sizeof(platform) +
           RANDOM_SIZE;
}

static size_t vectors_size(const struct arguments *arguments)
{
    return (1 + arguments->argv.count + 1 + (size_t)arguments->envp.count + 1 + 2 * AUXILIARY_ENTRIES) *
           sizeof(uint64_t);
}

size_t arguments_stack_size(const struct arguments *arguments, const struct stack_facts *facts)
{
    return round_up(strings_area_size(arguments, facts), 16) + round_up(vectors_size(arguments), 16);
}

/* The image of the stack while it is built: byte 0 comes to lie at address `bottom`. */
struct stack_image {
    char *bytes;
    vaddr_t bottom;
    size_t strings_at; /* where the next string goes, downwards */
    uint64_t *vector;  /* where the next word goes, upwards */
};

/* Puts bytes below the last ones; returns their address. */
static vaddr_t image_push(struct stack_image *image, const void *bytes, size_t size)
{
    image->strings_at -= size;
    memcpy(image->bytes + image->strings_at, bytes, size);
    return image->bottom + image->strings_at;
}

/* The pointers to strings that lie one after the other from `address` on, and a null. */
static void image_add_pointers(struct stack_image *image, const struct strings *strings, vaddr_t address)
{
    const char *text = strings->text;
    for (unsigned i = 0; i < strings->count; i++) {
        size_t size = strlen(text) + 1;
        *image->vector++ = address;
        address += size;
        text += size;
    }
    *image->vector++ = 0;
}

static void image_add_auxiliary(struct stack_image *image, const struct stack_facts *facts, vaddr_t path,
                                vaddr_t platform_at, vaddr_t random)
{
    const struct elf_image *program = facts->program;
    struct cpuid features = cpuid_read(1, 0);
    const uint64_t vector[2 * AUXILIARY_ENTRIES] = {
        AT_SYSINFO_EHDR, facts->vdso,
        AT_HWCAP,        features.edx,
        AT_PAGESZ,       PAGE_SIZE,
        AT_CLKTCK,       CLOCK_TICKS,
        AT_PHDR,         program->segments,
        AT_PHENT,        sizeof(struct elf_segment),
        AT_PHNUM,        program->segment_count,
        AT_BASE,         facts->interpreter_base,
        AT_FLAGS,        0,
        AT_ENTRY,        program->entry,
        AT_UID,          facts->uid,
        AT_EUID,         facts->euid,
        AT_GID,          facts->gid,
        AT_EGID,         facts->egid,
        AT_SECURE,       facts->secure,
        AT_RANDOM,       random,
        AT_HWCAP2,       0,
        AT_EXECFN,       path,
        AT_PLATFORM,     platform_at,
        AT_MINSIGSTKSZ,  MINSIGSTKSZ + fpu_signal_size(),
        AT_NULL,         0,
    };
    memcpy(image->vector, vector, sizeof(vector));
    image->vector += 2 * AUXILIARY_ENTRIES;
}

static void image_fill(struct stack_image *image, const struct arguments *arguments, const struct stack_facts *facts,
                       struct aspace *aspace)
{
    uint8_t random[RANDOM_SIZE];
    random_get(random, sizeof(random));
    image->strings_at -= sizeof(uint64_t);
    vaddr_t path = image_push(image, facts->path, strlen(facts->path) + 1);
    vaddr_t envp = image_push(image, arguments->envp.text, arguments->envp.used);
    vaddr_t argv = image_push(image, arguments->argv.text, arguments->argv.used);
    vaddr_t platform_at = image_push(image, platform, sizeof(platform));
    vaddr_t random_at = image_push(image, random, sizeof(random));
    *image->vector++ = arguments->argv.count;
    image_add_pointers(image, &arguments->argv, argv);
    image_add_pointers(image, &arguments->envp, envp);
    image_add_auxiliary(image, facts, path, platform_at, random_at);
    aspace->arg_start = argv;
    aspace->arg_end = envp;
    aspace->env_start = envp;
    aspace->env_end = path;
}

int arguments_write_stack(const struct arguments *arguments, struct aspace *aspace, vaddr_t top,
                          const struct stack_facts *facts, vaddr_t *sp)
{
    size_t size = arguments_stack_size(arguments, facts);
    assert(is_aligned(top, 16));
    char *bytes = kmalloc(size);
    if (bytes == NULL)
        return -ENOMEM;
    struct stack_image image = {bytes, top - size, size, (uint64_t *)(void *)bytes};
    image_fill(&image, arguments, facts, aspace);
    *sp = top - size;
    int error = copy_to_aspace(aspace, *sp, bytes, size);
    kfree(bytes);
    return error;
}
