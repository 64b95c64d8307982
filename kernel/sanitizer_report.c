/*
 * The report of an access that the shadow forbids: the one line of the panic, from what stands around the address.
 *
 *     object of a slab    the frame's struct page names the cache; objects of a slab are at equal distances; behind each is its trail
 *     local variable      left of a function's variables is a gap that begins with a number, the text "count offset size length name ...", and the
 *                         function's address (gcc's asan.c)
 *     global variable     from the list that the constructors gave
 *
 * Called once, by one CPU; nothing is watched any more. No locks.
 */
#include "kernel/sanitizer_report.h"

#include "kernel/panic.h"
#include "kernel/shadow.h"
#include "kernel/shadow_map.h"
#include "kernel/symbols.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/slab.h"

#ifdef CLOCKHAND_SHADOW

#define STACK_MARK 0x41b58ab3

enum { GLOBAL_FILES_MAX = 512, TEXT_SIZE = 160 };

static struct {
    const struct sanitizer_global *globals;
    size_t number;
} files[GLOBAL_FILES_MAX];
static unsigned files_number;

void sanitizer_globals_add(const struct sanitizer_global *globals, size_t number)
{
    if (files_number < GLOBAL_FILES_MAX)
        files[files_number].globals = globals, files[files_number++].number = number;
}

static const char *function_at(uint64_t place)
{
    uintptr_t offset;
    const char *name = symbol_find(place, &offset);
    return name != NULL ? name : "?";
}

/* A return address of which a trail has the low half. */
static const char *trail_function(uint32_t low)
{
    return function_at(0xffffffff00000000ULL | low);
}

/* `text` gets what is known of the slab's object at `address`. */
static void describe_object(char *text, vaddr_t address, bool is_freed)
{
    const struct slab_cache *cache = page_of_address((void *)address)->owner;
    vaddr_t slab = round_down(address, PAGE_SIZE);
    if (cache == NULL)
        return;
    vaddr_t object = slab + (address - slab) / slab_stride(cache) * slab_stride(cache);
    const struct shadow_trail *trail = (const struct shadow_trail *)(object + cache->size);
    const uint32_t *who = is_freed ? trail->freed : trail->allocated;
    snprintf(text, TEXT_SIZE, "%s, byte %lu of object %#lx of %s, %s by %s, %s",
             is_freed ? "use after free" : "heap overflow", address - object, object, cache->name,
             is_freed ? "freed" : "allocated", trail_function(who[0]), trail_function(who[1]));
}

/* The start of the function's variables whose gaps `address` lies in, or 0. */
static vaddr_t stack_variables(vaddr_t address)
{
    address = round_down(address, SHADOW_UNIT);
    for (unsigned step = 0; step < PAGE_SIZE / SHADOW_UNIT; step++, address -= SHADOW_UNIT) {
        if (*shadow_of(address) == SHADOW_STACK_LEFT && *(const uint64_t *)address == STACK_MARK)
            return address;
    }
    return 0;
}

static void describe_variable(char *text, vaddr_t address)
{
    vaddr_t variables = stack_variables(address);
    if (variables == 0)
        return;
    const uint64_t *words = (const uint64_t *)variables;
    snprintf(text, TEXT_SIZE,
             "overflow of a local variable, byte %lu of the frame of %s, which is (offset size length name): %s",
             address - variables, function_at(words[2]), (const char *)words[1]);
}

static void describe_global(char *text, vaddr_t address)
{
    for (unsigned file = 0; file < files_number; file++) {
        for (size_t i = 0; i < files[file].number; i++) {
            const struct sanitizer_global *global = &files[file].globals[i];
            if (address - (vaddr_t)global->start < global->room)
                snprintf(text, TEXT_SIZE, "overflow of the global variable %s, byte %lu of %lu (%s)", global->name,
                         address - (vaddr_t)global->start, global->length, global->file);
        }
    }
}

/* The kind at `closed`; where only part of 8 bytes is open, the kind stands behind them. */
static uint8_t kind_at(vaddr_t closed)
{
    const uint8_t *shadow = shadow_of(closed);
    return *shadow < SHADOW_UNIT ? shadow[1] : *shadow;
}

static void describe(char *text, vaddr_t closed)
{
    switch (kind_at(closed)) {
    case SHADOW_STACK_LEFT:
    case SHADOW_STACK_MIDDLE:
    case SHADOW_STACK_RIGHT:
    case SHADOW_STACK_GONE:
        describe_variable(text, closed);
        break;
    case SHADOW_GLOBAL:
        describe_global(text, closed);
        break;
    case SHADOW_OBJECT_FREE:
        describe_object(text, closed, true);
        break;
    case SHADOW_OBJECT_GAP:
        describe_object(text, closed, false);
        break;
    case SHADOW_RUN_GAP:
        snprintf(text, TEXT_SIZE, "heap overflow, behind the end of a run of frames");
        break;
    case SHADOW_FRAME_FREE:
        snprintf(text, TEXT_SIZE, "use after free, frame %#lx is free", page_frame(page_of_address((void *)closed)));
        break;
    default:
        break;
    }
}

void sanitizer_report(vaddr_t address, size_t length, bool write, vaddr_t closed, uint64_t place)
{
    static char text[TEXT_SIZE];
    snprintf(text, sizeof(text), "shadow %#x", *shadow_of(closed));
    describe(text, closed);
    if (address >= DIRECT_MAP_BASE && address < DIRECT_MAP_END)
        panic_advise("ck page %#lx", page_frame(page_of_address((void *)address)));
    panic("memory error: %s of %lu bytes at %#lx in %s: %s", write ? "write" : "read", length, address,
          function_at(place), text);
}

#endif
