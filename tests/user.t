#!/bin/sh
# The user tests: each program of tests/user runs on the host and in the guest, and must print the same lines and end with
# the same status on both. One boot runs them all.
. tests/tap.sh

programs=${ONLY:-$(cd tests/user && ls ./*.c | sed 's,^\./\(.*\)\.c$,\1,')}
mkdir "$SCRATCH/host" "$SCRATCH/guest" "$SCRATCH/tmp"

host=$(cd "$BUILD/host/tests" && pwd)

# One line before each program, and one with its status behind it.
script=
for program in $programs; do
    (
        cd "$SCRATCH/tmp"
        timeout 60 "$host/$program" 2>&1 </dev/null
        echo "status $?"
    ) >"$SCRATCH/host/$program" 2>/dev/null
    script="$script
echo '=== $program'; /tests/$program 2>&1 </dev/null; echo \"status \$?\""
done

CPUS=2 TIMEOUT=200 guest "cd /tmp
$script
echo '=== end'"
awk -v folder="$SCRATCH/guest" '/^=== / { file = folder "/" $2; next } file != "" { print > file }' "$SCRATCH/out"

for program in $programs; do
    touch "$SCRATCH/guest/$program"
    is "$program: as on the host" "$(cat "$SCRATCH/guest/$program")" "$(cat "$SCRATCH/host/$program")"
done
is 'all of them ran, and the machine powered off' "$(tail -n 1 "$SCRATCH/out"), status $status" '=== end, status 0'
[ "$status" -eq 0 ] || diag "$err"
done_testing
