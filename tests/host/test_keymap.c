/*
 * What keys type.
 *
 * Links: kernel/dev/keymap.c
 */
#include <stdio.h>
#include <string.h>

#include "kernel/dev/keymap.h"
#include "tests/host/support/tap.h"

static struct keymap keymap;

/* Whether these scan codes type `wanted`. */
static bool types(const uint8_t *codes, size_t count, bool application, const char *wanted)
{
    char text[64] = "";
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += keymap_translate(&keymap, codes[i], application, (uint8_t *)text + length);
    return length == strlen(wanted) && memcmp(text, wanted, length) == 0;
}

#define TYPES(wanted, ...) types((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), false, wanted)

int main(void)
{
    check(TYPES("a1 \r", 0x1e, 0x9e, 0x02, 0x82, 0x39, 0xb9, 0x1c, 0x9c), "plain keys, when pressed");
    check(TYPES("A!a", 0x2a, 0x1e, 0x9e, 0x02, 0x82, 0xaa, 0x1e), "shift while it is held");
    check(TYPES("A1a", 0x3a, 0xba, 0x1e, 0x02, 0x36, 0x1e, 0xb6, 0x3a, 0xba), "caps lock, and shift against it");
    check(TYPES("\003\032c", 0x1d, 0x2e, 0x2c, 0x9d, 0x2e), "control");
    check(TYPES("\003", 0xe0, 0x1d, 0x2e, 0xe0, 0x9d), "the right control key");
    check(TYPES("\033x", 0x38, 0x2d, 0xb8), "alt types escape in front");
    check(TYPES("\033[A\033[B\033[C\033[D", 0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0x50, 0xe0, 0x4d, 0xe0, 0x4b), "cursor keys");
    check(types((const uint8_t[]){0xe0, 0x48}, 2, true, "\033OA"), "cursor keys for applications");
    check(TYPES("\033[1~\033[4~\033[5~\033[6~\033[2~\033[3~", 0xe0, 0x47, 0xe0, 0x4f, 0xe0, 0x49, 0xe0, 0x51, 0xe0,
                0x52, 0xe0, 0x53),
          "and their neighbours");
    check(TYPES("\033[[A\033[21~\033[24~", 0x3b, 0x44, 0x58), "function keys");
    check(TYPES("a", 0xe0, 0x2a, 0xe0, 0xaa, 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e),
          "false shifts and Pause type nothing");
    check(TYPES("7/\r", 0x47, 0xe0, 0x35, 0xe0, 0x1c), "the number pad");
    for (unsigned code = 0; code < 0x20000; code++) {
        uint8_t bytes[KEYMAP_BYTES_MAX];
        failures += keymap_translate(&keymap, (uint8_t)(code * 40503u >> 7), code & 1, bytes) > KEYMAP_BYTES_MAX;
    }
    check(failures == 0, "any codes do no harm");
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}
