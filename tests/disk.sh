# For test scripts in shell that have disks: to be read with `.`, behind tests/tap.sh.
#
#   disk_is_clean NAME IMAGE      a test: e2fsck finds nothing to repair
#   disk_files IMAGE FOLDER       what is in the image, copied into a new folder by debugfs
#   power_cuts SEED STEPS CUTS REORDERED
#                                 two tests: the guest works on a disk, and every image a power cut leaves can be repaired;
#                                 leaves $SCRATCH/cuts as tests/powercut.pl does
#   power_kill SEED LINES         one test: QEMU is killed at work, when so many lines have been recorded
PATH=$PATH:/sbin:/usr/sbin

disk_is_clean() {
    ok "$1: e2fsck finds nothing to repair" e2fsck -fn "$2"
}

disk_files() {
    rm -rf "$2"
    mkdir -p "$2"
    debugfs -R "rdump / $2" "$1" >/dev/null 2>&1
}

# A disk with two partitions: an ext3 of 24 MB, and 1 MB for a record.
power_disk() {
    rm -f "$1"
    truncate -s 27M "$1"
    sfdisk -q --no-reread --no-tell-kernel "$1" <<END
label: gpt
start=1MiB, size=24MiB, type=linux
start=25MiB, size=1MiB, type=linux
END
    truncate -s 24M "$SCRATCH/part"
    mke2fs -q -F -t ext3 -b 4096 -J size=4 "$SCRATCH/part"
    dd if="$SCRATCH/part" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
}

power_cuts() {
    power_disk "$SCRATCH/power.img"
    cp "$SCRATCH/power.img" "$SCRATCH/before.img"
    rm -rf "$SCRATCH/power.log" "$SCRATCH/cuts"
    : >"$SCRATCH/power.log"
    mkdir "$SCRATCH/cuts"
    EXTRA="-blockdev driver=blklogwrites,node-name=power,file.driver=file,file.filename=$SCRATCH/power.img,log.driver=file,log.filename=$SCRATCH/power.log
        -device virtio-blk-pci,drive=power,addr=0x11" CPUS=${CPUS:-2} TIMEOUT=${TIMEOUT:-300} guest \
        "mkdir /tmp/d; mount -t ext2 /dev/vdb1 /tmp/d && /tests/power_work /tmp/d /dev/vdb2 $1 $2 | tail -n 1"
    like "seed $1: the guest works on the disk" "$out" 'lines recorded'
    [ "$status" -eq 0 ] || diag "$err"
    ok "seed $1: every image that a power cut leaves can be repaired" \
        tests/powercut.pl "$SCRATCH/before.img" "$SCRATCH/power.log" "$SCRATCH/cuts" "$3" "$4" "$1"
}

# Waits until the record on the disk has that many lines, or for five minutes, then kills the machine.
kill_at() {
    tries=0
    until [ "$(dd if="$SCRATCH/kill.img" bs=1M skip=25 count=1 status=none | grep -ac done)" -ge "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 3000 ] || break
        sleep 0.1
    done
    kill -9 "$(cat "$SCRATCH/qemu.pid")"
}

power_kill() {
    power_disk "$SCRATCH/kill.img"
    rm -rf "$SCRATCH/qemu.pid" "$SCRATCH/cuts"
    mkdir "$SCRATCH/cuts"
    kill_at "$2" &
    killer=$!
    EXTRA="-pidfile $SCRATCH/qemu.pid" DISK2=$SCRATCH/kill.img CPUS=${CPUS:-2} guest \
        "mkdir /tmp/d; mount -t ext2 /dev/vdb1 /tmp/d && /tests/power_work /tmp/d /dev/vdb2 $1 100000"
    wait $killer
    ok "seed $1, killed after $2 lines: what was acknowledged is there" \
        tests/powercut.pl "$SCRATCH/kill.img" - "$SCRATCH/cuts" 1 0 "$1"
}
