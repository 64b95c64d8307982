#!/bin/sh
# A CPU that comes when it has been given up, as it may on a host that has no time for it: gdb holds it back until the kernel has waited in vain. It
# halts, and the others go on.
. tests/tap.sh

cat >"$SCRATCH/script" <<'END'
hbreak smp_start
continue
set scheduler-locking on
delete
hbreak log_write if $_regex((char *)$rsi, ".*CPUs run.*")
continue
printf "running: %u\n", online
delete
set scheduler-locking off
hbreak smp_start_this
continue
printf "it comes: thread %d\n", $_thread
delete
hbreak power_off
continue
info threads
END

CPUS=2 CLOCKHAND_CMD='nproc; sleep 1' SCRIPT=$SCRATCH/script LOG=$logs/$name.log TIMEOUT=300 tests/qemu.sh debug >"$SCRATCH/out" 2>"$SCRATCH/err"
status=$?
out=$(cat "$SCRATCH/out")
is 'gdb ends by itself' "$status" 0
like 'it was waited for in vain' "$(cat "$logs/$name.log")" 'smp: the CPU with APIC id 1 does not start$'
like 'one runs' "$out" '^running: 1$'
like 'the other comes' "$out" '^it comes: thread 2$'
like 'and halts' "$out" '^ +2 .*(smp_start_this|cpu_halt_forever) \('
like 'the program has run' "$(cat "$logs/$name.log")" 'exec: status 0$'
[ "$status" -eq 0 ] || diag "$(tail -n 20 "$SCRATCH/out" "$SCRATCH/err")"
done_testing
