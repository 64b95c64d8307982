/* futex(2), in Linux's system-call interface. */
#ifndef KERNEL_ABI_FUTEX_H
#define KERNEL_ABI_FUTEX_H

#include "kernel/types.h"

enum futex_operation {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE = 4,
    FUTEX_WAKE_OP = 5,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10,
    FUTEX_COMMAND_MASK = 0x7f,
    FUTEX_PRIVATE_FLAG = 0x80,
    FUTEX_CLOCK_REALTIME = 0x100,
};

#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

/* FUTEX_WAKE_OP's val3: operation, comparison, and an argument of 12 bits for each. */
enum futex_wake_op {
    FUTEX_OP_SET = 0,
    FUTEX_OP_ADD = 1,
    FUTEX_OP_OR = 2,
    FUTEX_OP_ANDN = 3,
    FUTEX_OP_XOR = 4,
    FUTEX_OP_ARG_SHIFT = 8
};
enum futex_wake_compare { FUTEX_CMP_EQ, FUTEX_CMP_NE, FUTEX_CMP_LT, FUTEX_CMP_LE, FUTEX_CMP_GT, FUTEX_CMP_GE };

/* The word of a robust mutex. */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu

struct linux_robust_list_head {
    vaddr_t next;        /* of the list; points to this head at its end */
    int64_t word_offset; /* from a list entry to its futex word */
    vaddr_t pending;     /* a mutex being locked or unlocked just now */
};

#endif
