/*
 * strptime: a date from text. Each conversion is a number with its greatest value and its greatest length, a name, or a format of its
 * own; the fields that depend on each other (century and year, hour and half of the day) are put together at the end.
 * (POSIX.1-2017, strptime)
 */
#include <ctype.h>
#include <langinfo.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* What is known so far; -1: not given. */
struct parse {
    struct tm *date;
    int century, year_in_century, hour_of_half, half;
};

static const char spaces[] = " \t\n\v\f\r";

/* A number of at most `digits` digits from least to most at *text, behind white space; *text moves. A digit more than fits is left. */
static bool number_take(const char **text, int digits, int least, int most, int *value)
{
    const char *at = *text;
    int number = 0;

    while (isspace((unsigned char)*at))
        at++;
    if (!isdigit((unsigned char)*at))
        return false;
    for (; digits && isdigit((unsigned char)*at) && number * 10 <= most; digits--)
        number = number * 10 + (*at++ - '0');
    *text = at;
    *value = number;
    return number >= least && number <= most;
}

/* One of `count` names in a row that the text begins with, in full or in short; *value is its place. */
static bool name_take(const char **text, nl_item full, nl_item brief, int count, int *value)
{
    while (isspace((unsigned char)**text))
        ++*text;
    for (int i = 0; i < 2 * count; i++) {
        const char *name = nl_langinfo((i < count ? full : brief) + i % count);
        if (strncasecmp(*text, name, strlen(name)))
            continue;
        *text += strlen(name);
        *value = i % count;
        return true;
    }
    return false;
}

/* What a conversion is short for; NULL if for nothing. */
static const char *composed(char letter)
{
    switch (letter) {
    case 'c':
        return nl_langinfo(D_T_FMT);
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'R':
        return "%H:%M";
    case 'r':
        return "%I:%M:%S %p";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    default:
        return NULL;
    }
}

/* A number that is a field as it is, or one less, or counted from elsewhere. */
static bool number_field(struct parse *parse, char letter, const char **text)
{
    static const struct {
        char letter;
        int digits, least, most, minus;
        size_t at;
    } fields[] = {
        {'d', 2, 1, 31, 0, offsetof(struct tm, tm_mday)},  {'e', 2, 1, 31, 0, offsetof(struct tm, tm_mday)},
        {'H', 2, 0, 23, 0, offsetof(struct tm, tm_hour)},  {'k', 2, 0, 23, 0, offsetof(struct tm, tm_hour)},
        {'j', 3, 1, 366, 1, offsetof(struct tm, tm_yday)}, {'m', 2, 1, 12, 1, offsetof(struct tm, tm_mon)},
        {'M', 2, 0, 59, 0, offsetof(struct tm, tm_min)},   {'S', 2, 0, 60, 0, offsetof(struct tm, tm_sec)},
        {'w', 1, 0, 6, 0, offsetof(struct tm, tm_wday)},   {'Y', 4, 0, 9999, 1900, offsetof(struct tm, tm_year)},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int value;
        if (fields[i].letter != letter)
            continue;
        if (!number_take(text, fields[i].digits, fields[i].least, fields[i].most, &value))
            return false;
        *(int *)((char *)parse->date + fields[i].at) = value - fields[i].minus;
        if (letter == 'Y')
            parse->century = parse->year_in_century = -1;
        if (letter == 'H' || letter == 'k')
            parse->hour_of_half = -1;
        return true;
    }
    return false;
}

/* Z, or +hh, +hhmm, +hh:mm, or the like with -. */
static bool zone_take(const char **text, struct tm *date)
{
    const char *at = *text + strspn(*text, spaces);
    int digits = 0, number = 0, sign = *at == '-' ? -1 : 1;

    if (*at != 'Z' && *at != '+' && *at != '-')
        return false;
    bool is_utc = *at++ == 'Z';
    for (; !is_utc && digits < 4 && isdigit((unsigned char)*at); digits++) {
        number = number * 10 + (*at++ - '0');
        if (digits == 1 && *at == ':' && isdigit((unsigned char)at[1]))
            at++;
    }
    if (digits == 2)
        number *= 100;
    *text = at;
    date->tm_gmtoff = sign * (number / 100 * 3600 + number % 100 * 60);
    return is_utc || ((digits == 2 || digits == 4) && number % 100 < 60);
}

/* Seconds since 1970. */
static bool seconds_take(const char **text, struct tm *date)
{
    long seconds = 0;

    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); ++*text)
        if (__builtin_mul_overflow(seconds, 10, &seconds) || __builtin_add_overflow(seconds, **text - '0', &seconds))
            return false;
    return localtime_r(&seconds, date) != NULL;
}

/* One conversion; whether the text has it. */
static bool field_take(struct parse *parse, char letter, const char **text)
{
    struct tm *date = parse->date;
    int ignored;

    switch (letter) {
    case 'a':
    case 'A':
        return name_take(text, DAY_1, ABDAY_1, 7, &date->tm_wday);
    case 'b':
    case 'B':
    case 'h':
        return name_take(text, MON_1, ABMON_1, 12, &date->tm_mon);
    case 'p':
        return name_take(text, AM_STR, AM_STR, 2, &parse->half);
    case 'C':
        return number_take(text, 2, 0, 99, &parse->century);
    case 'y':
        return number_take(text, 2, 0, 99, &parse->year_in_century);
    case 'I':
    case 'l':
        return number_take(text, 2, 1, 12, &parse->hour_of_half);
    case 'U':
    case 'W':
        return number_take(text, 2, 0, 53, &ignored);
    case 's':
        return seconds_take(text, date);
    case 'z':
        return zone_take(text, date);
    case 'Z': /* a name says nothing certain: it is passed over */
        *text += strspn(*text, spaces);
        *text += strcspn(*text, spaces);
        return true;
    case '%':
        return *(*text)++ == '%';
    default:
        return number_field(parse, letter, text);
    }
}

/* Returns what the format leaves of the text, or NULL if they differ. */
static const char *format_take(struct parse *parse, const char *text, const char *format)
{
    for (; *format && text; format++) {
        if (isspace((unsigned char)*format)) {
            text += strspn(text, spaces);
        } else if (*format != '%') {
            text = *text == *format ? text + 1 : NULL;
        } else {
            format++;
            if (*format == 'E' || *format == 'O')
                format++;
            const char *parts = composed(*format);
            if (!*format)
                return NULL;
            if (parts)
                text = format_take(parse, text, parts);
            else if (*format == 'n' || *format == 't')
                text += strspn(text, spaces);
            else if (!field_take(parse, *format, &text))
                text = NULL;
        }
    }
    return text;
}

char *strptime(const char *restrict text, const char *restrict format, struct tm *restrict date)
{
    struct parse parse = {date, -1, -1, -1, -1};
    const char *rest = format_take(&parse, text, format);

    if (!rest)
        return NULL;
    if (parse.century >= 0)
        date->tm_year = parse.century * 100 - 1900 + (parse.year_in_century >= 0 ? parse.year_in_century : 0);
    else if (parse.year_in_century >= 0)
        date->tm_year = parse.year_in_century + (parse.year_in_century < 69 ? 100 : 0);
    if (parse.hour_of_half >= 0)
        date->tm_hour = parse.hour_of_half % 12 + (parse.half > 0 ? 12 : 0);
    return (char *)rest;
}
