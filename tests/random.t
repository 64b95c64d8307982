#!/bin/sh
# The random sequence of all memory calls (tests/user/vm_random.c), on 1, 2 and 4 processors: what each seed reads is what it reads on the host.
# Four run side by side, so that CPUs have one another's translations to flush, and the daemon that collapses pages looks at them all the time;
# MADV_PAGEOUT sends pages to swap.
# LONG_SEEDS= says how many seeds, STEPS= how many steps.
. tests/tap.sh
seeds=${LONG_SEEDS:-20}
steps=${STEPS:-2000}

program=$PWD/$BUILD/host/tests/vm_random
mkdir "$SCRATCH/tmp"
ok 'the host has digests' sh -c "cd '$SCRATCH/tmp' && '$program' 1 $seeds $steps >../host"

# A quarter of the seeds each, the first ones to the first.
quarter=$(((seeds + 3) / 4))
script='mkdir /random; echo 1 >/proc/sys/vm/collapse_ms'
for first in 1 $((quarter + 1)) $((2 * quarter + 1)) $((3 * quarter + 1)); do
    script="$script
mkdir /random/$first
{ cd /random/$first; /tests/vm_random $first $quarter $steps >/tmp/digests.$first 2>&1; echo \"status \$?\" >>/tmp/digests.$first; } &"
done

for cpus in ${CPUS_LIST:-1 2 4}; do
    CPUS=$cpus LOG=$logs/random-$cpus.log TIMEOUT=$((200 + seeds * 6)) guest "$script
wait
cat /tmp/digests.* /proc/sys/vm/check; cat /proc/vmstat"
    is "$cpus CPUs: $seeds seeds of $steps steps" "$(printf '%s\n' "$out" | grep '^seed' | sort | head -n "$(wc -l <"$SCRATCH/host")")" \
        "$(sort "$SCRATCH/host")"
    like "$cpus CPUs: pages were collapsed" "$out" '^thp_collapse_alloc [1-9]'
    like "$cpus CPUs: large pages were split" "$out" '^thp_split_page [1-9]'
    like "$cpus CPUs: pages went to swap" "$out" '^pswpout [1-9]'
    is "$cpus CPUs: all ended, nothing is wrong" "$(printf '%s\n' "$out" | grep -E '^ok|^status' | sort | uniq -c | tr -s ' ' | tr '\n' ','), $status" \
        ' 1 ok, 4 status 0,, 0'
    [ "$status" -eq 0 ] || diag "$err"
done
done_testing
