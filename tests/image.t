#!/bin/sh
# The disk image is what other tools think it is: GPT, FAT with the loader where firmware looks, a clean ext2, swap.
. tests/tap.sh
PATH=$PATH:/usr/sbin:/sbin
disk=$BUILD/disk.img

# The start and size of partition $1 in sectors.
partition() {
    sfdisk --dump "$disk" | sed -n "s/.*$1 : start= *\([0-9]*\), size= *\([0-9]*\).*/\1 \2/p"
}

# Copies partition $1 to file $2.
extract() {
    set -- "$2" $(partition "$1")
    dd if="$disk" of="$1" bs=512 skip="$2" count="$3" conv=sparse status=none
}

ok 'the partition table is valid' sfdisk -q --verify "$disk"
is 'it is a GPT' "$(sfdisk --dump "$disk" | sed -n 's/^label: //p')" gpt
is 'there are three partitions' "$(sfdisk --dump "$disk" | grep -c 'start=')" 3
for number in 1 2 3; do
    extract "disk.img$number" "$SCRATCH/part$number"
done

export MTOOLS_SKIP_CHECK=1
ok 'the loader is where firmware looks' mdir -b -i "$SCRATCH/part1" ::/EFI/BOOT/BOOTX64.EFI
ok 'the kernel is beside it' mdir -b -i "$SCRATCH/part1" ::/clockhand/kernel.elf
ok 'the root file system is clean' e2fsck -f -n "$SCRATCH/part2"
like 'its blocks have 4 KB' "$(dumpe2fs -h "$SCRATCH/part2" 2>/dev/null)" '^Block size: +4096$'
like 'the shell is on it' "$(debugfs -R 'stat /bin/sh' "$SCRATCH/part2" 2>/dev/null)" 'Type: regular'
like 'its files are root'"'"'s' "$(debugfs -R 'stat /bin/sh' "$SCRATCH/part2" 2>/dev/null)" 'User: +0 +Group: +0'
is 'the swap area has its signature' "$(dd if="$SCRATCH/part3" bs=1 skip=4086 count=10 status=none)" SWAPSPACE2
done_testing
