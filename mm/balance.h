/*
 * The balance set (L8): which processes are in memory and which are swapped out whole. The policy alone, without hardware, for the kernel and the host.
 *
 *     IN   paging has not held minfree for `patience`:  of those in for a turn the one asleep longest, at least a turn; if none,
 *      |                                                the largest of those at work, if another one at work is left and it has had its turn
 *      |   somebody waits to come in:                   the one at work that has been in memory longest, if it has had its turn
 *      v
 *     OUT  not at work when it left:                    comes in as soon as one of its threads has something to do
 *      |   at work when it left:                        comes in after a turn outside, when there is room for what it had or somebody has left for it;
 *      |                                                after PATIENT turns whatever memory looks like; at once if nobody is at work in memory
 *      v
 *     IN   for a turn at least
 *
 * So of working sets that do not fit into memory together each has memory to itself, in turns, and thrashing becomes slower progress. A small process is
 * nobody's rival: it neither goes out for being at work, nor does its work make another one go. A sleeper goes however small it is: paging would
 * take its pages, but not its page tables.
 *
 * The idea is 4.3BSD's: sched() in vm_sched.c, and Leffler, McKusick, Karels, Quarterman: The Design and Implementation of the 4.3BSD UNIX Operating
 * System, 5.12. Theirs weighs sizes, times and nice values against each other; ours has one clock, the turn.
 *
 * No locks: one look is one struct balance, of one thread.
 */
#ifndef MM_BALANCE_H
#define MM_BALANCE_H

#include "kernel/types.h"

struct balance_rules {
    uint64_t patience_ns; /* 0: no process is swapped out, all come in */
    uint64_t turn_ns;
};

/* Memory as it is, in frames. */
struct balance_memory {
    uint64_t frames, free, lotsfree;
    uint64_t room;     /* on swap */
    uint64_t short_ns; /* how long paging has not held minfree */
};

struct balance_process {
    void *who;
    uint64_t pages;     /* in memory, page tables included, or, out, when it left */
    uint64_t there_ns;  /* how long it has been in, or out; in and never out: UINT64_MAX */
    uint64_t asleep_ns; /* how long none of its threads has had anything to do; 0: one has */
    bool fixed;         /* in: may not go, but may be at work */
    bool out;
    bool left_asleep; /* out: it was not at work when it left */
};

/* What a look has seen. The processes have a null `who` if there is none of that kind. */
struct balance {
    struct balance_rules rules;
    struct balance_memory memory;
    unsigned at_work;                /* in memory, and not small */
    struct balance_process sleeper;  /* in: has slept longest */
    struct balance_process largest;  /* in: of those at work that have had their turn */
    struct balance_process oldest;   /* in: the same, longest in memory */
    struct balance_process woken;    /* out: left asleep, has something to do */
    struct balance_process returner; /* out: the longest of the others that have something to do */
    struct balance_process exile;    /* out: any */
};

enum balance_action { BALANCE_STAY, BALANCE_TAKE_OUT, BALANCE_BRING_IN };

/* Begins a look. */
void balance_begin(struct balance *balance, const struct balance_rules *rules, const struct balance_memory *memory);

/* Shows it a process. */
void balance_add(struct balance *balance, const struct balance_process *process);

/* What to do now; *process is with whom. */
enum balance_action balance_choose(const struct balance *balance, struct balance_process *process) must_check;

#endif
