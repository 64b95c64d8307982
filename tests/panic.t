#!/bin/sh
# What a panic says: each way to crash names its cause, where it was, who holds what, what the other processors did, and what to
# type next in gdb.
. tests/tap.sh
. tests/crash.sh

crash assert 1
reports assertion "assertion failed: zero == 1, in crash_assert ($(grep -n 'assert(zero == 1)' kernel/crash.c |
    sed 's,\([0-9]*\).*,kernel/crash.c:\1,'))" 'thread apply N bt'

crash stack 2
reports 'stack overflow' 'kernel stack overflow at N' 'thread apply N bt -20'
like 'the guard page is not mapped' "$text" 'PT   .* not present'
like 'the recursion takes one line' "$text" 'and again, [0-9]+ times'

crash text 2
reports 'page fault' '#PF page fault at N' 'ck walk N'
like 'text is mapped without RW' "$text" 'P[DT]   .* P A'
like 'the error code says: present, write' "$text" 'error 3'

crash doublefault 1
reports 'a double fault' '#DF double fault at N' 'thread apply N bt'

crash rank 2
held='locks: thread N (start) holds 1:
locks:   N run queue (rank N)'
summary=${summary#"$held
"}
reports 'lock rank' 'lock rank violation: process tree (N, rank N) wanted under run queue (rank N)' 'ck locks' "$held"

crash interrupt 2
like 'it says in which thread' "$summary" '^panic: on CPU N, thread N \('
is 'what it says of the cause' "$(printf '%s\n' "$summary" | sed 's/deadline [0-9]*/deadline N/' | sed -n '1p;3,$p')" \
    'panic: a panic in a timer was asked for (deadline N)
panic: next, in gdb (make debug): thread apply N bt
panic: the machine is stopped'
like 'the backtrace goes through the interrupt' "$text" '\(interrupted\)'

# With the compiler's checks (SAN=1) these three are found as they happen: tests/long/sanitizer.t.
if [ -z "${SAN:-}" ]; then
    crash freeread 1
    reports 'a read after free' \
        '#GP general protection fault at N' 'thread apply N bt' 'use after free: rax holds the poison of freed slab objects'
    crash freewrite 1
    reports 'a write after free' \
        'use after free: freed memory was written to: slab cache kmalloc-64, object N, byte N holds N' 'ck page N'
    crash freeframe 1
    reports 'a write to a free frame' \
        'use after free: freed memory was written to: frame N, byte N holds N instead of the poison N' 'ck page N'
fi
done_testing
