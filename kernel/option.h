/*
 * Kernel options: words `name` or `name=value` handed over by the loader, parsed in one place, read by whoever needs them.
 *
 * All options are listed in kernel/option.c with their kinds; an unknown or malformed one is reported in the log and ignored.
 */
#ifndef KERNEL_OPTION_H
#define KERNEL_OPTION_H

#include "kernel/types.h"

/* Parses the loader's string; keeps a copy. Called once, before anything reads an option. */
void options_parse(const char *text);

/* All options as the loader gave them, for /proc/cmdline. */
const char *options_all(void);

/* The value of a text option, or `otherwise` when it was not given. `name` must be in the list. */
const char *option_text(const char *name, const char *otherwise);

/* The value of a number or size option (sizes take K, M, G), or `otherwise`. */
uint64_t option_number(const char *name, uint64_t otherwise);

/* Whether the switch was given (`name` or `name=on|1`, not `name=off|0`). */
bool option_is_on(const char *name, bool otherwise);

#endif
