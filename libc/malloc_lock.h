/* The heap's lock, for those who look at all of it and for fork. */
#ifndef CLOCKHAND_LIBC_MALLOC_LOCK_H
#define CLOCKHAND_LIBC_MALLOC_LOCK_H

void malloc_lock(void);
void malloc_unlock(void);

#endif
