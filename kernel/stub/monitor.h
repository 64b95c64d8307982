/* gdb's `monitor` commands: what the stub can tell of the kernel by itself, for a gdb without the kernel's own commands. */
#ifndef KERNEL_STUB_MONITOR_H
#define KERNEL_STUB_MONITOR_H

#include "kernel/types.h"

struct thread;

/* Runs a command line; its output goes to gdb. `thread` is the selected one, for addresses of user space. False if there is no such command. */
bool monitor_run(const char *line, const struct thread *thread);

#endif
