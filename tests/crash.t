#!/bin/sh
# A test of the tests: what goes wrong in the kernel turns them red, in bounded time, and shows the log.
. tests/tap.sh
. tests/crash.sh

# Runs the in-kernel suites as the other scripts do, with kernel options $1, and looks at the outcome from outside.
red() {
    FAILURES='' OPT=$1 TIMEOUT=$2 sh -c '. tests/tap.sh; name=crash; kernel_suites red "$1"; done_testing' - "$3" \
        >"$SCRATCH/red" 2>"$SCRATCH/red.err"
    prove --exec cat "$SCRATCH/red" >/dev/null 2>&1
    [ $? -ne 0 ]
}

ok 'a failing assertion in a test turns it red' red '' 200 deliberate
like 'and says which' "$(cat "$SCRATCH/red")" '^not ok [0-9]* - red: deliberate\.'
like 'and where' "$(cat "$SCRATCH/red.err")" 'deliberate.c:[0-9]+'
like 'while the others still pass' "$(cat "$SCRATCH/red")" '^ok [0-9]* - red: deliberate\.'

ok 'a failing assertion in the kernel' red crash=assert 200 all
like 'the log shows it' "$(cat "$SCRATCH/red.err")" 'crash\.c:[0-9]+'
like 'with registers' "$(cat "$SCRATCH/red.err")" '  rip ffffffff8.*crash_'
like 'with function names' "$(cat "$SCRATCH/red.err")" 'crash_if_asked\+0x'

ok 'a panic' red crash=panic 200 all
like 'the log shows it' "$(cat "$SCRATCH/red.err")" '[Pp]anic'
crash_read "$logs/crash-red.log"
reports 'a panic' 'a panic was asked for' 'thread apply N bt'

ok 'a null pointer in the kernel' red crash=null 200 all
like 'registers' "$(cat "$SCRATCH/red.err")" 'rip.*ffffffff8'
like 'the backtrace' "$(cat "$SCRATCH/red.err")" 'start_thread\+0x'
[ -n "${SAN:-}" ] || # whose checks come first
    like 'the page walk' "$(cat "$SCRATCH/red.err")" '[Pp](ML4|ml4|age walk)'

ok 'a triple fault' red crash=triple 200 all
like 'is recognised' "$(cat "$SCRATCH/red.err")" 'triple fault'

started=$(date +%s)
ok 'a hang' red 'crash=hang watchdog=0' 15 all
limit=15
[ -z "${COVERAGE:-}${SAN:-}" ] || limit=45 # tests/qemu.sh triples it
like 'ends' "$(cat "$SCRATCH/red.err")" "stopped after $limit seconds"
ok 'in bounded time' [ $(($(date +%s) - started)) -le 200 ]
done_testing
