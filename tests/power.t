#!/bin/sh
# Power cuts: QEMU is killed at work; and it writes down every write to a disk while the guest works on it, and tests/powercut.pl makes the images that
# a power cut could have left. e2fsck and the kernel must come to the same file system from each.
. tests/tap.sh
. tests/disk.sh
power_kill 5 40
power_cuts 1 "${STEPS:-70}" "${CUTS:-300}" "${REORDERED:-60}"

# The kernel replays what e2fsck has replayed: four of the images, as the power cut left them.
EXTRA=
for i in 1 2 3 4; do
    EXTRA="$EXTRA -drive if=none,id=cut$i,format=raw,file=$SCRATCH/cuts/$i -device virtio-blk-pci,drive=cut$i,addr=0x1$i"
done
export EXTRA
guest 'mkdir /tmp/d; for disk in b c d e; do mount -t ext2 /dev/vd$disk /tmp/d || echo refused; umount /tmp/d; done; dmesg | grep -c replayed'
is 'the kernel replays the journals of four of them' "$out" 4
for i in 1 2 3 4; do
    disk_is_clean "image $i, replayed by the kernel" "$SCRATCH/cuts/$i"
    disk_files "$SCRATCH/cuts/$i" "$SCRATCH/kernel$i"
    disk_files "$SCRATCH/cuts/$i.fixed" "$SCRATCH/e2fsck$i"
    ok "image $i: the same files as from e2fsck" diff -r --no-dereference "$SCRATCH/kernel$i" "$SCRATCH/e2fsck$i"
done
done_testing
