#!/bin/sh
# Disks of other kinds than the image: one with a bad sector, one that is read-only, and virtio devices set up in odd ways.
. tests/tap.sh
size=16777216

# A disk of zeros: zeros NAME MORE
zeros() {
    echo "-blockdev driver=null-co,size=$size,read-zeroes=on,node-name=$1$2"
}

# A second disk with a sector that cannot be read, and a third one that is read-only.
bad_sector=inject-error.0.event=none,inject-error.0.iotype=read,inject-error.0.errno=5,inject-error.0.sector=100
EXTRA="$(zeros good '') -blockdev driver=blkdebug,node-name=bad,image=good,$bad_sector
    -device virtio-blk-pci,drive=bad,addr=0x11
    $(zeros constant ,read-only=on) -device virtio-blk-pci,drive=constant,addr=0x12"
export EXTRA
kernel_suites errors block_errors

# Devices that also speak the old interface, without indirect descriptors, with a short queue, without a cache: each is read whole.
EXTRA=
slot=1
for properties in disable-legacy=off indirect_desc=off,queue-size=256 queue-size=128 write-cache=off,event_idx=off; do
    EXTRA="$EXTRA $(zeros "zeros$slot" '') -device virtio-blk-pci,drive=zeros$slot,addr=0x1$slot,$properties"
    slot=$((slot + 1))
done
MACHINE=pc guest 'for disk in b c d e; do wc -c </dev/vd$disk; done'
is 'old interface, no indirect descriptors, short queue, no cache' "$(echo $out)" "$size $size $size $size"
done_testing
