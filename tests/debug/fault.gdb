# A page fault followed from the trap to the disk and back (L16, L20): init touches its first page, which is not in memory.
#
#   make debug STUB=own SCRIPT=tests/debug/fault.gdb OPT=readahead=off CMD=true
#
# With the kernel's own stub, because its threads are the kernel's: the one that faults sleeps while the disk works.
break fault_object_page if fault->address == 0x401000
continue
delete
set $address = fault->address
set $faulting = $_thread
echo \n-- the fault: from the program through the trap\n
backtrace
echo \n-- nothing is mapped there yet\n
ck walk $address
echo \n-- the request goes to the disk\n
tbreak disk_start
continue
backtrace 12
echo \n-- the disk's interrupt has come: the thread that faulted sleeps\n
tbreak disk_interrupt
continue
backtrace 3
thread $faulting
ck threads
echo \n-- the page has come and is entered\n
tbreak translation_enter if address == $address
continue
backtrace 4
ck page page-page_array
finish
echo \n-- mapped\n
ck walk $address
