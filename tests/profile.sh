#!/bin/sh
# Where the kernel spends its instructions: profile.sh COMMAND runs that in the guest, as `make exec` does, and prints for each kernel
# function how many instructions it executed and how often it was entered. LINES= says how many functions, default 40.
#
# QEMU executes one instruction at a time and writes each one's address into a pipe, from the moment the program has started.
set -eu
build=${BUILD:-build}
work=$(mktemp -d "$build/profile.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
log=$build/profile.log

# Addresses and how often each came, sorted.
count() {
    awk -F/ '/^Trace/ { count[$2]++ } END { for (pc in count) print pc, count[pc] }' "$work/trace" | sort >"$work/counts"
}

# QEMU 8.1 has another name for the first command; it only grumbles about the one it does not know.
start_trace() {
    until grep -q 'first user instruction' "$log" 2>/dev/null; do
        sleep 0.1
    done
    printf 'stop\nsinglestep on\none-insn-per-tb on\nlog exec,nochain\ncont\n' >"$work/monitor.in"
}

report() {
    nm "$build/kernel.elf" | awk '$2 ~ /[tT]/ && length($1) == 16 { print $1, "!", $3 }' | LC_ALL=C sort - "$work/counts" |
        awk '$2 == "!" { start = $1; name = $3; next }
            { instructions[name] += $2; total += $2; if ($1 == start) entries[name] = $2 }
            END { for (name in instructions)
                printf "%12d %6.2f%% %9d  %s\n", instructions[name], 100 * instructions[name] / total, entries[name], name }' |
        sort -rn >"$work/report"
    printf '%12s %7s %9s  %s\n' instructions share entries function
    head -n "${LINES:-40}" "$work/report"
}

rm -f "$log"
mkfifo "$work/trace" "$work/monitor.in" "$work/monitor.out"
count &
counting=$!
cat "$work/monitor.out" >/dev/null &
start_trace &
CLOCKHAND_CMD="sleep 1; $1" LOG=$log TIMEOUT=${TIMEOUT:-600} EXTRA="-icount shift=0 -monitor pipe:$work/monitor \
    -dfilter 0xffffffff80000000..0xffffffffffffffff -D $work/trace" tests/qemu.sh exec >&2 || true
wait $counting
report
