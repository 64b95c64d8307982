/*
 * The printf language: format string -> struct format_spec -> one function per kind of conversion -> sink.
 *
 * A number is laid out as   [spaces] prefix [zeros] digits [spaces]   where prefix is the sign or 0x; the precision gives the
 * least number of digits, the 0 flag turns leading spaces into zeros if there is no precision.  (C17 7.21.6.1)
 */
#include "libc/format.h"

#include <stdint.h>

#include "libc/include/string.h"

#ifdef CLOCKHAND_KERNEL
/* The kernel has no floating point registers, so no such argument can have been passed: nothing to take from args. */
void format_float(struct format_sink *sink, const struct format_spec *spec, struct format_args *args)
{
    (void)args;
    format_put(sink, &spec->conversion, 1);
}

void format_wide(struct format_sink *sink, struct format_spec *spec, struct format_args *args)
{
    (void)args;
    format_put(sink, &spec->conversion, 1);
}

void format_positional(struct format_sink *sink, const char *format, struct format_args *args)
{
    (void)args;
    format_put(sink, format, strlen(format));
}

void format_place(struct format_args *args, int position)
{
    (void)args;
    (void)position;
}

int format_failed(const struct format_sink *sink)
{
    (void)sink;
    return -1;
}
#endif

void format_put(struct format_sink *sink, const char *text, size_t length)
{
    if (!length)
        return;
    sink->total += length;
    sink->write(sink, text, length);
}

void format_fill(struct format_sink *sink, char character, int count)
{
    char run[32];

    if (count <= 0)
        return;
    memset(run, character, sizeof run);
    for (; count > (int)sizeof run; count -= (int)sizeof run)
        format_put(sink, run, sizeof run);
    format_put(sink, run, (size_t)count);
}

/* Writes prefix, `zeros` zeros and text, filled up to the width: with spaces before or behind, or zeros after the prefix. */
void format_padded(struct format_sink *sink, const struct format_spec *spec, const char *prefix, int zeros,
                   const char *text, size_t length)
{
    size_t prefix_length = strlen(prefix);
    size_t used = prefix_length + (size_t)zeros + length;
    int fill = used < (size_t)spec->width ? (int)((size_t)spec->width - used) : 0;

    if (spec->flags & FORMAT_LEFT) {
        format_put(sink, prefix, prefix_length);
        format_fill(sink, '0', zeros);
        format_put(sink, text, length);
        format_fill(sink, ' ', fill);
        return;
    }
    if (!(spec->flags & FORMAT_ZERO))
        format_fill(sink, ' ', fill);
    format_put(sink, prefix, prefix_length);
    if (spec->flags & FORMAT_ZERO)
        format_fill(sink, '0', fill);
    format_fill(sink, '0', zeros);
    format_put(sink, text, length);
}

static int64_t signed_take(char length, struct format_args *args)
{
    switch (length) {
    case 'H':
        return (signed char)va_arg(args->list, int);
    case 'h':
        return (short)va_arg(args->list, int);
    case 'l':
        return va_arg(args->list, long);
    case 'q':
        return va_arg(args->list, long long);
    case 'j':
        return va_arg(args->list, intmax_t);
    case 'z':
    case 't':
        return va_arg(args->list, ptrdiff_t);
    default:
        return va_arg(args->list, int);
    }
}

static uint64_t unsigned_take(char length, struct format_args *args)
{
    switch (length) {
    case 'H':
        return (unsigned char)va_arg(args->list, unsigned);
    case 'h':
        return (unsigned short)va_arg(args->list, unsigned);
    case 'l':
        return va_arg(args->list, unsigned long);
    case 'q':
        return va_arg(args->list, unsigned long long);
    case 'j':
        return va_arg(args->list, uintmax_t);
    case 'z':
    case 't':
        return va_arg(args->list, size_t);
    default:
        return va_arg(args->list, unsigned);
    }
}

/* Writes the digits so that they end before `end`; returns the first.  Zero has no digits: the precision supplies them. */
static char *digits_before(char *end, uint64_t value, unsigned base, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

    if (base == 16)
        for (; value; value /= 16)
            *--end = digits[value % 16];
    else if (base == 8)
        for (; value; value /= 8)
            *--end = digits[value % 8];
    else
        for (; value; value /= 10)
            *--end = digits[value % 10];
    return end;
}

/* A precision or left alignment switches the 0 flag off. */
static void number_put(struct format_sink *sink, struct format_spec *spec, const char *prefix, uint64_t value,
                       unsigned base)
{
    char buffer[24];
    char *end = buffer + sizeof buffer;
    char *text = digits_before(end, value, base, spec->conversion == 'X');
    size_t length = (size_t)(end - text);
    int least = spec->precision;

    if (spec->precision >= 0)
        spec->flags &= ~(unsigned)FORMAT_ZERO;
    else
        least = 1;
    if (base == 8 && (spec->flags & FORMAT_ALT) && least <= (int)length)
        least = (int)length + 1;
    int zeros = least > (int)length ? least - (int)length : 0;
    format_padded(sink, spec, prefix, zeros, text, length);
}

static void signed_put(struct format_sink *sink, struct format_spec *spec, struct format_args *args)
{
    int64_t value = signed_take(spec->length, args);
    const char *prefix = value < 0 ? "-" : spec->flags & FORMAT_PLUS ? "+" : spec->flags & FORMAT_SPACE ? " " : "";
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    number_put(sink, spec, prefix, magnitude, 10);
}

static void unsigned_put(struct format_sink *sink, struct format_spec *spec, struct format_args *args)
{
    uint64_t value = unsigned_take(spec->length, args);
    const char *prefix = "";
    unsigned base = 10;

    if (spec->conversion == 'o')
        base = 8;
    else if (spec->conversion != 'u')
        base = 16;
    if (base == 16 && value && (spec->flags & FORMAT_ALT))
        prefix = spec->conversion == 'X' ? "0X" : "0x";
    number_put(sink, spec, prefix, value, base);
}

void format_text(struct format_sink *sink, struct format_spec *spec, const char *text)
{
    spec->flags &= ~(unsigned)FORMAT_ZERO;
    if (!text)
        text = spec->precision < 0 || spec->precision >= 6 ? "(null)" : "";
    size_t length = spec->precision < 0 ? strlen(text) : strnlen(text, (size_t)spec->precision);
    format_padded(sink, spec, "", 0, text, length);
}

static void character_put(struct format_sink *sink, struct format_spec *spec, struct format_args *args)
{
    char character = (char)va_arg(args->list, int);

    spec->flags &= ~(unsigned)FORMAT_ZERO;
    format_padded(sink, spec, "", 0, &character, 1);
}

static void pointer_put(struct format_sink *sink, struct format_spec *spec, struct format_args *args)
{
    uintptr_t value = (uintptr_t)va_arg(args->list, void *);
    const char *sign = spec->flags & FORMAT_PLUS ? "+0x" : spec->flags & FORMAT_SPACE ? " 0x" : "0x";

    if (value)
        number_put(sink, spec, sign, value, 16);
    else
        format_text(sink, &(struct format_spec){.flags = spec->flags, .width = spec->width, .precision = -1}, "(nil)");
}

static void count_store(const struct format_sink *sink, char length, struct format_args *args)
{
    void *to = va_arg(args->list, void *);

    switch (length) {
    case 'H':
        *(signed char *)to = (signed char)sink->total;
        break;
    case 'h':
        *(short *)to = (short)sink->total;
        break;
    case 'l':
    case 'q':
    case 'j':
    case 'z':
    case 't':
        *(int64_t *)to = (int64_t)sink->total;
        break;
    default:
        *(int *)to = (int)sink->total;
        break;
    }
}

static void conversion_put(struct format_sink *sink, struct format_spec *spec, struct format_args *args)
{
    switch (spec->conversion) {
    case 'd':
    case 'i':
        signed_put(sink, spec, args);
        break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        unsigned_put(sink, spec, args);
        break;
    case 'c':
    case 's':
        if (spec->length == 'l')
            format_wide(sink, spec, args);
        else if (spec->conversion == 'c')
            character_put(sink, spec, args);
        else
            format_text(sink, spec, va_arg(args->list, const char *));
        break;
    case 'p':
        pointer_put(sink, spec, args);
        break;
    case 'n':
        count_store(sink, spec->length, args);
        break;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        format_float(sink, spec, args);
        break;
    default:
        format_put(sink, &spec->conversion, 1);
        break;
    }
}

static unsigned flag_of(char character)
{
    switch (character) {
    case '-':
        return FORMAT_LEFT;
    case '+':
        return FORMAT_PLUS;
    case ' ':
        return FORMAT_SPACE;
    case '#':
        return FORMAT_ALT;
    case '0':
        return FORMAT_ZERO;
    default:
        return 0;
    }
}

/* Too large a number is cut at INT32_MAX / 2, so that sums stay in range. */
static int digits_parse(const char **at)
{
    int value = 0;

    for (; **at >= '0' && **at <= '9'; ++*at)
        value = value > INT32_MAX / 20 ? INT32_MAX / 2 : value * 10 + (**at - '0');
    return value;
}

int format_position(const char **at)
{
    const char *end = *at;
    int position = *end > '0' && *end <= '9' ? digits_parse(&end) : 0;

    if (!position || *end != '$')
        return 0;
    *at = end + 1;
    return position;
}

/* A number or '*', at *at, which is moved behind it.  *position: the argument's number, if the '*' has one. */
static int number_parse(const char **at, struct format_args *args, int *position)
{
    if (**at != '*')
        return digits_parse(at);
    ++*at;
    *position = format_position(at);
    if (*position)
        format_place(args, *position);
    return va_arg(args->list, int);
}

static char length_parse(const char **at)
{
    char length = **at;

    if (!length || !strchr("hljztL", length))
        return 0;
    ++*at;
    if ((length == 'h' || length == 'l') && **at == length) {
        ++*at;
        return length == 'h' ? 'H' : 'q';
    }
    return length;
}

const char *format_parse(struct format_spec *spec, const char *at, struct format_args *args)
{
    *spec = (struct format_spec){.precision = -1, .position = format_position(&at)};
    for (unsigned flag; (flag = flag_of(*at)); at++)
        spec->flags |= flag;
    spec->width = number_parse(&at, args, &spec->width_position);
    if (spec->width < 0) {
        spec->flags |= FORMAT_LEFT;
        spec->width = spec->width > INT32_MIN ? -spec->width : INT32_MIN;
    }
    if (*at == '.') {
        at++;
        spec->precision = number_parse(&at, args, &spec->precision_position);
        if (spec->precision < 0)
            spec->precision = -1;
    }
    spec->length = length_parse(&at);
    if (!*at)
        return NULL;
    spec->conversion = *at++;
    if (spec->conversion == 'C' || spec->conversion == 'S') {
        spec->conversion |= 'a' - 'A';
        spec->length = 'l';
    }
    if (spec->flags & FORMAT_LEFT)
        spec->flags &= ~(unsigned)FORMAT_ZERO;
    return at;
}

void format_run(struct format_sink *sink, const char *format, struct format_args *args)
{
    struct format_spec spec;

    while (format && *format && !sink->failed) {
        const char *start = format;
        while (*format && *format != '%')
            format++;
        format_put(sink, start, (size_t)(format - start));
        if (!*format)
            return;
        const char *position = format + 1;
        if (!args->slots && format_position(&position)) {
            format_positional(sink, format, args);
            return;
        }
        format = format_parse(&spec, format + 1, args);
        if (format && spec.position)
            format_place(args, spec.position);
        if (format && spec.width < 0) {
            format_exceed(sink);
            return;
        }
        if (format)
            conversion_put(sink, &spec, args);
    }
}

int format_print(struct format_sink *sink, const char *format, va_list args)
{
    struct format_args copy = {.slots = NULL};

    va_copy(copy.list, args);
    sink->total = 0;
    sink->failed = false;
    format_run(sink, format, &copy);
    va_end(copy.list);
    return sink->failed || sink->total > INT32_MAX ? format_failed(sink) : (int)sink->total;
}

/* A sink that keeps what fits. */
struct buffer_sink {
    struct format_sink sink;
    char *at;
    size_t room;
};

static void buffer_write(struct format_sink *sink, const char *text, size_t length)
{
    struct buffer_sink *buffer = (struct buffer_sink *)sink;
    size_t kept = length < buffer->room ? length : buffer->room;

    memcpy(buffer->at, text, kept);
    buffer->at += kept;
    buffer->room -= kept;
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    char none;
    struct buffer_sink sink = {
        .sink.write = buffer_write,
        .at = size ? buffer : &none,
        .room = size ? size - 1 : 0,
    };
    int length = format_print(&sink.sink, format, args);

    *sink.at = 0;
    return length;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(buffer, size, format, args);
    va_end(args);
    return length;
}
