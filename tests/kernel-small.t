#!/bin/sh
# The in-kernel suites on one processor and little memory: 24 MB of the 64 that the machine has.
. tests/tap.sh
export CPU=max CPUS=1 MEM=64M OPT=mem=24M MACHINE=q35
kernel_suites small "${ONLY:-all}"
done_testing
