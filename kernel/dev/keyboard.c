/*
 * The PS/2 keyboard behind the i8042 controller: ports 0x60 (data) and 0x64 (status, commands), ISA interrupt 1.
 *
 * The controller translates to scan code set 1. The second port (mouse) is switched off. Source: IBM PS/2 Hardware Interface Technical
 * Reference, keyboard and auxiliary device controller.
 */
#include "kernel/dev/display.h"
#include "kernel/dev/keyboard.h"
#include "kernel/dev/keymap.h"
#include "kernel/dev/tty.h"
#include "kernel/interrupt.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "kernel/x86.h"

#define PORT_DATA 0x60
#define PORT_STATUS 0x64
#define PORT_COMMAND 0x64

#define STATUS_OUTPUT_FULL 0x01 /* a byte is to be read */
#define STATUS_INPUT_FULL 0x02  /* the controller has not taken the last byte yet */
#define STATUS_FROM_MOUSE 0x20

enum {
    COMMAND_READ_CONFIGURATION = 0x20,
    COMMAND_WRITE_CONFIGURATION = 0x60,
    COMMAND_DISABLE_MOUSE = 0xa7,
    COMMAND_DISABLE_KEYBOARD = 0xad,
    COMMAND_ENABLE_KEYBOARD = 0xae,
    KEYBOARD_ENABLE_SCANNING = 0xf4,
};

#define CONFIGURATION_KEYBOARD_INTERRUPT 0x01
#define CONFIGURATION_MOUSE_INTERRUPT 0x02
#define CONFIGURATION_TRANSLATE 0x40

#define KEYBOARD_IRQ 1
#define PATIENCE_US 50000
#define ANSWERS_MAX 16 /* bytes taken in one interrupt */

static struct keymap keymap;
static struct tty *terminal;

static bool wait_status(uint8_t mask, uint8_t wanted)
{
    for (unsigned i = 0; i < PATIENCE_US; i += 10) {
        if ((port_read8(PORT_STATUS) & mask) == wanted)
            return true;
        time_delay_us(10);
    }
    return false;
}

static bool send(uint16_t port, uint8_t value)
{
    if (!wait_status(STATUS_INPUT_FULL, 0))
        return false;
    port_write8(port, value);
    return true;
}

static bool receive(uint8_t *value)
{
    if (!wait_status(STATUS_OUTPUT_FULL, STATUS_OUTPUT_FULL))
        return false;
    *value = port_read8(PORT_DATA);
    return true;
}

/* Throws away what is waiting; without a controller the status reads as all ones. False then. */
static bool drain(void)
{
    for (unsigned i = 0; i < 64; i++) {
        if ((port_read8(PORT_STATUS) & STATUS_OUTPUT_FULL) == 0)
            return true;
        (void)port_read8(PORT_DATA);
    }
    return false;
}

static bool controller_init(void)
{
    uint8_t configuration;
    if (!send(PORT_COMMAND, COMMAND_DISABLE_KEYBOARD) || !send(PORT_COMMAND, COMMAND_DISABLE_MOUSE) || !drain() ||
        !send(PORT_COMMAND, COMMAND_READ_CONFIGURATION) || !receive(&configuration))
        return false;
    configuration |= CONFIGURATION_KEYBOARD_INTERRUPT | CONFIGURATION_TRANSLATE;
    configuration &= (uint8_t)~CONFIGURATION_MOUSE_INTERRUPT;
    return send(PORT_COMMAND, COMMAND_WRITE_CONFIGURATION) && send(PORT_DATA, configuration) &&
           send(PORT_COMMAND, COMMAND_ENABLE_KEYBOARD) && send(PORT_DATA, KEYBOARD_ENABLE_SCANNING);
}

static void keyboard_interrupt(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ANSWERS_MAX; i++) {
        uint8_t status = port_read8(PORT_STATUS);
        if ((status & STATUS_OUTPUT_FULL) == 0)
            return;
        uint8_t code = port_read8(PORT_DATA);
        if ((status & STATUS_FROM_MOUSE) != 0 || code == 0xfa) /* 0xfa: the keyboard has taken a command */
            continue;
        uint8_t bytes[KEYMAP_BYTES_MAX];
        size_t count = keymap_translate(&keymap, code, display_cursor_keys(), bytes);
        random_add(code);
        if (count > 0)
            tty_receive(terminal, bytes, count);
    }
}

void keyboard_init(struct tty *tty)
{
    terminal = tty;
    if (!drain())
        return;
    int error = interrupt_connect_isa(KEYBOARD_IRQ, keyboard_interrupt, NULL);
    if (error != 0 || !controller_init())
        log_write(LOG_WARNING, "keyboard: no keyboard");
}
