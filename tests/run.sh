#!/bin/sh
# Runs the tests through prove: all of them, or those that each NAME means: a script tests/NAME.t, a host test, a user test, or an
# in-kernel suite (or several, with commas between them); `long/all` and `long/NAME` those of tests/long.
set -u
if [ $# -gt 1 ]; then
    status=0
    for name; do
        tests/run.sh "$name" || status=1
    done
    exit $status
fi
build=${BUILD:-build}
want=${1:-}
export BUILD="$build"
# The tests run make themselves, as its own caller would.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES CMD ADD MEM CPUS CPU OPT DISK DISK2 TIMEOUT MACHINE MEDIUM GUI TPM LOG T FAILURES 2>/dev/null
# One more than the two processors it is made for: a machine that waits leaves its processor to another.
prove="prove --jobs ${JOBS:-3} --timer"

if [ -z "$want" ]; then
    # The longest first, so that none is left over at the end; those with four processors apart.
    long='tests/user-4.t tests/kernel-qemu64.t tests/pressure.t tests/exec.t tests/user.t tests/kernel-max.t tests/readme.t tests/stub.t
        tests/pressure-4.t tests/random.t tests/user-1.t tests/pressure-1.t tests/pressure-2.t tests/boot.t tests/swap-errors.t
        tests/clock.t tests/tar.t tests/power.t tests/cache.t tests/swapping.t tests/panic.t tests/crash.t tests/watchdog.t tests/medium.t'
    long=$(echo $long)
    short=$(for script in tests/*.t; do case " $long " in *" $script "*) ;; *) echo "$script" ;; esac; done)
    unit=$(for source in tests/host/*.c; do echo "$build/host/unit/$(basename "$source" .c)"; done)
    # What failed, and why, once more at the end: prove names only numbers there, and the rest is far above.
    export FAILURES="$build/failures.log"
    : >"$FAILURES"
    $prove $long $short $unit
    status=$?
    [ $status -eq 0 ] || awk -F': ' '{ name = $1; sub(/^# /, "", name) }
        NR == FNR { failed[name] = failed[name] || /: not ok /; next }
        failed[name]' "$FAILURES" "$FAILURES" | head -n 300
    exit $status
elif [ "$want" = long/all ]; then
    exec $prove tests/long/*.t
elif [ -e "tests/$want.t" ]; then
    exec $prove --verbose "tests/$want.t"
elif [ -e "$build/host/unit/$want" ]; then
    exec $prove --verbose "$build/host/unit/$want"
elif [ -e "tests/user/$want.c" ]; then
    ONLY=$want exec $prove --verbose tests/user.t
else
    ONLY=$want exec $prove --verbose tests/kernel-max.t
fi
