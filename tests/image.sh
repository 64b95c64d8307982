#!/bin/sh
# Builds the bootable disk: image.sh IMAGE [FOLDER]. FOLDER is copied into the root file system as /add.
#
#   1 MiB        EFI system partition, FAT32: EFI/BOOT/BOOTX64.EFI, clockhand/kernel.elf, clockhand/options.txt
#   41 MiB       root, ext2 with 4 KB blocks and ext3's journal, filled from $BUILD/root
#   behind it    swap
#
# Needs no root rights: every partition is made as a file and copied to its place. The result is sparse.
set -eu
PATH=$PATH:/usr/sbin:/sbin
image=$1
add=${2:-}
build=${BUILD:-build}
MEBIBYTE=1048576
ESP_START=1
ESP_SIZE=40
ROOT_START=$((ESP_START + ESP_SIZE))
ROOT_FREE=${ROOT_FREE:-64} # MiB that are free on the root at least
JOURNAL_SIZE=4   # MiB, within the root
SWAP_SIZE=256

work=$(mktemp -d "$build/image.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

tree=$build/root
if [ -n "$add" ]; then
    tree=$work/tree
    cp -a "$build/root" "$tree"
    cp -a "$add/." "$tree/add/"
fi

# Size in MiB with room for the file system's own blocks (inodes and bitmaps: about a tenth).
used=$(du -s -k --apparent-size "$tree" | cut -f1)
root_size=$((ROOT_FREE + JOURNAL_SIZE + used * 5 / 4 / 1024 + 4))

truncate -s $((ROOT_START + root_size + SWAP_SIZE + 1))M "$work/disk"
sfdisk -q --no-reread --no-tell-kernel "$work/disk" <<END
label: gpt
start=${ESP_START}MiB, size=${ESP_SIZE}MiB, type=uefi, name=efi
start=${ROOT_START}MiB, size=${root_size}MiB, type=linux, name=root
start=$((ROOT_START + root_size))MiB, size=${SWAP_SIZE}MiB, type=swap, name=swap
END

# Copies the first MIBS of a partition made as a file to its place, skipping holes: partition FILE START MIBS
partition() {
    dd if="$1" of="$work/disk" bs=$MEBIBYTE seek="$2" count="$3" conv=notrunc,sparse status=none
}

export MTOOLS_SKIP_CHECK=1
truncate -s ${ESP_SIZE}M "$work/esp"
mformat -i "$work/esp" -F -v CLOCKHAND ::
mmd -i "$work/esp" ::/EFI ::/EFI/BOOT ::/clockhand
mcopy -i "$work/esp" "$build/BOOTX64.EFI" ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$work/esp" "$build/kernel.stripped.elf" ::/clockhand/kernel.elf
: >"$work/options.txt"
mcopy -i "$work/esp" "$work/options.txt" ::/clockhand/options.txt
partition "$work/esp" $ESP_START $ESP_SIZE

truncate -s ${root_size}M "$work/root"
mke2fs -q -F -t ext3 -J size=$JOURNAL_SIZE -b 4096 -m 0 -O ^resize_inode,^dir_index -L clockhand -E root_owner=0:0 -d "$tree" "$work/root"
# The files belong to whoever built them; in the guest they are root's.
if [ "$(id -u)" -ne 0 ]; then
    (cd "$build/root" && find . -mindepth 1 | sed 's,^\.\(.*\),set_inode_field "\1" uid 0\nset_inode_field "\1" gid 0,') \
        >"$work/owners"
    debugfs -w -f "$work/owners" "$work/root" >/dev/null 2>&1
fi
partition "$work/root" $ROOT_START $root_size

truncate -s ${SWAP_SIZE}M "$work/swap"
mkswap -L clockhand-swap "$work/swap" >/dev/null 2>&1
partition "$work/swap" $((ROOT_START + root_size)) 1 # mkswap writes one page

mv "$work/disk" "$image"
