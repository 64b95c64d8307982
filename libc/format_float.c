/*
 * Floating point in printf: the number is turned into its exact decimal form (decimal.h), rounded once where the format
 * wants it, and written digit by digit.
 */
#include <float.h>
#include <string.h>

#include "libc/decimal.h"
#include "libc/format.h"

/* An x87 extended number; a double fits in it exactly. */
union extended {
    long double value;
    struct {
        uint64_t mantissa;
        uint16_t sign_exponent;
    };
};

enum {
    EXPONENT_MASK = 0x7fff,
    EXPONENT_BIAS = 16383 + 63,
    TEXT_SIZE = 64,
    DIGITS_MOST = 32768, /* more than any number has, before and behind the point together */
};

/* Collects characters, so that the sink is not called for each. */
struct writer {
    struct format_sink *sink;
    size_t used;
    char text[TEXT_SIZE];
};

static void writer_flush(struct writer *writer)
{
    format_put(writer->sink, writer->text, writer->used);
    writer->used = 0;
}

static void writer_put(struct writer *writer, char character)
{
    if (writer->used == TEXT_SIZE)
        writer_flush(writer);
    writer->text[writer->used++] = character;
}

static int sign_length(const char *sign)
{
    return (int)strlen(sign);
}

/* What stands before the digits, and how many spaces are due behind them. */
static int layout_begin(struct writer *writer, const struct format_spec *spec, const char *sign, int length)
{
    int fill = spec->width - sign_length(sign) - length;

    if (!(spec->flags & (FORMAT_LEFT | FORMAT_ZERO)))
        format_fill(writer->sink, ' ', fill);
    format_put(writer->sink, sign, strlen(sign));
    if (!(spec->flags & FORMAT_LEFT) && spec->flags & FORMAT_ZERO)
        format_fill(writer->sink, '0', fill);
    return spec->flags & FORMAT_LEFT ? fill : 0;
}

/* Digits from one position down to another; below `least` there are only zeros, which may be very many. */
static void digits_put(struct writer *writer, const struct decimal *decimal, int from, int to)
{
    int least = (DECIMAL_POINT - decimal->end) * 9;

    for (; from >= to && from >= least; from--)
        writer_put(writer, (char)('0' + decimal_digit(decimal, from)));
    writer_flush(writer);
    if (from >= to)
        format_fill(writer->sink, '0', from - to + 1);
}

static void fixed_put(struct writer *writer, const struct format_spec *spec, const struct decimal *decimal,
                      const char *sign, int precision)
{
    int first = decimal_exponent(decimal) > 0 ? decimal_exponent(decimal) : 0;
    bool point = precision > 0 || spec->flags & FORMAT_ALT;
    int fill = layout_begin(writer, spec, sign, first + 1 + point + precision);

    digits_put(writer, decimal, first, 0);
    if (point)
        writer_put(writer, '.');
    digits_put(writer, decimal, -1, -precision);
    format_fill(writer->sink, ' ', fill);
}

static void exponent_put(struct writer *writer, const struct format_spec *spec, const struct decimal *decimal,
                         const char *sign, int precision)
{
    int exponent = decimal_exponent(decimal);
    bool point = precision > 0 || spec->flags & FORMAT_ALT;
    char letter = spec->conversion >= 'a' ? 'e' : 'E', text[12];
    int length = snprintf(text, sizeof text, "%c%+.2d", letter, exponent);
    int fill = layout_begin(writer, spec, sign, 1 + point + precision + length);

    writer_put(writer, (char)('0' + decimal_digit(decimal, exponent)));
    if (point)
        writer_put(writer, '.');
    digits_put(writer, decimal, exponent - 1, exponent - precision);
    for (int i = 0; i < length; i++)
        writer_put(writer, text[i]);
    writer_flush(writer);
    format_fill(writer->sink, ' ', fill);
}

/* %g: the shorter of the two, without trailing zeros. */
static void general_put(struct writer *writer, const struct format_spec *spec, struct decimal *decimal,
                        const char *sign, enum rounding rounding)
{
    int digits = spec->precision < 0 ? 6 : spec->precision ? spec->precision : 1;

    decimal_round(decimal, digits - 1 - decimal_exponent(decimal), rounding);
    int exponent = decimal_exponent(decimal);
    if (!(spec->flags & FORMAT_ALT)) {
        int last = decimal_is_zero(decimal) ? 0 : (DECIMAL_POINT - decimal->end) * 9;
        while (last < exponent && !decimal_digit(decimal, last))
            last++;
        digits = exponent - last + 1 > 1 ? exponent - last + 1 : 1;
        if (exponent >= -4 && exponent < (spec->precision < 0 ? 6 : spec->precision ? spec->precision : 1)) {
            fixed_put(writer, spec, decimal, sign, last < 0 ? -last : 0);
            return;
        }
    } else if (exponent >= -4 && exponent < digits) {
        fixed_put(writer, spec, decimal, sign, digits - 1 - exponent);
        return;
    }
    exponent_put(writer, spec, decimal, sign, digits - 1);
}

/* %a: the mantissa's bits as they are. `bits` after the point: 52 for a double, 60 for a long double. */
static void hexadecimal_put(struct writer *writer, const struct format_spec *spec, union extended number, bool is_long,
                            const char *sign)
{
    bool upper = spec->conversion == 'A';
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int biased = number.sign_exponent & EXPONENT_MASK;
    int exponent = (biased ? biased : 1) - 16383, bits = is_long ? 60 : 52;
    uint64_t mantissa = is_long ? number.mantissa : number.mantissa >> 11;
    char text[40], prefix[8], tail[12];

    if (!number.mantissa)
        exponent = 0;
    else if (is_long)
        exponent -= 3;
    int precision = spec->precision;
    if (!is_long && exponent < -1022 && mantissa) {
        mantissa >>= -1022 - exponent;
        exponent = -1022;
    }
    if (precision >= 0 && precision < bits / 4) {
        int dropped = bits - precision * 4;
        uint64_t half = (uint64_t)1 << (dropped - 1), rest = mantissa & (2 * half - 1);
        uint64_t kept = mantissa >> dropped;
        int order = !rest ? -2 : rest < half ? -1 : rest > half;
        if (rounding_up(rounding_now(number.sign_exponent > EXPONENT_MASK), order, kept & 1))
            kept++;
        if (is_long && kept >> (precision * 4 + 4)) { /* carried out of the top digit */
            kept = (uint64_t)1 << (precision * 4);
            exponent += 4;
        }
        mantissa = kept << dropped;
    }
    int length = 0, shown = 0;
    for (uint64_t rest = mantissa << (64 - bits); rest || shown < precision; rest <<= 4, shown++) {
        if (shown >= bits / 4 && !rest)
            break;
        text[2 + length++] = digits[rest >> 60];
    }
    text[0] = digits[mantissa >> bits];
    text[1] = '.';
    int zeros = precision > length ? precision - length : 0;
    int body = length || zeros || spec->flags & FORMAT_ALT ? length + 2 : 1;
    int tail_length = snprintf(tail, sizeof tail, "%c%+d", upper ? 'P' : 'p', exponent);
    snprintf(prefix, sizeof prefix, "%s0%c", sign, upper ? 'X' : 'x');
    int fill = layout_begin(writer, spec, prefix, body + zeros + tail_length);
    format_put(writer->sink, text, (size_t)body);
    format_fill(writer->sink, '0', zeros);
    format_put(writer->sink, tail, (size_t)tail_length);
    format_fill(writer->sink, ' ', fill);
}

static void special_put(struct format_sink *sink, const struct format_spec *spec, const char *sign, bool is_nan)
{
    struct format_spec plain = *spec;
    bool upper = spec->conversion < 'a';

    plain.flags &= ~(unsigned)FORMAT_ZERO;
    format_padded(sink, &plain, sign, 0, is_nan ? (upper ? "NAN" : "nan") : (upper ? "INF" : "inf"), 3);
}

static void decimal_put(struct writer *writer, const struct format_spec *spec, union extended number, const char *sign)
{
    struct decimal decimal;
    int precision = spec->precision < 0 ? 6 : spec->precision;
    int exponent = number.sign_exponent & EXPONENT_MASK;
    enum rounding rounding = rounding_now(number.sign_exponent > EXPONENT_MASK);

    decimal_set(&decimal, number.mantissa, (exponent ? exponent : 1) - EXPONENT_BIAS);
    switch (spec->conversion | 32) {
    case 'f':
        decimal_round(&decimal, precision, rounding);
        fixed_put(writer, spec, &decimal, sign, precision);
        break;
    case 'e':
        decimal_round(&decimal, precision - decimal_exponent(&decimal), rounding);
        exponent_put(writer, spec, &decimal, sign, precision);
        break;
    default:
        general_put(writer, spec, &decimal, sign, rounding);
        break;
    }
}

/* Brings the precision below where sums with it go out of range; whether that can be done without a difference. */
static bool precision_limit(struct format_spec *spec)
{
    if (spec->precision <= INT32_MAX - DIGITS_MOST)
        return true;
    spec->precision = DIGITS_MOST;
    return (spec->conversion | 32) == 'g' && !(spec->flags & FORMAT_ALT);
}

/* Text that would come within DIGITS_MOST of INT_MAX by its precision is too long already. */
void format_float(struct format_sink *sink, const struct format_spec *spec, struct format_args *args)
{
    bool is_long = spec->length == 'L';
    union extended number = {0};
    struct format_spec limited = *spec;
    struct writer writer = {.sink = sink};

    if (is_long)
        number.value = va_arg(args->list, long double);
    else
        number.value = va_arg(args->list, double);
    const char *sign = number.sign_exponent > EXPONENT_MASK ? "-"
                       : spec->flags & FORMAT_PLUS          ? "+"
                       : spec->flags & FORMAT_SPACE         ? " "
                                                            : "";
    if ((number.sign_exponent & EXPONENT_MASK) == EXPONENT_MASK)
        special_put(sink, spec, sign, number.mantissa << 1 != 0);
    else if (!precision_limit(&limited))
        format_exceed(sink);
    else if ((spec->conversion | 32) == 'a')
        hexadecimal_put(&writer, &limited, number, is_long, sign);
    else
        decimal_put(&writer, &limited, number, sign);
}
