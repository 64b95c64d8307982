/*
 * Scan code set 1: a key sends its number when pressed and its number + 0x80 when released; keys added later send 0xe0 first. What the special
 * keys type is what Linux's console types. Source: IBM PC AT Technical Reference, keyboard section.
 */
#include "kernel/dev/keymap.h"
#include "libc/string.h"

enum {
    CODE_RELEASED = 0x80,
    CODE_EXTENDED = 0xe0,
    CODE_PAUSE = 0xe1, /* followed by two more, pressed and released */
    KEY_CONTROL = 0x1d,
    KEY_SHIFT_LEFT = 0x2a,
    KEY_SHIFT_RIGHT = 0x36,
    KEY_ALT = 0x38,
    KEY_CAPS_LOCK = 0x3a,
    KEY_F1 = 0x3b,
    KEY_F10 = 0x44,
    KEY_F11 = 0x57,
    KEY_F12 = 0x58,
    KEY_PAD_FIRST = 0x47,
    KEY_PAD_LAST = 0x53,
    KEY_PAD_ENTER = 0x1c,
    KEY_PAD_DIVIDE = 0x35,
};

#define ESCAPE 0x1b

/* Keys 0x00 to 0x39, plain and with shift; 0: none. */
static const uint8_t plain_keys[] = "\0\0331234567890-=\x7f\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const uint8_t shift_keys[] = "\0\033!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
_Static_assert(sizeof(plain_keys) == 0x3a + 1 && sizeof(shift_keys) == sizeof(plain_keys), "one byte a key");

/* The number pad, 0x47 to 0x53, as cursor keys: a letter X for ESC [ X, a digit N for ESC [ N ~. */
static const char pad_keys[] = "1A5-D\0C+4B623";
/* The same as it is printed on it, without the cursor keys' block: digits. */
static const char pad_digits[] = "789-456+1230.";

static bool *modifier_of(struct keymap *keymap, uint8_t key)
{
    switch (key) {
    case KEY_SHIFT_LEFT:
        return keymap->extended ? NULL : &keymap->shift_left; /* extended: sent around some keys, means nothing */
    case KEY_SHIFT_RIGHT:
        return keymap->extended ? NULL : &keymap->shift_right;
    case KEY_CONTROL:
        return keymap->extended ? &keymap->control_right : &keymap->control_left;
    case KEY_ALT:
        return keymap->extended ? &keymap->alt_right : &keymap->alt_left;
    default:
        return NULL;
    }
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static uint8_t with_control(uint8_t byte)
{
    if (byte == ' ' || byte == '2')
        return 0;
    if (byte == '/' || byte == '-')
        return 0x1f;
    if (byte == 0x7f)
        return '\b';
    return is_letter(byte) || (byte >= '[' && byte <= '_') || byte == '@' ? byte & 0x1f : byte;
}

/* A key with a character, after the modifiers. */
static size_t type_character(const struct keymap *keymap, uint8_t byte, uint8_t *bytes)
{
    size_t count = 0;
    if (keymap->alt_left || keymap->alt_right)
        bytes[count++] = ESCAPE;
    bytes[count++] = keymap->control_left || keymap->control_right ? with_control(byte) : byte;
    return count;
}

static size_t type_text(const char *text, uint8_t *bytes)
{
    size_t length = strlen(text);
    memcpy(bytes, text, length);
    return length;
}

/* A cursor key or its neighbours. */
static size_t type_cursor(char what, bool application, uint8_t *bytes)
{
    char text[] = {ESCAPE, application ? 'O' : '[', what, 0, 0};
    if (what >= '0' && what <= '9') {
        text[1] = '[';
        text[3] = '~';
    }
    return type_text(text, bytes);
}

static size_t type_function(unsigned number, uint8_t *bytes)
{
    static const char *const texts[] = {"\033[[A",  "\033[[B",  "\033[[C",  "\033[[D",  "\033[[E",  "\033[17~",
                                        "\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~", "\033[24~"};
    return type_text(texts[number], bytes);
}

/* Keys behind 0xe0. */
static size_t type_extended(const struct keymap *keymap, uint8_t key, bool application, uint8_t *bytes)
{
    if (key >= KEY_PAD_FIRST && key <= KEY_PAD_LAST) {
        char what = pad_keys[key - KEY_PAD_FIRST];
        return what == '\0' || what == '-' || what == '+' ? 0 : type_cursor(what, application, bytes);
    }
    if (key == KEY_PAD_ENTER)
        return type_character(keymap, '\r', bytes);
    return key == KEY_PAD_DIVIDE ? type_character(keymap, '/', bytes) : 0;
}

static size_t type_key(const struct keymap *keymap, uint8_t key, bool application, uint8_t *bytes)
{
    if (keymap->extended)
        return type_extended(keymap, key, application, bytes);
    if (key >= KEY_F1 && key <= KEY_F10)
        return type_function(key - KEY_F1, bytes);
    if (key == KEY_F11 || key == KEY_F12)
        return type_function(10 + (key - KEY_F11), bytes);
    if (key >= KEY_PAD_FIRST && key <= KEY_PAD_LAST)
        return type_character(keymap, (uint8_t)pad_digits[key - KEY_PAD_FIRST], bytes);
    if (key >= sizeof(plain_keys) - 1 || plain_keys[key] == 0)
        return 0;
    bool shift = keymap->shift_left || keymap->shift_right;
    if (keymap->caps_lock && is_letter(plain_keys[key]))
        shift = !shift;
    return type_character(keymap, (shift ? shift_keys : plain_keys)[key], bytes);
}

size_t keymap_translate(struct keymap *keymap, uint8_t code, bool application, uint8_t bytes[KEYMAP_BYTES_MAX])
{
    size_t count = 0;
    if (keymap->pause_left > 0) {
        keymap->pause_left--;
        return 0;
    }
    if (code == CODE_PAUSE)
        keymap->pause_left = 2;
    if (code == CODE_PAUSE || code == CODE_EXTENDED) {
        keymap->extended = code == CODE_EXTENDED;
        return 0;
    }
    uint8_t key = code & (CODE_RELEASED - 1);
    bool pressed = (code & CODE_RELEASED) == 0;
    bool *modifier = modifier_of(keymap, key);
    if (modifier != NULL)
        *modifier = pressed;
    else if (pressed && key == KEY_CAPS_LOCK)
        keymap->caps_lock = !keymap->caps_lock;
    else if (pressed)
        count = type_key(keymap, key, application, bytes);
    keymap->extended = false;
    return count;
}
