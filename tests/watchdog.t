#!/bin/sh
# The watchdog: each way to hang becomes a panic that says who, where, and what everybody else did.
. tests/tap.sh
. tests/crash.sh

# A processor that takes no interrupts is noticed by the other one, or, alone, by the HPET; also if the other one does not get to run.
alone='watchdog: CPU N has not taken a timer interrupt for 2 s: interrupts stay off, at N'
crash hang 2 watchdog=2
case $summary in
*"$alone"*) reports 'a hang that nobody else had time to notice' "$alone" 'thread apply N bt' ;;
*)
    reports 'a hang' \
        'watchdog: CPU N has not taken a timer interrupt for 2 s, but answers NMIs: interrupts stay off; it runs thread N (start)' \
        'thread apply N bt' '' another
    ;;
esac
like 'where it hangs' "$text" 'crash_hang\+0x'
crash hang 1 watchdog=2
reports 'a hang alone' "$alone" 'thread apply N bt'
like 'where it hangs' "$text" 'crash_hang\+0x'
crash spin 2 watchdog=2
reports 'a lock not released' \
    'watchdog: CPU N has waited N s for the spin lock process tree (N), which CPU N holds' 'ck locks'
like 'where it waits' "$text" 'spin_wait\+0x'
crash schedule 1 watchdog=2
reports 'a processor that does not schedule' \
    'watchdog: CPU N ticks but has not switched threads for 2 s, though others are ready' 'thread apply N bt'
like 'where it is' "$text" 'crash_schedule\+0x'
done_testing
