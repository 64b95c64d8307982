#!/bin/sh
# The in-kernel suites on one processor and the least memory.
. tests/tap.sh
export CPU=max CPUS=1 MEM=48M MACHINE=q35
kernel_suites small "${ONLY:-all}"
done_testing
