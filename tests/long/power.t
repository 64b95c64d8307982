#!/bin/sh
# Power cuts in their thousands: every prefix of what five seeds write, on 1, 2 and 4 processors and in little memory; and machines
# killed at work.
. tests/tap.sh
. tests/disk.sh
TIMEOUT=400
export TIMEOUT
for seed in 11 12 13 14 15; do
    power_kill $seed $((seed * 7))
done
CPUS=1 power_cuts 21 120 0 200
CPUS=4 power_cuts 22 120 0 200
OPT=mem=16M power_cuts 23 120 0 200
power_cuts 24 200 0 300
power_cuts 25 200 0 300
done_testing
