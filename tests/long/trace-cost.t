#!/bin/sh
# What the ring of memory events costs, in guest instructions: the same faults with the ring and without it. A fault notes one event;
# 16 of the pages that a fault on a cached file maps share theirs.
. tests/tap.sh

faults() { # OPTIONS
    OPT=$1 EXTRA='-icount shift=0,sleep=off' TIMEOUT=${TIMEOUT:-600} guest 'bench faults'
    [ "$status" -eq 0 ] || diag "$err"
}

# Instructions of the fault so named.
cost_of() {
    awk -F ' *\t' -v "name=$2" '$1 == name { print $2 }' "$SCRATCH/$1"
}

faults ''
printf '%s\n' "$out" >"$SCRATCH/with"
faults vmtrace=0
printf '%s\n' "$out" >"$SCRATCH/without"

for fault in 'anonymous page, first write' 'anonymous page, first read' 'shared file page, first write' 'cached file page, mapped'; do
    with=$(cost_of with "$fault") without=$(cost_of without "$fault")
    ok "$fault: $with instructions, $without without the ring: at most 80 more" [ "$((with - without))" -le 80 -a "$without" -gt 0 ]
    ok "$fault: less than a sixth more" [ "$((6 * (with - without)))" -lt "$without" ]
done
done_testing
