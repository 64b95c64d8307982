#!/bin/sh
# A memory dump of a machine that panicked, and of one that ended well, opened in gdb.
. tests/tap.sh
export DUMP=1 MEM=64M CPUS=2

# Opens the dump of $1; gdb's output is in $out.
postmortem() {
    out=$("${GDB:-gdb}" -q -nx -batch -ex 'set pagination off' -ex 'source kernel/gdb/ck.py' -x tests/debug/postmortem.gdb \
        "$BUILD/kernel.elf" "$logs/$name.core" 2>&1)
    status=$?
    rm -f "$logs/$name.core"
}
section() {
    printf '%s\n' "$out" | sed -n "/^-- $1\$/,/^-- /p"
}

LOG=$logs/$name.log OPT=crash=rank TIMEOUT=200 tests/qemu.sh exec >/dev/null 2>&1
is 'a panic is a panic with a dump, too' $? 125
postmortem
is 'gdb opens the dump' "$status" 0
is 'each processor is a thread' "$(section 'threads of gdb' | grep -c '^[* ] *[0-9]')" 2
like 'the stack leads to the cause' "$(section 'threads of gdb')" 'in rank_violation .*RANK_PROCESS'
# It may be anywhere, and gdb takes the first instruction of a function for the end of the one before, which has no name.
like 'the other one goes on behind its NMI' "$(section 'threads of gdb' | sed -n '/ nmi_entry /{n;p;}')" \
    '^#[0-9]+ +(0xffffffff8[0-9a-f]{7} in ([?][?]|[a-z_]+)|[a-z_]+) \('
like 'the locks are told' "$(section locks)" 'run queue'
like 'the threads' "$(section ps)" 'display'
like 'the frames' "$(section memory)" '^FREE +[0-9]+ frames'
like 'the page walk' "$(section memory)" 'P[DT]   .*  P A (PS )?G'
like 'the log' "$(section log)" 'the machine is stopped'

# With little memory, so that there are events of each kind; the machine's own text of them is compared with that of gdb.
LOG=$logs/$name.log OPT='mem=24M clock=adaptive vmtrace=16384 swapout_ms=50' TIMEOUT=200 CLOCKHAND_CMD='
    dd if=/dev/vda of=/dev/null bs=65536 count=100 2>/dev/null; dd if=/dev/zero of=/root/file bs=65536 count=32 2>/dev/null; sync
    pattern sequential 26 1 >&2; mtrace; echo done; exit 7' tests/qemu.sh exec >"$SCRATCH/out" 2>"$SCRATCH/err"
is 'the status of a program is kept' $? 7
is 'and its output' "$(tail -n 1 "$SCRATCH/out")" done
postmortem
like 'the machine at its end' "$(section log)" 'exec: status 7'
like 'violates no invariant' "$(section check)" ' 0 violations'
section trace >"$SCRATCH/trace"
events=$(awk 'NR == FNR { text[$1] = $0; next }
    $1 in text && text[$1] == $0 { same++; words[$5 " " $6]++ }
    $1 in text && text[$1] != $0 { print "not the same:", text[$1], "/", $0 }
    END { print same + 0; for (word in words) print word }' "$SCRATCH/out" "$SCRATCH/trace")
diag "$(printf '%s\n' "$events" | grep '^[0-9]') events in both"
is 'ck trace tells each event as mtrace does' "$(printf '%s\n' "$events" | grep '^not' | head -n 20)" ''
for word in 'fault minor' 'clear referenced' 'clear streamed' 'evict goes' 'page-in file' 'page-out anon' 'read-ahead file' 'run adaptive' 'hands adaptive'; do
    like "$word, too" "$events" "^$word\$"
done
done_testing
