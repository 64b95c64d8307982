# A copy-on-write fault watched: parent and child share a page until one of them writes to it (L33, L34).
#
#   make debug SCRIPT=tests/debug/cow.gdb EXEC=/tests/lecture_fork
#
# `old` is the anonymous page's record; a copy out of a file has none.
break fault_copy if old != 0
continue
echo \n-- the fault, stopped where it is about to copy\n
backtrace 3
echo \n-- the processes\n
ck ps
echo \n-- the page: one anonymous page, two references, and who has mapped it so far\n
ck page source-page_array
echo \n-- the walk in the process that faults: no RW bit\n
ck walk fault->address
