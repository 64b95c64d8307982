# The kernel's own stub: breakpoints, watchpoints, steps, threads, memory, monitor commands, break-in; and leaving it.
echo -- start\n
bt
info threads
echo -- main\n
ck main sleep
info symbol $pc
echo -- breakpoint\n
break sys_nanosleep
continue
bt
echo -- registers\n
info registers rip eflags cs ss fs_base cr0 cr3 cr4 efer
echo -- write\n
set var $saved = $r15
set var $r15 = 0x1234
print $r15 == 0x1234
set var $r15 = $saved
echo -- step\n
stepi
stepi
next
info symbol $pc
finish
delete
echo -- watch\n
watch cpus[0].ticks
continue
delete
echo -- hbreak\n
hbreak sys_nanosleep
continue
delete
echo -- memory\n
x/4xb 0x400000
python
for address in (0xffff700000000000, 0):
    try:
        gdb.selected_inferior().read_memory(address, 1)
    except gdb.MemoryError as error:
        print(error)
end
echo -- monitor\n
monitor help
monitor ps
monitor cpus
monitor frames
monitor clock
monitor walk 0x400000
monitor nonsense
echo -- interrupt\n
shell (sleep 3; kill -INT $PPID) &
continue
info threads
thread apply all bt 2
echo -- ck\n
ck ps
ck check
echo -- swap\n
ck swap
echo -- attach\n
ck attach 2
bt
ck attach 1
bt
tbreak user/init.c:main
echo -- memory map\n
info mem
echo -- segments\n
info registers cs ss ds es fs gs fs_base gs_base cr0 cr2 cr3 cr4 efer
echo -- detach\n
python port = gdb.selected_inferior().connection.details
detach
echo -- again\n
python import os
python gdb.execute("set remotelogfile " + os.environ.get("REMOTE_LOG", os.devnull))
python gdb.execute("target remote " + port)
delete
info threads
break sys_nanosleep
continue
ck attach 1
delete
echo -- for good\n
detach
shell sleep 1
