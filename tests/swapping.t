#!/bin/sh
# Whole processes swapped out and back in (L8): two working sets that do not fit into memory together take fewer faults so; what is seen of it; a process that is
# out is killed, stopped, woken; processes with threads under constant swapping, on one, two and four processors.
. tests/tap.sh

mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/"
cat >"$SCRATCH/script" <<'END'
cd /
sed() { /add/busybox sed "$@"; }
faults() { sed -n 's/.* \([0-9]*\) major faults/\1/p' | { read -r a; read -r b; echo $((a + b)); }; }
both() { { pattern random 11 "$1" & pattern random 11 "$1" & wait; } | faults; }
count() { sed -n "s/^$1 //p" /proc/vmstat; }
is_out() { grep -q ') [TW] ' /proc/$1/stat 2>/dev/null && ! grep -q '^VmRSS:[^0-9]*[0-9][0-9][0-9]' /proc/$1/status; }
echo 0 >/proc/sys/vm/swapout_ms; cat /proc/sys/vm/swapout_ms
without=$(both 3)
echo 50 >/proc/sys/vm/swapout_ms; echo 3000 >/proc/sys/vm/swapin_ms
with=$(both 3)
echo "# $without major faults, $with with swapping of whole processes" >&2
[ $((with * 4)) -lt $((without * 3)) ] && echo fewer faults
echo x >/proc/sys/vm/swapout_ms; echo 0 >/proc/sys/vm/swapin_ms; cat /proc/sys/vm/swapout_ms /proc/sys/vm/swapin_ms

echo -- out
echo 300 >/proc/sys/vm/swapin_ms
sleep 10000 & sleeper=$!
sleep 1
pattern random 11 1000000 >/dev/null & one=$!
pattern random 11 1000000 >/dev/null & two=$!
until grep -q ') W ' /proc/$sleeper/stat; do sleep 0.01; done; echo a sleeper is out
out=none in=none
until is_out $out; do # and stays there: its turn to come in is far
    echo 300 >/proc/sys/vm/swapin_ms
    until is_out $one || is_out $two; do sleep 0.05; done
    echo 1000000 >/proc/sys/vm/swapin_ms
    mtrace process-out | grep work | tail -n 1 >/tmp/event # before the ring is too full for it
    sleep 1
    if is_out $one; then out=$one in=$two; else out=$two in=$one; fi
done
ps | sed -n "s/^ *$out .* \(W\) .*pattern.*/ps: \1/p"
grep State /proc/$out/status
[ "$(sed -n 's/^VmSwap:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$out/status)" -gt 1000 ] && echo its memory is on swap
kill -TERM $out; kill -0 $out && is_out $out && echo a signal waits
kill -KILL $out; wait $out; echo "killed: $(($? - 128))"
kill -KILL $in; wait $in
kill -TERM $sleeper; wait $sleeper; echo "the sleeper is woken: $(($? - 128))"
sed 's/.*pid 0 //; s/[0-9][0-9]*/N/g' /tmp/event
[ "$(count process_swapouts)" -ge 2 ] && [ "$(count process_swapins)" -ge 2 ] && echo counted

echo -- stopped
echo 100 >/proc/sys/vm/swapin_ms
pattern random 8 3000 & stopped=$!
until grep -q '^VmRSS:[^0-9]*[0-9][0-9][0-9][0-9]' /proc/$stopped/status; do :; done; kill -STOP $stopped
pattern random 12 1000000 >/dev/null & one=$!
pattern random 6 1000000 >/dev/null & two=$!
until is_out $stopped; do sleep 0.01; done; echo a stopped one is out
kill -KILL $one $two; wait $one; wait $two
kill -CONT $stopped; wait $stopped; echo "continued: $?"
cat /proc/sys/vm/check
END

cat >"$SCRATCH/expected-lines" <<'END'
0
fewer faults
50
3000
-- out
a sleeper is out
ps: W
State:	W (swapped out)
its memory is on swap
a signal waits
killed: 9
the sleeper is woken: 15
process-out at work process N pages N
counted
-- stopped
a stopped one is out
random: N pages, N passes, N minor faults, N major faults
continued: 0
ok
END

# Compared are faults within turns of some milliseconds, and what is seen between two turns: not on a kernel that the compiler's checks
# (SAN=1) make several times as slow.
if [ -z "${SAN:-}" ]; then
    ADD=$SCRATCH/add MEM=64M OPT='mem=16M vmtrace=131072' CPUS=2 TIMEOUT=300 guest "$(cat "$SCRATCH/script")"
    [ "$status" -eq 0 ] || diag "$err"
    printf '%s\n' "$err" | grep '^#'
    is 'two working sets, the settings, a process that is out' "$(printf '%s\n' "$out" | sed "/^random/s/[0-9][0-9]*/N/g")" \
        "$(cat "$SCRATCH/expected-lines")"
fi

# Threads, signals, pipes, stops, while processes go out and come in all the time.
swapouts=0
for cpus in 1 2 4; do
    CPUS=$cpus MEM=64M OPT='mem=16M swapout_ms=20 swapin_ms=30' TIMEOUT=300 guest \
        '/tests/vm_swapped 500 15 5; cat /proc/sys/vm/check; grep process_swapouts /proc/vmstat >&2'
    is "threads, on $cpus processors" "$out" 'stopped and continued: yes
pages that were wrong: 0; children: well
ok'
    swapouts=$((swapouts + $(printf '%s\n' "$err" | sed -n 's/^process_swapouts //p')))
done
ok "they were swapped: $swapouts times" [ "$swapouts" -gt 0 ]
done_testing
