/*
 * 16550 serial ports, register by register: polled output for the log and a panic, and what the terminals on them
 * (serial.c) need.
 */
#ifndef KERNEL_DEV_UART_H
#define KERNEL_DEV_UART_H

#include "kernel/types.h"

#define UART_FIFO_SIZE 16

enum uart_port { UART_COM1 = 0x3f8, UART_COM2 = 0x2f8, UART_COM3 = 0x3e8, UART_COM4 = 0x2e8 };

/* Sets the port to 115200 bits a second, 8N1, FIFOs on, interrupts off. False if there is no port. */
bool uart_init(uint16_t port);

/* Writes all bytes, waiting for the port; a port that does not get ready is given up. Any context. */
void uart_write_polled(uint16_t port, const char *text, size_t length);

/* The same for a port's only user, wherever it is: no lock is taken. */
void uart_write_unlocked(uint16_t port, const char *text, size_t length);

/*
 * Makes COM1 a console of the log, if it is there; once a terminal has taken the port over it stays silent but for a
 * panic.
 */
void uart_log_start(void);
void uart_log_silence(void);

/* For the port's one owner. */

/* Which interrupts the port raises: bytes have come; the transmitter has room (raised at once if it has). */
void uart_enable_interrupts(uint16_t port, bool receive, bool transmit);
/* Whether the port has an interrupt pending; what is reported this way is acknowledged by reading or by uart_read(). */
bool uart_interrupt_is_pending(uint16_t port);
/* Moves received bytes to `to`; returns how many there were, at most `size`. */
size_t uart_read(uint16_t port, uint8_t *to, size_t size);
/* Whether the transmit FIFO is empty: UART_FIFO_SIZE bytes can be written without waiting. */
bool uart_is_ready(uint16_t port);

#endif
