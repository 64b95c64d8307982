#!/bin/sh
# Page-out under pressure: processes that together use several times memory, every page verified, the whole machine checked
# afterwards; several numbers of processors, every clock; swapoff under load, a swap file. What happens when swap fails: swap-errors.t.
. tests/tap.sh

# Programs of 4 * PAGES pages, three children with copies of half of them: with 3000 pages some 40 MB.
pressure() { # NAME OPTIONS CPUS COMMAND
    CPUS=$3 OPT=$2 TIMEOUT=400 guest "$4; cat /proc/sys/vm/check"
    is "$1" "$(echo "$out" | grep -v '^verified: all$')/$(echo "$out" | grep -c '^verified: all$'), status $status" "ok/$5, status 0"
    [ "$status" -eq 0 ] || diag "$err"
}

pressure 'two hands, 24 MB, one processor' 'mem=24M clock=two' 1 '/tests/vm_pressure 2500 1 1' 1
pressure 'one hand, 16 MB, two processors' 'mem=16M clock=one' 2 '/tests/vm_pressure 1500 1 2 & /tests/vm_pressure 1000 1 3; wait' 2
pressure 'two hands, 16 MB, four processors' 'mem=16M clock=two' 4 '/tests/vm_pressure 2500 1 4' 1
pressure 'adaptive, 16 MB, four processors' 'mem=16M clock=adaptive' 4 '/tests/vm_pressure 2000 1 9' 1
pressure 'the clock changes under load' 'mem=16M' 2 \
    '/tests/vm_pressure 2000 1 5 & for i in 1 2 3 4 5; do sleep 1; echo one >/proc/sys/vm/clock; sleep 1; echo adaptive >/proc/sys/vm/clock; sleep 1; echo two >/proc/sys/vm/clock; done; wait' 1
pressure 'swapoff under load, with a file to go on' 'mem=24M' 2 \
    'dd if=/dev/zero of=/root/swap bs=65536 count=512 2>/dev/null; mkswap /root/swap >/dev/null; swapon /root/swap
     /tests/vm_pressure 1500 1 6 & sleep 2; swapoff /dev/vda3; wait; swapoff /root/swap' 1

done_testing
