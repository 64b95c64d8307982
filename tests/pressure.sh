# For pressure.t and long/pressure-matrix.t: programs that together use several times memory and verify every page, while the whole
# machine is checked again and again.
. tests/tap.sh

# pressure NAME OPTIONS CPUS PROGRAMS COUNT [MEANWHILE]
#
# Boots and runs PROGRAMS, vm_pressure COUNT times in all; beside them the whole-machine check, followed by MEANWHILE, for as long as
# they run. `vm_pressure PAGES` has 4 * PAGES pages, and its three children make copies of a third of PAGES each: 4 times a memory of
# 16 MB is PAGES 4096, 10 times it 8400.
pressure() {
    CPUS=$3 OPT=$2 TIMEOUT=${TIMEOUT:-400} guest "{ $4; echo >/tmp/end; } &
        until [ -e /tmp/end ]; do cat /proc/sys/vm/check; ${6:-sleep 0.5}; done; wait; cat /proc/sys/vm/check"
    verified=$(printf '%s\n' "$out" | grep -c '^verified: all$')
    others=$(printf '%s\n' "$out" | grep -v '^verified: all$' | sort | uniq -c | sed 's/^ *//')
    checks=${others% ok}
    is "$1" "$verified, ${others#[0-9]* }, status $status" "$5, ok, status 0"
    [ "$status" -eq 0 ] || diag "$err"
    ok "$1: checked meanwhile, $checks times" [ "${checks%%[!0-9]*}" -ge 3 ]
}
