# The clock's hands stopped at their work (L20 to L23): the back hand evicts a page, the front hand clears the reference bits of another.
#
#   make debug STUB=own SCRIPT=tests/debug/clock.gdb MEM=64M OPT='mem=24M clock=two' CMD='dd if=/dev/vda of=/dev/null bs=64k count=600'
#
echo \n-- somebody's page is evicted: the back hand found it unreferenced since the front hand came by\n
tbreak frame_evict
continue
set $victim = frame
backtrace 4
ck clock
ck page $victim
finish
echo \n-- it goes with others, when all of them are flushed from the TLBs; it keeps its name on the standby list, where it can be rescued\n
tbreak standby_offer if page == &page_array[$victim]
continue
finish
ck page $victim
echo \n-- the front hand is at a frame whose page is in use\n
tbreak rmap_look if clear
continue
set $frame = page - page_array
frame function sample_noted
ck page $frame
echo \n-- what it finds there; it has cleared the reference bits, the page's own and those of its mappings\n
finish
ck page $frame
