/* Deliberate crashes, for the tests of what happens then. */
#ifndef KERNEL_CRASH_H
#define KERNEL_CRASH_H

/* Crashes in the way the option crash=KIND names, if it was given; kernel/crash.c lists the kinds. Thread context. */
void crash_if_asked(void);

#endif
