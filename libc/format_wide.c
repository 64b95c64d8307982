/*
 * What printf writes for wide characters: the bytes that wcrtomb gives for each. Width and precision count bytes, and a precision
 * never cuts a character in two. One that has no bytes ends the output with EILSEQ. (C17 7.21.6.1)
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <wchar.h>

#include "libc/format.h"

int format_failed(const struct format_sink *sink)
{
    if (!sink->failed)
        errno = EOVERFLOW;
    return -1;
}

/* How many of at most `count` characters fit in `limit` bytes; *used gets the bytes. SIZE_MAX: one has no bytes. */
static size_t characters_fit(const wchar_t *text, size_t count, size_t limit, size_t *used)
{
    char bytes[MB_LEN_MAX];
    size_t fit = 0;

    for (*used = 0; fit < count && *used < limit && text[fit]; fit++) {
        size_t length = wcrtomb(bytes, text[fit], NULL);
        if (length == (size_t)-1)
            return SIZE_MAX;
        if (length > limit - *used)
            break;
        *used += length;
    }
    return fit;
}

/* `count` characters, which are known to have `used` bytes, filled up to the width. */
static void characters_put(struct format_sink *sink, const struct format_spec *spec, const wchar_t *text, size_t count,
                           size_t used)
{
    char bytes[MB_LEN_MAX];
    int fill = used < (size_t)spec->width ? (int)((size_t)spec->width - used) : 0;

    if (!(spec->flags & FORMAT_LEFT))
        format_fill(sink, ' ', fill);
    for (size_t i = 0; i < count; i++)
        format_put(sink, bytes, wcrtomb(bytes, text[i], NULL));
    if (spec->flags & FORMAT_LEFT)
        format_fill(sink, ' ', fill);
}

static void wide_character_put(struct format_sink *sink, const struct format_spec *spec, wchar_t character)
{
    char bytes[MB_LEN_MAX];
    size_t used = wcrtomb(bytes, character, NULL);

    sink->failed = used == (size_t)-1;
    if (!sink->failed)
        characters_put(sink, spec, &character, 1, used);
}

void format_wide(struct format_sink *sink, struct format_spec *spec, struct format_args *args)
{
    size_t used;

    if (spec->conversion == 'c') {
        wide_character_put(sink, spec, (wchar_t)va_arg(args->list, wint_t));
        return;
    }
    const wchar_t *text = va_arg(args->list, const wchar_t *);
    if (!text) {
        format_text(sink, spec, NULL);
        return;
    }
    size_t count = characters_fit(text, SIZE_MAX, spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision, &used);
    sink->failed = count == SIZE_MAX;
    if (!sink->failed)
        characters_put(sink, spec, text, count, used);
}
