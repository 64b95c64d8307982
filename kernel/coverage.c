/*
 * The counters of a kernel compiled with --coverage (make coverage), and their way out of the machine.
 *
 *     compiler: one struct gcov_info a source file, with one struct gcov_fn_info a function, with its counters, one an arc of
 *               the flow graph that cannot be computed from the others; -fprofile-info-section gathers pointers to them in
 *               the section .gcov_info
 *     here:     at power-off, reset and panic all of them go to port 0xea, where QEMU's second isa-debugcon makes them a file
 *     host:     tests/coverage.pl adds up the files of all boots and writes what gcov and lcov read
 *
 * What is written, all words little-endian, file by file until a length of 0:
 *
 *     length of the name (4), name, version, stamp, checksum, functions (4 each)
 *     for each function: ident, line checksum, flow checksum, counters (4 each), the counters (8 each)
 *
 * The structures are the compiler's interface (gcc's gcov-io.h and libgcov.h, versions 10 to 14). Nothing is kept; no locks: the
 * machine is at its end. The counting itself is atomic (-fprofile-update=atomic).
 */
#include "kernel/coverage.h"

#include "kernel/types.h"
#include "kernel/x86.h"
#include "libc/string.h"

#define PORT_COVERAGE 0xea

#if __GNUC__ >= 14
enum { COUNTER_KINDS = 9 };
#else
enum { COUNTER_KINDS = 8 };
#endif

struct gcov_counters {
    uint32_t number;
    const uint64_t *values;
};

/* The counters of one function. */
struct gcov_fn_info {
    const void *key; /* the gcov_info of the file whose function it is: of an inline function, one file's only */
    uint32_t ident, line_checksum, flow_checksum;
    struct gcov_counters arcs;
};

/* Those of one file. */
struct gcov_info {
    uint32_t version;
    void *next;
    uint32_t stamp;
#if __GNUC__ >= 12
    uint32_t checksum;
#endif
    const char *name;
    void (*merge[COUNTER_KINDS])(uint64_t *, uint32_t);
    uint32_t functions_number;
    const struct gcov_fn_info *const *functions;
};

extern const struct gcov_info *const __gcov_info_start[], *const __gcov_info_end[];

#if __GNUC__ >= 12
static uint32_t info_checksum(const struct gcov_info *info)
{
    return info->checksum;
}
#else
static uint32_t info_checksum(const struct gcov_info *info)
{
    (void)info;
    return 0;
}
#endif

/* The compiler wants a way to add counters up by name; here the host adds. */
void __gcov_merge_add(uint64_t *values, uint32_t number);
void __gcov_merge_add(uint64_t *values, uint32_t number)
{
    (void)values;
    (void)number;
}

static void write_bytes(const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        port_write8(PORT_COVERAGE, ((const uint8_t *)bytes)[i]);
}

static void write_word(uint32_t word)
{
    write_bytes(&word, sizeof(word));
}

/* A function that another file's counters stand for has none here. */
static bool function_is_own(const struct gcov_info *info, const struct gcov_fn_info *function)
{
    return function != NULL && function->key == info;
}

static void write_function(const struct gcov_fn_info *function)
{
    write_word(function->ident);
    write_word(function->line_checksum);
    write_word(function->flow_checksum);
    write_word(function->arcs.number);
    write_bytes(function->arcs.values, function->arcs.number * sizeof(function->arcs.values[0]));
}

static void write_file(const struct gcov_info *info)
{
    uint32_t own = 0;
    for (uint32_t i = 0; i < info->functions_number; i++)
        own += function_is_own(info, info->functions[i]);
    uint32_t length = (uint32_t)strlen(info->name);
    write_word(length);
    write_bytes(info->name, length);
    write_word(info->version);
    write_word(info->stamp);
    write_word(info_checksum(info));
    write_word(own);
    for (uint32_t i = 0; i < info->functions_number; i++) {
        if (function_is_own(info, info->functions[i]))
            write_function(info->functions[i]);
    }
}

void coverage_write(void)
{
    if (&__gcov_info_start[0] == &__gcov_info_end[0])
        return;
    for (const struct gcov_info *const *info = __gcov_info_start; info < __gcov_info_end; info++)
        write_file(*info);
    write_word(0);
}
