/* What an instrumented kernel has counted goes out at its end. */
#ifndef KERNEL_COVERAGE_H
#define KERNEL_COVERAGE_H

/* Writes the counters of all files to the debug port. Without instrumentation there are none. The caller is alone. */
void coverage_write(void);

#endif
