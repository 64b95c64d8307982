#!/bin/sh
# What a panic says: each way to crash names its cause, where it was, and what the other processors did.
. tests/tap.sh

# crash KIND: boots two processors that crash so. The log is in $report.
crash() {
    report=$logs/$name-$1.log
    LOG=$report OPT="crash=$1" CPUS=2 TIMEOUT=60 tests/qemu.sh boot >"$SCRATCH/console" 2>"$SCRATCH/err"
    is "$1: status" "$?" 125
    text=$(cat "$report")
    like "$1: the backtrace reaches the first function" "$text" '  ffffffff8[0-9a-f]*  thread_enter_kernel\+0x'
    like "$1: the other processor is reported" "$text" 'cpu [01]: thread [0-9]+ \((idle|display)\)'
    like "$1: the machine is stopped" "$text" 'panic: the machine is stopped'
}

crash stack
like 'an overflow is called by its name' "$text" 'panic: kernel stack overflow'
like 'the guard page is not mapped' "$text" 'PT   .* not present'
like 'the recursion takes one line' "$text" 'and again, [0-9]+ times'

crash text
like 'a page fault' "$text" 'panic: #PF page fault at'
like 'text is mapped without RW' "$text" 'PT   .* P A'
like 'the error code says: present, write' "$text" 'error 3'

crash doublefault
like 'a double fault' "$text" 'panic: #DF double fault'

crash rank
like 'both ranks' "$text" 'lock rank violation: process tree .* under run queue'
like 'the lock that is held' "$text" 'locks: .* run queue'

crash interrupt
like 'the backtrace goes through the interrupt' "$text" '\(interrupted\)'
done_testing
