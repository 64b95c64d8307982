/*
 * Kernel options. The table below is all there are; `kind` says what a value must look like.
 *
 * A word may be `name`, `name=value` or `name="value with spaces"`. The last of several equal names counts.
 * Written once at start-up, before there are other CPUs; read-only afterwards, hence no lock.
 */
#include "kernel/option.h"

#include "boot/bootinfo.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "libc/string.h"

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_SIZE, OPTION_SWITCH };

static struct option {
    const char *name;
    enum option_kind kind;
    const char *meaning;
    const char *value; /* null: not given */
} options[] = {
    {"mem", OPTION_SIZE, "use no more memory than this", NULL},
    {"root", OPTION_TEXT, "device with the root file system, or ram: copied to memory by the loader", NULL},
    {"init", OPTION_TEXT, "program of process 1", NULL},
    {"console", OPTION_TEXT, "terminal of process 1", NULL},
    {"loglevel", OPTION_NUMBER, "show log lines up to this level on the consoles (3, 4, 6, 7)", NULL},
    {"clock", OPTION_TEXT, "page replacement: one or two hands, or adaptive", NULL},
    {"swapout_ms", OPTION_NUMBER, "how long paging may fail to hold minfree until a process is swapped out; 0: none is",
     NULL},
    {"swapin_ms", OPTION_NUMBER, "the turn: how long a process that was swapped out stays out, or in, at least", NULL},
    {"vmtrace", OPTION_NUMBER, "events of memory management kept for /proc/vmtrace; 0: none", NULL},
    {"readahead", OPTION_TEXT, "off, simple or adaptive", NULL},
    {"poison", OPTION_TEXT, "how much of a freed frame is poisoned: edges or full", NULL},
    {"fail_frame", OPTION_NUMBER, "every n-th frame allocation fails", NULL},
    {"disk_patience", OPTION_NUMBER, "milliseconds until a disk that does not answer is reported, 0: never", NULL},
    {"fail_slab", OPTION_NUMBER, "every n-th slab allocation fails", NULL},
    {"test", OPTION_TEXT, "run in-kernel tests: all, or names of suites with commas between them", NULL},
    {"crash", OPTION_TEXT, "crash on purpose, to test what happens then", NULL},
    {"dump", OPTION_SWITCH, "halt instead of ending, so that memory can be dumped from outside", NULL},
    {"gdb", OPTION_TEXT, "the stub for gdb at the second serial port: on, start (waits for gdb), wait (at a panic)",
     NULL},
    {"watchdog", OPTION_NUMBER, "seconds until a CPU that hangs becomes a panic, 0: never", NULL},
    {"cpus", OPTION_NUMBER, "use no more CPUs than this", NULL},
};

static char text_copy[BOOTINFO_OPTIONS_SIZE];  /* cut into words */
static char text_given[BOOTINFO_OPTIONS_SIZE]; /* as it came */

static struct option *option_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    }
    return NULL;
}

/* Decimal or 0x hexadecimal, with K, M, G behind it where `size`; false if `text` is anything else or too large. */
static bool parse_number(const char *text, bool size, uint64_t *result)
{
    uint64_t base = 10, value = 0;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    const char *start = text;
    for (; *text != '\0'; text++) {
        uint64_t digit;
        if (*text >= '0' && *text <= '9')
            digit = (uint64_t)(*text - '0');
        else if (base == 16 && (*text | 32) >= 'a' && (*text | 32) <= 'f')
            digit = (uint64_t)((*text | 32) - 'a') + 10;
        else
            break;
        if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (text == start)
        return false;
    static const char units[] = "kmg";
    for (unsigned i = 0; size && *text != '\0' && i < 3; i++) {
        if ((*text | 32) == units[i]) {
            text++;
            if (__builtin_mul_overflow(value, (uint64_t)1024 << (10 * i), &value))
                return false;
            break;
        }
    }
    *result = value;
    return *text == '\0';
}

static bool parse_switch(const char *text, bool *result)
{
    *result = text[0] == '\0' || strcmp(text, "on") == 0 || strcmp(text, "1") == 0;
    return *result || strcmp(text, "off") == 0 || strcmp(text, "0") == 0;
}

static bool value_is_valid(const struct option *option, const char *value)
{
    uint64_t number;
    bool on;
    switch (option->kind) {
    case OPTION_NUMBER:
        return parse_number(value, false, &number);
    case OPTION_SIZE:
        return parse_number(value, true, &number);
    case OPTION_SWITCH:
        return parse_switch(value, &on);
    case OPTION_TEXT:
        return value[0] != '\0';
    }
    return false;
}

static void option_set(char *word)
{
    char *value = word;
    while (*value != '\0' && *value != '=')
        value++;
    if (*value == '=')
        *value++ = '\0';
    struct option *option = option_find(word);
    if (option == NULL)
        log_write(LOG_WARNING, "option: %s is unknown, ignored", word);
    else if (!value_is_valid(option, value))
        log_write(LOG_WARNING, "option: %s=%s is malformed, ignored (%s)", word, value, option->meaning);
    else
        option->value = value;
}

/* Ends the word at *cursor, quotes taken out, and moves the cursor behind it. */
static char *next_word(char **cursor)
{
    char *in = *cursor;
    while (*in == ' ' || *in == '\n' || *in == '\t' || *in == '\r')
        in++;
    char *word = in, *out = in;
    bool quoted = false;
    for (; *in != '\0' && (quoted || (*in != ' ' && *in != '\n' && *in != '\t' && *in != '\r')); in++) {
        if (*in == '"')
            quoted = !quoted;
        else
            *out++ = *in;
    }
    *cursor = *in == '\0' ? in : in + 1;
    *out = '\0';
    return word;
}

void options_parse(const char *text)
{
    size_t length = strnlen(text, sizeof(text_copy) - 1);
    memcpy(text_copy, text, length);
    memcpy(text_given, text, length);
    char *cursor = text_copy;
    for (char *word = next_word(&cursor); *word != '\0'; word = next_word(&cursor))
        option_set(word);
}

const char *options_all(void)
{
    return text_given;
}

const char *option_text(const char *name, const char *otherwise)
{
    const struct option *option = option_find(name);
    assert(option != NULL);
    return option->value != NULL ? option->value : otherwise;
}

uint64_t option_number(const char *name, uint64_t otherwise)
{
    const struct option *option = option_find(name);
    assert(option != NULL && (option->kind == OPTION_NUMBER || option->kind == OPTION_SIZE));
    uint64_t number = otherwise;
    if (option->value != NULL && !parse_number(option->value, option->kind == OPTION_SIZE, &number))
        return otherwise;
    return number;
}

bool option_is_on(const char *name, bool otherwise)
{
    const struct option *option = option_find(name);
    assert(option != NULL && option->kind == OPTION_SWITCH);
    bool on = otherwise;
    if (option->value != NULL && !parse_switch(option->value, &on))
        return otherwise;
    return on;
}
