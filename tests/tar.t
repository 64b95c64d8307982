#!/bin/sh
# The disk and the host, both ways: busybox's tar and find, a directory of 10,000 names, a file over 4 GB, nodes.
. tests/tap.sh
PATH=$PATH:/sbin:/usr/sbin
export CPUS=2 DISK2="$SCRATCH/disk.img"

mkdir -p "$SCRATCH/given/tree/a/b/c" "$SCRATCH/add"
for i in 1 2 3 4 5 6 7 8 9; do head -c $((i * 7919)) /dev/urandom >"$SCRATCH/given/tree/a/b/file-$i"; done
ln -s b/file-3 "$SCRATCH/given/tree/a/link"
echo text >"$SCRATCH/given/tree/a/b/c/text"
chmod 640 "$SCRATCH/given/tree/a/b/c/text"
tar -C "$SCRATCH/given" -cf "$SCRATCH/add/host.tar" tree
cp "$(command -v busybox)" "$SCRATCH/add/busybox"
truncate -s 96M "$DISK2"
mke2fs -q -F -t ext2 -b 4096 -d "$SCRATCH/given" "$DISK2"
ADD="$SCRATCH/add" TIMEOUT=300 guest 'mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; cd /tmp/disk
mkdir unpacked; /add/busybox tar -C unpacked -xf /add/host.tar
/add/busybox tar -cf guest.tar tree
/add/busybox find tree | sort | /add/busybox md5sum; cd unpacked; /add/busybox find tree | sort | /add/busybox md5sum
/add/busybox find . -type f | sort | /add/busybox xargs /add/busybox md5sum | /add/busybox md5sum; cd ..
mkdir large; cd large; /add/busybox seq 1 10000 | /add/busybox xargs touch; ls | wc -l
/add/busybox seq 2 2 10000 | /add/busybox xargs rm; ls | wc -l; cd ..
dd if=/dev/zero of=huge bs=4096 count=1 seek=1300000 2>/dev/null; echo end >>huge; stat -c "%s %b" huge; /add/busybox tail -c 4 huge
/add/busybox mknod pipe p; /add/busybox mknod zero c 1 5; stat -c "%F" pipe zero; head -c 3 zero | wc -c
df /tmp/disk | tail -n 1 | wc -w; sync'
tree_sum=$(cd "$SCRATCH/given" && find tree | LC_ALL=C sort | md5sum)
file_sum=$(cd "$SCRATCH/given" && find . -type f | LC_ALL=C sort | xargs md5sum | md5sum)
is 'tar, find, 10,000 names, over 4 GB, nodes' "$out" "$tree_sum
$tree_sum
$file_sum
10000
5000
5324804100 40
end
fifo
character special file
3
6"
[ "$status" -eq 0 ] || diag "$err"
ok 'e2fsck finds nothing to repair' e2fsck -fn "$DISK2"
debugfs -R "dump guest.tar $SCRATCH/guest.tar" "$DISK2" >/dev/null 2>&1
mkdir "$SCRATCH/back"
ok 'the host unpacks what the guest packed' tar -C "$SCRATCH/back" -xf "$SCRATCH/guest.tar"
ok 'and finds what it had given' diff -r "$SCRATCH/given/tree" "$SCRATCH/back/tree"
debugfs -R "rdump unpacked $SCRATCH/back" "$DISK2" >/dev/null 2>&1
ok 'and on the disk, unpacked by the guest' diff -r "$SCRATCH/given/tree" "$SCRATCH/back/unpacked/tree"
done_testing
