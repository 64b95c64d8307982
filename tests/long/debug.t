#!/bin/sh
# gdb with other numbers of processors than in tests/debug.t and tests/sessions.t, all of the commands also on the kernel's own stub; and
# gdb with its text interface, as somebody at a terminal sees it.
. tests/tap.sh

for CPUS in 1 4; do
    export CPUS
    ok "$CPUS CPUs: QEMU's stub" prove tests/debug.t
    ok "$CPUS CPUs: the kernel's own stub" env STUB=own TIMEOUT=1200 prove tests/debug.t
    ok "$CPUS CPUs: the worked sessions" prove tests/sessions.t
done

# A terminal of 24 lines; gdb is told to quit when it has drawn the source.
stty_and_debug="stty rows 24 cols 100; TERM=xterm LOG=$logs/$name-tui.log TUI=1 tests/qemu.sh debug"
: >"$SCRATCH/screen"
{
    until [ -e "$SCRATCH/ended" ] || grep -aq 'symbols of the loader' "$SCRATCH/screen"; do
        sleep 0.2
    done
    echo quit
} | {
    timeout 300 script -q -e -f -c "$stty_and_debug" "$SCRATCH/screen" >/dev/null 2>&1
    status=$?
    : >"$SCRATCH/ended"
    exit $status
}
is 'TUI=1: gdb quits when told so' $? 0
like 'it shows the source' "$(tr '\033\r' '\n\n' <"$SCRATCH/screen")" ';[0-9]+H *cld'
done_testing
