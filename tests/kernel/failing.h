/*
 * Work of which each allocation is made to fail once: it is done again and again, each time on a scene of its own, with the first allocation
 * failing (mm/inject.h), then the second, and so on, until a run in which none is left that could fail.
 */
#ifndef TESTS_KERNEL_FAILING_H
#define TESTS_KERNEL_FAILING_H

struct failing {
    void (*make)(void); /* the scene */
    void (*work)(
        void); /* what may fail; returns when nothing of it is under way any more, or it waits for what has failed */
    void (*verify)(void); /* expects that all contents are what they were */
    void (*end)(void);    /* the scene's */
    unsigned least;       /* allocations that there are in the work, at least */
};

/*
 * Does all that. After each run it expects, beside what verify() does: vm_check() finds nothing, and once the scene has ended no object of any slab
 * cache and no block of swap is in use that was not before. Sleeps. The allocations of other threads count, too: none shall work but those of page-out.
 */
void failing_run(const struct failing *failing);

#endif
