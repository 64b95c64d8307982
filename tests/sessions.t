#!/bin/sh
# The worked sessions of README, each a script for gdb: what they promise to show is there.
. tests/tap.sh

# Runs session $1 with the command $2 (or EXEC); the part of its output behind `-- $3` is a section.
session() {
    CLOCKHAND_CMD=$2 SCRIPT=tests/debug/$1.gdb LOG=$logs/$name-$1.log TIMEOUT=${TIMEOUT:-300} tests/qemu.sh debug \
        >"$SCRATCH/out" 2>&1
    is "$1: gdb ends by itself" $? 0
    out=$(cat "$SCRATCH/out")
}
section() {
    printf '%s\n' "$out" | sed -n "/^-- $1/,/^-- /p"
}

EXEC=/tests/lecture_fork session cow ''
like 'cow: symbols of the loader' "$out" '^symbols of the loader at 0x[0-9a-f]+000$'
like 'cow: it starts at the main of the program' "$out" '#0 +main \(.*tests/user/lecture_fork\.c:[0-9]+'
like 'cow: the fault is stopped' "$(section 'the fault')" 'fault_copy'
like 'cow: the page may not be written' "$(section 'the walk')" 'PT .* P US A'

STUB=own OPT=readahead=off session fault true
like 'fault: from the trap' "$(section 'the fault')" 'trap_page_fault'
like 'fault: nothing is mapped' "$(section 'nothing is mapped')" 'not present'
like 'fault: through the file system to the driver' "$(section 'the request')" 'ext2_object_read'
like 'fault: the interrupt' "$(section 'the disk')" 'disk_interrupt'
like 'fault: the page has its name' "$(section 'the page has come')" 'name +page 1 of object'
like 'fault: mapped' "$(section mapped)" 'PT .* P US A'

STUB=own MEM=64M OPT='mem=24M clock=two' session clock 'dd if=/dev/vda of=/dev/null bs=64k count=600'
like 'clock: the back hand evicts' "$(section 'somebody')" 'Value returned is .* = true'
like 'clock: the hands with their spread' "$(section 'somebody')" 'back hand at .* spread [0-9]+'
like 'clock: the page keeps its name on the standby list' "$(section 'it goes with others')" 'PAGE_STANDBY'
like 'clock: the front hand stops at a page' "$(section 'the front hand')" 'clear=(clear@entry=)?true'
like 'clock: what it finds' "$(section 'what it finds')" 'CLOCK_(REFERENCED|IDLE)'
done_testing
