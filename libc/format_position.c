/*
 * Arguments by number, %2$s %1$*3$d (POSIX): a first pass over the format finds the type of each argument, all are taken in
 * their order into slots, and the second pass, the ordinary one, reads from there: for each conversion a va_list is laid out
 * whose registers are used up, so that the next argument is what stands in memory at its slot.
 *
 * Source: System V ABI, AMD64, 3.5.7: register save area up to byte 48 for integers and 176 for SSE; overflow area.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "libc/format.h"

enum { POSITIONS_MOST = 64, INTEGERS_END = 48, REALS_END = 176 };

/* Every argument in memory takes 8 bytes, but a long double 16, aligned. */
union slot {
    uint64_t word;
    double real;
    long double extended;
};

struct format_slots {
    union slot values[POSITIONS_MOST + 1];
};

enum slot_type { SLOT_WORD, SLOT_REAL, SLOT_EXTENDED };

/* A va_list as the ABI lays it out. */
struct list_layout {
    unsigned integers_at, reals_at;
    const void *overflow, *registers;
};

static_assert(sizeof(struct list_layout) == sizeof(va_list), "the layout of va_list");

void format_place(struct format_args *args, int position)
{
    struct list_layout layout = {INTEGERS_END, REALS_END, NULL, NULL};

    if (!args->slots)
        return;
    layout.overflow = &args->slots->values[position <= POSITIONS_MOST ? position : 0];
    memcpy(args->list, &layout, sizeof layout);
}

static enum slot_type type_of(const struct format_spec *spec)
{
    if (!strchr("aefgAEFG", spec->conversion))
        return SLOT_WORD;
    return spec->length == 'L' ? SLOT_EXTENDED : SLOT_REAL;
}

/* Returns the greatest number that the format names. */
static int types_collect(enum slot_type types[POSITIONS_MOST + 1], const char *format)
{
    static const struct format_slots none;
    struct format_args args = {.slots = &none};
    struct format_spec spec;
    int last = 0;

    while (format && (format = strchr(format, '%'))) {
        format_place(&args, 0);
        format = format_parse(&spec, format + 1, &args);
        if (format && spec.position && spec.position <= POSITIONS_MOST)
            types[spec.position] = type_of(&spec);
        last = spec.position > last ? spec.position : last;
        last = spec.width_position > last ? spec.width_position : last;
        last = spec.precision_position > last ? spec.precision_position : last;
    }
    return last;
}

void format_positional(struct format_sink *sink, const char *format, struct format_args *args)
{
    enum slot_type types[POSITIONS_MOST + 1] = {SLOT_WORD};
    struct format_slots slots = {0};
    struct format_args placed = {.slots = &slots};
    int last = types_collect(types, format);

    if (last > POSITIONS_MOST) {
        errno = EINVAL;
        sink->failed = true;
        return;
    }
    for (int i = 1; i <= last; i++)
        switch (types[i]) {
        case SLOT_WORD:
            slots.values[i].word = va_arg(args->list, uint64_t);
            break;
        case SLOT_REAL:
            slots.values[i].real = va_arg(args->list, double);
            break;
        case SLOT_EXTENDED:
            slots.values[i].extended = va_arg(args->list, long double);
            break;
        }
    format_place(&placed, 0);
    format_run(sink, format, &placed);
}
