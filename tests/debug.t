#!/bin/sh
# gdb on the running machine: in the loader, at the kernel's entry, in a system call, and the `ck` commands with what they show there.
# STUB=own: the same with the kernel's own stub, which is not there yet in the loader.
. tests/tap.sh
CPUS=${CPUS:-2}
STUB=${STUB:-qemu}
export CPUS STUB

[ $STUB = own ] || cat >"$SCRATCH/script" <<'END'
echo -- loader\n
bt 1
next
next
info locals
echo -- breakpoint in it\n
break firmware_leave
continue
bt
delete
echo -- entry\n
hbreak kernel_entry
continue
delete
END
cat >>"$SCRATCH/script" <<'END'
echo -- help\n
help ck
echo -- main\n
ck main sleep
echo -- no main\n
python
try:
    gdb.execute("ck main nothing")
except gdb.error as error:
    print(error)
end
delete
break sys_nanosleep
continue
echo -- bt\n
bt
delete
echo -- ps\n
ck ps
echo -- threads\n
ck threads
echo -- bt of init\n
ck bt 1
echo -- maps\n
ck maps 1
echo -- walk\n
ck walk 1 0x400000
echo -- walk of the hole\n
ck walk 0x800000000000
echo -- walk of the kernel\n
ck walk kernel_main
echo -- frames\n
ck frames
echo -- broken list\n
python
import memory
print(memory.reached(memory.linked(memory.at(1 << 47, "list"), "page", "link")))
end
echo -- cache\n
ck cache /bin/init
echo -- page\n
ck page 5
echo -- clock\n
ck clock
echo -- trace\n
ck trace 5
echo -- trace of faults\n
ck trace 3 fault
echo -- log\n
ck log 100
echo -- heap\n
ck heap 2
echo -- heap of init\n
ck heap 1
echo -- object\n
python
import memory, paging
process = memory.process_of(1)
areas = list(paging.areas_below(process["aspace"]["areas"]["root"]))
backed = next(area for area in areas if int(area["object"]))
gdb.execute("ck object %#x" % int(backed["object"]))
end
echo -- swap\n
ck swap
echo -- locks\n
ck locks
echo -- attach\n
ck attach 1
echo -- print\n
python
anon = memory.at(next(memory.radix_entries(process["aspace"]["overlay"]))[1], "anon")
for value in (process, process["aspace"].dereference(), process["aspace"]["lock"], process["aspace"]["table_lock"], backed,
              backed["object"].dereference(), anon, anon["page"].dereference(), memory.value("*cpus[0].idle_thread"),
              memory.value("process_all"), gdb.Value(bytes(16), memory.structure("list"))):
    print(value)
end
print page_array[0]
print/r page_array[0].lock
echo -- check\n
ck check
echo -- attach the shell\n
ck attach 2
ck bt 2
tbreak status_note
continue
bt
info symbol $pc
echo -- end\n
END

[ $STUB = own ] || export LOADER=1
CLOCKHAND_CMD='x=$(seq 1 40000); sleep 1; echo' SCRIPT=$SCRATCH/script LOG=$logs/debug.log TIMEOUT=${TIMEOUT:-300} \
    tests/qemu.sh debug >"$SCRATCH/out" 2>"$SCRATCH/err"
status=$?
is 'gdb ends by itself' $status 0
[ $status -eq 0 ] || diag "$(tail -n 60 "$SCRATCH/err")"
out=$(cat "$SCRATCH/out")
section() {
    printf '%s\n' "$out" | sed -n "/^-- $1\$/,/^-- /p"
}
if [ $STUB = qemu ]; then
    like 'the place of the loader is found' "$out" '^symbols of the loader at 0x[0-9a-f]+000$'
    like 'it stops where the loader begins' "$(section loader)" '^#0 +efi_main \(image=.* at boot/main\.c:[0-9]+'
    like 'with its variables' "$(section loader)" '^elf = (\{data = )?(0x[0-9a-f]+|<optimized out>)'
    like 'a breakpoint in the loader is hit' "$(section 'breakpoint in it')" 'Breakpoint 1, .*firmware_leave \(.* at boot/main\.c:[0-9]+'
    like 'called by' "$(section 'breakpoint in it')" '^#1 .*efi_main \(.* at boot/main\.c:[0-9]+'
    like 'the hardware breakpoint at the entry is hit' "$(section entry)" 'Breakpoint 2, kernel_entry'
fi
for command in attach bt cache check clock frames heap loader locks log main maps object page ps swap threads trace walk; do
    like "help for ck $command" "$(section help)" "^ck $command -- ck $command.*: "
done
like 'ck main goes on to a program' "$(section main)" '#0 +main \(.*user/sleep\.c:[0-9]+'
like 'ck main says which program has no symbols' "$(section 'no main')" 'nothing is not one of our programs'
like 'a breakpoint in a system call is hit' "$(section bt)" 'sys_nanosleep'
like 'ck ps names processes' "$(section ps)" ' 1 +0 +1 .*init$'
like 'ck ps shows the one that sleeps' "$(section ps)" 'running +sleep$'
like 'ck threads shows idle threads' "$(section threads)" "cpu $((CPUS - 1)) +running +idle"
like 'ck threads tells what a thread waits for' "$(section threads)" 'init +waits for'
like 'ck bt unwinds a thread that does not run' "$(section 'bt of init')" 'syscall_dispatch\+'
like 'ck maps shows the program' "$(section maps)" 'r-xp .*/bin/init$'
like 'ck maps shows zero fill' "$(section maps)" 'rw-p .*zero fill'
like 'ck walk ends in a page of the program' "$(section walk)" 'PT +\[ +0\] = .*  P US A'
like 'ck walk names the page size' "$(section walk)" 'in a page of 4 KB'
like 'ck walk knows the hole' "$(section 'walk of the hole')" 'not canonical'
like 'ck walk shows kernel text without RW' "$(section 'walk of the kernel')" 'P[DT]   .*  P A (PS )?G'
like 'ck frames counts states' "$(section frames)" '^FREE +[0-9]+ frames'
like 'ck frames shows free runs' "$(section frames)" '^free runs of'
is 'ck frames shows what the processors keep' "$(section frames | sed -n 's/^free in front lists://p' | grep -o ' CPU [0-9]: [0-9]*' | wc -l)" "$CPUS"
like 'ck frames shows the standby list' "$(section frames)" '^standby list: [0-9]+ pages$'
like 'a list that cannot be walked is told of, and the script goes on' "$(section 'broken list')" '\[\], .*(annot access|emory)'
like 'ck cache lists pages' "$(section cache)" 'page 0 +frame 0x'
like 'ck page shows a state' "$(section page)" 'state +PAGE_'
like 'ck clock names the clock' "$(section clock)" '^clock adaptive over [0-9]+ frames'
like 'ck clock shows its hands' "$(section clock)" 'back hand at 0x[0-9a-f]+, spread 0'
like 'and the hot one' "$(section clock)" 'hot [0-9]+, cold [0-9]+ frames, hot hand at 0x[0-9a-f]+'
like 'ck clock names the watermarks' "$(section clock)" 'lotsfree [1-9][0-9]*  desfree [1-9][0-9]*  minfree [1-9]'
like 'ck trace shows events' "$(section trace)" '^[0-9]+ [0-9.]+ pid [0-9]+ [a-z-]+ '
is 'as many as were asked for' "$(section trace | grep -c ' pid ')" 5
like 'ck trace KIND shows faults' "$(section 'trace of faults')" ' fault (minor|major) address 0x'
is 'and nothing else' "$(section 'trace of faults' | grep -c ' pid ')" 3
like 'ck log shows the log' "$(section log)" 'Clockhand: options'
like 'ck heap begins with the prolog' "$(section heap | sed -n 2p)" '^0x[0-9a-f]+ +528 +allocated +prolog'
like 'ck heap shows blocks' "$(section heap)" '^0x[0-9a-f]+ +[0-9]+ +allocated *$'
like 'ck heap shows where free blocks are linked' "$(section heap)" ' free +next (list|0x).* previous '
like 'ck heap shows the epilog' "$(section heap)" ' 0 +allocated +epilog$'
like 'ck heap shows large blocks' "$(section heap)" ' large$'
like 'ck heap adds up' "$(section heap)" '^[0-9]+ bytes allocated, [0-9]+ free, [1-9][0-9]+ in large blocks; 0 contradictions'
like 'ck heap adds up for init, too' "$(section 'heap of init')" '^[0-9]+ bytes allocated, .*; 0 contradictions$'
like 'ck object shows a file and its pages' "$(section object)" '^object 0x[0-9a-f]+  file  size [0-9]+ bytes'
like 'page by page' "$(section object)" '^  page [0-9]+ +frame 0x[0-9a-f]+ +ACTIVE'
like 'ck swap shows the partition' "$(section swap)" '/dev/vda3  active'
like 'ck locks shows who waits' "$(section locks)" 'waits for'
like 'ck attach loads symbols' "$(section attach)" 'symbols of /bin/init'
like 'of one program after the other' "$(section 'attach the shell')" 'symbols of /bin/sh'
like 'ck bt goes on into the program' "$(section 'attach the shell')" '^  0x[0-9a-f]+  waitpid\+[0-9]+'
like 'up to its beginning' "$(section 'attach the shell')" '^  0x[0-9a-f]+  _start\+[0-9]+'
like 'a breakpoint in the program is hit' "$(section 'attach the shell')" 'reakpoint [0-9]+, .*status_note \(.* at user/sh/jobs\.c:[0-9]+'
like 'with its backtrace' "$(section 'attach the shell')" '^#[0-9]+ .* main \(.* at user/sh/main\.c:[0-9]+'
printed=$(section print)
like 'print shows a process' "$printed" '^process 1 \(init\), parent 0, running, 1 threads$'
like 'an address space' "$printed" '^address space of /bin/init, [0-9]+ areas, [0-9]+ pages resident'
like 'a mutex' "$printed" '^mutex address space, free$'
like 'a spin lock' "$printed" '^spin lock page table, free$'
like 'an area' "$printed" '^area 0x[0-9a-f]+-0x[0-9a-f]+ r[w-][x-]p, object 0x[0-9a-f]+ from page [0-9]+$'
like 'an object' "$printed" '^file object, [0-9]+ bytes, [0-9]+ references, [0-9]+ pages in memory'
like 'an anonymous page' "$printed" '^anonymous page, [1-9] references, in frame 0x[0-9a-f]+, no swap block$'
like 'a page' "$printed" '^frame 0x[0-9a-f]+ ACTIVE, anonymous, anon 0x.* pins$'
like 'a thread' "$printed" '^thread 0 \(idle\), .* CPU 0, [0-9] locks'
like 'a list' "$printed" '^list of [1-9][0-9]*, first 0x'
like 'a link without a list' "$printed" '^list link, not in a list$'
like 'a page that is not named' "$printed" '^.[0-9]+ = frame 0x0 [A-Z]+, no name'
like 'and print/r the members' "$printed" '^.[0-9]+ = .cpu = 0.*, rank = '
like 'ck check finds nothing wrong' "$(section check)" ' 0 violations'

done_testing
