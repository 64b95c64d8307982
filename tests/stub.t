#!/bin/sh
# gdb on the kernel's own stub, with one processor and with four; at a panic; and gdb that comes back.
. tests/tap.sh

# Runs gdb with script $1 on a machine that runs the command $2; its output is in $out.
debug() {
    CLOCKHAND_CMD=$2 STUB=own SCRIPT=$1 REMOTE_LOG=$SCRATCH/remote LOG=$logs/stub.log TIMEOUT=${TIMEOUT:-300} tests/qemu.sh debug \
        >"$SCRATCH/out" 2>&1
    status=$?
    out=$(cat "$SCRATCH/out")
}
section() {
    printf '%s\n' "$out" | sed -n "/^-- $1\$/,/^-- /p"
}

for CPUS in 1 4; do
    export CPUS
    with="$CPUS CPUs:"
    debug tests/debug/stub.gdb 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do sleep 1; done'
    is "$with gdb ends by itself" $status 0
    like "$with it waits where the kernel starts" "$(section start)" 'stub_start'
    like "$with the running thread is one of them" "$(section start)" '^\* .*Thread .*\(start: CPU [0-9]\)'
    like "$with ck main goes on to a program's main" "$(section main)" '#0 +main \(.*user/sleep\.c:[0-9]+'
    like "$with a breakpoint is hit" "$(section breakpoint)" 'hit Breakpoint 1, sys_nanosleep'
    like "$with the backtrace leads to user mode" "$(section breakpoint)" 'syscall_entry'
    like "$with RIP" "$(section registers)" 'rip .*<sys_nanosleep>'
    like "$with flags by name" "$(section registers)" 'eflags .*\[.*IF'
    like "$with control registers" "$(section registers)" 'cr4 +0x'
    like "$with registers can be written" "$(section write)" '= 1$'
    like "$with steps go on in the function" "$(section step)" '^sys_nanosleep \+ [1-9]'
    like "$with finish comes back" "$(section step)" 'Value returned is'
    like "$with a watchpoint tells the old value and the new" "$(section watch)" 'New value = [0-9]+'
    like "$with in the interrupt that changed it" "$(section watch)" 'sched_tick|handle_timer|watchdog_tick'
    like "$with a hardware breakpoint is hit" "$(section hbreak)" 'hit .*reakpoint [0-9]+, sys_nanosleep'
    like "$with a program's memory" "$(section memory)" '0x400000.*0x7f.*0x45.*0x4c.*0x46'
    is "$with what is not mapped is refused" "$(section memory | grep -c 'Cannot access memory')" 2
    like "$with monitor help" "$(section monitor)" '^monitor walk '
    like "$with monitor ps" "$(section monitor)" 'sleep(ing)? +init$'
    like "$with monitor frames" "$(section monitor)" '^free +[0-9]+ frames'
    like "$with monitor walk" "$(section monitor)" 'mapped to 0x[0-9a-f]+ by a page of 4 KB'
    like "$with an unknown one says so" "$(section monitor)" 'no such command'
    like "$with ^C breaks in" "$(section interrupt)" 'SIGINT'
    is "$with all processors are threads" "$(section interrupt | grep -c '^.*Thread .*(.*: CPU [0-9])  *[0-9a-z_]')" "$CPUS"
    like "$with threads that sleep have stacks" "$(section interrupt)" '^#1 '
    like "$with the kernel's own commands work" "$(section ck)" ' 0 violations'
    like "$with ck swap shows the partition" "$(section swap)" '/dev/vda3 +active'
    like "$with ck attach finds the program" "$(section attach)" 'symbols of /bin/sh'
    like "$with a backtrace goes on into it" "$(section attach)" 'main \(.* at user/[a-z/]*\.c:[0-9]+'
    like "$with its lines take breakpoints" "$(section attach)" 'reakpoint [0-9]+ at 0x4[0-9a-f]*: file user/init.c'
    like "$with the memory map has user space" "$(section 'memory map')" '0x0*0 0x00007ffffffff000 rw'
    like "$with and the direct map" "$(section 'memory map')" '0xffff800000000000 0xffff8000[0-9a-f]+ rw'
    like "$with segment registers" "$(section registers)" '^cs +0x[0-9a-f]+ '
    like "$with their bases" "$(section segments)" '^gs_base +0x'
    like "$with paging is on in CR0" "$(section segments)" '^cr0 +0x8[0-9a-f]+ '
    like "$with long mode is active in EFER" "$(section segments)" '^efer +0x[0-9a-f]*[4-7c-f][0-9a-f][0-9a-f] '
    like "$with gdb lets go" "$(section detach)" 'detached'
    is "$with and comes back: all processors are threads" "$(section again | grep -c '^.*Thread .*(.*: CPU [0-9])  *[0-9a-z_]')" "$CPUS"
    like "$with its first packet is acknowledged" "$(sed -n '/^r/{p;q;}' "$SCRATCH/remote")" '^r [+][$]PacketSize='
    like "$with zeros travel as runs" "$(cat "$SCRATCH/remote")" '^r .*0[*].'
    like "$with breakpoints are hit" "$(section again)" 'hit Breakpoint [0-9]+, sys_nanosleep'
    like "$with and symbols found" "$(section again)" 'symbols of /bin/init'
    like "$with gdb lets go again" "$(section 'for good')" 'detached'
done

# Break-in where no interrupt gets through: in a loop with interrupts off.
cat >"$SCRATCH/hang.gdb" <<'END'
tbreak crash_hang
continue
python
while int(gdb.parse_and_eval("$eflags")) & 0x200:
    gdb.execute("stepi", to_string=True)
end
shell (sleep 3; kill -INT $PPID) &
echo -- hang\n
continue
info threads
python
for thread in gdb.selected_inferior().threads(): # gdb has the processor that took the interrupt: perhaps another
    thread.switch()
    frame = gdb.newest_frame()
    if "crash_hang" in (frame.name(), frame.older() and frame.older().name()):
        break
end
bt
print $eflags
echo -- end\n
END
CPUS=2 OPT='crash=hang' debug "$SCRATCH/hang.gdb" ''
like '^C breaks into a loop with interrupts off' "$(section hang)" '^#1 .*crash_hang'
like 'they are off there' "$(section hang)" '^.[0-9]+ = \[ [^I]*\]$'
is 'and all processors have stopped' "$(section hang | grep -c '^.*Thread .*(.*: CPU [01])  *[0-9a-z_]')" 2

cat >"$SCRATCH/panic.gdb" <<'END'
echo -- panic\n
bt
info threads
echo -- end\n
END
CPUS=2 OPT='gdb=wait crash=null' debug "$SCRATCH/panic.gdb" ''
like 'at a panic gdb finds the exception' "$(section panic)" 'crash_null'
like 'and the frames below it' "$(section panic)" 'start_thread'
is 'and the other processor' "$(section panic | grep -c ': CPU [01])')" 2
done_testing
