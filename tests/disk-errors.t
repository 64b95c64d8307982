#!/bin/sh
# Disks that fail (QEMU's blkdebug), and a full one: the program that asked is told, nothing panics, nothing else is lost. All
# of them are disks of one machine.
. tests/tap.sh
. tests/disk.sh

mkdir "$SCRATCH/files"
for name in good readbad mapbad writebad latebad twobad; do
    head -c 40960 /dev/urandom >"$SCRATCH/files/$name"
done

# new_disk NAME TYPE SIZE: an image with the files.
new_disk() {
    truncate -s "$3" "$SCRATCH/$1"
    mke2fs -q -F -t "$2" -b 4096 -d "$SCRATCH/files" "$SCRATCH/$1"
}

# The first sector of block N (from 0) of a file: sector IMAGE FILE N
sector() {
    block=$(debugfs -R "bmap $2 $3" "$SCRATCH/$1" 2>/dev/null)
    echo $((block * 8))
}

# The sector of the first block of inodes.
inode_sector() {
    block=$(debugfs -R 'imap <2>' "$SCRATCH/$1" 2>/dev/null | sed -n 's/.*located at block \([0-9]*\),.*/\1/p')
    echo $((block * 8))
}

slot=1
# attach IMAGE RULE...: the next disk of the machine; a rule is read:SECTOR, write:SECTOR or flush.
attach() {
    file=$1
    shift
    rules=
    number=0
    for rule; do
        at=${rule#*:}
        rules="$rules,inject-error.$number.event=none,inject-error.$number.errno=5,inject-error.$number.iotype=${rule%:*}"
        [ "$at" = "$rule" ] || rules="$rules,inject-error.$number.sector=$at"
        number=$((number + 1))
    done
    EXTRA="$EXTRA -blockdev driver=blkdebug,node-name=bad$slot,image.driver=file,image.filename=$SCRATCH/$file$rules
        -device virtio-blk-pci,drive=bad$slot,addr=0x1$slot"
    slot=$((slot + 1))
}

export EXTRA=
new_disk data ext3 24M
attach data "read:$(sector data /readbad 3)" "read:$(sector data /mapbad 2)" "write:$(sector data /writebad 0)" \
    "write:$(sector data /latebad 0)" "write:$(sector data /twobad 0)"
new_disk log ext3 24M
attach log "write:$(sector log '<8>' 9)"
new_disk home ext3 24M
attach home "write:$(inode_sector home)"
new_disk flush ext3 24M
attach flush flush
new_disk plain ext2 24M
attach plain "write:$(inode_sector plain)"
new_disk full ext3 8M
attach full

new_disk names ext3 24M
for folder in one one/inner two two/bad two/other; do
    debugfs -w -R "mkdir $folder" "$SCRATCH/names" >/dev/null 2>&1
done
attach names "read:$(sector names /two/bad 0)"

# Groups of 4 MB, of which the second's bitmap is bad; the guest's file "fill" leaves about 80 blocks of the first: too few for a run of 128.
truncate -s 24M "$SCRATCH/groups"
mke2fs -q -F -t ext2 -b 4096 -g 1024 "$SCRATCH/groups"
group() {
    dumpe2fs "$SCRATCH/groups" 2>/dev/null | sed -n "/^Group $1:/,\$s/$2/\\1/p" | head -n 1
}
attach groups "read:$(($(group 1 '.*Block bitmap at \([0-9]*\).*') * 8))"
fill=$(($(group 0 ' *\([0-9]*\) free blocks.*') - 185))

MEM=96M CPUS=2 TIMEOUT=300 guest 'mkdir /tmp/d
use() { echo "== $2"; mount -t ext2 $3 /dev/$1 /tmp/d && cd /tmp/d || echo refused; }
leave() { cd /; umount /tmp/d; }

use vdb data
/tests/disk_errors read readbad good
/tests/disk_errors map mapbad good
/tests/disk_errors write writebad
/tests/disk_errors late latebad
/tests/disk_errors two twobad
/tests/disk_errors write good new
echo 0 >/proc/sys/vm/dirty_ratio
/tests/disk_errors write writebad
dropcaches
/tests/disk_errors write latebad
echo 20 >/proc/sys/vm/dirty_ratio
leave

use vdc log
i=0; while [ $i -lt 12 ]; do echo $i >name$i; sync; i=$((i+1)); done 2>/dev/null
/tests/disk_errors write good
/tests/disk_errors read good
leave

use vdd home
/tests/disk_errors write new
leave
use vdd again

use vde readable -r
/tests/disk_errors read good
leave
use vde flush

use vdf plain
/tests/disk_errors write new
leave

use vdg full
cat /dev/zero >zeros 2>/dev/null || echo full
rm zeros
cat good >other && echo room
cat /dev/zero >zeros 2>/dev/null || echo full again
mkdir folder 2>/dev/null; echo x >folder/x 2>/dev/null; rm zeros
leave

use vdh names
/tests/disk_errors swap one/inner two/bad
/tests/disk_errors move two/bad one/moved
/tests/disk_errors swap one/inner two/other
ls one two
leave

use vdi groups
dd if=/dev/zero of=grows bs=4k count=100 2>/dev/null; dd if=/dev/zero of=behind bs=4k count=1 2>/dev/null
dd if=/dev/zero of=fill bs=4k count='"$fill"' 2>/dev/null && echo filled
dd if=/dev/zero bs=4k count=20 2>/dev/null >>grows && sync && echo grown
dd if=/dev/zero of=fill bs=4k count=1000 oflag=append conv=notrunc 2>/dev/null || echo no further
leave'
[ "$status" -eq 0 ] || diag "$err"

part() {
    sed -n "/^== $1\$/,/^== /p" "$SCRATCH/out" | sed '/^== /d'
}

is 'files with bad blocks: EIO or SIGBUS, and from fsync what write-behind did not achieve' "$(part data)" \
'readbad: EIO after 12288 bytes
good: ok after 40960 bytes
mapbad: SIGBUS code 2 at page 2
good: touched
writebad: write ok, fsync EIO, again ok
latebad: write ok, fsync EIO, again ok
twobad: write ok, fsync EIO, again ok, the other EIO
good: write ok, fsync ok, again ok
new: write ok, fsync ok, again ok
writebad: write ok, fsync EIO, again ok
latebad: write ok, fsync EIO, again ok'
disk_is_clean 'bad blocks' "$SCRATCH/data"
disk_files "$SCRATCH/data" "$SCRATCH/back"
head -c 4096 /dev/zero | tr '\0' w >"$SCRATCH/w"
{ cat "$SCRATCH/w"; tail -c +4097 "$SCRATCH/files/good"; } >"$SCRATCH/expected"
ok 'what could be written is there' cmp "$SCRATCH/back/good" "$SCRATCH/expected"
ok 'a new file, too' cmp "$SCRATCH/back/new" "$SCRATCH/w"

is 'a log that cannot be written: read-only from then on' "$(part log)" \
'good: open EROFS
good: ok after 40960 bytes'
ok 'e2fsck -p repairs it' sh -c "e2fsck -p $SCRATCH/log; [ \$? -le 1 ]"
disk_is_clean 'bad log' "$SCRATCH/log"
disk_files "$SCRATCH/log" "$SCRATCH/back"
ok 'the files are whole' cmp "$SCRATCH/back/good" "$SCRATCH/files/good"

is 'metadata that cannot be written home: they stay in the log' "$(part home)" 'new: write ok, fsync ok, again ok'
is 'and the next mount says so' "$(part again)" refused
ok 'e2fsck -p brings them home' sh -c "e2fsck -p $SCRATCH/home; [ \$? -le 1 ]"
disk_is_clean 'bad inodes' "$SCRATCH/home"
disk_files "$SCRATCH/home" "$SCRATCH/back"
ok 'the new file is there' cmp "$SCRATCH/back/new" "$SCRATCH/w"

is 'a disk that cannot be flushed can be read' "$(part readable)" 'good: ok after 40960 bytes'
is 'but not written' "$(part flush)" refused
disk_is_clean 'no flush' "$SCRATCH/flush"

is 'the same without a journal: fsync reports it' "$(part plain)" 'new: write ok, fsync EIO, again ok'
ok 'e2fsck repairs it' sh -c "e2fsck -fy $SCRATCH/plain; [ \$? -le 1 ]"

is 'a full disk with a journal' "$(part full)" 'full
room
full again'
disk_is_clean 'full disk' "$SCRATCH/full"

is 'a folder whose ".." cannot be read stays where it is, and so does what was to change places with it' "$(part names)" \
'swap: EIO EIO
move: EIO
swap: ok ok
one:
inner

two:
bad
other'
disk_is_clean 'names' "$SCRATCH/names"

is 'a bitmap that cannot be read is in nobody'"'"'s way who finds room elsewhere' "$(part groups)" 'filled
grown
no further'
disk_is_clean 'groups' "$SCRATCH/groups"
done_testing
