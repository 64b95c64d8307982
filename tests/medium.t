#!/bin/sh
# The image starts from whatever the firmware can read: where the kernel has no driver for the disk, the root file system is in
# memory, brought there by the loader.
. tests/tap.sh

mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/busybox"

# The root is in memory, is what the image has, and can be written to: medium NAME
medium() {
    ADD=$SCRATCH/add guest 'mount | head -n 1; /add/busybox cat /bin/* | /add/busybox md5sum; echo written >/root/file && cat /root/file; cat /proc/sys/vm/check'
    is "$1: status" "$status" 0
    [ "$status" -eq 0 ] || diag "$err"
    like "$1: the root is in memory" "$out" '^/dev/ram0 on / type ext2'
    is "$1: the programs are the image's, a file is written, the machine is sound" "$(echo "$out" | sed 1d)" \
        "$(cat "$BUILD"/root/bin/* | md5sum)
written
ok"
    is "$1: the log says so, in one line" "$(grep -c 'changes are lost at power-off' "$logs/medium.log")" 1
}

MEDIUM=usb MACHINE=q35 CPUS=2 medium 'a USB stick'
MEDIUM=ahci MACHINE=pc CPU=qemu64 MEM=256M medium 'a SATA disk'
OPT=root=ram medium 'a virtio disk, with root=ram'

# An NVMe disk has a driver: the in-kernel suite for disks, then a second disk through it, written and read by pieces of any size.
MEDIUM=nvme CPUS=2 kernel_suites nvme block
truncate -s 64M "$SCRATCH/second.img"
EXTRA="-drive if=none,id=second,format=raw,file=$SCRATCH/second.img -device nvme,serial=second,drive=second,mdts=1,addr=0x11" MEDIUM=nvme CPUS=2 \
    ADD=$SCRATCH/add guest 'mount | head -n 1; /add/busybox cat /bin/* >/dev/nvme1n1; sync; /add/busybox cat /bin/* | wc -c;
        dd if=/dev/nvme1n1 bs=4096 skip=77 count=1 2>/dev/null | /add/busybox md5sum; cat /proc/sys/vm/check'
is 'the root on NVMe, a second disk with small transfers' "$out" "/dev/nvme0n1p2 on / type ext2 (rw,relatime)
$(cat "$BUILD"/root/bin/* | wc -c)
$(cat "$BUILD"/root/bin/* | dd bs=4096 skip=77 count=1 iflag=fullblock 2>/dev/null | md5sum)
ok"
ok 'the host finds there what was written' sh -c "cat $BUILD/root/bin/* >$SCRATCH/all && cmp -n \$(wc -c <$SCRATCH/all) $SCRATCH/all $SCRATCH/second.img"

OPT=root=ram MEM=96M LOG=$logs/medium-small.log TIMEOUT=200 tests/qemu.sh boot >/dev/null 2>&1
is 'too little memory: status' "$?" 125
like 'one line says how much it takes' "$(grep -a '^loader: ' "$logs/medium-small.log")" \
    '^loader: the root file system is copied to memory: it takes [0-9]+ MB and the kernel 16, but [0-9]+ are free in one piece: Out of Resources$'
done_testing
