#!/bin/sh
# Boots on the machines that the kernel promises to run on: a program runs, and sees the processors and memory there are.
. tests/tap.sh

# machine CPU CPUS MEM MACHINE MEBIBYTES: the last is what /proc/meminfo shall show at least
machine() {
    CPU=$1 CPUS=$2 MEM=$3 MACHINE=$4 LOG=$logs/boot-$1-$2-$3-$4.log guest \
        'echo hello; grep -c ^processor /proc/cpuinfo; grep MemTotal /proc/meminfo'
    is "$*: status" "$status" 0
    set -- "$@" $out
    is "$1 $2 $3 $4: a program writes" "${6:-}" hello
    is "$1 $2 $3 $4: processors" "${7:-}" "$2"
    ok "$1 $2 $3 $4: ${9:-no} kB of memory, $5 MB expected" [ "${9:-0}" -ge $(($5 * 1024)) ]
    [ "$status" -eq 0 ] || diag "$err"
}

OPT='nonsense loglevel=x mem=5Q' machine max 1 48M q35 38
for line in 'nonsense is unknown' 'loglevel=x is malformed' 'mem=5Q is malformed'; do
    like "options: $line" "$(cat "$logs/boot-max-1-48M-q35.log")" "option: $line, ignored"
done
machine qemu64 1 48M pc 38
machine max 2 2G pc 1980
machine qemu64 4 2G q35 1980
TPM=none machine qemu64 2 256M q35 230
if [ -z "${SAN:-}" ]; then
    machine max 8 16G q35 16000
else
    machine max 8 5G q35 5000 # to mark the shadow of 16 GB takes minutes
fi

# A reset ends QEMU, which is told not to start again: without the word that a program's end would have left.
CPUS=2 MACHINE=pc guest 'echo before; reboot -f'
is 'reset' "$out, status $status" 'before, status 125'
like 'it is no panic' "$err" 'the machine ended before the program'
done_testing
