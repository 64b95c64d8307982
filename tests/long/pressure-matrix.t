#!/bin/sh
# Page-out under pressure, all of it: 16 and 24 MB, one, two and four processors, each clock, with processes that together use four, seven
# and ten times memory in turn, so that each memory, each number of processors and each clock meets each of the three.
export TIMEOUT=${TIMEOUT:-900}
. tests/pressure.sh

turn=0
for memory in 16 24; do
    for cpus in 1 2 4; do
        turn=$((turn + 1))
        for clock in one two adaptive; do
            turn=$((turn + 1))
            case $((turn % 3)) in
            0) times=4 pages=$((memory * 256)) ;;
            1) times=7 pages=$((memory * 370)) ;;
            2) times=10 pages=$((memory * 525)) ;;
            esac
            pressure "clock $clock, $memory MB, CPUS=$cpus, $times times memory" "mem=${memory}M clock=$clock" $cpus \
                "/tests/vm_pressure $pages 1 $turn" 1
        done
    done
done

done_testing
