/*
 * Arguments and environment; contracts in arguments.h.
 *
 * Strings are collected in chunks of a page, so that megabytes of them need no frames that are neighbours, which a small machine at work
 * has not got:
 *
 *     struct strings   first --> "ls\0-l\0a long na" --> "me\0another\0" <-- last
 *
 * The stack a program finds (System V ABI 3.4.1; the same picture in libc/start.c), written from below through a buffer of a page:
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
    POINTERS_AT_ONCE = 32,
    RANDOM_SIZE = 16,
    AUXILIARY_ENTRIES = 21,
};

static const char platform[] = "x86_64";

struct string_chunk {
    struct string_chunk *next;
    size_t used;
    char text[PAGE_SIZE - sizeof(struct string_chunk *) - sizeof(size_t)];
};
_Static_assert(sizeof(struct string_chunk) == PAGE_SIZE, "a chunk is a page");

void arguments_init(struct arguments *arguments, uint64_t stack_limit)
{
    *arguments = (struct arguments){.limit = max_u64(min_u64(stack_limit / 4, LIMIT_MAX), LIMIT_MIN)};
}

static void strings_release(struct strings *strings)
{
    struct string_chunk *next;
    for (struct string_chunk *chunk = strings->first; chunk != NULL; chunk = next) {
        next = chunk->next;
        kfree(chunk);
    }
    *strings = (struct strings){0};
}

void arguments_release(struct arguments *arguments)
{
    strings_release(&arguments->argv);
    strings_release(&arguments->envp);
}

static size_t bytes_used(const struct arguments *arguments)
{
    size_t pointers = arguments->argv.count + (size_t)arguments->envp.count + 2;
    return arguments->argv.used + arguments->envp.used + pointers * sizeof(vaddr_t);
}

/* A chunk with room at its end, a new one if need be; null without memory. */
static struct string_chunk *chunk_with_room(struct strings *strings)
{
    struct string_chunk *last = strings->last;
    if (last != NULL && last->used < sizeof(last->text))
        return last;
    struct string_chunk *chunk = kmalloc(sizeof(*chunk));
    if (chunk == NULL)
        return NULL;
    chunk->next = NULL;
    chunk->used = 0;
    if (last != NULL)
        last->next = chunk;
    else
        strings->first = chunk;
    strings->last = chunk;
    return chunk;
}

/* `length` more bytes are in place at the end of the last chunk. */
static void strings_took(struct strings *strings, size_t length)
{
    strings->last->used += length;
    strings->used += length;
}

static int strings_put(struct strings *strings, const char *bytes, size_t length)
{
    while (length > 0) {
        struct string_chunk *chunk = chunk_with_room(strings);
        if (chunk == NULL)
            return -ENOMEM;
        size_t piece = min_u64(length, sizeof(chunk->text) - chunk->used);
        memcpy(chunk->text + chunk->used, bytes, piece);
        strings_took(strings, piece);
        bytes += piece;
        length -= piece;
    }
    return 0;
}

/* Counts a string of `length` bytes, already in place with its NUL, if it is not too much. */
static int string_accept(const struct arguments *arguments, struct strings *strings, size_t length)
{
    strings->count++;
    return length >= STRING_MAX || bytes_used(arguments) > arguments->limit ? -E2BIG : 0;
}

static int string_read(const struct arguments *arguments, struct strings *strings, vaddr_t from)
{
    for (size_t length = 0; length < STRING_MAX;) {
        struct string_chunk *chunk = chunk_with_room(strings);
        if (chunk == NULL)
            return -ENOMEM;
        size_t room = sizeof(chunk->text) - chunk->used;
        ssize_t copied = copy_string_from_user(chunk->text + chunk->used, from + length, room);
        if (copied >= 0) {
            strings_took(strings, (size_t)copied + 1);
            return string_accept(arguments, strings, length + (size_t)copied);
        }
        if (copied != -ENAMETOOLONG)
            return (int)copied;
        strings_took(strings, room);
        length += room;
    }
    return -E2BIG;
}

int arguments_add(struct arguments *arguments, struct strings *strings, const char *text)
{
    size_t length = strlen(text);
    int error = strings_put(strings, text, length + 1);
    return error != 0 ? error : string_accept(arguments, strings, length);
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

/* Adds all strings of `from` but the first. */
static int strings_put_rest(struct strings *strings, const struct strings *from)
{
    bool in_first = true;
    for (const struct string_chunk *chunk = from->first; chunk != NULL; chunk = chunk->next) {
        const char *text = chunk->text, *end = text + chunk->used;
        if (in_first) {
            text += strnlen(text, chunk->used);
            in_first = text == end;
            text += !in_first;
        }
        int error = strings_put(strings, text, (size_t)(end - text));
        if (error != 0)
            return error;
    }
    strings->count += from->count != 0 ? from->count - 1 : 0;
    return 0;
}

int arguments_replace_first(struct arguments *arguments, const char *const *texts, unsigned count)
{
    struct strings old = arguments->argv, *argv = &arguments->argv;
    int error = 0;
    *argv = (struct strings){0};
    for (unsigned i = 0; i < count && error == 0; i++)
        error = arguments_add(arguments, argv, texts[i]);
    if (error == 0)
        error = strings_put_rest(argv, &old);
    strings_release(&old);
    return error != 0 ? error : bytes_used(arguments) > arguments->limit ? -E2BIG : 0;
}

void arguments_copy_first(const struct arguments *arguments, char *to, size_t size)
{
    const struct string_chunk *first = arguments->argv.first;
    assert(size > 0 && size <= sizeof(first->text));
    /* A long string's NUL is in a later chunk. */
    size_t length = first != NULL ? strnlen(first->text, min_u64(first->used, size - 1)) : 0;
    memcpy(to, first != NULL ? first->text : "", length);
    to[length] = '\0';
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

/* Where on the stack things come to lie. */
struct stack_places {
    vaddr_t sp, random, platform, argv, envp, path;
};

static struct stack_places places_of(const struct arguments *arguments, const struct stack_facts *facts, vaddr_t top)
{
    struct stack_places places = {.sp = top - arguments_stack_size(arguments, facts)};
    places.path = top - sizeof(uint64_t) - strlen(facts->path) - 1;
    places.envp = places.path - arguments->envp.used;
    places.argv = places.envp - arguments->argv.used;
    places.platform = places.argv - sizeof(platform);
    places.random = places.platform - RANDOM_SIZE;
    return places;
}

/* The stack while it is written: bytes on their way to `address`. */
struct stack_writer {
    struct aspace *aspace;
    vaddr_t address;
    size_t used;
    int error; /* the first */
    char bytes[PAGE_SIZE - 32];
};
_Static_assert(sizeof(struct stack_writer) == PAGE_SIZE, "a writer is a page");

static void writer_flush(struct stack_writer *writer)
{
    if (writer->error == 0)
        writer->error = copy_to_aspace(writer->aspace, writer->address, writer->bytes, writer->used);
    writer->address += writer->used;
    writer->used = 0;
}

static void writer_put(struct stack_writer *writer, const void *bytes, size_t length)
{
    while (length > 0) {
        size_t piece = min_u64(length, sizeof(writer->bytes) - writer->used);
        memcpy(writer->bytes + writer->used, bytes, piece);
        writer->used += piece;
        bytes = (const char *)bytes + piece;
        length -= piece;
        if (writer->used == sizeof(writer->bytes))
            writer_flush(writer);
    }
}

static void writer_put_word(struct stack_writer *writer, uint64_t word)
{
    writer_put(writer, &word, sizeof(word));
}

static void writer_put_strings(struct stack_writer *writer, const struct strings *strings)
{
    for (const struct string_chunk *chunk = strings->first; chunk != NULL; chunk = chunk->next)
        writer_put(writer, chunk->text, chunk->used);
}

/* The pointers to strings that lie one after the other from `address` on, and a null. */
static void writer_put_pointers(struct stack_writer *writer, const struct strings *strings, vaddr_t address)
{
    bool begins = true;
    for (const struct string_chunk *chunk = strings->first; chunk != NULL; chunk = chunk->next) {
        for (size_t at = 0; at < chunk->used;) {
            if (begins)
                writer_put_word(writer, address + at);
            at += strnlen(chunk->text + at, chunk->used - at);
            begins = at < chunk->used;
            at += begins;
        }
        address += chunk->used;
    }
    writer_put_word(writer, 0);
}

static void writer_put_auxiliary(struct stack_writer *writer, const struct stack_facts *facts,
                                 const struct stack_places *places)
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
        AT_RANDOM,       places->random,
        AT_HWCAP2,       0,
        AT_EXECFN,       places->path,
        AT_PLATFORM,     places->platform,
        AT_MINSIGSTKSZ,  MINSIGSTKSZ + fpu_signal_size(),
        AT_NULL,         0,
    };
    writer_put(writer, vector, sizeof(vector));
}

/* Everything, from `sp` to the top. */
static void stack_write(struct stack_writer *writer, const struct arguments *arguments, const struct stack_facts *facts,
                        const struct stack_places *places)
{
    static const char zeros[32];
    uint8_t random[RANDOM_SIZE];
    random_get(random, sizeof(random));
    writer_put_word(writer, arguments->argv.count);
    writer_put_pointers(writer, &arguments->argv, places->argv);
    writer_put_pointers(writer, &arguments->envp, places->envp);
    writer_put_auxiliary(writer, facts, places);
    size_t gap = places->random - (writer->address + writer->used);
    assert(gap < sizeof(zeros));
    writer_put(writer, zeros, gap);
    writer_put(writer, random, sizeof(random));
    writer_put(writer, platform, sizeof(platform));
    writer_put_strings(writer, &arguments->argv);
    writer_put_strings(writer, &arguments->envp);
    writer_put(writer, facts->path, strlen(facts->path) + 1);
    writer_put_word(writer, 0);
    writer_flush(writer);
}

int arguments_write_stack(const struct arguments *arguments, struct aspace *aspace, vaddr_t top,
                          const struct stack_facts *facts, vaddr_t *sp)
{
    struct stack_places places = places_of(arguments, facts, top);
    struct stack_writer *writer = kmalloc(sizeof(*writer));
    if (writer == NULL)
        return -ENOMEM;
    assert(is_aligned(top, 16));
    writer->aspace = aspace;
    writer->address = places.sp;
    writer->used = 0;
    writer->error = 0;
    stack_write(writer, arguments, facts, &places);
    assert(writer->address == top);
    aspace->arg_start = places.argv;
    aspace->arg_end = places.envp;
    aspace->env_start = places.envp;
    aspace->env_end = places.path;
    *sp = places.sp;
    int error = writer->error;
    kfree(writer);
    return error;
}
