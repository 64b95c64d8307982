#!/bin/sh
# The in-kernel suites on the newest processor QEMU has, four of it.
. tests/tap.sh
export CPU=max CPUS=4 MEM=256M MACHINE=q35
kernel_suites max "${ONLY:-all}"
done_testing
