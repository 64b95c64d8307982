/*
 * The conversation with gdb while the machine is halted: packets in, replies out, until gdb lets the machine go on.
 *
 * No locks: of the owner of the halted machine only.
 */
#ifndef KERNEL_STUB_SESSION_H
#define KERNEL_STUB_SESSION_H

#include "kernel/types.h"

/* Why the machine halted. */
struct session_stop {
    unsigned signal;    /* gdb's number: 2 interrupted, 5 trapped, 6 panicked */
    const char *reason; /* "swbreak", "hwbreak", "watch", ...; null for none */
    vaddr_t address;    /* of a watchpoint */
};

/* What gdb wants next. */
enum session_end {
    SESSION_CONTINUE,
    SESSION_STEP,   /* one instruction of `*stepping` */
    SESSION_DETACH, /* go on without gdb */
    SESSION_KILL,   /* power off */
};

struct thread;

/* Tells gdb of the stop, if there is one who waits to hear it, and serves it. */
enum session_end session_run(const struct session_stop *stop, struct thread **stepping);

/* Whether a gdb is there. */
bool session_is_connected(void);

#endif
