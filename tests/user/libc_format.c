/*
 * printf and scanf with everything: numbered arguments, wide characters, rounding, sets, allocation, names of numbers; and random
 * inputs of scanf, whose results go into one sum for each kind. A second argument prints them one by one.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <uchar.h>
#include <wchar.h>

#include "tests/user/random.h"
#include "tests/user/say.h"

#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-security"

static int all_shown;

static void print_numbered(void)
{
    int count = 0;

    say("%2$s %1$s", "world", "hello");
    say("%2$*1$d|%2$-*1$d|%2$0*1$d|%3$.*4$f|%3$*1$.*4$Lf", 6, 42, 1.5L, 2);
    say("%3$Lg %1$d %2$g %3$La", 7, 2.5, 1.25L);
    say("%1$s%1$s%1$.2s|%2$c|%3$%|%4$p", "abc", 'x', 0, (void *)0x10);
    say("%9$d %8$d %7$d %6$d %5$d %4$d %3$d %2$d %1$d", 1, 2, 3, 4, 5, 6, 7, 8, 9);
    say("%10$g %9$g %8$g %1$hhd %2$hd %3$lld %4$zu %5$jx %6$tu %7$g", 257, 65537, -1ll, (size_t)4, (intmax_t)255,
        (ptrdiff_t)6, 7.5, 8.5, 9.5, 10.5);
    say("%2$s%1$n%2$s", &count, "four");
    say("counted %d", count);
}

static void print_wide(void)
{
    volatile wint_t end = 0; /* so that the compiler does not know the length */
    char text[40];

    say("[%ls|%5ls|%-5ls|%.2ls|%7.3S|%lc|%C|%4lc|%-4C]", L"wide", L"abc", L"abc", L"abc", L"abcdef", L'x', L'y', L'z',
        L'w');
    say("[%ls|%.3ls|%.6ls]", (wchar_t *)NULL, (wchar_t *)NULL, (wchar_t *)NULL);
    errno = 0;
    int length = snprintf(text, sizeof text, "%ls", L"no byte: \u4e00");
    say("no byte: %d, %d", length, errno == EILSEQ);
    errno = 0;
    length = snprintf(text, sizeof text, "%lc", (wint_t)0x4e00);
    say("no byte: %d, %d", length, errno == EILSEQ);
    say("the end of a string as a character: %d", snprintf(text, sizeof text, "a%lcb", end));
    errno = 0;
    length = snprintf(text, sizeof text, "%1000000000d%1000000000d%1000000000d", 1, 1, 1);
    say("too long: %d, %d", length, errno == EOVERFLOW);
}

static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

static void print_rounded(void)
{
    static const double values[] = {0.5,  1.5,  2.5,           0.125,     0.1, 9.96,  999.5,
                                    1e-7, 1e23, 0x1.999999p-3, 0x1p-1074, 0.0, 5e-324};

    for (size_t mode = 0; mode < 4; mode++)
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            char line[300];
            fesetround(modes[mode]);
            snprintf(line, sizeof line, "%.0f %.1f %.2f %.1e %.3g %.0a %.2a %.1La %+.2f %g", values[i], -values[i],
                     values[i], -values[i], values[i], -values[i], values[i], (long double)values[i] / 3, -values[i],
                     values[i]);
            fesetround(FE_TONEAREST);
            say("%s", line);
        }
}

static void read_rounded(void)
{
    static const char *const texts[] = {"0.1",
                                        "-0.1",
                                        "1e400",
                                        "-1e400",
                                        "1e-400",
                                        "-1e-400",
                                        "0x1.00000000000008p0",
                                        "0x1.ffffffffffffffp1023",
                                        "1e5000000",
                                        "-1e-5000000",
                                        "4.9e-324",
                                        "2e-324",
                                        "16777217",
                                        "0.3e-45",
                                        "1e39",
                                        "1e4932",
                                        "2e4932",
                                        "1e-4951",
                                        "inf",
                                        "-nan"};

    for (size_t mode = 0; mode < 4; mode++)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            fesetround(modes[mode]);
            errno = 0;
            float single = strtof(texts[i], NULL);
            int single_error = errno;
            errno = 0;
            double real = strtod(texts[i], NULL);
            int error = errno;
            errno = 0;
            long double extended = strtold(texts[i], NULL);
            int extended_error = errno;
            fesetround(FE_TONEAREST);
            say("%s: %a %d %a %d %La %d", texts[i], single, single_error, real, error, extended, extended_error);
        }
}

static void scan_cases(void)
{
    int a = -1, b = -1, n = -1, count;
    char text[40] = "", other[40] = "";
    wchar_t wide[40] = L"";
    char *made = NULL;
    wchar_t *wide_made = NULL;
    void *pointer = text;
    double real = -1;
    long double extended = -1;

    count = sscanf("12 34", "%2$d %1$d", &a, &b);
    say("%d: %d %d", count, a, b);
    count = sscanf("one two", "%2$s %1$5[^ ]", text, other);
    say("%d: %s %s", count, text, other);
    count = sscanf("wide text", "%ls", wide);
    say("%d: %ls", count, wide);
    count = sscanf("wide text", "%4l[a-w]", wide);
    say("%d: %ls", count, wide);
    count = sscanf("wide text", "%3lc", wide);
    say("%d: %.3ls", count, wide);
    count = sscanf("  capital", "%S", wide);
    say("%d: %ls", count, wide);
    count = sscanf("allocated string of many letters, longer than the first room", "%m[^,]", &made);
    say("%d: %s", count, made);
    free(made);
    count = sscanf("allocated wide string which is long, too, and grows", "%ml[^.]", &wide_made);
    say("%d: %ls", count, wide_made);
    free(wide_made);
    count = sscanf("xyz", "%2mc", &made);
    say("%d: %.2s", count, made);
    free(made);
    count = sscanf("[a]-b^", "%[]a^[-]", text);
    say("%d: %s", count, text);
    count = sscanf("a-z", "%[a-]", text);
    say("%d: %s", count, text);
    count = sscanf("abc]d", "%[^]]", text);
    say("%d: %s", count, text);
    count = sscanf("5 apples", "%d%n", &a, &n);
    say("%d: %d %d", count, a, n);
    count = sscanf("5 6 7", "%*d %*d %d", &a);
    say("%d: %d", count, a);
    count = sscanf("12345", "%3d%s", &a, text);
    say("%d: %d %s", count, a, text);
    count = sscanf("(nil)", "%p", &pointer);
    say("%d: %d", count, pointer == NULL);
    count = sscanf("0x1234", "%p", &pointer);
    say("%d: %p", count, pointer);
    count = sscanf("0x1.8p3", "%lf", &real);
    say("%d: %a", count, real);
    count = sscanf("-0x.8P-3x", "%Lf", &extended);
    say("%d: %La", count, extended);
    count = sscanf("infinityx", "%lf%s", &real, text);
    say("%d: %g %s", count, real, text);
    count = sscanf("-INFx", "%lf%s", &real, text);
    say("%d: %g %s", count, real, text);
    count = sscanf("nan", "%lf", &real);
    say("%d: %d", count, isnan(real));
    say("%d, %d", sscanf("infinit", "%lf", &real), sscanf("na", "%lf", &real));
    say("%d, %d, %d", sscanf("", "%d", &a), sscanf("x", "%d", &a), sscanf(" ", "%s", text));
    count = sscanf("100%x", "%d%%%c", &a, text);
    say("%d: %d", count, a);
    say("%d, %d", sscanf("-", "%d", &a), sscanf("+", "%f", (float *)&a));
    count = sscanf("a\n b", "a %s", text);
    say("%d: %s", count, text);
    count = sscanf("ab12", "%[a-z]%d", text, &a);
    say("%d: %s %d", count, text, a);
}

/* Numbers longer than any buffer a reader would begin with. */
static void scan_long(void)
{
    char text[1200];
    int count;
    double real = 0;
    long integer = 0;

    snprintf(text, sizeof text, "%f", 1.7976931348623157e308);
    count = sscanf(text, "%lf", &real);
    say("%d: %g", count, real);
    snprintf(text, sizeof text, "%.1074f", 5e-324);
    count = sscanf(text, "%lf", &real);
    say("%d: %g", count, real);
    memset(text, '0', 1000);
    strcpy(text + 1000, "123 ");
    count = sscanf(text, "%ld", &integer);
    say("%d: %ld", count, integer);
    memset(text, '9', 1000);
    count = sscanf(text, "%ld", &integer);
    say("%d: %ld", count, integer);
    count = sscanf(text, "%1d%18ld", (int *)&real, &integer);
    say("%d: %ld", count, integer);
}

/* A sum over what came out, and the line itself if it is asked for. */
static uint64_t sum;

static __attribute__((format(printf, 1, 2))) void record(const char *format, ...)
{
    char line[300];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (all_shown)
        say("%s", line);
    for (const char *at = line; *at; at++)
        sum = (sum ^ (unsigned char)*at) * 1099511628211u;
}

static void random_text(char *text, const char *letters)
{
    size_t length = random_below(14), kinds = strlen(letters);

    while (length--)
        *text++ = letters[random_below((unsigned)kinds)];
    *text = 0;
}

/*
 * 0x or an exponent's letter without a digit behind it are left out: glibc takes what is before them for the number, against
 * C17 7.21.6.2, 10 and its example 3.
 */
static int cut_short(const char *text, const char *letters, const char *digits)
{
    for (; (text = strpbrk(text, letters)); text++) {
        const char *after = text + 1;
        after += *letters == 'e' && (*after == '+' || *after == '-');
        if (!*after || !strchr(digits, *after))
            return 1;
    }
    return 0;
}

/* No b among the letters: C23 reads 0b1 by %i, and new versions of glibc do here. */
static void scan_integers(void)
{
    char text[20], format[30], rest[20] = "";

    for (int i = 0; i < 20000; i++) {
        long value = -77;
        random_text(text, random_below(2) ? "0123456789-+ " : "0017xXacfF-+ 9");
        if (cut_short(text, "xX", "0123456789abcdefABCDEF"))
            continue;
        snprintf(format, sizeof format, "%%l%c%%[^\n]", "diouxX"[random_below(6)]);
        *rest = 0;
        int count = sscanf(text, format, &value, rest);
        record("'%s' %s: %d %ld '%s'", text, format, count, value, rest);
    }
    say("integers: %016" PRIx64, sum);
}

static void scan_lengths(void)
{
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "j", "z", "t"};
    char text[20], format[30];

    for (int i = 0; i < 10000; i++) {
        long value = -1;
        random_text(text, "0123456789-+ ");
        const char *width = random_below(2) ? "3" : "", *modifier = lengths[random_below(8)];
        snprintf(format, sizeof format, "%%%s%s%c", width, modifier, "diuo"[random_below(4)]);
        int count = sscanf(text, format, &value);
        record("'%s' %s: %d %lx", text, format, count, value);
    }
    say("lengths: %016" PRIx64, sum);
}

static void scan_floats(void)
{
    char text[20], rest[20] = "";

    for (int i = 0; i < 20000; i++) {
        float single = -1;
        double real = -1;
        long double extended = -1;
        random_text(text, random_below(2) ? "0123456789.-+e" : "0123.e5-");
        if (cut_short(text, "e", "0123456789"))
            continue;
        int count = sscanf(text, "%f", &single);
        count += sscanf(text, "%la", &real) * 10;
        count += sscanf(text, "%Lg", &extended) * 100;
        record("'%s': %d %a %a %La", text, count, single, real, extended);
        int digits = (int)random_below(8);
        snprintf(text, sizeof text, "%.*a", digits, (double)random_below(100000) / 128);
        *rest = 0;
        count = sscanf(text, random_below(2) ? "%lf%s" : "%50lf%s", &real, rest);
        record("'%s': %d %a '%s'", text, count, real, rest);
    }
    say("floating point: %016" PRIx64, sum);
}

static void scan_texts(void)
{
    static const char *const formats[] = {"%s%s",     "%3s%s",   "%[a-c]%s", "%[^a-c]%s",   "%2[]ab]%s",
                                          "%[^]a]%s", "%*s%s%s", " a%s%s",   "%1s%*[ab]%s", "%4[ab ]%s"};
    char text[20];

    for (int i = 0; i < 10000; i++) {
        char first[20] = "-", second[20] = "-";
        random_text(text, "abcd ]");
        const char *format = formats[random_below(10)];
        int count = sscanf(text, format, first, second);
        record("'%s' %s: %d '%s' '%s'", text, format, count, first, second);
    }
    say("texts: %016" PRIx64, sum);
}

static void wide_streams(void)
{
    wchar_t line[40], *end;
    char text[40];
    int a = 0, b = 0;
    FILE *file = tmpfile();

    say("orientation: %d", fwide(file, 0));
    say("orientation: %d", fwide(file, 1) > 0);
    say("fputws: %d", fputws(L"first line\nsecond 12 34\n", file) >= 0);
    say("fwprintf: %d", fwprintf(file, L"%5d|%-5ls|%s|%lc\n", 42, L"wide", "text", L'!'));
    say("fputwc: %d", fputwc(L'x', file));
    rewind(file);
    say("fgetws: %ls", fgetws(line, 40, file) ? wcstok(line, L"\n", &end) : L"none");
    wint_t got = getwc(file);
    say("fgetwc: %lc, pushed back: %lc", got, ungetwc(L'S', file));
    int count = fwscanf(file, L"%ls %d %d ", line, &a, &b);
    say("fwscanf: %d: %ls %d %d", count, line, a, b);
    say("rest: %ls", fgetws(line, 4, file));
    while (fgetwc(file) != WEOF)
        ;
    say("at the end: %d, %d", feof(file) != 0, fgetws(line, 40, file) == NULL);
    fclose(file);
    count = swprintf(line, 40, L"%d %s", 5, "five");
    say("swprintf: %d %ls", count, line);
    say("swprintf without room: %d", swprintf(line, 3, L"%d %s", 5, "five"));
    count = swscanf(L"77 seven", L"%d %s", &a, text);
    say("swscanf: %d: %d %s", count, a, text);
    file = tmpfile();
    fputc('b', file);
    say("bytes: %d", fwide(file, 0) < 0);
    fclose(file);
}

static void wide_strings(void)
{
    wchar_t text[40], *end, *state;
    mbstate_t conversion = {0};
    const char *bytes = "bytes";
    const wchar_t *wide = L"wide";
    char narrow[40];

    wcscat(wcscpy(text, L"wide "), L"text");
    say("%zu %d %d %ls", wcslen(text), wcscmp(text, L"wide") > 0, wcsncmp(text, L"wide", 4), wcschr(text, L't'));
    say("%ls", wcsstr(text, L"e t"));
    say("%ls", wcstok(text, L" ", &state));
    long integer = wcstol(L" -0x1fz", &end, 16);
    say("%ld %ls", integer, end);
    double real = wcstod(L"2.5e3km", &end);
    say("%g %ls", real, end);
    size_t length = mbsrtowcs(text, &bytes, 40, &conversion);
    say("%zu %ls", length, text);
    length = wcsrtombs(narrow, &wide, 40, &conversion);
    say("%zu %s", length, narrow);
    length = mbrtowc(text, "abc", 3, &conversion);
    say("%zu %d", length, *text);
    say("%zu", mbrtowc(text, "", 1, &conversion));
    say("%d %zd", (int)mbrtowc(text, "abc", 0, &conversion), wcrtomb(narrow, L'q', &conversion));
    say("%d %d %d", btowc('a'), btowc(EOF) == WEOF, wctob(L'a'));
    char32_t character = 0;
    length = mbrtoc32(&character, "k", 1, &conversion);
    say("%zu %x", length, (unsigned)character);
    length = c16rtomb(narrow, u'm', &conversion);
    say("%zu %c", length, narrow[0]);
    wmemset(text, L'-', 5);
    text[5] = 0;
    say("%ls %d", text, wcswidth(text, 5));
    struct tm date = {.tm_year = 100, .tm_mon = 1, .tm_mday = 29, .tm_hour = 12};
    length = wcsftime(text, 40, L"%Y-%m-%d %H", &date);
    say("%zu %ls", length, text);
    length = wcsftime(text, SIZE_MAX / sizeof *text, L"%H", &date);
    say("%zu %ls", length, text);
}

int main(int count, char **arguments)
{
    (void)arguments;
    all_shown = count > 1;
    print_numbered();
    print_wide();
    print_rounded();
    read_rounded();
    scan_cases();
    scan_long();
    scan_integers();
    scan_lengths();
    scan_floats();
    scan_texts();
    wide_streams();
    wide_strings();
    return 0;
}
