#!/bin/sh
# Allocations that fail on purpose: whichever one it is, a program gets ENOMEM or is killed, with one line in the log; the kernel goes on, nothing
# is lost, and the whole-machine check finds nothing wrong.
. tests/tap.sh

# The shell switches it on, so the shell is spared; and off before anything is looked at.
script="$counts_in_guest
cd /tmp
cat /proc/sys/vm/check >/dev/null
echo '=== /before'; before; cat /proc/sys/vm/check"
runs=
for kind in frame slab; do
    for every in 1 2 3 7 20 50 119 300 1001; do
        runs="$runs $kind-$every"
        script="$script
echo '=== $kind-$every'
echo $every >/proc/sys/vm/fail_$kind
/tests/vm_failing 2>&1
echo \"status \$?\"
/tests/vm_random $every 1 300 >/dev/null 2>&1
echo 0 >/proc/sys/vm/fail_$kind
echo '=== /$kind-$every'; left; cat /proc/sys/vm/check"
    done
done

mkdir "$SCRATCH/guest" "$SCRATCH/left"
CPUS=2 TIMEOUT=200 guest "$script
echo '=== end'
/tests/vm_failing"
awk -v guest="$SCRATCH/guest/" -v left="$SCRATCH/left" '/^=== / { file = $2 ~ "/" ? left $2 : guest $2; next } file != "" { print > file }' \
    "$SCRATCH/out"

# Names and numbers of objects after a run, and the check's word.
left_of() {
    awk '/^ok$/ { print } /^(process|user_thread|aspace|area|file|pipe|sighand|queued_signal) / { print $1, $2 }' \
        "$SCRATCH/left/$1"
}

# What is no defined end of a piece of work. The shell may say why it could not start the program: its own memory, or a page of the program.
undefined_ends() {
    grep -vE '^(anonymous|moved|shared|chain|files|pipes|locked and large|other memory|program): (done|no memory|killed)$|^status (0|1|12|126|127|137)$|^sh: .*: (Cannot allocate memory|Bad address|Input/output error)$' \
        "$SCRATCH/guest/$1"
}

like 'the guest counts what it has' "$(left_of before)" '^process [0-9]+$'
for run in $runs; do
    touch "$SCRATCH/guest/$run" "$SCRATCH/left/$run"
    is "$run: each work is done, lacks memory, or is killed" "$(undefined_ends "$run")" ''
    is "$run: nothing is left, nothing is wrong" "$(left_of "$run")" "$(left_of before)"
done
is 'afterwards, all works are done' "$(grep -c ': done$' "$SCRATCH/guest/end"), status $status" '36, status 0'
[ "$status" -eq 0 ] || diag "$err"
done_testing
