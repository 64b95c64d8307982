# The clock's hands stopped on a chosen page (L20 to L23): its reference bit is cleared by the front hand, and what the back hand makes of it.
#
#   make debug STUB=own SCRIPT=tests/debug/clock.gdb MEM=64M OPT='mem=24M clock=two' CMD='dd if=/dev/vda of=/dev/null bs=64k count=600'
#
break sample_noted if clear && page_array[frame].state == PAGE_ACTIVE
continue
delete
echo \n-- the front hand is at a frame whose page is in use\n
set $frame = frame
backtrace 4
ck clock
ck page $frame
echo \n-- what it finds there; it has cleared the reference bits, the page's own and those of its mappings\n
finish
ck page $frame
echo \n-- somebody's page is evicted: the back hand found it unreferenced since\n
tbreak evict_noted
continue
set $victim = frame
backtrace 4
ck page $victim
finish
ck page $victim
ck clock
