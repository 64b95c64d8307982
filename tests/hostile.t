#!/bin/sh
# Hostile file systems: images with damaged metadata are mounted, walked, written to and unmounted in the guest, which answers
# with errors and goes on: no panic, no hang, nothing left in memory. The images: ext2; ext3 in use; ext3 whose journal must be
# replayed; blocks of 1 KB.
. tests/tap.sh
. tests/disk.sh
count=${COUNT:-130} # of each image

mkdir -p "$SCRATCH/files/deep/er/and/deeper"
head -c 30000 /dev/urandom >"$SCRATCH/files/direct"
head -c 90000 /dev/urandom >"$SCRATCH/files/indirect"
dd if=/dev/urandom of="$SCRATCH/files/sparse" bs=4096 count=2 seek=1200 status=none # behind the double indirect pointer
for i in 1 2 3 4 5 6; do
    echo $i >"$SCRATCH/files/deep/er/$i"
done
ln -s deep/er/3 "$SCRATCH/files/short"
ln -s "$(head -c 200 /dev/zero | tr '\0' x)" "$SCRATCH/files/long"
ln "$SCRATCH/files/direct" "$SCRATCH/files/deep/hard"

# image NAME TYPE SIZE MORE...
image() {
    file=$SCRATCH/$1
    truncate -s "$3" "$file"
    shift 3
    mke2fs -q -F -d "$SCRATCH/files" "$@" "$file"
}
image plain ext2 1M -t ext2 -b 4096 -N 64
image small ext2 1M -t ext2 -b 1024 -N 64
image journal ext3 9M -t ext3 -b 4096 -N 64 -J size=4
image replay ext3 9M -t ext3 -b 4096 -N 64 -J size=4
head -c 8192 /dev/urandom >"$SCRATCH/blocks"
printf 'jo\njw -b 2200,2201 %s\njw -r 2202\njw -b 2202,2203 %s\njc\n' "$SCRATCH/blocks" "$SCRATCH/blocks" |
    debugfs -w -f - "$SCRATCH/replay" >/dev/null 2>&1
like 'an image with a journal to be replayed' "$(dumpe2fs -h "$SCRATCH/replay" 2>/dev/null)" needs_recovery

EXTRA=
slot=1
truncate -s 9M "$SCRATCH/scratch"
for file in scratch plain small journal replay; do
    EXTRA="$EXTRA -drive if=none,id=hostile$slot,format=raw,cache=unsafe,file=$SCRATCH/$file -device virtio-blk-pci,drive=hostile$slot,addr=0x1$slot"
    slot=$((slot + 1))
done
export EXTRA
# What is counted before and after: inodes and open files, with nothing in memory that can be given up.
TIMEOUT=${TIMEOUT:-300} CPUS=2 guest "mkdir /tmp/d
$counts_in_guest
counted='ext2_inode file' settle=dropcaches
before
for disk in c d e f; do /tests/hostile /dev/vdb /dev/vd\$disk /tmp/d $count ${SEED:-1}; done
left; cat /proc/sys/vm/check"
[ "$status" -eq 0 ] || diag "$err"
counted=$(echo "$out" | head -n 2)
is 'the guest went through all of them, nothing is left' "$(echo "$out" | sed 's/, .*//' | grep .)" "$counted
$count images
$count images
$count images
$count images
$counted
ok"
like 'inodes were counted' "$counted" '^ext2_inode [0-9]+$'
like 'and files' "$counted" '^file [0-9]+$'
like 'some were mounted, some refused' "$out" "^$count images, [1-9][0-9]* of them mounted"
diag "$out"
done_testing
