/* Resource limits of processes. */
#ifndef KERNEL_LIMITS_H
#define KERNEL_LIMITS_H

#include "kernel/abi/resource.h"
#include "kernel/process.h"

/* What the first process starts with. */
void limits_init(struct process *process);

/* Hands an address space the limits it checks itself. */
struct aspace;
void limits_apply(const struct process *process, struct aspace *aspace);

#endif
