#!/bin/sh
# ext2 on a second disk, both ways: the file tests run on it and print what they print on the host; the guest fills it and
# removes from it; afterwards the host's e2fsck finds nothing to repair, and debugfs reads back what the guest wrote.
. tests/tap.sh
. tests/disk.sh
export CPUS=2 DISK2="$SCRATCH/disk.img"

new_disk() {
    rm -f "$DISK2"
    truncate -s "$1" "$DISK2"
    mke2fs -q -F -t ext2 -b 4096 ${2:+-d "$2"} "$DISK2"
}

# --- the file tests, on the disk

programs='fs_names fs_exchange fs_nameless fs_open fs_data fs_attributes fs_locks fs_pipe fs_space fs_punch fs_exercise'
mkdir "$SCRATCH/host" "$SCRATCH/guest"
script='mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; cd /tmp/disk'
for program in $programs; do
    program_path=$(realpath "$BUILD/host/tests/$program")
    (cd "$SCRATCH" && timeout 200 "$program_path" >"host/$program" 2>&1 </dev/null; echo "status $?" >>"host/$program")
    script="$script
echo '=== $program'; /tests/$program 2>&1 </dev/null; echo \"status \$?\""
done
new_disk 64M
TIMEOUT=300 guest "$script"
awk -v folder="$SCRATCH/guest" '/^=== / { file = folder "/" $2; next } file != "" { print > file }' "$SCRATCH/out"
for program in $programs; do
    touch "$SCRATCH/guest/$program"
    is "$program on ext2: as on the host" "$(cat "$SCRATCH/guest/$program")" "$(cat "$SCRATCH/host/$program")"
done
disk_is_clean 'after the file tests' "$DISK2"

# --- filled up in little memory, emptied, and files both ways

mkdir "$SCRATCH/files"
head -c 3000000 /dev/urandom >"$SCRATCH/files/from-host"
new_disk 24M "$SCRATCH/files"
MEM=64M guest 'mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; cd /tmp/disk
cat from-host >copy
mkdir -p deep/er/and/deeper; cp copy deep/er/and/deeper/file; mv deep/er/and moved; rm -r deep
i=0; while [ $i -lt 200 ]; do echo $i >name-$i; i=$((i+1)); done; rm name-1*
cat /dev/zero >full 2>/dev/null || echo full
cat from-host >other 2>/dev/null || echo still full
rm full
ln -s ../moved/deeper/file moved/link; ln copy hard; echo last >moved/last
sync; cat moved/deeper/file | tail -c 5 | wc -c; cat moved/last
mount | grep /tmp/disk; df . | tail -n 1 >/tmp/df; cat /tmp/df; du -s .; du -a .'
is 'a full disk is said to be full, then goes on; mount names the disk' "$(sed 5q "$SCRATCH/out")" 'full
still full
5
last
/dev/vdb on /tmp/disk type ext2 (rw,relatime)'
[ -z "$err" ] || diag "$err"
disk_is_clean 'filled and emptied' "$DISK2"
dumpe2fs -h "$DISK2" 2>/dev/null | awk -F': *' '{ value[$1] = $2 } END {
    count = value["Block count"] - value["First block"]; free = value["Free blocks"]; left = free - value["Reserved block count"]
    used = count - free; print "-", count * 4, used * 4, left * 4, int((used * 100 + used + left - 1) / (used + left)) "%", "." }' >"$SCRATCH/df"
is 'df counts the blocks that the superblock counts' "$(sed -n 6p "$SCRATCH/out" | tr -s ' ')" "$(cat "$SCRATCH/df")"
# Lines of "KB path KB type": what du -a says of the path, and what its inode says.
sed 1,7d "$SCRATCH/out" >"$SCRATCH/du"
sed 's/^[0-9]*	/stat /' "$SCRATCH/du" >"$SCRATCH/stats"
debugfs -f "$SCRATCH/stats" "$DISK2" 2>/dev/null | awk '/^Inode:/ { type = $4 } /Blockcount:/ { print $4 / 2, type }' >"$SCRATCH/blocks"
paste -d ' ' "$SCRATCH/du" "$SCRATCH/blocks" >"$SCRATCH/both"
is 'du counts the blocks that inodes count' "$(awk '$4 != "directory" && $1 != $3' "$SCRATCH/both")" ''
is 'and all of them, those of a file with two names once' "$(awk '{ sum += $3 } END { print sum, (NR > 90) }' "$SCRATCH/both")" \
    "$(sed -n 7p "$SCRATCH/out" | cut -f 1) 1"
debugfs -R "dump moved/deeper/file $SCRATCH/back" "$DISK2" >/dev/null 2>&1
ok 'the host reads what the guest copied' cmp "$SCRATCH/files/from-host" "$SCRATCH/back"
is 'names are as the guest left them' "$(debugfs -R 'ls -p /' "$DISK2" 2>/dev/null | awk -F/ '$6 ~ /^name-/ { n++ } END { print n }')" 89

# --- what the feature bits of a superblock allow, on disks of one machine

# attach NAME OPTIONS...: one more disk, made by mke2fs with these options; NAME says what is expected and why.
attach() {
    features="$features$1
"
    shift
    truncate -s 16M "$SCRATCH/features$slot"
    mke2fs -q -F "$@" "$SCRATCH/features$slot"
    EXTRA="$EXTRA -drive if=none,id=f$slot,format=raw,file=$SCRATCH/features$slot -device virtio-blk-pci,drive=f$slot,addr=0x$(printf %x $((16 + slot)))"
    slot=$((slot + 1))
}

export EXTRA=
unset DISK2
features=
slot=1
attach 'written: nothing but the least' -t ext2 -O none -b 4096
attach 'written: every feature ext2 has' -t ext2 -b 4096 -O resize_inode,dir_index,ext_attr,sparse_super,large_file,filetype
attach 'written: a journal' -t ext3 -b 4096
attach 'written: compatible, unknown' -t ext2 -b 4096 -O sparse_super2
attach 'read: blocks of 1 KB' -t ext2 -b 1024
attach 'read: huge_file' -t ext2 -b 4096 -O huge_file
attach 'read: dir_nlink, extra_isize' -t ext2 -b 4096 -O dir_nlink,extra_isize
attach 'read: checksums of groups' -t ext2 -b 4096 -O uninit_bg
attach 'refused: extents' -t ext4 -b 4096
attach 'refused: flex_bg' -t ext2 -b 4096 -O flex_bg
attach 'refused: meta_bg' -t ext2 -b 4096 -O meta_bg,^resize_inode
attach 'refused: a journal for others' -b 4096 -O journal_dev
CPUS=2 guest 'mkdir /tmp/d; for disk in b c d e f g h i j k l m; do
    if mount -t ext2 /dev/vd$disk /tmp/d 2>/dev/null; then
        ls /tmp/d/lost+found >/dev/null || echo no lost+found
        if echo x 2>/dev/null >/tmp/d/x; then echo written; else echo read; fi
        umount /tmp/d
    else
        echo refused
    fi
done'
is 'written, read or refused, as the feature bits say' "$out" "$(printf %s "$features" | sed 's/:.*//')"
for number in 1 2 3 4; do
    disk_is_clean "$(printf %s "$features" | sed -n "${number}p")" "$SCRATCH/features$number"
done
done_testing
