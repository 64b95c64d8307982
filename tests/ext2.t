#!/bin/sh
# ext2 on a second disk, both ways: the file tests run on it and print what they print on the host; the guest fills it and
# removes from it; afterwards the host's e2fsck finds nothing to repair, and debugfs reads back what the guest wrote.
. tests/tap.sh
PATH=$PATH:/sbin:/usr/sbin
export CPUS=2 DISK2="$SCRATCH/disk.img"

new_disk() {
    rm -f "$DISK2"
    truncate -s "$1" "$DISK2"
    mke2fs -q -F -t ext2 -b 4096 ${2:+-d "$2"} "$DISK2"
}

# --- the file tests, on the disk

programs='fs_names fs_open fs_data fs_attributes fs_locks fs_pipe'
mkdir "$SCRATCH/host" "$SCRATCH/guest"
script='mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; cd /tmp/disk'
for program in $programs; do
    program_path=$(realpath "$BUILD/host/tests/$program")
    (cd "$SCRATCH" && timeout 60 "$program_path" >"host/$program" 2>&1 </dev/null; echo "status $?" >>"host/$program")
    script="$script
echo '=== $program'; /tests/$program 2>&1 </dev/null; echo \"status \$?\""
done
new_disk 64M
TIMEOUT=120 guest "$script"
awk -v folder="$SCRATCH/guest" '/^=== / { file = folder "/" $2; next } file != "" { print > file }' "$SCRATCH/out"
for program in $programs; do
    touch "$SCRATCH/guest/$program"
    is "$program on ext2: as on the host" "$(cat "$SCRATCH/guest/$program")" "$(cat "$SCRATCH/host/$program")"
done
ok 'e2fsck finds nothing to repair' e2fsck -fn "$DISK2"

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
sync; cat moved/deeper/file | tail -c 5 | wc -c; cat moved/last'
is 'a full disk is said to be full, then goes on' "$out" 'full
still full
5
last'
[ "$status" -eq 0 ] || diag "$err"
ok 'e2fsck finds nothing to repair' e2fsck -fn "$DISK2"
debugfs -R "dump moved/deeper/file $SCRATCH/back" "$DISK2" >/dev/null 2>&1
ok 'the host reads what the guest copied' cmp "$SCRATCH/files/from-host" "$SCRATCH/back"
is 'names are as the guest left them' "$(debugfs -R 'ls -p /' "$DISK2" 2>/dev/null | awk -F/ '$6 ~ /^name-/ { n++ } END { print n }')" 89

# --- disks that must not be written

rm -f "$DISK2"
truncate -s 16M "$DISK2"
mke2fs -q -F -t ext2 -b 1024 -d "$SCRATCH/files" "$DISK2"
guest 'mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; cat /tmp/disk/from-host | wc -c; echo x >/tmp/disk/x || echo refused'
is 'blocks of 1 KB: read-only' "$(echo "$out" | tr '\n' ' ')" '3000000 refused '
mke2fs -q -F -t ext4 "$DISK2"
guest 'mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; echo $?'
like 'unknown features: not mounted' "$out" '^[1-9]'
done_testing
