#!/bin/sh
# The kernel built with the compiler's checks for undefined behaviour (SAN=1): all in-kernel tests pass in it, and planted bugs are caught.
. tests/tap.sh

ok 'it builds' env -u BUILD make SAN=1 BUILD="$BUILD/san" image
ordinary=$BUILD
BUILD=$BUILD/san

for CPUS in 1 4; do
    export CPUS
    TIMEOUT=600 kernel_suites "$CPUS CPUs" all
done

# planted KIND PATTERN: the kernel panics and says what and where.
planted() {
    LOG=$ordinary/logs/$name.log OPT="crash=$1" TIMEOUT=90 tests/qemu.sh boot >/dev/null 2>&1
    is "$1: status" $? 125
    like "$1: the report" "$(cat "$ordinary/logs/$name.log")" "panic: undefined behaviour: $2.*kernel/crash.c:[0-9]+"
}

planted shift 'shift by too much'
planted bounds 'index out of bounds'
planted overflow 'signed addition overflows'
planted misaligned 'misaligned access'
done_testing
