/*
 * Terminals on serial ports, by interrupt.
 *
 * Output goes out at once while the FIFO has room, a bounded number of times as this happens with interrupts off; what is left waits for the
 * transmit interrupt, which is on only then. COM1 and COM3 share ISA interrupt 4, COM2 and COM4 interrupt 3; these are edge-triggered, so the handler
 * goes round until none of its ports has anything pending: else no edge would ever come again.
 *
 * When the input ring is nearly full, bytes are left in the FIFO: QEMU stops sending at a full FIFO, so nothing is lost.
 *
 * Locks: what changes of a port is under its tty->lock (RANK_TTY_INPUT).
 */
#include "kernel/dev/serial.h"
#include "kernel/dev/uart.h"
#include "kernel/interrupt.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "kernel/stub/stub.h"

#define PORTS 4
#define BURSTS_MAX 16  /* FIFOs filled in a row */
#define ROUNDS_MAX 256 /* of the interrupt handler: a port that is never quiet is left alone */

struct serial {
    uint16_t port;
    uint8_t irq;
    bool present;
    bool transmitting; /* the transmit interrupt is on */
    bool held_back;    /* the receive interrupt is off until a reader has made room */
    struct tty tty;
};

static struct serial serials[PORTS] = {
    {.port = UART_COM1, .irq = 4},
    {.port = UART_COM2, .irq = 3},
    {.port = UART_COM3, .irq = 4},
    {.port = UART_COM4, .irq = 3},
};

/* tty->lock held. */
static void enable_interrupts(const struct serial *serial)
{
    uart_enable_interrupts(serial->port, !serial->held_back, serial->transmitting);
}

/* Sends what waits; tty->lock held. */
static void serial_start(struct tty *tty)
{
    struct serial *serial = tty->driver_data;
    uint8_t bytes[UART_FIFO_SIZE];
    for (unsigned i = 0; i < BURSTS_MAX && tty_line_may_take(&tty->line) && uart_is_ready(serial->port); i++) {
        size_t count = tty_take(tty, bytes, sizeof(bytes));
        uart_write_polled(serial->port, (const char *)bytes, count);
    }
    bool more = tty_line_may_take(&tty->line);
    if (more != serial->transmitting) {
        serial->transmitting = more;
        enable_interrupts(serial);
    }
}

/* A reader has made room; tty->lock held. */
static void serial_resume(struct tty *tty)
{
    struct serial *serial = tty->driver_data;
    if (!serial->held_back)
        return;
    serial->held_back = false;
    enable_interrupts(serial);
}

static const struct tty_driver serial_driver = {.start = serial_start, .resume = serial_resume};

/* Leaves what has come in the port's FIFO while nobody reads what came before. Whether that is so. */
static bool hold_back(struct serial *serial)
{
    spin_lock(&serial->tty.lock);
    bool full = tty_line_is_full(&serial->tty.line);
    if (full && !serial->held_back) {
        serial->held_back = true;
        enable_interrupts(serial);
    }
    spin_unlock(&serial->tty.lock);
    return full;
}

static void serial_service(struct serial *serial)
{
    uint8_t bytes[4 * UART_FIFO_SIZE];
    size_t count = hold_back(serial) ? 0 : uart_read(serial->port, bytes, sizeof(bytes));
    if (count > 0) {
        random_add(bytes[0]);
        tty_receive(&serial->tty, bytes, count); /* starts output, too */
        return;
    }
    spin_lock(&serial->tty.lock);
    serial_start(&serial->tty);
    spin_unlock(&serial->tty.lock);
}

/* `argument` is the first of the ports on this interrupt; the other is two further. */
static void serial_interrupt(void *argument)
{
    struct serial *first = argument;
    struct serial *ports[] = {first, first + 2};
    bool busy = true;
    for (unsigned round = 0; busy && round < ROUNDS_MAX; round++) {
        busy = false;
        for (unsigned i = 0; i < ARRAY_LENGTH(ports); i++) {
            if (!ports[i]->present || !uart_interrupt_is_pending(ports[i]->port))
                continue;
            serial_service(ports[i]);
            busy = true;
        }
    }
}

static void serial_open(unsigned index)
{
    struct serial *serial = &serials[index];
    char name[] = "ttyS0";
    name[4] = (char)('0' + index);
    if (serial->port == UART_COM2 && stub_is_on()) /* gdb's */
        return;
    if (!uart_init(serial->port))
        return;
    tty_init(&serial->tty, name, TTY_MAJOR << 8 | (TTY_MINOR_SERIAL + index));
    serial->tty.driver = &serial_driver;
    serial->tty.driver_data = serial;
    serial->tty.window = (struct linux_winsize){.rows = 24, .columns = 80};
    serial->present = true;
    tty_publish(&serial->tty);
}

void serial_init(void)
{
    for (unsigned i = 0; i < PORTS; i++)
        serial_open(i);
    for (unsigned i = 0; i < 2; i++) {
        int error = interrupt_connect_isa(serials[i].irq, serial_interrupt, &serials[i]);
        if (error != 0)
            log_write(LOG_WARNING, "serial: no interrupt %u, error %d", serials[i].irq, -error);
    }
    for (unsigned i = 0; i < PORTS; i++) {
        if (serials[i].present)
            uart_enable_interrupts(serials[i].port, true, false);
    }
}

struct tty *serial_tty(unsigned index)
{
    return index < PORTS && serials[index].present ? &serials[index].tty : NULL;
}
