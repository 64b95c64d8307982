/*
 * 16550 serial ports (National Semiconductor PC16550D data sheet).
 *
 * A port that is not there reads as 0xff; a scratch register that does not keep a value tells the same of odd ones. The
 * log and a terminal may both write to COM1: a lock a port (RANK_PORTS) keeps the one from filling the FIFO the other
 * has found empty. It is only tried for a while, so that a panic gets its text out whoever holds it.
 */
#include "kernel/dev/uart.h"

#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/x86.h"

enum uart_register {
    UART_DATA = 0,      /* with DLAB: low byte of the divisor */
    UART_INTERRUPT = 1, /* with DLAB: high byte */
    UART_FIFO = 2,      /* reading: what caused an interrupt */
    UART_LINE = 3,
    UART_MODEM = 4,
    UART_LINE_STATUS = 5,
    UART_MODEM_STATUS = 6,
    UART_SCRATCH = 7,
};

#define INTERRUPT_RECEIVE 0x01
#define INTERRUPT_TRANSMIT 0x02
#define LINE_8N1 0x03
#define LINE_DLAB 0x80
#define FIFO_ON_AND_CLEAR 0x87 /* receive interrupt at 8 bytes, or after a pause of four */
#define CAUSE_NONE 0x01
#define MODEM_DTR_RTS_OUT2 0x0b
#define STATUS_RECEIVED 0x01
#define STATUS_TRANSMITTER_EMPTY 0x20
#define PATIENCE 1000000 /* polls */

static struct spinlock port_locks[] = {SPINLOCK_INIT(RANK_PORTS), SPINLOCK_INIT(RANK_PORTS), SPINLOCK_INIT(RANK_PORTS),
                                       SPINLOCK_INIT(RANK_PORTS)};

static struct spinlock *lock_of(uint16_t port)
{
    switch (port) {
    case UART_COM1:
        return &port_locks[0];
    case UART_COM2:
        return &port_locks[1];
    case UART_COM3:
        return &port_locks[2];
    default:
        return &port_locks[3];
    }
}

static bool port_try_lock(uint16_t port)
{
    unsigned tries = log_is_panicking() ? 1 : PATIENCE; /* whoever holds it in a panic will not give it back */
    for (unsigned i = 0; i < tries; i++) {
        if (spin_trylock(lock_of(port)))
            return true;
        cpu_relax();
    }
    return false;
}

bool uart_is_ready(uint16_t port)
{
    return (port_read8(port + UART_LINE_STATUS) & STATUS_TRANSMITTER_EMPTY) != 0;
}

static bool uart_wait_ready(uint16_t port)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        if (uart_is_ready(port))
            return true;
        cpu_relax();
    }
    return false;
}

bool uart_init(uint16_t port)
{
    port_write8(port + UART_SCRATCH, 0x5a);
    if (port_read8(port + UART_SCRATCH) != 0x5a)
        return false;
    (void)uart_wait_ready(port); /* what the log or the firmware still has in the FIFO */
    port_write8(port + UART_INTERRUPT, 0);
    port_write8(port + UART_LINE, LINE_DLAB);
    port_write8(port + UART_DATA, 1);
    port_write8(port + UART_INTERRUPT, 0);
    port_write8(port + UART_LINE, LINE_8N1);
    port_write8(port + UART_FIFO, FIFO_ON_AND_CLEAR);
    port_write8(port + UART_MODEM, MODEM_DTR_RTS_OUT2);
    return true;
}

/* At most UART_FIFO_SIZE bytes into an empty FIFO. */
static void fifo_fill(uint16_t port, const char *text, size_t length)
{
    __asm__ volatile("rep outsb" : "+S"(text), "+c"(length) : "d"(port + UART_DATA) : "memory");
}

void uart_write_unlocked(uint16_t port, const char *text, size_t length)
{
    while (length > 0 && uart_wait_ready(port)) {
        size_t piece = (size_t)min_u64(length, UART_FIFO_SIZE);
        fifo_fill(port, text, piece);
        text += piece;
        length -= piece;
    }
}

void uart_write_polled(uint16_t port, const char *text, size_t length)
{
    bool locked = port_try_lock(port);
    uart_write_unlocked(port, text, length);
    if (locked)
        spin_unlock(lock_of(port));
}

void uart_enable_interrupts(uint16_t port, bool receive, bool transmit)
{
    port_write8(port + UART_INTERRUPT,
                (uint8_t)((receive ? INTERRUPT_RECEIVE : 0) | (transmit ? INTERRUPT_TRANSMIT : 0)));
}

bool uart_interrupt_is_pending(uint16_t port)
{
    return (port_read8(port + UART_FIFO) & CAUSE_NONE) == 0;
}

size_t uart_read(uint16_t port, uint8_t *to, size_t size)
{
    size_t count = 0;
    (void)port_read8(port + UART_MODEM_STATUS); /* acknowledges its changes, which mean nothing here */
    while (count < size && (port_read8(port + UART_LINE_STATUS) & STATUS_RECEIVED) != 0)
        to[count++] = port_read8(port + UART_DATA);
    return count;
}

/* Lines of the log end in NL alone; a terminal wants CR NL. */
static void uart_log_write(struct log_console *console, const char *text, size_t length)
{
    (void)console;
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\n')
            continue;
        uart_write_polled(UART_COM1, text + start, i - start);
        uart_write_polled(UART_COM1, "\r\n", 2);
        start = i + 1;
    }
    uart_write_polled(UART_COM1, text + start, length - start);
}

static struct log_console log_console = {.write = uart_log_write};

void uart_log_start(void)
{
    if (uart_init(UART_COM1))
        log_console_add(&log_console);
}

void uart_log_silence(void)
{
    log_console.raw_only_when_panicking = true;
}
