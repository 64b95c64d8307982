/* The parts of fork that only programs with threads, or with handlers of pthread_atfork, have. */
#ifndef CLOCKHAND_LIBC_PTHREAD_FORK_H
#define CLOCKHAND_LIBC_PTHREAD_FORK_H

/* pthread_fork.c: the handlers of pthread_atfork, before and after. */
void fork_prepare(void) __attribute__((weak));
void fork_parent(void) __attribute__((weak));
void fork_child(void) __attribute__((weak));
/* pthread.c: in the child the thread that forked is the only one. */
void threads_fork_child(void) __attribute__((weak));

#endif
