/*
 * The link to gdb: packets of its remote serial protocol over the second serial port (gdb manual, appendix E).
 *
 *     $ data # checksum      two hexadecimal digits, the sum of the data's bytes; answered by + or - until gdb turns that off
 *     }c                     in the data: the byte c ^ 0x20
 *     c*n                    in the data of a reply: the byte c, and n - 29 times again
 *     0x03                   outside packets, while the machine runs: stop it
 *
 * The port is polled: the machine stands still while a packet is read or written. A reply is built piece by piece in one buffer.
 *
 * No locks: only the CPU that owns the halted machine (halt.h) uses the link; of the running machine only the NMI handler of CPU 0.
 */
#ifndef KERNEL_STUB_LINK_H
#define KERNEL_STUB_LINK_H

#include "kernel/types.h"

#define LINK_PACKET_MAX 4096 /* bytes of data in a packet, in each direction */

/* Takes the port over. False if there is none. */
bool link_init(void);

/* Interrupts of the port, wanted only while the machine runs. */
void link_listen(bool on);

/* A look at what came while the machine ran: true if gdb wants it to stop, by ^C or by beginning a packet. Takes other bytes away. */
bool link_wants_stop(void);

/* Waits for the next packet; its data with a NUL behind it, in a buffer that lasts until the next call, and its length. */
char *link_receive(size_t *length);

/* From now on packets are not acknowledged. */
void link_acknowledge_no_more(void);
/* A new gdb, from whom a packet has been received: that one and all to come are acknowledged. */
void link_reset(void);

/* The reply: begun empty, put together, sent. What does not fit is left out. */
void reply_begin(void);
void reply_text(const char *text);
void reply_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void reply_bytes(const void *bytes, size_t length); /* as hexadecimal digits, in the order of memory */
void reply_unknown(size_t length);                  /* that many bytes nobody knows: gdb's xx */
void reply_raw(const char *data, size_t length);    /* escaped where the protocol wants it */
void reply_send(void);

/* A whole reply of one text, such as OK, E01 or nothing. */
void reply(const char *text);

/* Text for gdb's user, at once. */
void link_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Hexadecimal digits at *cursor, which moves behind them; 0 without any. */
uint64_t hex_number(const char **cursor);
/* Digits to bytes: how many, at most `size`; stops at the first that is no pair of digits. */
size_t hex_bytes(const char *text, uint8_t *bytes, size_t size);

#endif
