/* The test boot's own swap partition, begun and ended by a test. */
#ifndef TESTS_KERNEL_SWAP_AREA_H
#define TESTS_KERNEL_SWAP_AREA_H

#define SWAP_PARTITION "/dev/vda3"

/* Begins to swap, with an empty standby list; expects success. Sleeps. */
void swap_begin(void);

/* Ends it; expects that nothing is left in use, and that vm_check() finds nothing. Sleeps. */
void swap_finish(void);

/* Takes every standby frame for other uses. */
void standby_empty(void);

/* Returns when what is on its way to swap is written. Sleeps. */
void swap_wait_written(void);

#endif
