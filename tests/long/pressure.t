#!/bin/sh
# The user tests of address spaces and files under pressure (tests/user-pressure.sh), all of them with each memory, number of processors and clock;
# COMBINATIONS='16M-2-two ...' takes some. Three of the combinations are in `make test`: pressure-1.t, pressure-2.t, pressure-4.t.
. tests/tap.sh

all='24M-1-one 24M-1-two 24M-1-adaptive 24M-2-one 24M-2-two 24M-2-adaptive 24M-4-one 24M-4-two 24M-4-adaptive
    16M-1-one 16M-1-two 16M-1-adaptive 16M-2-one 16M-2-two 16M-2-adaptive 16M-4-one 16M-4-two 16M-4-adaptive'

for combination in ${COMBINATIONS:-$all}; do
    IFS=- read -r memory cpus clock <<END
$combination
END
    MEMORY=$memory CPUS=$cpus CLOCK=$clock LOG=$logs/$name-$combination.log sh tests/user-pressure.sh >"$SCRATCH/tap"
    while IFS= read -r line; do
        case $line in
        'ok '*) pass "$combination: ${line#ok * - }" ;;
        'not ok '*) fail "$combination: ${line#not ok * - }" ;;
        esac
    done <"$SCRATCH/tap"
    like "$combination: its tests are complete" "$(tail -n 1 "$SCRATCH/tap")" '^1\.\.[0-9]+$'
done
done_testing
