#!/bin/sh
# The in-kernel suites on the newest processor QEMU has, four of it.
. tests/tap.sh
export CPU=max CPUS=4 MEM=256M MACHINE=q35
kernel_suites max "${ONLY:-all}"
# With room for a page of 1 GB, and with a hole below 4 GB that is larger than what is above it.
[ -n "${ONLY:-}" ] || MEM=3G CPUS=1 kernel_suites roomy hugetlb,frame
done_testing
