#!/bin/sh
# An hour's worth of mixed load on a disk with a journal, in 60 rounds: five programs at once write, sync, rename and remove files,
# trees are copied, packed, searched and removed. Between the rounds the whole-machine check finds nothing; at the end the disk
# is clean, and as many pages and objects are in use as after the first round.
. tests/tap.sh
. tests/disk.sh
rounds=${ROUNDS:-60}
mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/busybox"
truncate -s 96M "$SCRATCH/disk.img"
mke2fs -q -F -t ext3 -b 4096 -J size=4 "$SCRATCH/disk.img"
ADD=$SCRATCH/add DISK2=$SCRATCH/disk.img CPUS=2 MEM=96M TIMEOUT=${TIMEOUT:-3000} guest "
mkdir /tmp/d; mount -t ext2 /dev/vdb /tmp/d; cd /tmp/d
left() { dropcaches; sleep 0.2; dropcaches; cat /proc/sys/vm/check; for name in ext2_inode file dentry aspace process; do grep \"^\$name \" /proc/slabinfo >/tmp/line; cut -c1-27 /tmp/line; done; }
mixed() {
    for i in 1 2 3 4 5; do
        mkdir work\$i; touch record\$i
        (/tests/power_work /tmp/d/work\$i record\$i \$((\$1 * 10 + i)) 30 >/dev/null || echo failed) &
    done
    cp -r /bin tree; /add/busybox tar cf tree.tar tree; rm -rf tree; /add/busybox tar xf tree.tar; find tree >/dev/null
    wait
    /add/busybox cmp tree/sh /bin/sh
    sync; rm -rf tree tree.tar work1 work2 work3 work4 work5 record1 record2 record3 record4 record5
    left
}
mixed 0 >/dev/null; sleep 2; left >/tmp/first; cat /tmp/first; grep MemFree /proc/meminfo
round=1
while [ \$round -lt $rounds ]; do
    mixed \$round >/tmp/now
    grep -q '^ok' /tmp/now || { echo round \$round; cat /tmp/now; }
    round=\$((round+1))
done
i=0 # what ends in its own time may still be there
while [ \$i -lt 20 ] && ! cmp -s /tmp/first /tmp/now; do sleep 0.5; left >/tmp/now; i=\$((i+1)); done
cat /tmp/now; grep MemFree /proc/meminfo; cd /; umount /tmp/d; echo ended"
[ "$status" -eq 0 ] || diag "$err"
first=$(printf '%s\n' "$out" | sed '/^process/q')
is 'all rounds leave what the first one left' "$(printf '%s\n' "$out" | grep -v MemFree)" "$first
$first
ended"
diag "$(printf '%s\n' "$out" | grep MemFree)"
ok 'as much memory is free as after the first, but for 1 MB' test "$(printf '%s\n' "$out" |
    awk '/MemFree/ { free[n++] = $2 } END { print n == 2 && free[0] - free[1] < 1024 }')" = 1
disk_is_clean "after $rounds rounds" "$SCRATCH/disk.img"
done_testing
