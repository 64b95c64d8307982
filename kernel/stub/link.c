/*
 * The link to gdb: see link.h.
 */
#include "kernel/stub/link.h"

#include <stdarg.h>

#include "kernel/dev/uart.h"
#include "kernel/x86.h"
#include "libc/format.h"
#include "libc/string.h"

#define BREAK_IN 0x03
#define ESCAPE '}'
#define ESCAPE_FLIP 0x20
#define RUN '*'

/* How often a byte is repeated is told by a printable one, which is so much more; fewer are not worth it. */
enum { RUN_BIAS = 29, RUN_MIN = 3, RUN_MAX = 126 - RUN_BIAS };

static const uint16_t port = UART_COM2;
static bool acknowledging = true;
static int pushed_back = -1; /* a byte read too early */
static char packet[LINK_PACKET_MAX + 1];

static struct {
    char data[LINK_PACKET_MAX + 1];
    size_t length;
} out;

static const char digits[] = "0123456789abcdef";

/* --- bytes --------------------------------------------------------------------------------------------------------- */

static uint8_t byte_get(void)
{
    uint8_t byte;
    if (pushed_back >= 0) {
        byte = (uint8_t)pushed_back;
        pushed_back = -1;
        return byte;
    }
    while (uart_read(port, &byte, 1) == 0)
        cpu_relax();
    return byte;
}

static void bytes_put(const char *bytes, size_t length)
{
    uart_write_unlocked(port, bytes, length);
}

bool link_init(void)
{
    return uart_init(port);
}

void link_listen(bool on)
{
    uart_enable_interrupts(port, on, false);
}

bool link_wants_stop(void)
{
    uint8_t byte;
    while (uart_read(port, &byte, 1) == 1) {
        if (byte == '$')
            pushed_back = byte;
        if (byte == '$' || byte == BREAK_IN)
            return true;
    }
    return false;
}

/* --- numbers ------------------------------------------------------------------------------------------------------- */

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

uint64_t hex_number(const char **cursor)
{
    uint64_t number = 0;
    for (; digit_value(**cursor) >= 0; ++*cursor)
        number = number << 4 | (uint64_t)digit_value(**cursor);
    return number;
}

size_t hex_bytes(const char *text, uint8_t *bytes, size_t size)
{
    size_t count = 0;
    for (; count < size && digit_value(text[0]) >= 0 && digit_value(text[1]) >= 0; text += 2)
        bytes[count++] = (uint8_t)(digit_value(text[0]) << 4 | digit_value(text[1]));
    return count;
}

/* --- packets from gdb ---------------------------------------------------------------------------------------------- */

/* The bytes between $ and #; a $ within them begins anew. Their length, or SIZE_MAX if they are too many. */
static size_t packet_read(uint8_t *sum)
{
    size_t length = 0;
    *sum = 0;
    for (;;) {
        uint8_t byte = byte_get();
        if (byte == '#')
            return length > LINK_PACKET_MAX ? SIZE_MAX : length;
        if (byte == '$') {
            length = 0;
            *sum = 0;
            continue;
        }
        *sum = (uint8_t)(*sum + byte);
        if (length < LINK_PACKET_MAX)
            packet[length] = (char)byte;
        length++;
    }
}

static size_t unescape(size_t length)
{
    size_t to = 0;
    for (size_t from = 0; from < length; from++) {
        bool escaped = packet[from] == ESCAPE && from + 1 < length;
        packet[to++] = escaped ? (char)(packet[++from] ^ ESCAPE_FLIP) : packet[from];
    }
    packet[to] = '\0';
    return to;
}

char *link_receive(size_t *length)
{
    for (;;) {
        while (byte_get() != '$')
            ;
        uint8_t sum, given;
        size_t read = packet_read(&sum);
        char end[3] = {(char)byte_get(), (char)byte_get(), '\0'};
        bool good = read != SIZE_MAX && hex_bytes(end, &given, 1) == 1 && given == sum;
        if (acknowledging)
            bytes_put(good ? "+" : "-", 1);
        if (!good)
            continue;
        *length = unescape(read);
        return packet;
    }
}

void link_acknowledge_no_more(void)
{
    acknowledging = false;
}

void link_reset(void)
{
    if (!acknowledging)
        bytes_put("+", 1); /* the packet came while none were acknowledged */
    acknowledging = true;
}

/* --- replies ------------------------------------------------------------------------------------------------------- */

void reply_begin(void)
{
    out.length = 0;
}

static void out_put(const char *text, size_t length)
{
    length = (size_t)min_u64(length, LINK_PACKET_MAX - out.length);
    memcpy(out.data + out.length, text, length);
    out.length += length;
}

void reply_text(const char *text)
{
    out_put(text, strlen(text));
}

void reply_format(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    reply_text(text);
}

void reply_bytes(const void *bytes, size_t length)
{
    for (const uint8_t *byte = bytes; length-- > 0; byte++) {
        char pair[2] = {digits[*byte >> 4], digits[*byte & 15]};
        out_put(pair, 2);
    }
}

void reply_unknown(size_t length)
{
    while (length-- > 0)
        out_put("xx", 2);
}

void reply_raw(const char *data, size_t length)
{
    for (; length-- > 0; data++) {
        bool special = *data == '$' || *data == '#' || *data == ESCAPE || *data == '*';
        char pair[2] = {ESCAPE, (char)(*data ^ ESCAPE_FLIP)};
        out_put(special ? pair : data, special ? 2 : 1);
    }
}

/* How often the first of these bytes comes again behind it, as often as a run may say it: the two numbers that would look like $ and # it must not. */
static size_t repeats_of(const char *data, size_t left)
{
    size_t most = min_u64(left - 1, RUN_MAX), repeats = 0;
    while (repeats < most && data[repeats + 1] == data[0])
        repeats++;
    return repeats + RUN_BIAS == '#' || repeats + RUN_BIAS == '$' ? '#' - 1 - RUN_BIAS : repeats;
}

/* Bytes that come again and again, such as the zeros in the kernel's structures, travel as runs. Returns the sum of what was written. */
static uint8_t data_put(const char *data, size_t length)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        size_t repeats = repeats_of(data + i, length - i);
        char run[3] = {data[i], RUN, (char)(repeats + RUN_BIAS)};
        size_t size = repeats < RUN_MIN ? 1 : sizeof(run);
        for (size_t j = 0; j < size; j++)
            sum = (uint8_t)(sum + (uint8_t)run[j]);
        bytes_put(run, size);
        i += size == 1 ? 0 : repeats;
    }
    return sum;
}

void reply_send(void)
{
    for (;;) {
        bytes_put("$", 1);
        uint8_t sum = data_put(out.data, out.length);
        char end[3] = {'#', digits[sum >> 4], digits[sum & 15]};
        bytes_put(end, sizeof(end));
        if (!acknowledging)
            return;
        uint8_t answer;
        do
            answer = byte_get();
        while (answer != '+' && answer != '-' && answer != '$');
        if (answer == '$') /* gdb has begun anew */
            pushed_back = answer;
        if (answer != '-')
            return;
    }
}

void reply(const char *text)
{
    reply_begin();
    reply_text(text);
    reply_send();
}

void link_print(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    reply_begin();
    reply_text("O");
    reply_bytes(text, strlen(text));
    reply_send();
}
