/*
 * What /proc shows of memory: /proc/PID/maps, smaps, pagemap, walk, pagetable, oom_score; /proc/meminfo, vmstat, frames; what tests ask below /proc/sys/vm.
 *
 * Formats are Linux's, so that existing tools read them; walk, pagetable, frames and check are our own.
 */
#ifndef MM_REPORT_H
#define MM_REPORT_H

/* Registers them all, before the first program runs. */
void reports_init(void);

/* The parts: of areas, of page tables, of the machine, what tests ask, and who is killed first. */
void report_areas_register(void);
void report_tables_register(void);
void report_machine_register(void);
void report_check_register(void);
void report_oom_register(void);
void swap_calls_register(void); /* mm/swap_calls.c */

#endif
