#!/bin/sh
# The in-kernel suites on one processor and the least memory; with the compiler's checks (SAN=1) that is more, for runs of 8 MB beside the shadow.
. tests/tap.sh
export CPU=max CPUS=1 MEM=48M MACHINE=q35
[ -z "${SAN:-}" ] || MEM=64M
kernel_suites small "${ONLY:-all}"
done_testing
