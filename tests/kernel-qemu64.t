#!/bin/sh
# The in-kernel suites on an old processor (no 1 GB pages, no SMEP, no SMAP), two of it, on the old machine.
. tests/tap.sh
export CPU=qemu64 CPUS=2 MEM=2G MACHINE=pc
kernel_suites qemu64 "${ONLY:-all}"
done_testing
