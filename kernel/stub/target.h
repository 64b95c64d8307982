/*
 * The processor as gdb sees it: the target description, and registers in the order it gives them (gdb manual, appendix G).
 *
 *     general registers, RIP, flags, segments | x87, of which nothing is known | FS and GS base | CR0 CR2 CR3 CR4 EFER
 *
 * A register nobody knows is sent as xx. Control registers are the owner CPU's; they are shown, not changed.
 */
#ifndef KERNEL_STUB_TARGET_H
#define KERNEL_STUB_TARGET_H

#include "kernel/types.h"

struct registers;
struct thread;

/* The description, as XML. */
extern const char target_description[];

/* Appends all registers of `thread` to the reply; or register `number`, false if there is none. */
void target_reply_all(const struct thread *thread);
bool target_reply_one(const struct thread *thread, unsigned number);

/* Sets registers of a thread that runs from gdb's digits: all, as many as there are digits; one. False if that cannot be. */
bool target_set_all(const struct thread *thread, const char *digits);
bool target_set_one(const struct thread *thread, unsigned number, const char *digits);

#endif
