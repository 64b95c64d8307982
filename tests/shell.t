#!/bin/sh
# The shell: each script of tests/shell must print in the guest, run by our sh, what the host's sh prints.
. tests/tap.sh

script=
for file in tests/shell/*.sh; do
    test_name=$(basename "$file" .sh)
    mkdir -p "$SCRATCH/host/$test_name"
    # A signal that is ignored from the start cannot be trapped: as one is for whoever was started with & by a script.
    (cd "$SCRATCH/host/$test_name" && env -i --default-signal PATH="$PATH" LC_ALL=C sh "$OLDPWD/$file" >"../$test_name.out" 2>&1 </dev/null
        echo "status $?" >>"../$test_name.out")
    script="$script
echo '=== $test_name'; mkdir /tmp/$test_name; cd /tmp/$test_name; sh /add/$test_name.sh 2>&1 </dev/null; echo \"status \$?\""
done

# The history is POSIX's; dash has none, bash does.
mkdir "$SCRATCH/host/history"
(cd "$SCRATCH/host/history" && env -i PATH="$PATH" HISTFILE= TERM=dumb bash --posix --norc -i <"$OLDPWD/tests/shell/history.typed" >../history.out 2>/dev/null)
script="$script
echo '=== history'; mkdir /tmp/history; cd /tmp/history; TERM=dumb sh -i </add/history.typed 2>/dev/null"

# bash has no end of this.
script="$script
echo '=== again'; printf 'fc -s fc\\ntrue\\nfc -s fc\\necho on\\n' | TERM=dumb sh -i 2>&1 | grep 'o[fn]'"

ADD=tests/shell CPUS=2 TIMEOUT=200 guest "$script
echo '=== end'"
mkdir "$SCRATCH/guest"
awk -v folder="$SCRATCH/guest" '/^=== / { file = folder "/" $2; next } file != "" { print > file }' "$SCRATCH/out"
for file in tests/shell/*.sh; do
    test_name=$(basename "$file" .sh)
    touch "$SCRATCH/guest/$test_name"
    is "$test_name.sh: as on the host" "$(cat "$SCRATCH/guest/$test_name")" "$(cat "$SCRATCH/host/$test_name.out")"
done
is 'fc: as by bash on the host' "$(cat "$SCRATCH/guest/history")" "$(cat "$SCRATCH/host/history.out")"
is 'an fc that finds itself ends' "$(cat "$SCRATCH/guest/again")" 'sh: fc: calls itself too often
# on'
is 'all of them ran, and the machine powered off' "$(tail -n 1 "$SCRATCH/out"), status $status" '=== end, status 0'
done_testing
