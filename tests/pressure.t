#!/bin/sh
# Page-out under pressure: processes that together use four times memory and more, every page verified, the whole machine checked
# throughout; one, two and four processors, every clock; swapoff under load, a swap file. All combinations, and up to ten times
# memory: long/pressure-matrix.t. What happens when swap fails: swap-errors.t.
. tests/pressure.sh

pressure 'two hands, 24 MB, one processor' 'mem=24M clock=two' 1 '/tests/vm_pressure 6200 1 1' 1
pressure 'one hand, 16 MB, one processor' 'mem=16M clock=one' 1 '/tests/vm_pressure 4200 1 8' 1
pressure 'one hand, 16 MB, two processors' 'mem=16M clock=one' 2 '/tests/vm_pressure 2600 1 2 & /tests/vm_pressure 1700 1 3; wait' 2
pressure 'one hand, 24 MB, four processors' 'mem=24M clock=one' 4 '/tests/vm_pressure 6200 1 7' 1
pressure 'two hands, 16 MB, four processors' 'mem=16M clock=two' 4 '/tests/vm_pressure 4200 1 4' 1
pressure 'adaptive, 16 MB, four processors' 'mem=16M clock=adaptive' 4 '/tests/vm_pressure 4200 1 9' 1
pressure 'the clock changes under load' 'mem=16M clock=two' 2 '/tests/vm_pressure 4200 1 5' 1 \
    'for clock in one adaptive two; do echo $clock >/proc/sys/vm/clock; sleep 0.2; done'
pressure 'swapoff under load, with a file to go on' 'mem=24M' 2 \
    'dd if=/dev/zero of=/root/swap bs=65536 count=512 2>/dev/null; mkswap /root/swap >/dev/null; swapon /root/swap
     /tests/vm_pressure 1000 /tmp/off 6 &
     until [ "$(grep "^pswpout " /proc/vmstat | cut -d " " -f 2)" -ge 1000 ]; do sleep 0.05; done
     swapoff /dev/vda3 || echo the partition stays; echo >/tmp/off; wait; swapoff /root/swap || echo the file stays' 1 'sleep 0.1'

done_testing
