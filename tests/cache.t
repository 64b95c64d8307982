#!/bin/sh
# The file cache as a user sees it: read-ahead and its counters, write-behind by age and by amount, mount options; and, with
# little memory, where blocks are placed, and the exerciser of tests/user/fs_exercise.c on a disk that the host then checks.
. tests/tap.sh
PATH=$PATH:/sbin:/usr/sbin
export CPUS=2 DISK2="$SCRATCH/disk.img"
mkdir "$SCRATCH/files"
head -c 2000000 /dev/urandom >"$SCRATCH/files/big"
truncate -s 64M "$DISK2"
mke2fs -q -F -t ext2 -b 4096 -d "$SCRATCH/files" "$DISK2"

# --- read-ahead and write-behind. `count NAME` prints a counter of /proc/vmstat, `until_clean` waits for write-behind.

OPT=readahead=off TIMEOUT=300 guest 'count() { grep "^$1 " /proc/vmstat | cut -d " " -f 2; }
until_clean() { i=0; until dirty=$(count nr_dirty); [ $dirty -eq 0 ] || [ $i -ge 300 ]; do sleep 0.1; i=$((i + 1)); done; echo $dirty; }
mkdir /tmp/disk; mount -t ext2 -o noatime /dev/vdb /tmp/disk; cd /tmp/disk
for mode in "" simple adaptive; do
    [ -z "$mode" ] || echo $mode >/proc/sys/vm/readahead
    dropcaches
    issued=$(count readahead_issued) used=$(count readahead_used)
    dd if=big of=/dev/null bs=4096 2>/dev/null
    issued=$(($(count readahead_issued) - issued)) used=$(($(count readahead_used) - used)) how=none
    [ $issued -eq 0 ] || [ $used -lt 487 ] || how="all but the first"
    echo $(cat /proc/sys/vm/readahead): $how
done
echo no >/proc/sys/vm/readahead || echo refused
grep -c " /tmp/disk ext2 rw,noatime " /proc/mounts
echo "by age: $(cat /proc/sys/vm/dirty_expire_centisecs)"
echo 50 >/proc/sys/vm/dirty_expire_centisecs; echo 10 >/proc/sys/vm/dirty_writeback_centisecs
written=$(count pgpgout); echo hello >new; until_clean; [ $(count pgpgout) -gt $written ] && echo written
echo 0 >/proc/sys/vm/dirty_writeback_centisecs; sleep 0.2; cp big copy; [ $(count nr_dirty) -ge 488 ] && echo dirty
echo "by amount"; echo 0 >/proc/sys/vm/dirty_background_ratio; until_clean
echo 10 >/proc/sys/vm/dirty_background_ratio
cp big copy; sync; [ $(count nr_dirty) -lt 20 ] && echo "sync writes"
cached=$(count nr_file_pages); dropcaches; [ $(($(count nr_file_pages) + 488)) -le $cached ] && echo "dropcaches drops"
mount -o remount,sync /tmp/disk; cp big copy; [ $(count nr_dirty) -lt 20 ] && echo synchronous
echo 101 >/proc/sys/vm/dirty_ratio || echo refused
mount -o remount,async /tmp/disk; sync; dd if=big of=/dev/null bs=64k 2>/dev/null
disk() { grep " vdb " /proc/diskstats | tr -s " " | cut -d " " -f $1; } # 7: sectors read, 11: written, 20: flushes
read=$(disk 7); dd if=big of=/dev/null bs=64k count=30 iflag=direct 2>/dev/null; [ $(($(disk 7) - read)) -ge 3840 ] && echo "read directly"
dd if=big of=part bs=64k count=30 2>/dev/null; dd if=big of=direct bs=64k count=30 oflag=direct 2>/dev/null
written=$(disk 11); dd if=big of=direct bs=64k count=30 conv=notrunc iflag=direct oflag=direct 2>/dev/null
[ $(($(disk 11) - written)) -ge 3840 ] && cmp part direct && echo "written directly"
flushes=$(disk 20); dd if=big of=new bs=4k count=10 oflag=sync 2>/dev/null; [ $(($(disk 20) - flushes)) -ge 10 ] && echo "O_SYNC flushes"
flushes=$(disk 20); dd if=big of=new bs=4k count=10 conv=notrunc oflag=dsync 2>/dev/null; [ $(($(disk 20) - flushes)) -ge 10 ] && echo "O_DSYNC flushes"
sync; echo 90 >/proc/sys/vm/dirty_background_ratio; echo 1 >/proc/sys/vm/dirty_ratio
/tests/fs_space stores mapped && [ $(count nr_dirty) -lt 900 ] && echo "stores are throttled"
mount -o remount,ro /tmp/disk; touch new || echo read-only
cachestat 0.1 2; dropcaches -n; dropcaches -p'
is 'each mode reads ahead in its way; pages leave by age, by amount, at once' "$(echo "$out" | head -n 21)" 'off: none
simple: all but the first
adaptive: all but the first
refused
1
by age: 500
0
written
dirty
by amount
0
sync writes
dropcaches drops
synchronous
refused
read directly
written directly
O_SYNC flushes
O_DSYNC flushes
stores are throttled
read-only'
like 'cachestat has a line per interval' "$(echo "$out" | tail -n 1)" '^( +[0-9.]+){12}$'
[ "$status" -eq 0 ] || diag "$err"
ok 'e2fsck finds nothing to repair' e2fsck -fn "$DISK2"
debugfs -R "dump copy $SCRATCH/copy" "$DISK2" >/dev/null 2>&1
ok 'the host reads what was written behind' cmp "$SCRATCH/files/big" "$SCRATCH/copy"

# --- with 16 MB: files written in sequence, alone, two at a time, and bit by bit beside another one; 100,000 random operations of four processes

OPT=mem=16M TIMEOUT=300 guest 'mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; cd /tmp/disk
dd if=/dev/zero of=alone bs=4096 count=2048 2>/dev/null
dd if=/dev/zero of=one bs=4096 count=2048 2>/dev/null & dd if=/dev/zero of=two bs=4096 count=2048 2>/dev/null; wait
i=0; while [ $i -lt 32 ]; do head -c 4096 /dev/zero >>log; head -c 4096 /dev/zero >>other; [ $i -ne 16 ] || dropcaches; i=$((i + 1)); done
/tests/fs_exercise 100000 7 | tail -n 1; cat /proc/sys/vm/check'
is 'the exerciser with 16 MB: every byte as in the model' "$out" 'every byte as in the model: yes
ok'
[ "$status" -eq 0 ] || diag "$err"
ok 'e2fsck finds nothing to repair' e2fsck -fn "$DISK2"

# pieces FILE: how many pieces on the disk its blocks are, those with pointers among them
pieces() {
    debugfs -R "blocks $1" "$DISK2" 2>/dev/null | awk '{ for (i = 1; i <= NF; i++) { pieces += $i != last + 1; last = $i } } END { print 0 + pieces }'
}
few() {
    count=$(pieces "$1")
    echo "$count pieces"
    [ "$count" -ge 1 ] && [ "$count" -le "$2" ]
}
ok 'a file of 8 MB is in few pieces' few alone 16
ok 'one written beside another is, too' few one 40
ok 'and the other' few two 40
ok 'one that grows bit by bit is' few log 16
ok 'and the one that grows beside it' few other 16
done_testing
