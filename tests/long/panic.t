#!/bin/sh
# What a panic says, for the ways to crash that panic.t, watchdog.t and crash.t leave out: exceptions of each sort, sleeping with a lock held,
# and a processor that not even an NMI gets through to.
. tests/tap.sh
. tests/crash.sh

crash null 2
reports 'a null pointer' '#PF page fault at N' 'ck walk 0'
like 'nothing is mapped there' "$text" 'not present'
crash divide 1
reports 'a division by zero' '#DE divide error at N' 'thread apply N bt'
crash execute 1
reports 'data that is executed' '#PF page fault at N' 'ck walk N'
like 'it is mapped with XD' "$text" 'P[DT]   .* XD'
crash canonical 1
reports 'an address that is none' '#GP general protection fault at N' 'thread apply N bt'
crash sleep 1
held='locks: thread N (start) holds 1:
locks:   N process tree (rank N)'
summary=${summary#"$held
"}
reports 'sleeping under a spin lock' \
    'sleeping where it is forbidden (I9): 1 locks or sections with interrupts off, 0 interrupts' 'thread apply N bt' "$held"
crash deaf 2 watchdog=1
reports 'a processor that is lost' \
    'watchdog: CPU N has not taken a timer interrupt for 1 s, nor an NMI; it runs thread N (start)' 'thread apply N bt' '' another
like 'it is said not to have stopped' "$text" '  has not stopped: no NMI reaches it'
done_testing
