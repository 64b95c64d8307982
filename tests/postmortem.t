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

LOG=$logs/$name.log CLOCKHAND_CMD='echo done; exit 7' TIMEOUT=200 tests/qemu.sh exec >"$SCRATCH/out" 2>&1
is 'the status of a program is kept' $? 7
is 'and its output' "$(cat "$SCRATCH/out")" done
postmortem
like 'the machine at its end' "$(section log)" 'exec: status 7'
like 'violates no invariant' "$(section check)" ' 0 violations'
done_testing
