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

ADD=tests/shell CPUS=2 TIMEOUT=200 guest "$script
echo '=== end'"
mkdir "$SCRATCH/guest"
awk -v folder="$SCRATCH/guest" '/^=== / { file = folder "/" $2; next } file != "" { print > file }' "$SCRATCH/out"
for file in tests/shell/*.sh; do
    test_name=$(basename "$file" .sh)
    touch "$SCRATCH/guest/$test_name"
    is "$test_name.sh: as on the host" "$(cat "$SCRATCH/guest/$test_name")" "$(cat "$SCRATCH/host/$test_name.out")"
done
is 'all of them ran, and the machine powered off' "$(tail -n 1 "$SCRATCH/out"), status $status" '=== end, status 0'
done_testing
